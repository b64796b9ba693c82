"""One learner's WebSocket against the other half of the same library, over a wire in memory and a clock by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from actors.session.connection import (
    CLOSE_TIMEOUT_S,
    FEEDBACK_BACKLOG_BYTES,
    HELLO_TIMEOUT_S,
    LARGEST_BACKLOG_BYTES,
    PING_INTERVAL_S,
    StreamConnection,
)
from protocol.codec import decode_server, encode
from protocol.codes import CloseCode, ErrorCode
from protocol.landmarks import HANDS
from protocol.limits import MAX_CLIENT_MESSAGE_BYTES, MAX_VIOLATIONS, max_message_bytes
from protocol.messages import AttemptEnd, Error, Feedback, Ping, Scored, ServerMessage, Stored
from protocol.server_stream import ClientEvent
from tests.support.manual_loop import ManualLoop
from tests.support.session_bench import HELLO, a_result

FEEDBACK = Feedback(a=1, q=0, i=0, g="A" * 100, p=0.5, o=None, m={}, seen=(True, True, True))


class MemoryTransport(asyncio.Transport):
    """Holds what was written until it is read."""

    def __init__(self, connection: StreamConnection, loop: ManualLoop) -> None:
        super().__init__()
        self._connection = connection
        self._loop = loop
        self.unread = bytearray()
        self.eof = self.gone = False

    def write(self, data: bytes) -> None:
        self.unread += data

    def get_write_buffer_size(self) -> int:
        return len(self.unread)

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.eof = True

    def abort(self) -> None:
        if not self.gone:
            self.gone = True
            self._loop.call_soon(self._connection.connection_lost, None)


class Wire:
    """A connection, its transport, and the learner's end."""

    def __init__(self, loop: ManualLoop, headers: Callable[[bytes], bytes] = lambda request: request) -> None:
        self.loop = loop
        self.heard: list[ClientEvent] = []
        self.lost = 0
        self.client = ClientProtocol(
            parse_uri("ws://127.0.0.1/v1/stream"), subprotocols=["ticket.abc", "storysign.v1"], max_size=None
        )
        self.client.send_request(self.client.connect())
        request = headers(b"".join(self.client.data_to_send()))
        self.connection = loop.inside(
            lambda: StreamConnection(
                1, lambda _, event: self.heard.append(event), lambda _: self._count_loss(), request
            )
        )
        self.transport = MemoryTransport(self.connection, loop)
        self.connection.connection_made(self.transport)

    def _count_loss(self) -> None:
        self.lost += 1

    def read(self) -> list[ServerMessage]:
        """The learner reads all there is."""
        data, self.transport.unread = bytes(self.transport.unread), bytearray()
        self.client.receive_data(data)
        frames = [event for event in self.client.events_received() if isinstance(event, Frame)]
        return [decode_server(frame.data) for frame in frames if frame.opcode is Opcode.BINARY]

    def write(self) -> None:
        """What the learner has to send arrives."""
        for data in self.client.data_to_send():
            if data and not self.transport.gone:
                self.connection.data_received(data)

    def say(self, *messages: bytes) -> list[ServerMessage]:
        for message in messages:
            self.client.send_binary(message)
        self.write()
        return self.read()

    @property
    def close_code(self) -> int | None:
        self.read()
        return self.client.close_rcvd.code if self.client.close_rcvd else None


@pytest.fixture
def loop() -> Iterator[ManualLoop]:
    loop = ManualLoop()
    yield loop
    loop.close()


@pytest.fixture
def wire(loop: ManualLoop) -> Wire:
    """A connection that has shaken hands."""
    wire = Wire(loop)
    wire.read()
    return wire


@pytest.fixture
def greeted(wire: Wire) -> Wire:
    """A connection that has said hello."""
    assert wire.say(encode(HELLO)) == []
    wire.heard.clear()
    return wire


def codes(messages: list[ServerMessage]) -> list[ErrorCode]:
    return [ErrorCode(message.code) for message in messages if isinstance(message, Error)]


# ------------------------------------------------------------------------------------------------------ handshake


def test_the_handshake_is_finished_from_the_bytes_that_were_handed_over(wire: Wire):
    assert wire.client.state is State.OPEN
    assert wire.client.subprotocol == "storysign.v1"
    assert wire.client.extensions == []


def test_a_request_that_comes_in_pieces_is_finished_by_its_rest(loop: ManualLoop):
    rest = bytearray()

    def first_half(request: bytes) -> bytes:
        rest.extend(request[40:])
        return request[:40]

    wire = Wire(loop, first_half)
    assert wire.client.state is State.CONNECTING
    wire.connection.data_received(bytes(rest))
    wire.read()
    assert wire.client.state is State.OPEN


@pytest.mark.parametrize("lacking", [b"Sec-WebSocket-Key", b"Sec-WebSocket-Version", b"Upgrade"])
def test_a_request_that_is_no_handshake_is_answered_and_cut(loop: ManualLoop, lacking: bytes):
    wire = Wire(loop, lambda request: request.replace(lacking, b"X-Other"))
    assert bytes(wire.transport.unread).startswith((b"HTTP/1.1 400", b"HTTP/1.1 426"))
    assert wire.transport.eof
    loop.advance(CLOSE_TIMEOUT_S)
    assert wire.lost == 1


