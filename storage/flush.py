"""The fenced, exactly-once flush (DESIGN §5): what a group of sessions becomes, and the transaction that does it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from storage import rows
from storage.book import ProgressBook
from storage.columns import from_json, to_json
from storage.entries import refused
from storage.learner_plans import learners_locked, open_books, write_books
from storage.plan import Insert, Plan, Query, Row, Update, marks, select
from storage.ports import ProgressRules
from storage.records import (
    AttemptEntry,
    AttemptSums,
    FlushOutcome,
    Id,
    Learner,
    SessionFlush,
    SessionStatus,
    UnfitAttempt,
    new_id,
)
from storage.tallies import Tallies

GROUP_ROWS = 64
GROUP_BYTES = 1 << 20
"""Bounds of one transaction: what TiDB takes without strain. A single session may be larger than ``GROUP_BYTES``."""
ENDED = ("completed", "abandoned")
_QUARANTINE = (
    "id", "tenant_id", "user_id", "session_id", "attempt_number", "reason", "payload", "created_at",
)  # fmt: skip
_HEAD = (
    "id", "tenant_id", "user_id", "status", "epoch", "stored_through", "started_at", "skill_areas",
    "performance_metrics",
)  # fmt: skip
_ADVANCE = (
    "UPDATE practice_sessions SET stored_through=?,sentences_completed=?,overall_score=?,performance_metrics=?,"
    "started_at=?,updated_at=? WHERE id=? AND epoch=? AND stored_through=?"
)


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


class Admitted(NamedTuple):
    """What of one flush is to be written: the acceptable attempts, and the others with the reason."""

    flush: SessionFlush
    session: SessionHead
    learner: Learner
    attempts: tuple[AttemptEntry, ...]
    refused: tuple[UnfitAttempt, ...]


@dataclass(slots=True)
class _Rows:
    """Rows that the group's inserts will write."""

    attempts: list[Row] = field(default_factory=list)
    landmarks: list[Row] = field(default_factory=list)
    quarantine: list[Row] = field(default_factory=list)
    tallies: Tallies = field(default_factory=Tallies)


def groups(batch: Sequence[SessionFlush]) -> Iterator[list[tuple[int, SessionFlush]]]:
    """Splits a batch into transactions of bounded size, each flush with its place in the batch.

    No session is twice in a group, and a session's flushes keep their order.
    """
    group: list[tuple[int, SessionFlush]] = []
    members: set[Id] = set()
    count = size = 0
    for place, flush in enumerate(batch):
        flush_bytes = sum(map(_size, flush.attempts))
        full = count + len(flush.attempts) > GROUP_ROWS or size + flush_bytes > GROUP_BYTES
        if group and (full or flush.session_id in members):
            yield group
            group, members, count, size = [], set(), 0, 0
        group.append((place, flush))
        members.add(flush.session_id)
        count += len(flush.attempts)
        size += flush_bytes
    if group:
        yield group


def _size(attempt: AttemptEntry | UnfitAttempt) -> int:
    return 4_096 + (len(attempt.landmark_blob or b"") if isinstance(attempt, AttemptEntry) else len(attempt.payload))


def one_by_one(flush: SessionFlush) -> list[SessionFlush]:
    """The same attempts as flushes of one attempt each, so that a refused row stops none but itself."""
    parts, lo = [], flush.lo
    for attempt in sorted(flush.attempts, key=lambda attempt: attempt.attempt_no):
        parts.append(dataclasses.replace(flush, lo=lo, hi=attempt.attempt_no, attempts=(attempt,)))
        lo = attempt.attempt_no
    if parts:
        parts[-1] = dataclasses.replace(parts[-1], hi=flush.hi)
    return parts


def joined(outcomes: Sequence[FlushOutcome]) -> FlushOutcome:
    """One answer for the parts of one flush: the last one's watermark and progress, and every detail."""
    last = outcomes[-1]
    kinds = {outcome.kind for outcome in outcomes}
    worst = next(kind for kind in ("fenced", "quarantined", "committed", "already") if kind in kinds)
    detail = "; ".join(outcome.detail for outcome in outcomes if outcome.detail)
    return dataclasses.replace(last, kind=worst, detail=detail)


