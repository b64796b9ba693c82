"""The session's loop in this process, with real sockets to server and learner and a writer that says what is wanted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from actors.control import Answered, Attach, Command, ControlChannel, Counted, Drain, Packet, Released
from actors.judging import JudgeRequest, not_judged
from actors.library_file import save_library
from actors.scoring.references import Library
from actors.session.events import Fenced
from actors.session.host import SessionHost
from actors.session.limits import SessionLimits
from actors.writer_client import ActivationRefused
from protocol.codec import decode_server, encode
from protocol.codes import CloseCode
from protocol.messages import SUBPROTOCOL, AttemptBegin, AttemptEnd, AttemptResult, Error, Welcome
from storage.records import Activation
from tests.support.session_bench import HELLO
from tests.support.store_makers import a_learner, a_session

SESSION = b"s" * 16


@dataclass
class Writer:
    """Answers what the test has put there; a future that is not done is a store that takes its time."""

    activation: Any
    answers: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    asked: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)

    async def activate(self, session_id: bytes) -> Any:
        assert session_id == SESSION
        return self.activation

    async def _answer(self, *what: Any) -> Any:
        self.asked.put_nowait(what)
        return await self.answers.get()

    flush = set_status = close_session = _answer


class Judge:
    """Answers at once, without a mark."""

    async def judge(self, request: JudgeRequest) -> tuple[AttemptResult, bytes | None]:
        return not_judged(request), None


async def dial(sock: socket.socket) -> ClientConnection:
    """The learner's end of a socket."""
    return await connect("ws://session/", sock=sock, subprotocols=[SUBPROTOCOL], compression=None)


class World:
    """A host, the server's end of its control socket, and learners."""

    def __init__(self, writer: Writer, library: Path) -> None:
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.writer = writer
        self.packets: asyncio.Queue[Packet] = asyncio.Queue()
        self.server = ControlChannel(here, lambda packet, _: self.packets.put_nowait(packet), lambda: None)
        limits = SessionLimits(idle_ms=2_000, grace_ms=100)
        self.host = SessionHost(there, writer, Judge(), limits)  # type: ignore[arg-type]
        self._library = str(library)

    async def learner(self) -> ClientConnection:
        """Hands a learner's socket over with the request that was read from it, as the server does."""
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        connecting = asyncio.create_task(dial(ours))
        request = await asyncio.get_running_loop().sock_recv(theirs, 10_000)
        self.server.send(Attach(SESSION, "next", self._library, request), theirs.fileno())
        theirs.close()
        return await connecting

    async def heard(self, kind: type) -> Any:
        """The next packet of a kind; what is merely counted is passed over."""
        while isinstance(packet := await self.packets.get(), Counted) and kind is not Counted:
            pass
        assert isinstance(packet, kind)
        return packet


@pytest.fixture
def writer() -> Writer:
    learner = a_learner()
    return Writer(Activation(a_session(learner.id, id=SESSION, epoch=1, status="active"), learner))


@pytest.fixture
async def world(writer: Writer, tmp_path: Path) -> AsyncIterator[World]:
    save_library(Library([]), tmp_path / "library")
    world = World(writer, tmp_path / "library")
    yield world
    world.server.close()


async def closed(learner: ClientConnection) -> int | None:
    async with asyncio.timeout(15):
        await learner.wait_closed()
    return learner.close_code


async def test_a_learner_is_welcomed_with_the_ticket_that_came_along(world: World):
    learner = await world.learner()
    await learner.send(encode(HELLO))
    welcome = decode_server(await learner.recv())
    assert isinstance(welcome, Welcome)
    assert (welcome.session_id, welcome.epoch, welcome.ticket) == (SESSION.hex(), 1, "next")
    await learner.close()


@pytest.mark.parametrize("code", [CloseCode.BUSY, CloseCode.SESSION_NOT_FOUND, CloseCode.SESSION_ENDED])
async def test_a_session_that_cannot_be_taken_over_tells_its_learner_and_its_requests_and_goes(
    world: World, writer: Writer, code: CloseCode
):
    writer.activation = ActivationRefused(code, "why")
    learner = asyncio.create_task(world.learner())
    world.server.send(Command("pause", 3))
    assert await closed(await learner) == code
    assert await world.heard(Answered) == Answered(3, "why")
    assert await world.heard(Released) == Released("why")
    assert await world.host.released == "why"


async def test_a_blank_actor_goes_at_once_when_it_is_drained(world: World):
    world.server.send(Drain(1, 1))
    assert await world.host.released == "drained"


async def test_a_blank_actor_goes_when_its_server_is_gone(world: World):
    world.server.close()
    assert await world.host.released == "server lost"


async def test_a_live_session_whose_server_is_gone_saves_what_it_owes_and_goes(world: World, writer: Writer):
    learner = await world.learner()
    await learner.send(encode(HELLO))
    await learner.recv()
    await learner.send(encode(AttemptBegin(a=1, i=0, at_ms=0)))
    await learner.send(encode(AttemptEnd(a=1, n=0)))
    (flush,) = await writer.asked.get()
    world.server.close()
    assert await closed(learner) == CloseCode.RESTARTING
    assert not world.host.released.done(), "not before it is saved"
    assert [attempt.attempt_no for attempt in flush.attempts] == [1]
    writer.answers.put_nowait(Fenced("somebody else has it"))
    assert await world.host.released == "fenced"


async def test_a_request_that_comes_before_the_session_is_there_is_answered_afterwards(world: World, writer: Writer):
    learner = asyncio.create_task(world.learner())
    world.server.send(Command("resume", 5))
    assert (await world.heard(Answered)) == Answered(5, None)
    await (await learner).close()


async def test_a_silent_learner_is_sent_to_sleep_resumably(world: World):
    learner = await world.learner()
    await learner.send(encode(HELLO))
    await learner.recv()
    assert await closed(learner) == CloseCode.IDLE
    assert await world.host.released == "passivated"
    assert await world.heard(Released) == Released("passivated")


async def test_a_fault_of_ours_ends_the_actor_and_not_the_session(world: World, writer: Writer):
    learner = await world.learner()
    await learner.send(encode(HELLO))
    await learner.recv()
    world.server.send(Command("pause", 1))
    await writer.asked.get()
    writer.answers.put_nowait("no event at all")
    with pytest.raises(TypeError, match="no such event"):
        await world.host.released
    assert await closed(learner) == CloseCode.SERVER_FAULT


async def test_a_learner_who_is_gone_before_the_actor_looks_harms_nobody(world: World):
    ours, theirs = socket.socketpair()
    world.server.send(Attach(SESSION, "next", world._library, b"GET / HTTP/1.1\r\n\r\n"), theirs.fileno())
    theirs.close()
    ours.close()
    learner = await world.learner()
    await learner.send(encode(HELLO))
    assert isinstance(decode_server(await learner.recv()), Welcome)
    await learner.send(encode(AttemptBegin(a=1, i=9, at_ms=0)))
    assert isinstance(decode_server(await learner.recv()), Error)
    await learner.close()
    with pytest.raises(ConnectionClosed):
        await learner.recv()