# ------------------------------------------------------------------------------------------------ what a learner says


def test_what_is_said_arrives_in_order_also_in_one_piece(wire: Wire):
    wire.say(encode(HELLO), encode(Ping(n=1)), encode(AttemptEnd(a=1, n=0)))
    assert wire.heard == [HELLO, Ping(n=1), AttemptEnd(a=1, n=0)]


def test_what_is_said_arrives_byte_by_byte(wire: Wire):
    wire.client.send_binary(encode(HELLO))
    (data,) = wire.client.data_to_send()
    for position in range(len(data)):
        wire.connection.data_received(data[position : position + 1])
    assert wire.heard == [HELLO]


def test_fragments_make_one_message_with_a_ping_in_between(wire: Wire):
    hello = encode(HELLO)
    wire.client.send_binary(hello[:10], fin=False)
    wire.client.send_ping(b"x")
    wire.client.send_continuation(hello[10:20], fin=False)
    wire.client.send_continuation(hello[20:], fin=True)
    wire.write()
    assert wire.heard == [HELLO]


def test_a_text_message_is_refused_and_the_connection_stays(greeted: Wire):
    greeted.client.send_text(b"hello")
    greeted.write()
    assert codes(greeted.read()) == [ErrorCode.MALFORMED]
    assert greeted.say(encode(Ping(n=1))) == []
    assert greeted.heard == [Ping(n=1)]


def test_a_text_message_that_is_no_utf8_is_refused_in_the_same_way(greeted: Wire):
    greeted.client.send_text(b"\xff\xfe")
    greeted.write()
    assert codes(greeted.read()) == [ErrorCode.MALFORMED]


def test_the_first_message_has_to_be_hello(wire: Wire):
    assert codes(wire.say(encode(Ping(n=1)))) == [ErrorCode.HELLO_EXPECTED]
    assert wire.close_code == CloseCode.HELLO_MISSING
    assert wire.heard == []


def test_a_hello_that_does_not_come_in_time_closes_resumably(wire: Wire, loop: ManualLoop):
    loop.advance(HELLO_TIMEOUT_S)
    assert wire.close_code == CloseCode.HELLO_MISSING


def test_a_hello_in_time_is_enough(greeted: Wire, loop: ManualLoop):
    loop.advance(HELLO_TIMEOUT_S)
    assert greeted.close_code is None


def test_another_version_is_told_to_stop(wire: Wire):
    assert codes(wire.say(encode(HELLO.model_copy(update={"v": 99})))) == [ErrorCode.VERSION_UNSUPPORTED]
    assert wire.close_code == CloseCode.VERSION_UNSUPPORTED


@pytest.mark.parametrize("size", [max_message_bytes(HANDS) + 1, MAX_CLIENT_MESSAGE_BYTES, 2 * MAX_CLIENT_MESSAGE_BYTES])
def test_an_oversized_message_closes_resumably_with_our_own_code(greeted: Wire, size: int):
    assert codes(greeted.say(bytes(size))) == [ErrorCode.TOO_LARGE]
    assert greeted.close_code == CloseCode.MESSAGE_TOO_LARGE


def test_a_message_far_beyond_every_bound_is_cut_off_before_it_is_read(greeted: Wire, loop: ManualLoop):
    greeted.client.send_binary(bytes(2 * MAX_CLIENT_MESSAGE_BYTES + 1))
    (data,) = greeted.client.data_to_send()
    greeted.connection.data_received(data[:100])
    assert greeted.close_code == 1009, "the library's own, from the frame's header alone"
    loop.advance(CLOSE_TIMEOUT_S)
    assert greeted.lost == 1


def test_fragments_cannot_add_up_beyond_the_bound(greeted: Wire):
    greeted.client.send_binary(bytes(MAX_CLIENT_MESSAGE_BYTES), fin=False)
    for _ in range(2):
        greeted.client.send_continuation(bytes(MAX_CLIENT_MESSAGE_BYTES), fin=False)
    greeted.write()
    assert greeted.close_code == 1009


def test_bytes_that_are_no_websocket_close_the_connection(greeted: Wire, loop: ManualLoop):
    greeted.connection.data_received(b"GET / HTTP/1.1\r\n\r\n")
    assert greeted.close_code == 1002
    loop.advance(CLOSE_TIMEOUT_S)
    assert greeted.lost == 1


def test_too_many_violations_close_resumably(greeted: Wire):
    said = greeted.say(*[b"\xc1"] * (MAX_VIOLATIONS + 3))
    assert codes(said) == [ErrorCode.MALFORMED] * (MAX_VIOLATIONS + 1)
    assert greeted.close_code == CloseCode.TOO_MANY_ERRORS


