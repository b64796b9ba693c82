"""The pool with real control sockets and, in place of Ray's processes, stand-ins that a test makes live and die."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from actors.control import Answered, Attach, Command, ControlChannel, Drain, Packet, Ready, Released, connect
from actors.pool import PoolExhausted, SessionPool
from actors.reserve import REFILL_AFTER_MS
from actors.slot import SlotGone, Spawned

SESSIONS = [number.to_bytes(16, "big") for number in range(1, 10)]


class Died(Exception):
    """Stands for Ray's many names of a death."""


class StandIn:
    """What the pool sees of an actor process."""

    pids = itertools.count(1_000)

    def __init__(self, number: int, control_path: str) -> None:
        self.number = number
        self.pid = next(self.pids)
        self.heard: asyncio.Queue[tuple[Packet, int | None]] = asyncio.Queue()
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.killed = False
        self.channel: ControlChannel | None = None
        self._control_path = control_path

    def come_up(self) -> None:
        """Connects and says that it is ready."""
        sock = connect(self._control_path)
        self.channel = ControlChannel(sock, lambda *packet: self.heard.put_nowait(packet), lambda: None)
        self.channel.send(Ready(self.number, self.pid))

    def finish(self, reason: str = "passivated") -> None:
        """Releases its session and returns, as ``SessionActor.run`` does."""
        assert self.channel is not None
        self.channel.send(Released(reason))
        self.die(None)

    def die(self, death: Exception | None) -> None:
        if self.channel is not None:
            self.channel.close()
        if self.ended.done():
            return
        if death is None:
            self.ended.set_result("passivated")
        else:
            self.ended.set_exception(death)

    def kill(self) -> None:
        self.killed = True
        self.die(Died("killed"))


class Machines:
    """Starts stand-ins for a pool."""

    def __init__(self, control_path: str) -> None:
        self.all: list[StandIn] = []
        self.automatic = True
        self.doomed = False
        self.control_path = control_path

    def spawn(self, number: int) -> Spawned:
        machine = StandIn(number, self.control_path)
        self.all.append(machine)
        if self.doomed:
            machine.die(Died("no memory"))
        elif self.automatic:
            asyncio.get_running_loop().call_soon(machine.come_up)
        return Spawned(machine.ended, machine.kill)

    @property
    def alive(self) -> list[StandIn]:
        return [machine for machine in self.all if not machine.ended.done()]

    def serving(self, pid: int | None) -> StandIn:
        (machine,) = [machine for machine in self.all if machine.pid == pid]
        return machine


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    return Machines(str(tmp_path / "c.sock"))


def a_pool(machines: Machines, warm: int, reserve: int | None = None, **options: Any) -> SessionPool:
    """At most three sessions unless ``options`` say otherwise; the reserve is as large as what is warm at the start."""
    options = {"largest": 3, **options}
    reserve = warm if reserve is None else reserve
    return SessionPool(machines.spawn, machines.control_path, warm=warm, reserve=reserve, **options)


@pytest.fixture
async def pool(machines: Machines) -> AsyncIterator[SessionPool]:
    """A pool of two warm actors, three sessions at most."""
    pool = a_pool(machines, warm=2)
    await pool.open()
    yield pool
    pool.close()


async def until(condition: object) -> None:
    """Lets the loop work until ``condition()`` is true."""
    async with asyncio.timeout(5):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0)


def counts(pool: SessionPool) -> tuple[int, int, int]:
    return pool.counts["starting"], pool.counts["blank"], pool.counts["taken"]


# -------------------------------------------------------------------------------------------------------- claims


async def test_warm_actors_are_ready(pool: SessionPool):
    await pool.ready()
    assert counts(pool) == (0, 2, 0)


async def test_a_session_takes_a_blank_actor(pool: SessionPool):
    await pool.ready()
    slot = await pool.acquire(SESSIONS[0])
    assert pool.live(SESSIONS[0]) is slot
    assert slot.session_id == SESSIONS[0]
    assert counts(pool) == (0, 1, 1)


