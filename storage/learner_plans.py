"""Reading and writing learners and their progress inside a transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from storage import rows
from storage.book import AttemptEvent, Past, ProgressBook, SessionEvent
from storage.columns import to_day
from storage.entries import sums_of
from storage.plan import Insert, Plan, Query, marks, select
from storage.records import Id, Learner, PracticeDay, ProgressRecord

_PROGRESS_KEPT = ("user_id", "skill_area", "tenant_id", "created_at")
_PROGRESS_CHANGES = tuple(column for column in rows.PROGRESS_OWNED if column not in _PROGRESS_KEPT)


def learners_locked(user_ids: Collection[Id]) -> Plan[dict[Id, Learner]]:
    """These learners, locked: until the transaction ends nobody else moves their progress."""
    if not user_ids:
        return {}
    wanted = tuple(sorted(user_ids))
    sql = select(rows.LEARNER.names, f"learners WHERE id IN ({marks(len(wanted))}) ORDER BY id")
    result = yield Query(sql, wanted, lock=True)
    return {learner.id: learner for learner in map(rows.LEARNER.record, result.rows)}


def progress_rows(user_ids: Collection[Id]) -> Plan[list[ProgressRecord]]:
    """The stored progress of these learners, by learner and skill area."""
    wanted = tuple(sorted(user_ids))
    source = f"user_progress WHERE user_id IN ({marks(len(wanted))}) ORDER BY user_id,skill_area"
    result = yield Query(select(rows.PROGRESS.names, source), wanted)
    return [rows.PROGRESS.record(row) for row in result.rows]


def practice_days(user_id: Id) -> Plan[list[PracticeDay]]:
    """The days of practice of a learner, ascending."""
    result = yield Query(select(rows.PRACTICE_DAY.names, "practice_days WHERE user_id=? ORDER BY day"), (user_id,))
    return [rows.PRACTICE_DAY.record(row) for row in result.rows]


def open_books(learners: Collection[Learner]) -> Plan[dict[Id, ProgressBook]]:
    """A working copy of the progress of each of these (locked) learners."""
    if not learners:
        return {}
    user_ids = [learner.id for learner in learners]
    progress: dict[Id, list[ProgressRecord]] = {user_id: [] for user_id in user_ids}
    for record in (yield from progress_rows(user_ids)):
        progress[record.user_id].append(record)
    pasts = yield from _pasts(user_ids)
    return {
        learner.id: ProgressBook(learner.id, learner.time_zone, progress[learner.id], pasts[learner.id])
        for learner in learners
    }


def _pasts(user_ids: Collection[Id]) -> Plan[dict[Id, Past]]:
    columns = ("user_id", "day", "attempts", "sessions_completed")
    sql = select(columns, f"practice_days WHERE user_id IN ({marks(len(user_ids))}) ORDER BY user_id,day")
    result = yield Query(sql, tuple(sorted(user_ids)))
    days: dict[Id, list[dt.date]] = {user_id: [] for user_id in user_ids}
    events = dict.fromkeys(user_ids, 0)
    for user_id, day, attempts, sessions in result.rows:
        events[user_id] += attempts + sessions
        if attempts:
            days[user_id].append(to_day(day))
    return {user_id: Past(tuple(days[user_id]), events[user_id]) for user_id in user_ids}


def write_books(learners: Mapping[Id, Learner], books: Mapping[Id, ProgressBook], now_ms: int) -> Plan[None]:
    """Writes what has changed in the working copies, which may go on from there."""
    progress, days = [], []
    for user_id, book in books.items():
        tenant_id = learners[user_id].tenant_id
        progress += [rows.progress_row(book.progress[area], tenant_id, now_ms) for area in sorted(book.changed_areas)]
        days += [(*rows.PRACTICE_DAY.row(book.added[day]), user_id, tenant_id) for day in sorted(book.added)]
        book.written()
    if progress:
        yield Insert("user_progress", rows.PROGRESS_OWNED, progress, ("user_id", "skill_area"), _PROGRESS_CHANGES)
    if days:
        sums = rows.PRACTICE_DAY.names[1:]
        yield Insert("practice_days", rows.PRACTICE_DAY_OWNED, days, ("user_id", "day"), adds=sums)


def events_of(user_id: Id) -> Plan[list[AttemptEvent | SessionEvent]]:
    """Everything that has moved a learner's progress, in no particular order."""
    sql = select((*rows.SESSION.names, "practice_day", "progress_seq"), "practice_sessions WHERE user_id=?")
    sessions = (yield Query(sql, (user_id,))).rows
    sql = select((*rows.ATTEMPT.names, "practice_day", "progress_seq"), "sentence_attempts WHERE user_id=?")
    attempts = (yield Query(sql, (user_id,))).rows
    areas = {}
    scores: dict[Id, list[tuple[int, float]]] = {}
    events: list[AttemptEvent | SessionEvent] = []
    for *row, _, _ in sessions:
        session = rows.SESSION.record(row)
        areas[session.id] = session.skill_areas
    for *row, day, seq in attempts:
        attempt = rows.ATTEMPT.record(row)
        events.append(AttemptEvent(seq, sums_of(attempt), to_day(day), areas[attempt.session_id]))
        if attempt.score is not None:
            scores.setdefault(attempt.session_id, []).append((attempt.attempt_no, attempt.score))
    for *row, day, seq in sessions:
        if seq is not None:
            session = rows.SESSION.record(row)
            judged = tuple(score for _, score in sorted(scores.get(session.id, ())))
            events.append(SessionEvent(seq, session, to_day(day), judged))
    return events
