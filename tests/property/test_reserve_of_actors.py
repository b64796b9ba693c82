"""The reserve under any order of joins, starts, deaths and busy moments, with a clock that the test moves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.reserve import LOOK_AGAIN_MS, REFILL_AFTER_MS, REFILL_AT_LATEST_MS, Census, Reserve


class Pool(RuleBasedStateMachine):
    """A pool without processes: it does what the reserve says, and things happen to it."""

    @initialize(standing=st.integers(0, 3), at_once=st.integers(1, 4), roster=st.integers(0, 12))
    def begin(self, standing: int, at_once: int, roster: int) -> None:
        self.standing, self.at_once = standing, at_once
        self.reserve = Reserve(standing, at_once)
        self.reserve.expect(roster)
        self.largest = 15
        self.claims = self.blank = self.starting = self.taken = self.lost = 0
        self.now_ms, self.quiet_since_ms = 0, -REFILL_AFTER_MS
        self.busy = False
        self.look()

    @property
    def census(self) -> Census:
        allowed = self.largest + self.standing - self.blank - self.starting - self.taken
        return Census(self.claims, self.blank, self.starting, allowed)

    def look(self) -> int:
        before = self.census
        started = self.reserve.starts(before, self.busy, self.now_ms)
        assert 0 <= started <= min(before.allowed, self.at_once - before.starting)
        urgent = before.claims + self.reserve.expected > before.blank + before.starting
        if started and not urgent:
            quiet = self.now_ms - self.quiet_since_ms >= REFILL_AFTER_MS
            assert started == 1 and before.starting == 0 and not self.busy
            assert quiet or self.now_ms >= REFILL_AT_LATEST_MS
        self.starting += started
        return started

    @precondition(lambda self: self.claims + self.taken < self.largest)
    @rule()
    def a_learner_comes(self) -> None:
        self.reserve.claimed(self.now_ms)
        if self.lost:
            self.lost -= 1  # back from a death: the reserve need not wait for a class behind this one
        else:
            self.quiet_since_ms = self.now_ms
        self.claims += 1
        self.serve()
        self.look()

    def serve(self) -> None:
        served = min(self.claims, self.blank)
        self.claims, self.blank, self.taken = self.claims - served, self.blank - served, self.taken + served

    @precondition(lambda self: self.starting)
    @rule(took_ms=st.integers(100, 20_000))
    def an_actor_comes_up(self, took_ms: int) -> None:
        self.come_up(took_ms)

    def come_up(self, took_ms: int) -> None:
        self.reserve.came_up(took_ms)
        self.starting, self.blank = self.starting - 1, self.blank + 1
        self.serve()
        self.look()

    @precondition(lambda self: self.blank + self.taken + self.starting)
    @rule(which=st.sampled_from(["blank", "taken", "starting"]))
    def an_actor_dies(self, which: str) -> None:
        if which == "taken" and self.taken:
            self.lost += 1
            self.reserve.lost()
        setattr(self, which, max(0, getattr(self, which) - 1))
        self.look()

    @rule(busy=st.booleans())
    def the_machine_is_busy_or_not(self, busy: bool) -> None:
        self.busy = busy

    @rule(ms=st.integers(1, 5_000))
    def time_passes(self, ms: int) -> None:
        """As in the pool, the reserve is asked when it wanted to be asked."""
        end_ms = self.now_ms + ms
        while self.reserve.look_again_ms is not None and self.reserve.look_again_ms <= end_ms:
            self.now_ms = max(self.now_ms, self.reserve.look_again_ms)
            self.look()
        self.now_ms = end_ms

    @invariant()
    def who_waits_has_an_actor_on_its_way(self) -> None:
        if self.claims:
            assert self.starting >= min(self.claims, self.at_once, self.starting + self.census.allowed)

    def teardown(self) -> None:
        """Left alone on an idle machine, everyone gets an actor and the reserve is full."""
        if not hasattr(self, "reserve"):
            return
        self.busy = False
        for _ in range(60):
            while self.starting:
                self.come_up(1_000)
            self.now_ms += REFILL_AT_LATEST_MS
            self.look()
        assert self.claims == 0
        assert self.blank >= min(max(self.standing, self.reserve.expected), self.blank + self.census.allowed)


TestPool = Pool.TestCase


@given(st.integers(1, 8), st.integers(0, 40), st.integers(0, 10))
def test_a_wait_is_none_with_a_blank_actor_and_grows_with_those_before(at_once: int, claims: int, blank: int):
    reserve = Reserve(2, at_once)
    waits = [reserve.ready_in_ms(Census(count, blank, 0, 99)) for count in range(claims + 1)]
    assert waits == sorted(waits)
    assert all((wait == 0) == (count <= blank) for count, wait in enumerate(waits))


def test_estimates_follow_what_starts_have_taken():
    reserve = Reserve(0, 1)
    for _ in range(30):
        reserve.came_up(5_000)
    assert abs(reserve.ready_in_ms(Census(2, 0, 0, 9)) - 10_000) < 100


def test_a_busy_machine_is_looked_at_again():
    reserve = Reserve(1, 4)
    assert reserve.starts(Census(0, 0, 0, 9), True, 0) == 0
    assert reserve.look_again_ms == LOOK_AGAIN_MS
    assert reserve.starts(Census(0, 0, 0, 9), False, LOOK_AGAIN_MS) == 1


def test_the_reserve_is_refilled_at_once_for_a_learner_who_comes_back_from_a_death() -> None:
    reserve = Reserve(standing=2, at_once=2)
    reserve.claimed(0)
    now_ms = REFILL_AFTER_MS
    one_blank = Census(claims=0, blank=1, starting=0, allowed=5)
    assert reserve.starts(Census(claims=0, blank=2, starting=0, allowed=5), False, now_ms) == 0, "nothing is lacking"
    reserve.lost()
    reserve.claimed(now_ms)
    assert reserve.starts(one_blank, False, now_ms) == 1
    reserve.claimed(now_ms)
    assert reserve.starts(one_blank, False, now_ms) == 0, "a newcomer, behind whom others may come"
