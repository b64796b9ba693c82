"""The way of a learner's socket: uvicorn accepts it, this checks who comes, the session's actor serves it.

uvicorn gives a connection that asks for an upgrade to the protocol class of ``Config(ws=…)``, with the bytes of the
request. Nothing is answered here unless the learner is refused: socket and bytes go to the actor, which does the
handshake itself (DESIGN §3).
"""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from websockets.http11 import Request
from websockets.server import ServerProtocol

from actors.control import Attach
from actors.pool import PoolExhausted
from actors.slot import SlotGone
from protocol.messages import SUBPROTOCOL, TICKET_PREFIX
from server.problems import PROBLEMS, Problem, ProblemCode, problem_body, problem_headers
from storage.records import Id

STREAM_PATH = "/v1/stream"
_LARGEST_REQUEST_BYTES = 16 * 1024
_REQUEST_TIMEOUT_S = 5.0
_NO_HANDSHAKE = "This is not the request of a WebSocket."
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Admission:
    """A learner who may come in: whose session, and what is handed over with the socket."""

    session_id: Id
    ticket: str
    library: str


class StreamNode(Protocol):
    """What the hand-off needs of the node (``server.node.Node``)."""

    def admit(self, origin: str | None, ticket: str) -> Admission:
        """Redeems the ticket. Raises Problem."""

    async def hand_over(self, packet: Attach, descriptor: int) -> None:
        """Gives the socket to the session's actor. Raises PoolExhausted, SlotGone."""


def handoff_protocol(node: StreamNode) -> type[asyncio.Protocol]:
    """The protocol class for ``uvicorn.Config(ws=…)``."""

    class BoundHandoff(Handoff):
        def __init__(self, config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> None:
            super().__init__(node)

    return BoundHandoff


class Handoff(asyncio.Protocol):
    """One connection, for the milliseconds between its request and its actor."""

    def __init__(self, node: StreamNode) -> None:
        self._node = node
        self._parser = ServerProtocol()
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._timeout: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._timeout = asyncio.get_running_loop().call_later(_REQUEST_TIMEOUT_S, transport.abort)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._task is not None:
            return
        if len(self._received) > _LARGEST_REQUEST_BYTES:
            self._refuse(Problem(ProblemCode.BODY_TOO_LARGE, "The request is too long."))
            return
        self._parser.receive_data(data)
        for event in self._parser.events_received():
            if isinstance(event, Request):
                self._task = asyncio.get_running_loop().create_task(self._bring_in(event))
                return
        if self._parser.handshake_exc is not None:
            self._refuse(Problem(ProblemCode.REQUEST_REFUSED, _NO_HANDSHAKE))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._timeout is not None:
            self._timeout.cancel()

    async def _bring_in(self, request: Request) -> None:
        try:
            if request.path.partition("?")[0] != STREAM_PATH:
                raise Problem(ProblemCode.NOT_FOUND, f"The stream is at {STREAM_PATH}.")
            if self._parser.accept(request).status_code != HTTPStatus.SWITCHING_PROTOCOLS:
                raise Problem(ProblemCode.REQUEST_REFUSED, _NO_HANDSHAKE)
            admission = self._node.admit(request.headers.get("Origin"), _ticket_of(request))
            await self._hand_over(admission)
        except Problem as problem:
            self._refuse(problem)
        except PoolExhausted as full:
            self._refuse(Problem(ProblemCode.NO_CAPACITY, str(full), retry_after_s=full.retry_after_s))
        except SlotGone:
            self._refuse(Problem(ProblemCode.NO_CAPACITY, "The session is changing its place; try again."))
        except Exception as fault:
            _log.error("a connection could not be handed over", exc_info=fault)
            self._refuse(Problem(ProblemCode.SERVER_FAULT, "The connection could not be handed over."))

    async def _hand_over(self, admission: Admission) -> None:
        transport = self._transport
        if transport is None:
            return
        # A copy of our own: the transport may close its descriptor while an actor is being started.
        descriptor = os.dup(transport.get_extra_info("socket").fileno())
        try:
            if self._timeout is not None:
                self._timeout.cancel()
            transport.pause_reading()
            packet = Attach(admission.session_id, admission.ticket, admission.library, bytes(self._received))
            await self._node.hand_over(packet, descriptor)
        finally:
            os.close(descriptor)
        if self._transport is not None:
            self._transport.abort()

    def _refuse(self, problem: Problem) -> None:
        """Answers the upgrade with a problem document and closes."""
        if self._transport is not None:
            self._transport.write(_as_http(problem))
            self._transport.close()


def _as_http(problem: Problem) -> bytes:
    status = HTTPStatus(PROBLEMS[problem.code].status)
    body = problem_body(problem)
    headers = {**problem_headers(problem), "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _ticket_of(request: Request) -> str:
    offered = [name.strip() for name in ",".join(request.headers.get_all("Sec-WebSocket-Protocol")).split(",")]
    tickets = [name.removeprefix(TICKET_PREFIX) for name in offered if name.startswith(TICKET_PREFIX)]
    if SUBPROTOCOL not in offered or len(tickets) != 1:
        text = f"Offer the subprotocols {SUBPROTOCOL} and {TICKET_PREFIX}TICKET, with a ticket of your session."
        raise Problem(ProblemCode.TICKET_FORGED, text)
    return tickets[0]
