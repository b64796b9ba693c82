"""A learner's whole past in one transaction: for demonstrations and for moving learners between installations."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from storage import rows
from storage.book import ProgressBook
from storage.entries import entry_of
from storage.errors import StoreRefused
from storage.flush import summary_with
from storage.learner_plans import write_books
from storage.plan import Insert, Plan, Row
from storage.ports import ProgressRules
from storage.records import MARK_UNITS, AttemptEntry, AttemptRecord, Learner, SessionRecord, UnfitAttempt
from storage.session_plans import active_ms
from storage.tallies import Tallies

_SESSION_APPLIED = (*rows.SESSION.names, "practice_day", "progress_seq")
History = Sequence[tuple[SessionRecord, Sequence[AttemptRecord]]]
"""Sessions with their attempts, oldest first; landmarks are left behind."""


def load_history(learner: Learner, history: History, rules: ProgressRules, now_ms: int) -> Plan[None]:
    """Adds a new learner who has completed these sessions, with everything that follows from them.

    Raises StoreRefused for an attempt that can not be a row.
    """
    book, tallies = ProgressBook(learner.id, learner.time_zone), Tallies()
    sessions: list[Row] = []
    attempts: list[Row] = []
    for session, made in history:
        entries = [_entry(attempt) for attempt in made]
        for entry in entries:
            day = book.local_day(entry.sums.attempted_at_ms, rules)
            seq = book.add_attempt(entry.sums, day, session.skill_areas, rules)
            tallies.add(learner.id, day, entry.sums)
            attempts.append((*entry.row, learner.tenant_id, learner.id, day.isoformat(), seq))
        completed = _completed(session, entries)
        day = book.local_day(completed.completed_at_ms or 0, rules)
        scores = [entry.sums.score / MARK_UNITS for entry in entries if entry.sums.judged]
        seq = book.add_session(completed, day, scores, rules)
        sessions.append((*rows.SESSION.row(completed), day.isoformat(), seq))
    yield Insert("learners", rows.LEARNER.names, [rows.LEARNER.row(learner)])
    yield Insert("practice_sessions", _SESSION_APPLIED, sessions)
    yield Insert("sentence_attempts", rows.ATTEMPT_OWNED, attempts)
    yield from tallies.added({learner.id: learner.tenant_id})
    yield from write_books({learner.id: learner}, {learner.id: book}, now_ms)


def _entry(attempt: AttemptRecord) -> AttemptEntry:
    entry = entry_of(attempt)
    if isinstance(entry, UnfitAttempt):
        raise StoreRefused(f"attempt {entry.attempt_no} can not be stored: {entry.reason}")
    return entry


def _completed(session: SessionRecord, attempts: Sequence[AttemptEntry]) -> SessionRecord:
    """The session as it is after these attempts and its completion at ``completed_at_ms``."""
    sums = [attempt.sums for attempt in attempts]
    metrics = summary_with(session.performance_metrics, sums)
    ended_at_ms = session.completed_at_ms or 0
    spans = [(attempt.attempted_at_ms, attempt.duration_ms) for attempt in sums]
    return dataclasses.replace(
        session,
        status="completed",
        stored_through=max((attempt.attempt_no for attempt in attempts), default=0),
        overall_score=round(metrics["score_sum"] / metrics["judged"]) / MARK_UNITS if metrics["judged"] else None,
        sentences_completed=len(metrics["sentences_done"]),
        duration_seconds=round(active_ms(session.started_at_ms, spans, ended_at_ms) / 1000),
        performance_metrics=metrics,
    )
