"""What a flush needs to know of sessions and learners: read and locked, or remembered from the flush before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from storage import rows
from storage.book import ProgressBook
from storage.columns import from_json
from storage.learner_plans import learners_locked, open_books
from storage.plan import Plan, Query, Recall, marks, select
from storage.records import Id, Learner, SessionStatus

MOST_SESSIONS = 1_024
"""Remembered, at some kilobytes each; with one more all are forgotten and the next flushes read again."""
_HEAD = (
    "id", "tenant_id", "user_id", "status", "epoch", "stored_through", "started_at", "skill_areas",
    "performance_metrics",
)  # fmt: skip


class SessionHead(NamedTuple):
    """What a flush needs to know of a session; the rest of the row (its story) is not read a second time."""

    id: Id
    tenant_id: str
    user_id: Id
    status: SessionStatus
    epoch: int
    stored_through: int
    started_at_ms: int | None
    skill_areas: tuple[str, ...]
    performance_metrics: Mapping[str, Any]


@dataclass(slots=True)
class Known:
    """Sessions, and their learners with the progress they have made, as the store holds them."""

    sessions: dict[Id, SessionHead] = field(default_factory=dict)
    learners: dict[Id, Learner] = field(default_factory=dict)
    books: dict[Id, ProgressBook] = field(default_factory=dict)


def known_of(session_ids: Collection[Id]) -> Plan[Known]:
    """These sessions, as far as they are in the store, and their learners; what is not remembered is read and locked.

    Every lock is taken in the order sessions, then learners, each by id, so that groups never wait for each other in
    a circle; from then on a learner's progress is ours alone. (Where something is remembered the whole database is.)
    """
    known = (yield Recall()).memory
    if known is None or len(known.sessions) > MOST_SESSIONS:
        known = Known()
    unknown = [session_id for session_id in session_ids if session_id not in known.sessions]
    if not unknown:
        return known
    sessions = yield from _sessions_locked(unknown)
    new = {session.user_id for session in sessions.values() if session.user_id not in known.learners}
    learners = yield from learners_locked(new)
    known.sessions |= sessions
    known.learners |= learners
    known.books |= yield from open_books(learners.values())
    return known


def _sessions_locked(session_ids: Collection[Id]) -> Plan[dict[Id, SessionHead]]:
    wanted = sorted(session_ids)
    sql = select(_HEAD, f"practice_sessions WHERE id IN ({marks(len(wanted))}) ORDER BY id")
    result = yield Query(sql, tuple(wanted), lock=True)
    sessions = {}
    for session_id, tenant_id, user_id, *state, skill_areas, metrics in result.rows:
        areas = rows.to_skill_areas(skill_areas)
        head = SessionHead(bytes(session_id), tenant_id, bytes(user_id), *state, areas, from_json(metrics))
        sessions[head.id] = head
    return sessions
