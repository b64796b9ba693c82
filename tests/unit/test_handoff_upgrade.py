"""The hand-off behind a real uvicorn: who comes in, who is refused and how, and that the socket lives on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest
import uvicorn

from actors.control import Attach
from actors.pool import PoolExhausted
from actors.slot import SlotGone
from protocol.messages import SUBPROTOCOL
from server.auth import TicketOffice, TicketRefused
from server.handoff import Admission, handoff_protocol
from server.problems import Problem, ProblemCode

SESSION, LEARNER = b"s" * 16, b"l" * 16
ORIGIN = "http://127.0.0.1:8400"


@dataclass
class Door:
    """The node's side of the hand-off: real tickets, and an actor that keeps what it is handed."""

    tickets: TicketOffice = field(default_factory=lambda: TicketOffice(b"secret" * 6, ttl_ms=1_000))
    now_ms: int = 10_000
    failure: Exception | None = None
    handed: asyncio.Queue[tuple[Attach, int]] = field(default_factory=asyncio.Queue)

    def ticket(self) -> str:
        return self.tickets.mint(LEARNER, SESSION, "default", self.now_ms)

    def admit(self, origin: str | None, ticket: str) -> Admission:
        if origin not in (None, ORIGIN):
            raise Problem(ProblemCode.ORIGIN_REFUSED, "not from there")
        try:
            holder = self.tickets.redeem(ticket, self.now_ms)
        except TicketRefused as refused:
            raise Problem(ProblemCode(f"ticket_{refused.reason}"), str(refused)) from None
        return Admission(holder.session_id, "the-next", "/library")

    async def hand_over(self, packet: Attach, descriptor: int) -> None:
        if self.failure is not None:
            raise self.failure
        self.handed.put_nowait((packet, os.dup(descriptor)))


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    problem: dict[str, object]


async def app(scope: dict, receive: object, send: object) -> None:
    raise AssertionError("an upgrade never reaches the application")


class QuietServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest.fixture
async def door() -> Door:
    return Door()


