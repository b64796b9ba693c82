"""The server's side of a connection: order, counting, and what the tables promise."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import msgpack
import numpy as np
import pytest

from protocol.codec import encode, pack_points, unpack_points
from protocol.codes import CLOSES, ERRORS, CloseCode, ErrorCode, Reaction
from protocol.landmarks import LAYOUTS, Layout, VideoFormat
from protocol.limits import FROM_CLIENT, MAX_FRAMES_PER_MESSAGE, MAX_VIOLATIONS, max_message_bytes
from protocol.messages import AttemptBegin, Cursor, Frames, Hello, Ping
from protocol.reference import page
from protocol.server_stream import FramesReceived, ServerStream, Violation

HELLO = Hello(layout="hands+pose", width=640, height=480, mirrored=True, fps=25)


def greeted(layout: str = "hands+pose") -> ServerStream:
    stream = ServerStream()
    stream.receive(encode(HELLO.model_copy(update={"layout": layout})))
    return stream


def test_hello_says_what_frames_and_picture_are_like() -> None:
    stream = ServerStream()
    assert (stream.hello, stream.layout, stream.video) == (None, None, None)
    assert stream.receive(encode(HELLO)) == [HELLO]
    assert stream.layout is LAYOUTS["hands+pose"]
    assert stream.video == VideoFormat(640, 480, mirrored=True, frame_rate_hz=25.0)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
def test_a_full_message_of_frames_fits_its_layout(layout: Layout) -> None:
    points = np.arange(MAX_FRAMES_PER_MESSAGE * layout.points * 3, dtype=np.int64).astype(np.int16)
    points = points.reshape(MAX_FRAMES_PER_MESSAGE, layout.points, 3)
    times_ms = list(range(0, 33 * MAX_FRAMES_PER_MESSAGE, 33))
    data = encode(Frames(a=1_000_000, q=3_000, ms=times_ms, l=pack_points(points)))
    assert len(data) <= max_message_bytes(layout)
    (event,) = greeted(layout.name).receive(data)
    assert isinstance(event, FramesReceived)
    assert (event.a, event.q, event.times_ms) == (1_000_000, 3_000, times_ms)
    assert np.array_equal(unpack_points(event.packed, layout, MAX_FRAMES_PER_MESSAGE), points)


def test_other_messages_come_as_they_are() -> None:
    stream = greeted()
    for message in (AttemptBegin(a=1, i=0, at_ms=5), Ping(n=3)):
        assert stream.receive(encode(message)) == [message]


def test_text_is_refused() -> None:
    (violation,) = greeted().receive("hello")
    assert violation.error.name == "MALFORMED"


def test_too_many_violations_close_the_connection_resumably() -> None:
    stream = greeted()
    for _ in range(MAX_VIOLATIONS):
        assert stream.receive(b"")[0].close is None
    (last,) = stream.receive(b"")
    assert last.close is CloseCode.TOO_MANY_ERRORS and last.close.resumable
    assert stream.violations == MAX_VIOLATIONS + 1
    assert stream.receive(encode(Ping(n=1))) == []


def test_what_the_session_refuses_counts_too_and_what_is_our_fault_does_not() -> None:
    stream = greeted()
    refused = stream.refuse(ErrorCode.SEQ_GAP, "frames 3 to 5", a=2, cursor=Cursor(a=2, q=3))
    assert isinstance(refused, Violation) and refused.close is None
    assert (refused.error.a, refused.error.cursor) == (2, Cursor(a=2, q=3))
    assert refused.error.text == f"{ERRORS[ErrorCode.SEQ_GAP].meaning} (frames 3 to 5)"
    assert stream.violations == 1
    stream.refuse(ErrorCode.STORE_DELAYED)
    assert stream.violations == 1
    assert stream.refuse(ErrorCode.SERVER_FAULT).close is CloseCode.SERVER_FAULT


def test_an_error_names_the_attempt_and_never_repeats_what_was_sent() -> None:
    secret = "a-ticket-perhaps"
    data = msgpack.packb({"t": "frames", "a": 7, "q": secret, "ms": [0], "l": b""})
    (violation,) = greeted().receive(data)
    assert violation.error.a == 7
    assert secret not in violation.error.text


def test_the_worst_nest_of_claims_costs_little_memory() -> None:
    """Every level claims as many places as it may; a bomb would need 4,096 of them at each."""
    claim = b"\xdc" + FROM_CLIENT.max_array_len.to_bytes(2, "big")
    stream = greeted("holistic")
    stream.receive(claim)
    tracemalloc.start()
    stream.receive(claim * 10_000)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 2_000_000


# ---------------------------------------------------------------------------------------------------- the tables


def test_every_code_has_its_row_and_no_row_lacks_a_code() -> None:
    assert set(ERRORS) == set(ErrorCode)
    assert set(CLOSES) == set(CloseCode)
    assert all(info.meaning and info.client_action for info in (*ERRORS.values(), *CLOSES.values()))


@pytest.mark.parametrize("code", ErrorCode)
def test_effect_reaction_and_close_code_of_an_error_agree(code: ErrorCode) -> None:
    info = ERRORS[code]
    assert info.effect == ("none" if info.close_code is None else "close")
    leaving = {Reaction.RECONNECT: True, Reaction.STOP: False}
    if info.close_code is None:
        assert info.reaction not in leaving
    else:
        assert info.close_code.resumable is leaving[info.reaction]


def test_the_reference_page_is_up_to_date() -> None:
    written = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    assert written == page(), "run python -m protocol.reference > docs/protocol.md"