def verdict(
    flush: SessionFlush, session: SessionHead | None, learner: Learner | None, condemned: Mapping[int, str]
) -> Admitted | FlushOutcome:
    """Admits the flush, or says why it is not to be written (again).

    A flush whose first attempts are durable already (an earlier commit whose answer was lost, sent again with more
    behind it) is admitted with the rest. ``condemned``: attempts that the database has refused, with its reason.
    """
    if session is None or learner is None:
        return FlushOutcome(flush.session_id, "fenced", 0, detail="the session is not in the store")
    stored = session.stored_through
    if flush.epoch != session.epoch:
        detail = f"incarnation {session.epoch} owns the session, not {flush.epoch}"
        return FlushOutcome(flush.session_id, "fenced", stored, detail=detail)
    if stored >= flush.hi:
        return FlushOutcome(flush.session_id, "already", stored)
    if session.status in ENDED:
        return FlushOutcome(flush.session_id, "fenced", stored, detail=f"the session is {session.status}")
    if stored < flush.lo:
        detail = f"attempts {stored + 1}..{flush.lo} are not in the store"
        return FlushOutcome(flush.session_id, "fenced", stored, detail=detail)
    return _admit(flush, session, learner, condemned)


def _admit(flush: SessionFlush, session: SessionHead, learner: Learner, condemned: Mapping[int, str]) -> Admitted:
    good: dict[int, AttemptEntry] = {}
    unfit: list[UnfitAttempt] = []
    for attempt in sorted(flush.attempts, key=lambda attempt: attempt.attempt_no):
        number = attempt.attempt_no
        if flush.lo < number <= session.stored_through:
            continue
        if isinstance(attempt, UnfitAttempt):
            unfit.append(attempt)
        elif number in condemned:
            unfit.append(refused(attempt, condemned[number]))
        elif not flush.lo < number <= flush.hi:
            unfit.append(refused(attempt, f"its number is not in {flush.lo + 1}..{flush.hi}"))
        elif number in good:
            unfit.append(refused(attempt, "its number is there twice"))
        else:
            good[number] = attempt
    return Admitted(flush, session, learner, tuple(good.values()), tuple(unfit))


def flush_group(
    group: Sequence[SessionFlush],
    rules: ProgressRules,
    now_ms: int,
    retention_ms: int,
    condemned: Mapping[int, str] | None = None,
) -> Plan[list[FlushOutcome]]:
    """One transaction for a group of different sessions; an outcome for each, in order.

    Every lock is taken in the order sessions, then learners, each by id, so that groups never wait for each other in
    a circle; from then on a learner's progress is ours alone.
    """
    sessions = yield from _sessions_locked([flush.session_id for flush in group])
    learners = yield from learners_locked({session.user_id for session in sessions.values()})
    books = yield from open_books(learners.values())
    verdicts = []
    for flush in group:
        session = sessions.get(flush.session_id)
        learner = learners.get(session.user_id) if session else None
        verdicts.append(verdict(flush, session, learner, condemned or {}))
    new, expires_at = _Rows(), rows.utc_text(now_ms + retention_ms)
    admitted = [item for item in verdicts if isinstance(item, Admitted)]
    yield from _advance(admitted, now_ms)
    for item in admitted:
        _add_rows(new, item, books[item.learner.id], rules, now_ms, expires_at)
    yield from _insert(new)
    yield from new.tallies.added({learner.id: learner.tenant_id for learner in learners.values()})
    yield from write_books(learners, books, now_ms)
    outcomes = []
    for item in verdicts:
        session = sessions.get(item.flush.session_id if isinstance(item, Admitted) else item.session_id)
        book = books.get(session.user_id) if session else None
        outcomes.append(_outcome(item, session, book))
    return outcomes


def _outcome(item: Admitted | FlushOutcome, session: SessionHead | None, book: ProgressBook | None) -> FlushOutcome:
    progress = book.in_areas(session.skill_areas) if session and book else ()
    if isinstance(item, FlushOutcome):
        return dataclasses.replace(item, progress=progress)
    detail = "; ".join(f"attempt {unfit.attempt_no}: {unfit.reason}" for unfit in item.refused)
    kind = "quarantined" if item.refused else "committed"
    return FlushOutcome(item.session.id, kind, item.flush.hi, progress, detail)


