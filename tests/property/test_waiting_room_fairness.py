"""The waiting room with any coming and going: nobody is passed over, places only ever get better, no place twice."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from server.head_room import GROW_EVERY_MS, WINDOW_MS, HeadRoom
from server.waiting_room import LAPSE_MS, LATEST_S, PROMISE_MS, SOONEST_S, WaitingRoom

LEARNERS = [bytes([number]) * 16 for number in range(1, 9)]


def session_of(learner: bytes) -> bytes:
    return bytes([learner[0] + 100]) * 16


class Lobby(RuleBasedStateMachine):
    """Learners who ask, connect, leave, die and give up, in any order, before a node of changing size."""

    @initialize(limit=st.integers(1, 4))
    def begin(self, limit: int) -> None:
        self.room, self.limit, self.now_ms = WaitingRoom(), limit, 0
        self.inside: set[bytes] = set()
        self.ticket_until: dict[bytes, int] = {}
        self.line: list[bytes] = []
        """Who waits, in order of coming, kept by the test itself."""
        self.asked_ms: dict[bytes, int] = {}
        self.place: dict[bytes, int] = {}

    def prune(self) -> None:
        self.line = [who for who in self.line if self.now_ms - self.asked_ms[who] < LAPSE_MS]
        self.place = {who: place for who, place in self.place.items() if who in self.line}
        self.ticket_until = {who: until for who, until in self.ticket_until.items() if self.now_ms < until}

    @rule(who=st.sampled_from(LEARNERS))
    def ask(self, who: bytes) -> None:
        if who in self.inside:
            return
        self.prune()
        had_ticket = who in self.ticket_until
        wait = self.room.ask(who, session_of(who), len(self.inside), self.limit, self.now_ms)
        ahead = self.line.index(who) if who in self.line else len(self.line)
        free = self.limit - len(self.inside) - len(self.ticket_until)
        if wait is None:
            assert had_ticket or ahead < free, "in order of coming, and only where there is room"
            self.ticket_until[who] = self.now_ms + PROMISE_MS
            self.line = [other for other in self.line if other != who]
            return
        assert ahead >= free, "a free place is given to who comes for it"
        assert wait.place == ahead + 1 <= self.place.get(who, 99), "a place in line never gets worse"
        assert wait.wait_s >= 1 and SOONEST_S <= wait.ask_again_s <= LATEST_S < LAPSE_MS / 1000
        if who not in self.line:
            self.line.append(who)
        self.asked_ms[who], self.place[who] = self.now_ms, wait.place

    @rule(who=st.sampled_from(LEARNERS))
    def connect(self, who: bytes) -> None:
        self.prune()
        if who in self.ticket_until:
            assert self.room.is_promised(session_of(who))
            del self.ticket_until[who]
            self.room.came(session_of(who))
            self.inside.add(who)

    @precondition(lambda self: self.inside)
    @rule(which=st.integers(0, 7), in_order=st.booleans())
    def leave(self, which: int, in_order: bool) -> None:
        who = sorted(self.inside)[which % len(self.inside)]
        self.inside.remove(who)
        self.room.left(session_of(who), in_order, self.now_ms)
        if not in_order:
            self.ticket_until[who] = self.now_ms + PROMISE_MS

    @rule(ms=st.integers(0, 20_000))
    def time_passes(self, ms: int) -> None:
        self.now_ms += ms

    @rule(limit=st.integers(1, 4))
    def the_processor_says(self, limit: int) -> None:
        self.limit = limit

    @invariant()
    def both_count_alike(self) -> None:
        if hasattr(self, "room"):
            self.prune()
            self.room.forget_lapsed(self.now_ms)
            assert (self.room.waiting, self.room.promised) == (len(self.line), len(self.ticket_until))

    def teardown(self) -> None:
        """Nobody starves: who keeps asking while others leave comes in, in the order of the line."""
        if not hasattr(self, "room"):
            return
        let_in: list[bytes] = []
        self.prune()
        waiting = list(self.line)
        for _ in range(40):
            for who in list(self.line):
                self.ask(who)
                if who in self.ticket_until:
                    self.connect(who)
                    let_in.append(who)
            if self.inside:
                self.leave(0, True)
            self.now_ms += 10_000
        assert let_in == waiting


TestLobby = Lobby.TestCase
TestLobby.settings = settings(max_examples=60, stateful_step_count=40)


def test_a_session_that_asks_twice_keeps_its_place_and_another_of_the_same_learner_takes_it_over():
    room = WaitingRoom()
    assert room.ask(LEARNERS[0], b"first", 0, 2, 0) is None
    assert room.ask(LEARNERS[0], b"first", 0, 2, 1) is None
    assert room.ask(LEARNERS[0], b"second", 0, 2, 2) is None
    assert room.promised == 1 and not room.is_promised(b"first")


def test_the_wait_follows_the_rate_at_which_places_come_free():
    room, now_ms = WaitingRoom(), 0
    before = room.ask(LEARNERS[0], b"s", 2, 2, now_ms)
    assert before is not None and before.wait_s == 450, "two sessions of a quarter of an hour, as a first guess"
    for _ in range(20):
        now_ms += 5_000
        room.left(b"other", True, now_ms)
    wait = room.ask(LEARNERS[1], b"t", 2, 2, now_ms)
    assert wait is not None and wait.place == 1, "the first has lapsed"
    assert 5 <= wait.wait_s < 40


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 60)), max_size=60), st.integers(1, 30))
def test_the_processors_limit_stays_in_bounds_and_falls_only_when_marks_come_late(
    seconds: list[tuple[int, int]], most: int
):
    head_room, inside = HeadRoom(most, 0.05), min(most, 10)
    for second, (late, more) in enumerate(seconds):
        before = head_room.limit
        head_room.observe(late, late + more, inside, second * 1_000)
        assert 1 <= head_room.limit <= most
        if head_room.limit < before:
            assert head_room.late_share > 0.05
        assert head_room.limit <= before + 1


def test_newcomers_wait_while_marks_are_late_and_come_in_one_by_one_when_it_is_calm_again():
    head_room = HeadRoom(30, 0.05)
    head_room.observe(0, 100, 20, 0)
    assert head_room.limit == 30 and not head_room.tight
    head_room.observe(20, 100, 20, 1_000)
    assert head_room.limit == 20 and head_room.tight
    limits = []
    for second in range(2, 40):
        head_room.observe(0, 100, 20, second * 1_000)
        limits.append(head_room.limit)
    assert limits[: WINDOW_MS // 1_000 - 2] == [20] * (WINDOW_MS // 1_000 - 2), "not before the bad seconds are over"
    assert limits[-1] == 30 and not head_room.tight
    assert max(limits.count(limit) for limit in range(21, 30)) == GROW_EVERY_MS // 1_000


def test_between_calm_and_late_nothing_changes_and_one_says_late_share_never_matters():
    head_room, deaf = HeadRoom(30, 0.05), HeadRoom(30, 1.0)
    for second in range(30):
        head_room.observe(6 if second == 0 else 3, 100, 20, second * 1_000)
        deaf.observe(100, 100, 20, second * 1_000)
    assert (head_room.limit, deaf.limit) == (20, 30)


def test_nobody_takes_the_place_of_who_leaves_while_marks_are_late_but_the_place_is_remembered():
    head_room = HeadRoom(30, 0.05)
    head_room.observe(50, 100, 14, 0)
    assert head_room.limit == 14
    head_room.observe(50, 100, 2, 1_000)
    assert head_room.limit == 2
    for second in range(2, 13):
        head_room.observe(0, 1_000, 2, second * 1_000)
    assert 14 <= head_room.limit <= 14 + 12_000 // GROW_EVERY_MS


def test_a_few_late_timers_of_an_idle_server_close_nothing():
    head_room = HeadRoom(30, 0.05)
    head_room.observe(5, 5, 0, 0)
    assert head_room.limit == 30