@pytest.fixture
async def port(door: Door) -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, ws=handoff_protocol(door), lifespan="off", log_config=None)
        server = QuietServer(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


def request_of(ticket: str | None, *, path: str = "/v1/stream", method: str = "GET", **headers: str) -> bytes:
    offered = SUBPROTOCOL if ticket is None else f"{SUBPROTOCOL}, ticket.{ticket}"
    fields = {
        "Host": "127.0.0.1",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": offered,
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


async def answer_to(port: int, request: bytes) -> Answer:
    """The whole answer to one request; the server closes the connection behind it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(4):
        data = await reader.read()
    writer.close()
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert int(headers["content-length"]) == len(body)
    return Answer(int(status.split()[1]), headers, json.loads(body))


# -------------------------------------------------------------------------------------------------------- let in


async def test_socket_and_request_reach_the_actor_and_the_connection_outlives_the_hand_off(door: Door, port: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = request_of(door.ticket(), Origin=ORIGIN)
    writer.write(request[:30])
    await writer.drain()
    writer.write(request[30:])
    packet, descriptor = await door.handed.get()
    assert (packet.session_id, packet.ticket, packet.library) == (SESSION, "the-next", "/library")
    assert packet.request.startswith(b"GET /v1/stream HTTP/1.1\r\n")
    assert b"dGhlIHNhbXBsZSBub25jZQ==" in packet.request and packet.request.endswith(b"\r\n\r\n")
    with socket.socket(fileno=descriptor) as served:
        served.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(served, b"from the actor")
        assert await reader.readexactly(14) == b"from the actor"
        writer.write(b"from the learner")
        assert await loop.sock_recv(served, 100) == b"from the learner"
    assert await reader.read() == b"", "with the actor's socket the last copy is closed"
    writer.close()


async def test_a_program_without_origin_comes_in(door: Door, port: int):
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request_of(door.ticket()))
    _, descriptor = await door.handed.get()
    os.close(descriptor)
    writer.close()


async def test_a_learner_who_leaves_while_waiting_harms_nobody(door: Door, port: int):
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request_of(door.ticket()))
    writer.transport.abort()
    assert (await answer_to(port, request_of("x"))).status == 401


# -------------------------------------------------------------------------------------------------------- refused


async def test_a_ticket_opens_one_stream_only(door: Door, port: int):
    ticket = door.ticket()
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request_of(ticket))
    _, descriptor = await door.handed.get()
    answer = await answer_to(port, request_of(ticket))
    assert (answer.status, answer.problem["code"]) == (401, "ticket_used")
    os.close(descriptor)
    writer.close()


async def test_an_expired_ticket_is_refused(door: Door, port: int):
    ticket = door.ticket()
    door.now_ms += 1_000
    answer = await answer_to(port, request_of(ticket))
    assert (answer.status, answer.problem["code"]) == (401, "ticket_expired")


@pytest.mark.parametrize("ticket", ["", "x", "A" * 200, "..", "%s%n"])
async def test_a_forged_ticket_is_refused(port: int, ticket: str):
    answer = await answer_to(port, request_of(ticket))
    assert (answer.status, answer.problem["code"]) == (401, "ticket_forged")
    assert answer.headers["content-type"] == "application/problem+json"
    assert ticket not in str(answer.problem["detail"]) or len(ticket) < 3, "a ticket is repeated nowhere"


@pytest.mark.parametrize(
    "offered", ["storysign.v1", "ticket.{}", "storysign.v2, ticket.{}", "storysign.v1, ticket.{}, ticket.{}", "chat"]
)
async def test_the_subprotocol_and_exactly_one_ticket_have_to_be_offered(door: Door, port: int, offered: str):
    headers = {"Sec-WebSocket-Protocol": offered.format(door.ticket(), door.ticket())}
    answer = await answer_to(port, request_of(None, **headers))
    assert (answer.status, answer.problem["code"]) == (401, "ticket_forged")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", ORIGIN + ".evil.example", "https://127.0.0.1:8400"])
async def test_a_page_from_elsewhere_is_refused_and_its_ticket_stays_unused(door: Door, port: int, origin: str):
    ticket = door.ticket()
    answer = await answer_to(port, request_of(ticket, Origin=origin))
    assert (answer.status, answer.problem["code"]) == (403, "origin_refused")
    assert door.tickets.redeem(ticket, door.now_ms).session_id == SESSION


@pytest.mark.parametrize("path", ["/", "/v1/streams", "/v1/stream/", "/v2/stream"])
async def test_a_wrong_path_is_not_found(door: Door, port: int, path: str):
    answer = await answer_to(port, request_of(door.ticket(), path=path))
    assert (answer.status, answer.problem["code"]) == (404, "not_found")


async def test_a_request_that_is_too_long_is_refused(door: Door, port: int):
    answer = await answer_to(port, request_of(door.ticket(), X_Filler="x" * 20_000))
    assert (answer.status, answer.problem["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", {}),
        ("GET", {"X_Long": "x" * 9_000}),
        ("GET", {"Sec_WebSocket_Version": "8"}),
        ("GET", {"Sec_WebSocket_Key": "short"}),
    ],
    ids=["method", "header", "version", "key"],
)
async def test_a_request_that_is_no_handshake_is_answered_and_its_ticket_stays_unused(
    door: Door, port: int, method: str, headers: dict[str, str]
):
    ticket = door.ticket()
    answer = await answer_to(port, request_of(ticket, method=method, **headers))
    assert (answer.status, answer.problem["code"]) == (400, "request_refused")
    assert door.tickets.redeem(ticket, door.now_ms).session_id == SESSION


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (PoolExhausted("All places are taken.", 5), 503, "no_capacity"),
        (SlotGone("died"), 503, "no_capacity"),
        (ZeroDivisionError("ours"), 500, "server_fault"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_where_no_actor_can_be_had_it_says_when_to_come_back(
    door: Door, port: int, failure: Exception, status: int, code: str
):
    door.failure = failure
    answer = await answer_to(port, request_of(door.ticket()))
    assert (answer.status, answer.problem["code"]) == (status, code)
    assert ("retry-after" in answer.headers) == (status == 503)
    assert "ours" not in str(answer.problem)
