"""The fenced, exactly-once flush (DESIGN §5): one transaction for a group of sessions."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from storage import rows
from storage.book import ProgressBook
from storage.columns import to_json
from storage.entries import refused
from storage.known import Known, SessionHead, known_of
from storage.learner_plans import write_books
from storage.plan import Insert, Plan, Remember, Row, Update
from storage.ports import ProgressRules
from storage.records import (
    AttemptEntry,
    AttemptSums,
    FlushOutcome,
    Id,
    Learner,
    SessionFlush,
    UnfitAttempt,
    new_id,
)
from storage.tallies import Tallies

ENDED = ("completed", "abandoned")
_QUARANTINE = (
    "id", "tenant_id", "user_id", "session_id", "attempt_number", "reason", "payload", "created_at",
)  # fmt: skip
_ADVANCE = (
    "UPDATE practice_sessions SET stored_through=?,sentences_completed=?,overall_score=?,performance_metrics=?,"
    "started_at=?,updated_at=? WHERE id=? AND epoch=? AND stored_through=?"
)


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
    """One transaction for a group of different sessions; an outcome for each, in order."""
    known = yield from known_of([flush.session_id for flush in group])
    verdicts = []
    for flush in group:
        session = known.sessions.get(flush.session_id)
        learner = known.learners.get(session.user_id) if session else None
        verdicts.append(verdict(flush, session, learner, condemned or {}))
    new, expires_at = _Rows(), rows.utc_text(now_ms + retention_ms)
    admitted = [item for item in verdicts if isinstance(item, Admitted)]
    yield from _advance(admitted, known.sessions, now_ms)
    learners = {item.learner.id: item.learner for item in admitted}
    for item in admitted:
        _add_rows(new, item, known.books[item.learner.id], rules, now_ms, expires_at)
    yield from _insert(new)
    yield from new.tallies.added({learner.id: learner.tenant_id for learner in learners.values()})
    yield from write_books(learners, {learner_id: known.books[learner_id] for learner_id in learners}, now_ms)
    yield Remember(known)
    return [_outcome(item, known) for item in verdicts]


def _outcome(item: Admitted | FlushOutcome, known: Known) -> FlushOutcome:
    if isinstance(item, FlushOutcome):
        session = known.sessions.get(item.session_id)
        book = known.books.get(session.user_id) if session else None
        return dataclasses.replace(item, progress=book.in_areas(session.skill_areas)) if session and book else item
    progress = known.books[item.learner.id].in_areas(item.session.skill_areas)
    if not item.refused:
        return FlushOutcome(item.session.id, "committed", item.flush.hi, progress)
    detail = "; ".join(f"attempt {unfit.attempt_no}: {unfit.reason}" for unfit in item.refused)
    return FlushOutcome(item.session.id, "quarantined", item.flush.hi, progress, detail)


def _advance(admitted: Sequence[Admitted], sessions: dict[Id, SessionHead], now_ms: int) -> Plan[None]:
    """Moves the watermarks, fenced by epoch and watermark, and the sessions' running summaries with them."""
    if not admitted:
        return
    changes = []
    for item in admitted:
        before, after = item.session, _advanced(item)
        metrics = after.performance_metrics
        changes.append(
            (
                after.stored_through,
                len(metrics["sentences_done"]),
                round(metrics["score_sum"] / metrics["judged"]) if metrics["judged"] else None,
                to_json(metrics),
                after.started_at_ms,
                now_ms,
                before.id,
                before.epoch,
                before.stored_through,
            )
        )
        sessions[before.id] = after
    moved = yield Update(_ADVANCE, changes)
    # Sessions are locked, or known to be unchanged, so epochs and watermarks are those that were read.
    assert moved.changed == len(admitted), "a session is not what it was known to be"


def _advanced(item: Admitted) -> SessionHead:
    """The session as this flush leaves it."""
    session = item.session
    sums = [attempt.sums for attempt in item.attempts]
    started_at_ms = session.started_at_ms
    if started_at_ms is None and sums:
        started_at_ms = sums[0].attempted_at_ms
    return session._replace(
        stored_through=item.flush.hi,
        started_at_ms=started_at_ms,
        performance_metrics=summary_with(session.performance_metrics, sums),
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
