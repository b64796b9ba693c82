"""Checking and rebuilding what is derived, retention, and everything of one learner: out, and gone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storage import rows
from storage.book import AttemptEvent, ProgressBook, replay
from storage.errors import NotFound
from storage.learner_plans import events_of, learners_locked, practice_days, progress_rows, write_books
from storage.plan import Plan, Query, Row, select
from storage.ports import ProgressRules
from storage.records import Id, Learner, ProgressRecord, id_text
from storage.tallies import FINDINGS, SIGNS, Tallies

DERIVED = ("user_progress", "practice_days", "practice_signs", "practice_findings")
OWNED = (*DERIVED, "attempt_landmarks", "attempt_quarantine", "sentence_attempts", "practice_sessions")
"""Every table with rows of one learner, by ``user_id``; the learner's own row is in ``learners``."""


@dataclass(frozen=True, slots=True)
class _Derived:
    """What is stored of a learner that attempts and sessions alone would give as well."""

    book: ProgressBook
    tallies: Tallies


def learner_ids(after: Id | None, limit: int) -> Plan[tuple[Id, ...]]:
    """The next learners by id."""
    found = yield Query("SELECT id FROM learners WHERE id>? ORDER BY id LIMIT ?", (after or b"", limit))
    return tuple(bytes(learner_id) for (learner_id,) in found.rows)


def learner_row(learner_id: Id) -> Plan[Learner]:
    """The learner. Raises NotFound."""
    found = yield Query(select(rows.LEARNER.names, "learners WHERE id=?"), (learner_id,))
    if not found.rows:
        raise NotFound(f"there is no learner {id_text(learner_id)}")
    return rows.LEARNER.record(found.rows[0])


def rebuilt(learner: Learner, rules: ProgressRules) -> Plan[_Derived]:
    """The derived rows recomputed from attempts and sessions."""
    settings = yield from progress_rows([learner.id])
    events = yield from events_of(learner.id)
    tallies = Tallies()
    for event in events:
        if isinstance(event, AttemptEvent):
            tallies.add(learner.id, event.day, event.attempt)
    return _Derived(replay(learner.id, learner.time_zone, settings, events, rules), tallies)


def check(learner_id: Id, rules: ProgressRules) -> Plan[tuple[str, ...]]:
    """Each difference between a learner's derived rows and what they should be, in words."""
    learner = yield from learner_row(learner_id)
    right = yield from rebuilt(learner, rules)
    return (yield from _differences(learner, right))


def repair(learner_id: Id, rules: ProgressRules, now_ms: int) -> Plan[tuple[str, ...]]:
    """Writes the derived rows anew where they differ; gives the differences. The learner is locked meanwhile."""
    locked = yield from learners_locked([learner_id])
    if learner_id not in locked:
        raise NotFound(f"there is no learner {id_text(learner_id)}")
    right = yield from rebuilt(locked[learner_id], rules)
    found = yield from _differences(locked[learner_id], right)
    if found:
        for table in DERIVED:
            yield Query(f"DELETE FROM {table} WHERE user_id=?", (learner_id,))
        right.book.changed_areas.update(right.book.progress)
        yield from write_books(locked, {learner_id: right.book}, now_ms)
        yield from right.tallies.added({learner_id: locked[learner_id].tenant_id})
    return found


def _differences(learner: Learner, right: _Derived) -> Plan[tuple[str, ...]]:
    stored = {record.skill_area: record for record in (yield from progress_rows([learner.id]))}
    found = []
    for area in sorted(stored.keys() | right.book.progress.keys()):
        nothing = ProgressRecord(learner.id, area)
        found += _unequal(f"progress in {area}", stored.get(area, nothing), right.book.progress.get(area, nothing))
    days = {day.day: day for day in (yield from practice_days(learner.id))}
    for day in sorted(days.keys() | right.book.added.keys()):
        if days.get(day) != right.book.added.get(day):
            found.append(f"{day}: the day's sums are {days.get(day)}, should be {right.book.added.get(day)}")
    tenants = {learner.id: learner.tenant_id}
    for table, columns, keys, wanted in (
        ("practice_signs", SIGNS, 3, right.tallies.sign_rows(tenants)),
        ("practice_findings", FINDINGS, 5, right.tallies.finding_rows(tenants)),
    ):
        result = yield Query(select(columns, f"{table} WHERE user_id=?"), (learner.id,))
        found += _row_differences(table, keys, result.rows, wanted)
    return tuple(found)


def _unequal(what: str, stored: ProgressRecord, right: ProgressRecord) -> list[str]:
    values = zip(ProgressRecord._fields, stored, right, strict=True)
    return [f"{what}: {name} is {there!r}, should be {wanted!r}" for name, there, wanted in values if there != wanted]


def _row_differences(table: str, keys: int, stored: Iterable[Row], right: Iterable[Row]) -> list[str]:
    def keyed(found: Iterable[Row]) -> dict[Row, Row]:
        plain = (tuple(str(value) if isinstance(value, dt.date) else value for value in row) for row in found)
        return {row[1:keys]: row[keys:] for row in plain}

    there, wanted = keyed(stored), keyed(right)
    return [
        f"{table} {key}: is {there.get(key)}, should be {wanted.get(key)}"
        for key in sorted(there.keys() | wanted.keys())
        if there.get(key) != wanted.get(key)
    ]


def sweep_landmarks(now_ms: int, limit: int) -> Plan[int]:
    """Removes landmarks whose time is over, at most ``limit``; gives how many. (TiDB's TTL does it by itself.)"""
    due = yield Query(
        "SELECT session_id,attempt_number FROM attempt_landmarks WHERE expires_at<=? ORDER BY expires_at LIMIT ?",
        (rows.utc_text(now_ms), limit),
    )
    if due.rows:
        pairs = ",".join(["(?,?)"] * len(due.rows))
        keys = tuple(value for row in due.rows for value in row)
        yield Query(f"DELETE FROM attempt_landmarks WHERE (session_id,attempt_number) IN ({pairs})", keys)
    return len(due.rows)


def export(learner_id: Id, columns: Mapping[str, Sequence[str]]) -> Plan[dict[str, list[dict[str, Any]]]]:
    """Every row of a learner, by table, as ``columns`` (of each table) names them. Raises NotFound."""
    yield from learner_row(learner_id)
    tables: dict[str, list[dict[str, Any]]] = {}
    for table, key in (("learners", "id"), *((table, "user_id") for table in OWNED)):
        found = yield Query(select(tuple(columns[table]), f"{table} WHERE {key}=?"), (learner_id,))
        tables[table] = [dict(zip(columns[table], row, strict=True)) for row in found.rows]
    return tables


def delete(learner_id: Id) -> Plan[int]:
    """Removes every row of a learner; gives how many. A session that is still live is fenced at its next flush."""
    locked = yield from learners_locked([learner_id])
    if learner_id not in locked:
        raise NotFound(f"there is no learner {id_text(learner_id)}")
    removed = 0
    for table in OWNED:
        removed += (yield Query(f"DELETE FROM {table} WHERE user_id=?", (learner_id,))).changed
    return removed + (yield Query("DELETE FROM learners WHERE id=?", (learner_id,))).changed
