"""The transactions of a session's life: taking it over, pausing and resuming it, ending it."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

from storage import rows
from storage.book import areas_of
from storage.errors import IllegalTransition, NotFound, StoreConflict
from storage.learner_plans import learners_locked, open_books, progress_rows, write_books
from storage.plan import Plan, Query, select
from storage.ports import ProgressRules
from storage.records import (
    MARK_UNITS,
    Activation,
    Id,
    ProgressRecord,
    SessionClose,
    SessionRecord,
    SessionStatus,
    id_text,
)

IDLE_CUTOFF_MS = 120_000
"""A longer stretch without an attempt (a closed laptop, a pause) counts as this much of a session's duration."""
_FROM: dict[SessionStatus, tuple[SessionStatus, ...]] = {
    "active": ("created", "active", "paused"),
    "paused": ("active", "paused"),
}
_ENDED = ("completed", "abandoned")


def one_session(session_id: Id, *, lock: bool) -> Plan[SessionRecord | None]:
    """One session, or None."""
    result = yield Query(select(rows.SESSION.names, "practice_sessions WHERE id=?"), (session_id,), lock=lock)
    return rows.SESSION.record(result.rows[0]) if result.rows else None


def _existing(session_id: Id) -> Plan[SessionRecord]:
    session = yield from one_session(session_id, lock=True)
    if session is None:
        raise NotFound(f"there is no session {id_text(session_id)}")
    return session


def activate(session_id: Id, now_ms: int) -> Plan[Activation]:
    """Bumps the epoch first, then reads, so that nothing read here can be changed by a former incarnation."""
    session = yield from _existing(session_id)
    if session.status in _ENDED:
        raise IllegalTransition(f"the session is {session.status}; begin a new one")
    epoch = session.epoch + 1
    yield Query("UPDATE practice_sessions SET epoch=?,updated_at=? WHERE id=?", (epoch, now_ms, session_id))
    learners = yield Query(select(rows.LEARNER.names, "learners WHERE id=?"), (session.user_id,))
    if not learners.rows:
        raise NotFound(f"the learner of session {id_text(session_id)} is not in the store")
    return Activation(
        session=dataclasses.replace(session, epoch=epoch, updated_at_ms=now_ms),
        learner=rows.LEARNER.record(learners.rows[0]),
    )


def set_status(session_id: Id, epoch: int, status: SessionStatus, now_ms: int) -> Plan[SessionRecord]:
    """Pauses, resumes or begins the session."""
    session = yield from _existing(session_id)
    if session.epoch != epoch:
        raise StoreConflict(f"incarnation {session.epoch} owns the session, not {epoch}")
    if session.status not in _FROM.get(status, ()):
        raise IllegalTransition(f"a session that is {session.status} can not become {status}")
    started_at_ms = session.started_at_ms
    if started_at_ms is None and status == "active":
        started_at_ms = now_ms
    yield Query(
        "UPDATE practice_sessions SET status=?,started_at=?,updated_at=? WHERE id=?",
        (status, started_at_ms, now_ms, session_id),
    )
    return dataclasses.replace(session, status=status, started_at_ms=started_at_ms, updated_at_ms=now_ms)


def active_ms(started_at_ms: int | None, attempts: Sequence[tuple[int, int]], ended_at_ms: int) -> int:
    """How long a session was practised: from its start to its end, long idle stretches cut to ``IDLE_CUTOFF_MS``.

    ``attempts``: (begin, duration) of each in ms. A session that never began lasted nothing.
    """
    if started_at_ms is None:
        return 0
    moments = {started_at_ms, ended_at_ms}
    for begin_ms, duration_ms in attempts:
        moments.update((begin_ms, begin_ms + duration_ms))
    within = sorted(moment for moment in moments if started_at_ms <= moment <= ended_at_ms)
    return sum(min(later - earlier, IDLE_CUTOFF_MS) for earlier, later in itertools.pairwise(within))


def close_session(
    close: SessionClose, rules: ProgressRules, now_ms: int
) -> Plan[tuple[SessionRecord, tuple[ProgressRecord, ...]]]:
    """Ends the session and, where it is completed, applies its experience; all of it once."""
    session = yield from _existing(close.session_id)
    if session.status == close.status:
        progress = yield from progress_rows([session.user_id])
        wanted = areas_of(session.skill_areas)
        known = {record.skill_area: record for record in progress}
        return session, tuple(known.get(area) or ProgressRecord(session.user_id, area) for area in wanted)
    if session.status in _ENDED:
        raise IllegalTransition(f"the session is {session.status} already, it can not be {close.status}")
    if (session.epoch, session.stored_through) != (close.epoch, close.stored_through):
        raise StoreConflict(
            f"the store holds incarnation {session.epoch} up to attempt {session.stored_through},"
            f" not {close.epoch} up to {close.stored_through}"
        )
    return (yield from _end(session, close.status, rules, now_ms))


def _end(
    session: SessionRecord, status: SessionStatus, rules: ProgressRules, now_ms: int
) -> Plan[tuple[SessionRecord, tuple[ProgressRecord, ...]]]:
    learners = yield from learners_locked([session.user_id])
    if session.user_id not in learners:
        raise NotFound(f"the learner of session {id_text(session.id)} is not in the store")
    attempts = yield Query(
        "SELECT attempted_at,duration_ms,score FROM sentence_attempts WHERE session_id=? ORDER BY attempt_number",
        (session.id,),
    )
    duration_ms = active_ms(session.started_at_ms, [(begin, lasted) for begin, lasted, _ in attempts.rows], now_ms)
    ended = dataclasses.replace(
        session,
        status=status,
        completed_at_ms=now_ms,
        duration_seconds=round(duration_ms / 1000),
        updated_at_ms=now_ms,
    )
    books = yield from open_books(learners.values())
    book, day, seq = books[session.user_id], None, None
    if status == "completed":
        day = book.local_day(now_ms, rules)
        scores = [units / MARK_UNITS for _, _, units in attempts.rows if units is not None]
        seq = book.add_session(ended, day, scores, rules)
        yield from write_books(learners, books, now_ms)
    yield Query(
        "UPDATE practice_sessions SET status=?,completed_at=?,duration_seconds=?,practice_day=?,progress_seq=?,"
        "updated_at=? WHERE id=?",
        (status, now_ms, ended.duration_seconds, day and day.isoformat(), seq, now_ms, session.id),
    )
    return ended, book.in_areas(session.skill_areas)