async def test_the_reserve_is_refilled_after_a_while_and_not_at_once(
    pool: SessionPool, machines: Machines, monkeypatch: pytest.MonkeyPatch
):
    await pool.ready()
    now_ms = pool._now_ms()
    monkeypatch.setattr(pool, "_now_ms", lambda: now_ms)
    await pool.acquire(SESSIONS[0])
    assert counts(pool) == (0, 1, 1) and len(machines.all) == 2
    now_ms += REFILL_AFTER_MS
    pool._fill()
    await until(lambda: counts(pool) == (0, 2, 1))


async def test_a_class_that_was_announced_is_used_up_and_not_replaced(machines: Machines):
    pool = a_pool(machines, warm=6, reserve=1, largest=8)
    await pool.open()
    await pool.ready()
    assert counts(pool) == (0, 6, 0)
    await asyncio.gather(*(pool.acquire(session_id) for session_id in SESSIONS[:5]))
    assert counts(pool) == (0, 1, 5) and len(machines.all) == 6
    pool.close()


async def test_who_comes_is_told_how_long_a_start_takes(machines: Machines):
    machines.automatic = False
    pool = a_pool(machines, warm=1, reserve=0, largest=9, starting_at_once=2)
    await pool.open()
    assert pool.ready_in_ms(promised=2) > 0
    machines.all[0].come_up()
    await pool.ready()
    assert pool.ready_in_ms(promised=1) == 0
    assert 0 < pool.ready_in_ms(promised=2) <= pool.ready_in_ms(promised=3) < pool.ready_in_ms(promised=4)
    pool.close()


async def test_a_session_that_is_live_keeps_its_actor(pool: SessionPool):
    slots = await asyncio.gather(*(pool.acquire(SESSIONS[0]) for _ in range(3)))
    assert len({slot.number for slot in slots}) == 1
    assert await pool.acquire(SESSIONS[0]) is slots[0]


async def test_sessions_never_share_an_actor(pool: SessionPool):
    slots = await asyncio.gather(*(pool.acquire(session_id) for session_id in SESSIONS[:3]))
    assert len({slot.number for slot in slots}) == 3


async def test_claims_wait_for_actors_that_are_still_starting(machines: Machines, pool: SessionPool):
    machines.automatic = False
    await pool.ready()
    for session_id in SESSIONS[:2]:
        await pool.acquire(session_id)
    claim = asyncio.create_task(pool.acquire(SESSIONS[2]))
    await until(lambda: pool.counts["starting"] == 1)
    assert not claim.done()
    assert pool.has_place(SESSIONS[2]) and pool.sessions == 3, "who waits for an actor has a place"
    machines.alive[-1].come_up()
    slot = await claim
    assert slot.pid == machines.alive[-1].pid


async def test_a_learner_who_gave_up_waiting_does_not_spoil_the_claim_of_another(machines: Machines, pool: SessionPool):
    machines.automatic = False
    await pool.ready()
    await asyncio.gather(*(pool.acquire(session_id) for session_id in SESSIONS[:2]))
    gone, stays = (asyncio.create_task(pool.acquire(SESSIONS[2])) for _ in range(2))
    await until(lambda: pool.counts["starting"] == 1)
    gone.cancel()
    machines.alive[-1].come_up()
    assert (await stays).session_id == SESSIONS[2]


async def test_no_more_start_at_once_than_allowed(machines: Machines):
    machines.automatic = False
    pool = a_pool(machines, warm=7, largest=10, starting_at_once=3)
    await pool.open()
    assert counts(pool) == (3, 0, 0)
    machines.all[0].come_up()
    await until(lambda: counts(pool) == (3, 1, 0))
    pool.close()


async def test_when_all_places_are_taken_it_says_when_to_ask_again(pool: SessionPool):
    for session_id in SESSIONS[:3]:
        await pool.acquire(session_id)
    with pytest.raises(PoolExhausted) as full:
        await pool.acquire(SESSIONS[3])
    assert full.value.retry_after_s > 0
    assert await pool.acquire(SESSIONS[0]) is pool.live(SESSIONS[0]), "who is in stays in"