def _sessions_locked(session_ids: Sequence[Id]) -> Plan[dict[Id, SessionHead]]:
    wanted = sorted(set(session_ids))
    sql = select(_HEAD, f"practice_sessions WHERE id IN ({marks(len(wanted))}) ORDER BY id")
    result = yield Query(sql, tuple(wanted), lock=True)
    sessions = {}
    for session_id, tenant_id, user_id, *state, skill_areas, metrics in result.rows:
        areas = rows.to_skill_areas(skill_areas)
        head = SessionHead(bytes(session_id), tenant_id, bytes(user_id), *state, areas, from_json(metrics))
        sessions[head.id] = head
    return sessions


def _advance(admitted: Sequence[Admitted], now_ms: int) -> Plan[None]:
    """Moves the watermarks, fenced by epoch and watermark, and the sessions' running summaries with them."""
    if admitted:
        moved = yield Update(_ADVANCE, [_advanced(item, now_ms) for item in admitted])
        assert moved.changed == len(admitted), "the sessions are locked, so epochs and watermarks are those read"


def _advanced(item: Admitted, now_ms: int) -> Row:
    session = item.session
    sums = [attempt.sums for attempt in item.attempts]
    metrics = summary_with(session.performance_metrics, sums)
    started_at_ms = session.started_at_ms
    if started_at_ms is None and sums:
        started_at_ms = sums[0].attempted_at_ms
    return (
        item.flush.hi,
        len(metrics["sentences_done"]),
        round(metrics["score_sum"] / metrics["judged"]) if metrics["judged"] else None,
        to_json(metrics),
        started_at_ms,
        now_ms,
        session.id,
        session.epoch,
        session.stored_through,
    )


def summary_with(metrics: Mapping[str, Any], attempts: Sequence[AttemptSums]) -> dict[str, Any]:
    """A session's running summary (its ``performance_metrics``) after further attempts.

    ``score_sum`` is in units of 1/10,000; ``sentences_done`` the indices of the sentences signed successfully.
    """
    done = set(metrics.get("sentences_done", ()))
    judged, successful, score_sum = (metrics.get(name, 0) for name in ("judged", "successful", "score_sum"))
    for attempt in attempts:
        judged += attempt.judged
        score_sum += attempt.score
        if attempt.is_successful:
            successful += 1
            done.add(attempt.sentence_index)
    return {
        **metrics,
        "attempts": metrics.get("attempts", 0) + len(attempts),
        "judged": judged,
        "successful": successful,
        "score_sum": score_sum,
        "sentences_done": sorted(done),
    }


def _add_rows(
    new: _Rows, item: Admitted, book: ProgressBook, rules: ProgressRules, now_ms: int, expires_at: str
) -> None:
    session = item.session
    owner = (session.tenant_id, session.user_id)
    for attempt in item.attempts:
        day = book.local_day(attempt.sums.attempted_at_ms, rules)
        seq = book.add_attempt(attempt.sums, day, session.skill_areas, rules)
        new.tallies.add(session.user_id, day, attempt.sums)
        new.attempts.append((*attempt.row, *owner, day.isoformat(), seq))
        if attempt.landmark_blob is not None and item.learner.landmark_consent:
            new.landmarks.append((session.id, attempt.attempt_no, *owner, attempt.landmark_blob, expires_at))
    for unfit in item.refused:
        reason = unfit.reason[:1000]
        new.quarantine.append((new_id(), *owner, session.id, unfit.attempt_no, reason, unfit.payload, now_ms))


def _insert(new: _Rows) -> Plan[None]:
    if new.attempts:
        yield Insert("sentence_attempts", rows.ATTEMPT_OWNED, new.attempts)
    if new.landmarks:
        columns = ("session_id", "attempt_number", "tenant_id", "user_id", "landmark_data", "expires_at")
        yield Insert("attempt_landmarks", columns, new.landmarks)
    if new.quarantine:
        yield Insert("attempt_quarantine", _QUARANTINE, new.quarantine)
