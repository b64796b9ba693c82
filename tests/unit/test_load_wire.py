"""A learner's connection on a plain socket, against a WebSocket server at the other end of a real connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from loadtests.wire import Wire
from protocol.messages import SUBPROTOCOL


class FarEnd:
    """The server's side, moved by the test."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{self.listener.getsockname()[1]}/v1/stream"
        self.ws = ServerProtocol(subprotocols=[Subprotocol(SUBPROTOCOL)])

    def accept(self) -> Request:
        self.socket, _ = self.listener.accept()
        self.socket.settimeout(5)
        while not self.ws.events:
            self.ws.receive_data(self.socket.recv(65_536))
        (request,) = self.ws.events_received()
        return request

    def let_in(self) -> None:
        self.ws.send_response(self.ws.accept(self.accept()))
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(b"".join(self.ws.data_to_send()))

    def read(self) -> list[bytes]:
        while not self.ws.events:
            data = self.socket.recv(65_536)
            if not data:
                return []
            self.ws.receive_data(data)
        return [event.data for event in self.ws.events_received() if isinstance(event, Frame)]


@pytest.fixture
def far_end() -> Iterator[FarEnd]:
    far_end = FarEnd()
    yield far_end
    far_end.listener.close()
    far_end.socket.close()


def test_a_connection_offers_the_ticket_and_carries_messages_both_ways(far_end: FarEnd) -> None:
    wire = Wire(far_end.url, "secret")
    assert not wire.open and wire.status is None
    request = far_end.accept()
    assert request.headers["Sec-WebSocket-Protocol"] == f"{SUBPROTOCOL}, ticket.secret"
    far_end.ws.send_response(far_end.ws.accept(request))
    far_end.flush()
    assert wire.receive(5.0) == [] and wire.open and wire.status == 101
    wire.send(b"one")
    assert far_end.read() == [b"one"]
    far_end.ws.send_binary(b"two")
    far_end.ws.send_binary(b"three")
    far_end.flush()
    assert wire.receive(5.0) == [b"two", b"three"]
    assert wire.receive(0.0) == [], "nothing more, and no waiting"
    assert wire.bytes_sent > 3 and wire.bytes_received > 8
    wire.close()


def test_a_refusal_is_an_http_status_with_a_time_to_come_back(far_end: FarEnd) -> None:
    wire = Wire(far_end.url, "used")
    far_end.accept()
    refusal = far_end.ws.reject(503, "later")
    refusal.headers["Retry-After"] = "7"
    far_end.ws.send_response(refusal)
    far_end.flush()
    wire.receive(5.0)
    assert (wire.status, wire.retry_after_s, wire.open) == (503, 7.0, False)
    wire.close()


def test_a_close_tells_its_code_and_a_cut_tells_nothing(far_end: FarEnd) -> None:
    wire = Wire(far_end.url, "t")
    far_end.let_in()
    wire.receive(5.0)
    far_end.ws.send_close(4001, "later")
    far_end.flush()
    wire.receive(5.0)
    assert wire.close_code == 4001 and not wire.open
    wire.close()
    assert wire.lost and wire.receive(1.0) == []


def test_the_far_end_sees_a_cut_as_a_reset(far_end: FarEnd) -> None:
    wire = Wire(far_end.url, "t")
    far_end.let_in()
    wire.receive(5.0)
    wire.cut()
    with pytest.raises(ConnectionResetError):
        far_end.read()


def test_a_connection_that_breaks_over_a_message_is_lost_and_nothing_is_raised(far_end: FarEnd) -> None:
    wire = Wire(far_end.url, "t")
    far_end.let_in()
    wire.receive(5.0)
    far_end.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    far_end.socket.close()
    wire.send(bytes(8 * 2**20))
    wire.send(bytes(8 * 2**20))
    assert wire.lost


def test_a_server_that_does_not_read_is_noticed(far_end: FarEnd) -> None:
    wire = Wire(far_end.url, "t")
    far_end.let_in()
    wire.receive(5.0)
    wire.send(b"fits")
    assert wire.held_up == 0
    data = bytes(32 * 2**20)

    def read_late() -> None:
        left = len(data)
        while left > 0:
            left -= len(far_end.socket.recv(2**20))

    reader = threading.Thread(target=read_late)
    reader.start()
    wire.send(data)
    reader.join()
    assert wire.held_up == 1 and not wire.lost
    wire.close()
