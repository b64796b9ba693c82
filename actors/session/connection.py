"""One learner's WebSocket, owned by the session actor: the thin shell between a socket and ``ServerStream``.

The handshake and framing are ``websockets``' sans-I/O ``ServerProtocol``; the server has read the request already and
hands its bytes over with the socket. Compression is off: landmarks do not compress in a message of their own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from protocol.codec import encode
from protocol.codes import CloseCode, ErrorCode
from protocol.limits import MAX_CLIENT_MESSAGE_BYTES
from protocol.messages import SUBPROTOCOL, Error, ServerMessage
from protocol.server_stream import ClientEvent, ServerStream, Violation

FEEDBACK_BACKLOG_BYTES = 16 * 1024
"""Provisional marks are skipped while more than this waits for a slow reader."""
LARGEST_BACKLOG_BYTES = 8 * 1024 * 1024
"""A reader slower than this is cut off, resumably: nothing that matters is only in this queue."""
HELLO_TIMEOUT_S = 10.0
PING_INTERVAL_S = 15.0
CLOSE_TIMEOUT_S = 5.0


class StreamConnection(asyncio.Protocol):
    """``on_event`` gets what the client said, ``on_lost`` is called once, at the end.

    ``request`` is what the server had read from the socket before it was handed over, ``ticket`` what the client may
    come back with.
    """

    def __init__(
        self,
        number: int,
        on_event: Callable[[StreamConnection, ClientEvent], None],
        on_lost: Callable[[StreamConnection], None],
        request: bytes = b"",
        ticket: str = "",
    ) -> None:
        self.number = number
        self.ticket = ticket
        self.stream = ServerStream()
        self._on_event = on_event
        self._on_lost = on_lost
        # Twice our own cap: a message between the two gets our error and our close code instead of the library's.
        self._ws = ServerProtocol(subprotocols=[Subprotocol(SUBPROTOCOL)], max_size=2 * MAX_CLIENT_MESSAGE_BYTES)
        self._fragments: list[bytes] = []
        self._fragmented_text = False
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._hello_timer: asyncio.TimerHandle | None = None
        self._pong_awaited = False
        self._closing = False
        self._request = request
        self.received_at_s = 0.0
        self.closed_as: CloseCode | None = None
        """How it was closed from here."""

    # ------------------------------------------------------------------------------------------------ asyncio's side

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._timer = self._loop.call_later(PING_INTERVAL_S, self._check_alive)
        self._hello_timer = self._loop.call_later(HELLO_TIMEOUT_S, self._check_hello)
        if self._request:
            self.data_received(self._request)

    def data_received(self, data: bytes) -> None:
        self._pong_awaited = False
        self.received_at_s = time.monotonic()
        self._ws.receive_data(data)
        self._process()

    def eof_received(self) -> None:
        self._ws.receive_eof()
        self._process()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._timer, self._hello_timer):
            if timer is not None:
                timer.cancel()
        if self._transport is not None:
            self._transport = None
            self._on_lost(self)

    # ------------------------------------------------------------------------------------------------ the learner's

    def send(self, message: ServerMessage) -> bool:
        """Queues one message; False where it is not on its way."""
        return self._send(encode(message))

    def send_feedback(self, packed: bytes) -> bool:
        """Queues provisional marks; skipped when the client reads slowly, as nothing else ever is."""
        if self._transport is None or self._transport.get_write_buffer_size() > FEEDBACK_BACKLOG_BYTES:
            return False
        return self._send(packed)

    def send_error(self, error: Error) -> bool:
        """Sends a refusal of the session and counts it; too many close the connection, resumably."""
        return self._violate(self.stream.refuse(ErrorCode(error.code), error.text, a=error.a, cursor=error.cursor))

    def close(self, code: CloseCode, reason: str) -> None:
        """Says why, then closes; cuts the connection where the client does not answer in time."""
        if self._transport is None or self._ws.state is not State.OPEN:
            return
        self._closing = True
        self.closed_as = code
        self._ws.send_close(code, reason)
        self._flush()
        self._loop.call_later(CLOSE_TIMEOUT_S, self.abort)

    def abort(self) -> None:
        """Cuts the connection."""
        if self._transport is not None:
            self._transport.abort()

    # ------------------------------------------------------------------------------------------------------ inside

    def _send(self, packed: bytes) -> bool:
        transport = self._transport
        if transport is None or self._ws.state is not State.OPEN:
            return False
        waiting = transport.get_write_buffer_size()
        self._ws.send_binary(packed)
        self._flush()
        if waiting > LARGEST_BACKLOG_BYTES:
            self.close(CloseCode.SLOW_READER, "Messages were not read fast enough.")
        return True

    def _process(self) -> None:
        for event in self._ws.events_received():
            if isinstance(event, Request):
                self._ws.send_response(self._ws.accept(event))
            elif isinstance(event, Frame):
                self._frame(event)
        self._flush()
        if self._ws.close_expected():
            self._loop.call_later(CLOSE_TIMEOUT_S, self.abort)

    def _frame(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._fragments = [frame.data]
            self._fragmented_text = frame.opcode == Opcode.TEXT
        elif frame.opcode == Opcode.CONT:
            self._fragments.append(frame.data)
        else:
            return
        if frame.fin:
            data = b"".join(self._fragments)
            self._fragments = []
            self._message(data.decode(errors="replace") if self._fragmented_text else data)

    def _message(self, data: bytes | str) -> None:
        if self._closing:
            return  # an old tab that was superseded must not speak for the session any more
        for event in self.stream.receive(data):
            if isinstance(event, Violation):
                self._violate(event)
            else:
                self._on_event(self, event)

    def _violate(self, violation: Violation) -> bool:
        sent = self.send(violation.error)
        if violation.close is not None:
            self.close(violation.close, violation.error.name)
        return sent

    def _flush(self) -> None:
        transport = self._transport
        if transport is None:
            return
        for data in self._ws.data_to_send():
            if data:
                transport.write(data)
            elif transport.can_write_eof():
                transport.write_eof()

    def _check_hello(self) -> None:
        if self.stream.hello is None:
            self.close(CloseCode.HELLO_MISSING, "No hello came.")

    def _check_alive(self) -> None:
        """A peer that vanished without a word (a laptop's lid, a lost Wi-Fi) answers no ping: let it go."""
        if self._pong_awaited:
            self.abort()
            return
        if self._ws.state is State.OPEN:
            self._ws.send_ping(b"")
            self._flush()
        self._pong_awaited = True
        self._timer = self._loop.call_later(PING_INTERVAL_S, self._check_alive)