# ------------------------------------------------------------------------------------------------- what an actor does


async def test_a_socket_and_its_request_reach_the_actor(pool: SessionPool, machines: Machines):
    slot = await pool.acquire(SESSIONS[0])
    learner, served = socket.socketpair()
    packet = Attach(SESSIONS[0], "ticket", "/library", b"GET")
    slot.attach(packet, served.fileno())
    heard, descriptor = await machines.serving(slot.pid).heard.get()
    assert heard == packet and descriptor is not None
    served.close()
    os.write(descriptor, b"hi")
    assert learner.recv(2) == b"hi"
    os.close(descriptor)
    learner.close()


async def test_commands_are_answered_each_by_its_own_answer(pool: SessionPool, machines: Machines):
    slot = await pool.acquire(SESSIONS[0])
    actor = machines.serving(slot.pid)
    asked = [asyncio.create_task(slot.command(name)) for name in ("pause", "resume")]
    requests = [(await actor.heard.get())[0] for _ in asked]
    assert [one.name for one in requests if isinstance(one, Command)] == ["pause", "resume"]
    assert actor.channel is not None
    actor.channel.send(Answered(requests[1].request, "it cannot"))
    actor.channel.send(Answered(requests[0].request, None))
    actor.channel.send(Answered(99, None))
    assert await asyncio.gather(*asked) == [None, "it cannot"]


async def test_who_waits_for_an_answer_of_an_actor_that_dies_is_told(pool: SessionPool, machines: Machines):
    slot = await pool.acquire(SESSIONS[0])
    asked = asyncio.create_task(slot.command("pause"))
    await machines.serving(slot.pid).heard.get()
    machines.serving(slot.pid).die(Died("SIGKILL"))
    with pytest.raises(SlotGone):
        await asked


async def test_an_actor_that_released_its_session_is_not_given_it_again(pool: SessionPool, machines: Machines):
    slot = await pool.acquire(SESSIONS[0])
    machines.serving(slot.pid).finish()
    await until(lambda: pool.live(SESSIONS[0]) is None)
    assert (await pool.acquire(SESSIONS[0])).number != slot.number
    await until(lambda: machines.serving(slot.pid).killed)
    assert counts(pool) == (0, 0, 1)


async def test_a_blank_actor_that_dies_is_replaced(pool: SessionPool, machines: Machines):
    await pool.ready()
    machines.alive[0].die(Died("SIGKILL"))
    await until(lambda: len(machines.all) == 3 and counts(pool) == (0, 2, 0))


async def test_a_session_whose_actor_died_is_live_no_more_and_takes_another(pool: SessionPool, machines: Machines):
    slot = await pool.acquire(SESSIONS[0])
    machines.serving(slot.pid).die(Died("SIGKILL"))
    await until(lambda: pool.live(SESSIONS[0]) is None)
    assert not slot.sent_away(1, 1)
    with pytest.raises(SlotGone):
        await slot.command("pause")
    assert (await pool.acquire(SESSIONS[0])).number != slot.number


async def test_it_says_which_sessions_have_left_and_how(machines: Machines):
    left: list[tuple[bytes, bool]] = []
    pool = a_pool(machines, warm=2, on_left=lambda session_id, in_order: left.append((session_id, in_order)))
    await pool.open()
    slots = [await pool.acquire(session_id) for session_id in SESSIONS[:2]]
    machines.serving(slots[0].pid).finish()
    await until(lambda: len(left) == 1)
    machines.serving(slots[1].pid).die(Died("SIGKILL"))
    await until(lambda: len(left) == 2)
    assert left == [(SESSIONS[0], True), (SESSIONS[1], False)]
    pool.close()


# ------------------------------------------------------------------------------------------- when nothing can start


async def test_when_actors_die_while_they_start_it_stops_trying_and_says_so(machines: Machines):
    machines.doomed = True
    pool = a_pool(machines, warm=1)
    await pool.open()
    with pytest.raises(RuntimeError, match="die while they start"):
        await pool.ready()
    assert len(machines.all) == 3
    pool.close()


