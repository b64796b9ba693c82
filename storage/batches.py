"""What a batch of flushes becomes: groups of one transaction each, smaller pieces where one is refused, one answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from storage.records import AttemptEntry, FlushOutcome, Id, SessionFlush, UnfitAttempt

GROUP_ROWS = 64
GROUP_BYTES = 1 << 20
"""Bounds of one transaction: what TiDB takes without strain. A single session may be larger than ``GROUP_BYTES``."""


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
