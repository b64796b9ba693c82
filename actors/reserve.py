"""How many session actors to start, and when. Pure: what is there and the time are arguments.

A start costs about a second of processor time, so a reserve that is refilled while a class comes in takes from those
who are already there. Therefore actors are started at once for who waits and for a roster that was announced, and the
small standing reserve is refilled one by one, when no learner has come for a while.
"""

from __future__ import annotations

from dataclasses import dataclass

REFILL_AFTER_MS = 2_000
"""Quiet time without a new learner after which the standing reserve is refilled."""
REFILL_AT_LATEST_MS = 10_000
"""Learners who come one by one without end must not keep the reserve empty."""
LOOK_AGAIN_MS = 1_000
"""When to look again while the machine is too busy to refill."""
_FIRST_GUESS_MS = 1_500
_NEWEST_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Census:
    """Actors and who waits for one: ``claims`` sessions wait; ``allowed`` more processes may be started."""

    claims: int
    blank: int
    starting: int
    allowed: int


class Reserve:
    """``standing`` blank actors are kept in the long run, at most ``at_once`` start at the same time."""

    def __init__(self, standing: int, at_once: int) -> None:
        self._standing = standing
        self._at_once = at_once
        self._claimed_ms: int | None = None
        self._lacking_since_ms: int | None = None
        self._coming_back = 0
        self._start_ms = float(_FIRST_GUESS_MS)
        self.expected = 0
        """Learners of the roster who have not come yet."""
        self.look_again_ms: int | None = None
        """When ``starts`` should be asked again even if nothing happens until then."""

    def expect(self, learners: int) -> None:
        """A class is about to come: so many actors are started at once, and used up as its learners come."""
        self.expected = learners

    def lost(self) -> None:
        """The actor of a learner has died: who comes next is no newcomer behind whom a class may follow."""
        self._coming_back += 1

    def claimed(self, now_ms: int) -> None:
        """A learner has come, or come back."""
        if self._coming_back:
            self._coming_back -= 1
            return
        self.expected = max(0, self.expected - 1)
        self._claimed_ms = now_ms

    def came_up(self, took_ms: float) -> None:
        """An actor has started; how long that took goes into the estimates."""
        self._start_ms += _NEWEST_WEIGHT * (took_ms - self._start_ms)

    def starts(self, census: Census, busy: bool, now_ms: int) -> int:
        """How many actors to start now. ``busy``: the machine has nothing to spare for a reserve."""
        self.look_again_ms = None
        room = max(0, min(census.allowed, self._at_once - census.starting))
        urgent = census.claims + self.expected - census.blank - census.starting
        if urgent > 0:
            return min(urgent, room)
        if census.claims + self._standing <= census.blank + census.starting or census.allowed <= 0:
            self._lacking_since_ms = None
            return 0
        if self._lacking_since_ms is None:
            self._lacking_since_ms = now_ms
        due_ms = now_ms if self._claimed_ms is None else self._claimed_ms + REFILL_AFTER_MS
        due_ms = min(due_ms, self._lacking_since_ms + REFILL_AT_LATEST_MS)
        if busy or now_ms < due_ms:
            self.look_again_ms = max(due_ms, now_ms + LOOK_AGAIN_MS) if busy else due_ms
            return 0
        return min(1, room) if census.starting == 0 else 0

    def ready_in_ms(self, census: Census) -> int:
        """How long the last of those who wait will wait, by what starts have taken; 0 where a blank actor is left."""
        lacking = census.claims - census.blank
        return round(-(-lacking // self._at_once) * self._start_ms) if lacking > 0 else 0