async def test_a_claim_is_refused_when_its_actor_cannot_be_started(machines: Machines):
    pool = a_pool(machines, warm=0)
    await pool.open()
    machines.doomed = True
    with pytest.raises(PoolExhausted):
        await asyncio.wait_for(pool.acquire(SESSIONS[0]), 5)
    assert len(machines.all) == 3
    with pytest.raises(PoolExhausted):
        await asyncio.wait_for(pool.acquire(SESSIONS[0]), 5)
    assert len(machines.all) == 4, "each who asks gives it one more chance"
    pool.close()


async def test_when_actors_can_start_again_the_next_learner_gets_one(machines: Machines):
    pool = a_pool(machines, warm=1)
    machines.doomed = True
    await pool.open()
    with pytest.raises(RuntimeError):
        await pool.ready()
    machines.doomed = False
    slot = await asyncio.wait_for(pool.acquire(SESSIONS[0]), 5)
    assert slot.session_id == SESSIONS[0]
    pool.close()


async def test_an_actor_that_comes_up_after_it_was_given_up_is_sent_away(pool: SessionPool, machines: Machines):
    await pool.ready()
    late = StandIn(77, machines.control_path)
    late.come_up()
    learner_side_closed = asyncio.Event()
    assert late.channel is not None
    late.channel._on_lost = learner_side_closed.set
    await asyncio.wait_for(learner_side_closed.wait(), 5)
    assert counts(pool) == (0, 2, 0)


# ---------------------------------------------------------------------------------------------------- drain, close


async def test_a_drain_sends_sessions_away_in_order_and_ends_blank_actors(pool: SessionPool, machines: Machines):
    slot = await pool.acquire(SESSIONS[0])
    assert counts(pool) == (0, 1, 1)
    draining = asyncio.create_task(pool.drain(200, 2_000, timeout_s=5))
    machine = machines.serving(slot.pid)
    assert (await machine.heard.get())[0] == Drain(200, 2_000)
    machine.finish("drained")
    assert await draining
    await until(lambda: counts(pool) == (0, 0, 0))
    assert [other.killed for other in machines.all if other is not machine] == [True]
    assert len(machines.all) == 2, "nothing is started any more"
    assert slot.number not in pool._slots


async def test_a_drain_kills_actors_that_are_still_starting(machines: Machines, pool: SessionPool):
    machines.automatic = False
    await pool.ready()
    for session_id in SESSIONS[:2]:
        await pool.acquire(session_id)
    waiting = asyncio.create_task(pool.acquire(SESSIONS[2]))
    await until(lambda: pool.counts["starting"] == 1)
    starting = machines.all[-1]
    draining = asyncio.create_task(pool.drain(1, 1, timeout_s=5))
    await until(lambda: starting.killed)
    for machine in machines.alive:
        machine.finish("drained")
    assert await draining
    with pytest.raises(PoolExhausted):
        await waiting


async def test_who_waits_for_an_actor_when_the_server_stops_is_told(machines: Machines):
    machines.automatic = False
    pool = a_pool(machines, warm=0)
    await pool.open()
    waiting = asyncio.create_task(pool.acquire(SESSIONS[0]))
    await until(lambda: pool.counts["starting"] == 1)
    assert await pool.drain(1, 1, timeout_s=5)
    for attempt in (waiting, pool.acquire(SESSIONS[1])):
        with pytest.raises(PoolExhausted):
            await asyncio.wait_for(attempt, 5)
    pool.close()


async def test_a_drain_of_an_empty_pool_is_done_at_once(machines: Machines):
    pool = a_pool(machines, warm=0)
    await pool.open()
    assert await pool.drain(1, 1, timeout_s=5)
    pool.close()


async def test_what_does_not_end_in_time_is_said_and_then_killed(pool: SessionPool, machines: Machines):
    await pool.acquire(SESSIONS[0])
    assert not await pool.drain(1, 1, timeout_s=0.05)
    pool.close()
    assert all(machine.killed for machine in machines.all)
    with pytest.raises(OSError):
        connect(machines.control_path)
