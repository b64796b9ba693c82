"""A learner's WebSocket and REST calls on plain blocking sockets: under gevent they wait in turn, elsewhere they block.

The framing is ``websockets``' sans-I/O ``ClientProtocol``; its asyncio client does not work in a patched process.
"""

from __future__ import annotations

import http.client
import json
import socket
import struct
from typing import Any
from urllib.parse import urlsplit

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from protocol.limits import MAX_SERVER_MESSAGE_BYTES
from protocol.messages import SUBPROTOCOL, TICKET_PREFIX

CALL_TIMEOUT_S = 30.0
_READ_BYTES = 65_536
_ABORT = struct.pack("ii", 1, 0)
"""SO_LINGER on, for no time: closing resets the connection, as a lost network does."""


class Refused(Exception):
    """The server answered a call with an error status."""

    def __init__(self, status: int, code: str, retry_after_s: float) -> None:
        super().__init__(f"HTTP {status} {code}")
        self.status = status
        self.retry_after_s = retry_after_s


def post(base_url: str, path: str, body: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    """One call of REST. Raises Refused, OSError or http.client.HTTPException."""
    where = urlsplit(base_url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=CALL_TIMEOUT_S)
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    try:
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        content = json.loads(answer.read() or b"{}")
        if answer.status >= 400:
            raise Refused(answer.status, str(content.get("code")), float(answer.headers.get("Retry-After", 1)))
        return content
    finally:
        connection.close()


class Wire:
    """One connection. ``status`` is the HTTP status of the handshake's answer, None until there is one."""

    def __init__(self, stream_url: str, ticket: str) -> None:
        """Connects and asks for the upgrade; the answer comes with ``receive``. Raises OSError."""
        where = urlsplit(stream_url)
        self.status: int | None = None
        self.retry_after_s = 1.0
        self.lost = False
        self.bytes_sent = self.bytes_received = 0
        self.held_up = 0
        """How often the server had not read enough for a message to fit in."""
        self._ws = ClientProtocol(
            parse_uri(stream_url),
            subprotocols=[Subprotocol(SUBPROTOCOL), Subprotocol(TICKET_PREFIX + ticket)],
            max_size=MAX_SERVER_MESSAGE_BYTES,
        )
        self._socket = socket.create_connection((where.hostname, where.port), timeout=CALL_TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ws.send_request(self._ws.connect())
        self._flush()

    @property
    def open(self) -> bool:
        """Whether messages can be sent."""
        return self._ws.state is State.OPEN and not self.lost

    @property
    def close_code(self) -> int | None:
        """The server's close code, if it sent one."""
        return self._ws.close_rcvd.code if self._ws.close_rcvd is not None else None

    def send(self, data: bytes) -> None:
        """One binary message; a connection that breaks over it is ``lost``."""
        self._ws.send_binary(data)
        self._flush()

    def receive(self, timeout_s: float) -> list[bytes]:
        """The messages that come in one reading, after at most ``timeout_s``; none where nothing came in time."""
        if self.lost:
            return []
        try:
            self._socket.settimeout(max(timeout_s, 0.0))
            data = self._socket.recv(_READ_BYTES)
        except (TimeoutError, BlockingIOError):
            return []
        except OSError:
            self.lost = True
            return []
        self.bytes_received += len(data)
        if data:
            self._ws.receive_data(data)
        else:
            self._ws.receive_eof()
            self.lost = True
        messages = [self._take(event) for event in self._ws.events_received()]
        self._flush()
        self.lost = self.lost or self._ws.state is State.CLOSED
        return [message for message in messages if message is not None]

    def cut(self) -> None:
        """Loses the connection as a network does: at once and without a word."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self.close()

    def close(self) -> None:
        """Gives the socket up."""
        self.lost = True
        self._socket.close()

    def _sent_at_once(self, data: bytes) -> int:
        """How much of it the socket takes without waiting."""
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0

    def _take(self, event: object) -> bytes | None:
        if isinstance(event, Response):
            self.status = event.status_code
            self.retry_after_s = float(event.headers.get("Retry-After", 1))
        elif isinstance(event, Frame) and event.opcode is Opcode.BINARY:
            if not event.fin:
                raise ValueError("our server sends every message in one piece")
            return bytes(event.data)
        return None

    def _flush(self) -> None:
        data = b"".join(self._ws.data_to_send())
        if not data or self.lost:
            return
        try:
            self._socket.settimeout(0.0)
            sent = self._sent_at_once(data)
            if sent < len(data):
                self.held_up += 1
                self._socket.settimeout(CALL_TIMEOUT_S)
                self._socket.sendall(data[sent:])
            self.bytes_sent += len(data)
        except OSError:
            self.lost = True
