"""Reading and writing learners and their progress inside a transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from storage import rows
from storage.book import AttemptEvent, ProgressBook, SessionEvent
from storage.plan import Insert, Plan, Query, marks, select
from storage.records import Id, Learner, PracticeDay, ProgressRecord

_PROGRESS_KEPT = ("user_id", "skill_area", "tenant_id", "created_at")


def learners_locked(user_ids: Collection[Id]) -> Plan[dict[Id, Learner]]:
    """These learners, locked: until the transaction ends nobody else moves their progress."""
    if not user_ids:
        return {}
    wanted = tuple(sorted(user_ids))
    sql = select(rows.LEARNER, f"learners WHERE id IN ({marks(len(wanted))}) ORDER BY id")
    result = yield Query(sql, wanted, lock=True)
    return {learner.id: learner for learner in map(rows.to_learner, result.rows)}


def progress_rows(user_ids: Collection[Id]) -> Plan[list[ProgressRecord]]:
    """The stored progress of these learners, by learner and skill area."""
    wanted = tuple(sorted(user_ids))
    source = f"user_progress WHERE user_id IN ({marks(len(wanted))}) ORDER BY user_id,skill_area"
    result = yield Query(select(rows.PROGRESS, source), wanted)
    return [rows.to_progress(row) for row in result.rows]


def practice_days(user_ids: Collection[Id]) -> Plan[dict[Id, list[PracticeDay]]]:
    """The days of practice of these learners, ascending."""
    wanted = tuple(sorted(user_ids))
    sql = select(rows.DAY, f"practice_days WHERE user_id IN ({marks(len(wanted))}) ORDER BY user_id,day")
    result = yield Query(sql, wanted)
    days: dict[Id, list[PracticeDay]] = {user_id: [] for user_id in wanted}
    for row in result.rows:
        user_id, day = rows.to_practice_day(row)
        days[user_id].append(day)
    return days


def open_books(learners: Iterable[Learner]) -> Plan[dict[Id, ProgressBook]]:
    """A working copy of the progress of each of these (locked) learners."""
    by_id = {learner.id: learner for learner in learners}
    if not by_id:
        return {}
    progress = yield from progress_rows(by_id)
    days = yield from practice_days(by_id)
    return {
        user_id: ProgressBook(
            user_id, learner.time_zone, (record for record in progress if record.user_id == user_id), days[user_id]
        )
        for user_id, learner in by_id.items()
    }


def write_books(learners: Mapping[Id, Learner], books: Mapping[Id, ProgressBook], now_ms: int) -> Plan[None]:
    """Writes what has changed in the working copies."""
    progress, days = [], []
    for user_id, book in books.items():
        tenant_id = learners[user_id].tenant_id
        progress += [rows.progress_row(book.progress[area], tenant_id, now_ms) for area in sorted(book.changed_areas)]
        days += [rows.day_row(user_id, book.days[day], tenant_id) for day in sorted(book.changed_days)]
    if progress:
        updates = tuple(column for column in rows.PROGRESS_OWNED if column not in _PROGRESS_KEPT)
        yield Insert("user_progress", rows.PROGRESS_OWNED, progress, ("user_id", "skill_area"), updates)
    if days:
        yield Insert("practice_days", rows.DAY_OWNED, days, ("user_id", "day"), rows.DAY[2:])


def events_of(user_id: Id) -> Plan[list[AttemptEvent | SessionEvent]]:
    """Everything that has moved a learner's progress, in no particular order."""
    sql = select((*rows.SESSION, "practice_day", "progress_seq"), "practice_sessions WHERE user_id=?")
    sessions = (yield Query(sql, (user_id,))).rows
    sql = select((*rows.ATTEMPT, "practice_day", "progress_seq"), "sentence_attempts WHERE user_id=?")
    attempts = (yield Query(sql, (user_id,))).rows
    areas = {}
    scores: dict[Id, list[tuple[int, float]]] = {}
    events: list[AttemptEvent | SessionEvent] = []
    for *row, _, _ in sessions:
        session = rows.to_session(tuple(row))
        areas[session.id] = session.skill_areas
    for *row, day, seq in attempts:
        attempt = rows.to_attempt(tuple(row))
        events.append(AttemptEvent(seq, attempt, rows.to_day(day), areas[attempt.session_id]))
        if attempt.score is not None:
            scores.setdefault(attempt.session_id, []).append((attempt.attempt_no, attempt.score))
    for *row, day, seq in sessions:
        if seq is not None:
            session = rows.to_session(tuple(row))
            judged = tuple(score for _, score in sorted(scores.get(session.id, ())))
            events.append(SessionEvent(seq, session, rows.to_day(day), judged))
    return events
