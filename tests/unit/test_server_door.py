"""The door before a pool that the test fills and empties."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from actors.stats import Tally
from server.door import Door
from server.problems import Problem, problem_headers

ANN, BOB, CAT = (bytes([number]) * 16 for number in (1, 2, 3))


@dataclass
class Pool:
    """Sessions that are live, and how long a start takes."""

    inside: set[bytes] = field(default_factory=set)
    closing: bool = False
    tally: Tally = field(default_factory=Tally)

    @property
    def sessions(self) -> int:
        return len(self.inside)

    def has_place(self, session_id: bytes) -> bool:
        return session_id in self.inside

    def ready_in_ms(self, promised: int) -> int:
        return 1_000 * promised


@pytest.fixture
def pool() -> Pool:
    return Pool()


@pytest.fixture
def door() -> Door:
    return Door(1, 0.05, Tally(), lambda: 0)


def test_who_comes_in_is_told_when_the_actor_is_ready_and_who_does_not_place_and_time(door: Door, pool: Pool):
    assert door.ask(pool, ANN, ANN) == 1_000
    with pytest.raises(Problem) as full:
        door.ask(pool, BOB, BOB)
    assert full.value.code == "no_capacity"
    assert full.value.members == {"place": 1, "wait_s": 900}
    assert problem_headers(full.value)["Retry-After"] == "10"
    assert door.levels["queue", "learners_waiting"] == 1 and door.levels["places", "promised"] == 1


def test_a_live_session_is_never_refused_and_neither_is_one_whose_process_died(door: Door, pool: Pool):
    door.ask(pool, ANN, ANN)
    door.came(ANN)
    pool.inside.add(ANN)
    assert door.ask(pool, ANN, ANN) == 0
    pool.inside.clear()
    door.left(ANN, in_order=False)
    with pytest.raises(Problem):
        door.ask(pool, BOB, BOB)
    assert door.ask(pool, ANN, ANN) > 0


def test_a_place_that_was_left_in_order_is_free(door: Door, pool: Pool):
    door.ask(pool, ANN, ANN)
    door.came(ANN)
    door.left(ANN, in_order=True)
    assert door.ask(pool, BOB, BOB) > 0


def test_a_server_that_stops_takes_nobody_in(door: Door, pool: Pool):
    pool.closing = True
    with pytest.raises(Problem) as closed:
        door.ask(pool, CAT, CAT)
    assert closed.value.code == "server_closing"


async def test_marks_that_come_late_close_the_door_to_newcomers(pool: Pool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("server.door._PROBE_S", 0.0)
    monkeypatch.setattr("server.door._LOOK_EVERY_S", 0.0)
    tally = Tally()
    door = Door(9, 0.05, tally, lambda: 0)
    for value_ms in [5.0] * 40 + [60.0] * 10_000:
        pool.tally.observe_ms("feedback", value_ms)
    pool.inside = {ANN, BOB}
    watching = asyncio.create_task(door.watch(pool))
    async with asyncio.timeout(5):
        while not door.busy:
            await asyncio.sleep(0)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    assert door.levels["places", "limit"] == 2 and door.levels["late_share", ""] > 0.9
    with pytest.raises(Problem):
        door.ask(pool, CAT, CAT)
    assert sum(tally.times["lag"].counts) > 0, "its own timers are measured, too"
