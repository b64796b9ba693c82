"""The practice client against a server that refuses, vanishes and comes back: real sockets, no real waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import numpy as np
import pytest
from websockets.asyncio.server import Request, Response, ServerConnection, serve

from protocol.client_stream import ClientStream
from protocol.codec import decode_client, encode
from protocol.codes import CloseCode
from protocol.landmarks import HANDS
from protocol.messages import PROTOCOL_VERSION, SUBPROTOCOL, Cursor, Feedback, Frames, Hello, Reconnect, Welcome
from server.client import PracticeClient, StreamStopped
from server.rest_client import InLine, Line, RestProblem, ServerUnreachable

HELLO = Hello(v=PROTOCOL_VERSION, layout="hands", width=640, height=480)
WELCOME = Welcome(
    session_id="0" * 32,
    epoch=1,
    status="active",
    stored=0,
    cursor=Cursor(a=1, q=0),
    sentences=[],
    results=[],
    recovered=True,
    incarnation="new",
    ticket="from-welcome",
    reconnect=Reconnect(after_ms=1_000, spread_ms=0),
)


@dataclass
class Door:
    """What the server answers to each connection, in turn: a status that refuses it, or None and it is served."""

    answers: list[HTTPStatus | None]
    tickets: list[str] = field(default_factory=list)

    def check(self, connection: ServerConnection, request: Request) -> Response | None:
        """Notes the ticket that was offered."""
        offered = request.headers["Sec-WebSocket-Protocol"].split(", ")
        self.tickets += [name.removeprefix("ticket.") for name in offered if name.startswith("ticket.")]
        status = self.answers.pop(0) if self.answers else None
        return None if status is None else connection.respond(status, "")


@asynccontextmanager
async def a_server(door: Door, serve_one: Callable) -> AsyncIterator[str]:
    async with serve(
        serve_one, "127.0.0.1", 0, subprotocols=[SUBPROTOCOL], process_request=door.check, compression=None
    ) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/stream"


async def welcome_and_wait(socket: ServerConnection) -> None:
    await socket.recv()
    await socket.send(encode(WELCOME))
    await socket.wait_closed()


def client_of(url: str, fresh: list[str | Exception], waits_s: list[float], **options) -> PracticeClient:
    async def fresh_ticket() -> str:
        ticket = fresh.pop(0)
        if isinstance(ticket, Exception):
            raise ticket
        return ticket

    async def sleep_s(seconds: float) -> None:
        waits_s.append(seconds)
        await asyncio.sleep(0)

    return PracticeClient(
        ClientStream(HELLO), url, "first", fresh_ticket, random01=lambda: 0.5, sleep_s=sleep_s, **options
    )


async def test_a_refused_ticket_is_replaced_and_a_busy_server_asked_again():
    door = Door([HTTPStatus.UNAUTHORIZED, HTTPStatus.SERVICE_UNAVAILABLE, None])
    waits_s: list[float] = []
    async with (
        a_server(door, welcome_and_wait) as url,
        client_of(url, ["second", ServerUnreachable("not yet"), "third"], waits_s) as client,
    ):
        assert client.stream.welcomed
    assert door.tickets == ["first", "second", "third"]
    assert len(waits_s) == 3
    assert waits_s == sorted(waits_s), "each failure in a row waits longer"
    assert client.reconnects == 0, "nothing was resumed: there was one welcome"


@pytest.mark.parametrize("status", [HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND])
async def test_a_final_refusal_ends_the_stream(status: HTTPStatus):
    async with a_server(Door([status]), welcome_and_wait) as url:
        with pytest.raises(StreamStopped, match=str(status.value)):
            async with client_of(url, [], []):
                pass


async def test_a_session_that_has_ended_elsewhere_ends_the_stream():
    ended = RestProblem(409, "session_status", "The session is completed: start a new one.")
    async with a_server(Door([HTTPStatus.UNAUTHORIZED]), welcome_and_wait) as url:
        with pytest.raises(StreamStopped, match="is completed"):
            async with client_of(url, [ended], []):
                pass


async def test_a_close_that_says_stop_is_not_answered_by_coming_back():
    async def superseded(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(encode(WELCOME))
        await socket.close(CloseCode.SUPERSEDED)

    door = Door([])
    async with a_server(door, superseded) as url, client_of(url, [], []) as client:
        with pytest.raises(StreamStopped):
            await client.until(lambda: False)
    assert door.tickets == ["first"]


async def test_after_a_cut_it_comes_back_with_the_ticket_of_the_welcome_and_the_hinted_delay():
    door, waits_s = Door([]), []
    async with a_server(door, welcome_and_wait) as url, client_of(url, [], waits_s) as client:
        client.drop()
        await client.until(lambda: client.reconnects == 1 and client.stream.welcomed)
    assert door.tickets == ["first", "from-welcome"]
    assert waits_s == [1.0]
    assert client.recovered


async def test_it_says_when_something_could_not_be_restored():
    async def forgetful(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(encode(WELCOME.model_copy(update={"recovered": False, "lost": [1]})))
        await socket.wait_closed()

    async with a_server(Door([]), forgetful) as url, client_of(url, [], []) as client:
        assert (client.recovered, client.lost) == (False, {1})


async def test_latency_is_from_a_frame_to_the_marks_that_cover_it():
    now_ms = 0.0

    async def mark_every_frame(socket: ServerConnection) -> None:
        nonlocal now_ms
        await socket.recv()
        await socket.send(encode(WELCOME))
        async for data in socket:
            frames = decode_client(data)
            if isinstance(frames, Frames):
                now_ms += 7.0
                through, seen = frames.q + len(frames.ms) - 1, (True, True, True)
                marks = Feedback(a=frames.a, q=through, i=0, g="A", p=0.5, o=None, m={}, seen=seen)
                await socket.send(encode(marks))

    async with (
        a_server(Door([]), mark_every_frame) as url,
        client_of(url, [], [], clock_ms=lambda: now_ms) as client,
    ):
        client.begin_attempt(0)
        for number in range(3):
            client.add_frames(np.zeros((1, HANDS.points, 3), np.float32), [number * 33])
            await client.until(lambda expected=number + 1: len(client.latencies_ms) == expected)
    assert client.latencies_ms == [7.0, 7.0, 7.0]


async def test_what_a_server_sends_that_is_no_message_ends_the_connection_and_not_the_client():
    async def rubbish_once(socket: ServerConnection) -> None:
        await socket.recv()
        if len(door.tickets) == 1:
            await socket.send(b"\xc1 rubbish")
        else:
            await socket.send(encode(WELCOME))
        await socket.wait_closed()

    door, troubles = Door([]), []
    async with (
        a_server(door, rubbish_once) as url,
        client_of(url, ["second"], [], on_trouble=troubles.append) as client,
    ):
        assert client.stream.welcomed
    assert door.tickets == ["first", "second"]
    assert "cannot be read" in troubles[0]


async def test_who_has_to_wait_in_line_is_told_and_asks_when_the_server_says():
    door, waits_s, said = Door([HTTPStatus.UNAUTHORIZED]), [], []
    full = InLine(Line(2, 40), 503, "no_capacity", "All places are taken.", 10.0)
    async with a_server(door, welcome_and_wait) as url:
        fresh: list[str | Exception] = [full, "second"]
        async with client_of(url, fresh, waits_s, on_trouble=said.append):
            assert door.tickets == ["first", "second"]
    assert 10.0 in waits_s
    assert "All places are taken: you are number 2 in line, about 40 s." in said


async def test_a_process_that_has_to_start_first_is_given_the_time_that_the_server_said(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("server.client._OPEN_TIMEOUT_S", 0.01)
    started = asyncio.Event()

    class ColdDoor(Door):
        async def check(self, connection: ServerConnection, request: Request) -> Response | None:  # type: ignore[override]
            asyncio.get_running_loop().call_later(0.2, started.set)
            await started.wait()
            return super().check(connection, request)

    door = ColdDoor([])
    async with a_server(door, welcome_and_wait) as url, client_of(url, [], [], ready_in_ms=10_000) as client:
        assert client.stream.welcomed
    assert door.tickets == ["first"]