def test_refusals_of_the_session_count_as_well_and_those_of_the_server_do_not(greeted: Wire):
    for code in [ErrorCode.STORE_DELAYED] * 50 + [ErrorCode.SEQ_GAP] * MAX_VIOLATIONS:
        greeted.connection.send_error(Error(code=code, name=code.name, text=""))
    assert greeted.close_code is None
    greeted.connection.send_error(Error(code=ErrorCode.SEQ_GAP, name="", text=""))
    assert greeted.close_code == CloseCode.TOO_MANY_ERRORS


# ------------------------------------------------------------------------------------------------------- its end


def test_what_is_said_after_we_have_closed_is_not_heard(greeted: Wire):
    greeted.client.send_binary(encode(Ping(n=1)))
    greeted.connection.close(CloseCode.SUPERSEDED, "newer")
    greeted.write()
    assert greeted.heard == [], "an old tab must not speak for the session any more"
    assert greeted.close_code == CloseCode.SUPERSEDED


def test_what_is_said_right_before_the_learner_closes_is_heard(greeted: Wire):
    greeted.client.send_binary(encode(AttemptEnd(a=1, n=3)))
    greeted.client.send_close(1000)
    greeted.connection.data_received(b"".join(greeted.client.data_to_send()))
    assert greeted.heard == [AttemptEnd(a=1, n=3)]
    assert greeted.transport.eof


def test_a_close_that_is_not_answered_in_time_is_a_cut(greeted: Wire, loop: ManualLoop):
    greeted.connection.close(CloseCode.RESTARTING, "stopping")
    greeted.connection.close(CloseCode.IDLE, "not again")
    loop.advance(CLOSE_TIMEOUT_S - 0.1)
    assert greeted.lost == 0
    loop.advance(0.1)
    assert greeted.lost == 1
    assert greeted.close_code == CloseCode.RESTARTING


def test_messages_are_sent_before_the_close(greeted: Wire):
    greeted.connection.send(Stored(through=3))
    greeted.connection.close(CloseCode.SESSION_ENDED, "completed")
    greeted.connection.send(Stored(through=4))
    assert greeted.read() == [Stored(through=3)]
    assert greeted.close_code == CloseCode.SESSION_ENDED


def test_a_cut_is_reported_once_and_then_nothing_is_sent(greeted: Wire, loop: ManualLoop):
    greeted.connection.abort()
    greeted.connection.abort()
    loop.settle()
    greeted.connection.connection_lost(None)
    greeted.connection.send(Stored(through=1))
    greeted.connection.close(CloseCode.IDLE, "")
    assert (greeted.lost, greeted.read(), greeted.close_code) == (1, [], None)


def test_an_end_of_the_stream_ends_the_connection(greeted: Wire):
    greeted.connection.eof_received()
    assert greeted.connection._ws.state is State.CLOSED


# ------------------------------------------------------------------------------------------------ peers that vanish


def test_a_peer_that_answers_pings_stays(greeted: Wire, loop: ManualLoop):
    for _ in range(5):
        loop.advance(PING_INTERVAL_S)
        greeted.read()
        greeted.write()
    assert greeted.lost == 0


def test_a_peer_that_vanished_without_a_word_is_let_go(greeted: Wire, loop: ManualLoop):
    loop.advance(PING_INTERVAL_S)
    assert greeted.lost == 0
    loop.advance(PING_INTERVAL_S)
    assert greeted.lost == 1


def test_every_word_is_a_sign_of_life(greeted: Wire, loop: ManualLoop):
    for number in range(5):
        loop.advance(PING_INTERVAL_S)
        greeted.client.send_binary(encode(Ping(n=number)))
        (data,) = greeted.client.data_to_send()
        greeted.connection.data_received(data)
    assert greeted.lost == 0


# --------------------------------------------------------------------------------------------------- slow readers


def test_a_slow_reader_misses_feedback_and_nothing_else(greeted: Wire):
    result = Scored(result=a_result(1))
    sent = 0
    while greeted.transport.get_write_buffer_size() <= FEEDBACK_BACKLOG_BYTES:
        greeted.connection.send_feedback(encode(FEEDBACK))
        sent += 1
    for _ in range(10):
        assert not greeted.connection.send_feedback(encode(FEEDBACK)), "skipped, and said so"
        assert greeted.connection.send(result)
    assert greeted.read() == [FEEDBACK] * sent + [result] * 10
    greeted.connection.send_feedback(encode(FEEDBACK))
    assert greeted.read() == [FEEDBACK], "who has caught up sees marks again"


def test_a_reader_that_never_reads_is_closed_resumably(greeted: Wire, loop: ManualLoop):
    big = Scored(result=a_result(1).model_copy(update={"sentence": "x" * 4_000}))
    sent = 0
    while greeted.connection._ws.state is State.OPEN:
        greeted.connection.send(big)
        sent += 1
        assert greeted.transport.get_write_buffer_size() < LARGEST_BACKLOG_BYTES + 100_000
    messages = greeted.read()
    assert messages == [big] * sent, "what was queued before is still there"
    assert greeted.close_code == CloseCode.SLOW_READER
    assert CloseCode.SLOW_READER.resumable
    loop.advance(CLOSE_TIMEOUT_S)
    assert greeted.lost == 1
