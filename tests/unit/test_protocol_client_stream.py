"""The client's machine, step by step: what it says, what it keeps, and what it makes of the server's answers."""

from __future__ import annotations

import numpy as np
import pytest

from protocol.attempt_log import HeldAttempt
from protocol.client_stream import MAX_RECONNECT_DELAY_MS, ClientStream
from protocol.codec import decode_client, encode, pack_landmarks
from protocol.codes import ErrorCode
from protocol.errors import IllegalCall, ProtocolError
from protocol.landmarks import HANDS
from protocol.limits import MAX_ATTEMPT_FRAMES, MAX_FRAMES_PER_MESSAGE
from protocol.messages import (
    ClientMessage,
    Cursor,
    Draining,
    Error,
    Frames,
    Hello,
    Receipt,
    Reconnect,
    SessionStatus,
    Status,
    Stored,
    Welcome,
)

HELLO = Hello(layout="hands", width=640, height=480)


def said(stream: ClientStream) -> list[ClientMessage]:
    """What the stream has to send now."""
    return [decode_client(data) for data in stream.data_to_send()]


def names(stream: ClientStream) -> list[str]:
    return [message.t for message in said(stream)]


def welcome(stored: int = 0, a: int = 1, q: int = 0, status: SessionStatus = "active") -> bytes:
    return encode(
        Welcome(
            session_id="s", epoch=1, status=status, stored=stored, cursor=Cursor(a=a, q=q), sentences=[], results=[],
            recovered=True, incarnation="live", ticket="next", reconnect=Reconnect(after_ms=100, spread_ms=900),
        )
    )  # fmt: skip


def error(code: ErrorCode, a: int | None = None, cursor: Cursor | None = None) -> bytes:
    return encode(Error(code=code, name=code.name, text="", a=a, cursor=cursor))


def a_session(**state: object) -> ClientStream:
    """A session that has been welcomed."""
    stream = ClientStream(HELLO)
    stream.connected()
    assert names(stream) == ["hello"]
    stream.receive(welcome(**state))
    assert said(stream) == []
    return stream


def add(stream: ClientStream, count: int, first: int = 0) -> None:
    landmarks = np.full((count, HANDS.points, 3), 0.25, dtype=np.float32)
    stream.add_frames(landmarks, [33 * index for index in range(first, first + count)])


def reconnect(stream: ClientStream, **state: object) -> list[ClientMessage]:
    """Cuts the line, comes back, and gives what is said after the welcome."""
    stream.disconnected()
    stream.connected()
    assert names(stream) == ["hello"]
    stream.receive(welcome(**state))
    return said(stream)


# ------------------------------------------------------------------------------------------------ an attempt


def test_an_attempt_is_said_in_order_and_once() -> None:
    stream = a_session()
    assert stream.begin_attempt(0, at_ms=1) == 1
    add(stream, 2)
    first = said(stream)
    assert [message.t for message in first] == ["attempt.begin", "frames"]
    assert (first[1].a, first[1].q, first[1].ms) == (1, 0, [0, 33])
    assert said(stream) == []
    add(stream, 1, first=2)
    stream.end_attempt()
    frames, end = said(stream)
    assert (frames.q, end.t, end.n) == (2, "attempt.end", 3)
    assert stream.begin_attempt(0, at_ms=2) == 2


def test_frames_that_pile_up_travel_together_within_the_bound() -> None:
    stream = a_session()
    stream.begin_attempt(0, at_ms=1)
    add(stream, 2 * MAX_FRAMES_PER_MESSAGE + 1)
    sizes = [len(message.ms) for message in said(stream) if isinstance(message, Frames)]
    assert sizes == [MAX_FRAMES_PER_MESSAGE, MAX_FRAMES_PER_MESSAGE, 1]


def test_a_cancelled_attempt_uses_its_number_up_and_keeps_no_frames() -> None:
    stream = a_session()
    stream.begin_attempt(0, at_ms=1)
    add(stream, 5)
    stream.cancel_attempt()
    assert names(stream) == ["attempt.begin", "attempt.cancel"]
    assert stream.unsaved == ()
    assert len(stream.attempts[0].frames) == 0
    assert stream.begin_attempt(0, at_ms=2) == 2


@pytest.mark.parametrize(
    ("landmarks", "times_ms", "code"),
    [
        (np.zeros((2, HANDS.points, 3)), [66], ErrorCode.FRAME_LENGTH),
        (np.zeros((1, 5, 3)), [66], ErrorCode.FRAME_LENGTH),
        (np.full((1, HANDS.points, 3), np.inf), [66], ErrorCode.NON_FINITE),
        (np.zeros((2, HANDS.points, 3)), [66, 66], ErrorCode.TIMES_NOT_ASCENDING),
        (np.zeros((1, HANDS.points, 3)), [33], ErrorCode.TIMES_NOT_ASCENDING),
        (np.zeros((1, HANDS.points, 3)), [120_001], ErrorCode.ATTEMPT_TOO_LONG),
    ],
)
def test_frames_that_the_server_would_refuse_are_not_taken(
    landmarks: np.ndarray, times_ms: list[int], code: ErrorCode
) -> None:
    stream = a_session()
    stream.begin_attempt(0, at_ms=1)
    add(stream, 2)
    with pytest.raises(ProtocolError) as caught:
        stream.add_frames(landmarks.astype(np.float32), times_ms)
    assert caught.value.code is code
    assert stream.attempts[0].times_ms == [0, 33]


def test_time_before_the_attempt_is_refused() -> None:
    stream = a_session()
    stream.begin_attempt(0, at_ms=1)
    with pytest.raises(ProtocolError):
        stream.add_frames(np.zeros((1, HANDS.points, 3), np.float32), [-1])


def test_an_attempt_takes_all_its_frames_and_not_one_more() -> None:
    stream = a_session()
    stream.begin_attempt(0, at_ms=1)
    stream.add_frames(np.zeros((MAX_ATTEMPT_FRAMES, HANDS.points, 3), np.float32), range(MAX_ATTEMPT_FRAMES))
    with pytest.raises(ProtocolError):
        stream.add_frames(np.zeros((1, HANDS.points, 3), np.float32), [MAX_ATTEMPT_FRAMES])


def test_frames_packed_before_are_sent_as_they_are_and_held_to_the_same_bounds():
    landmarks = np.linspace(0, 1, 2 * HANDS.points * 3, dtype=np.float32).reshape(2, HANDS.points, 3)
    packed = pack_landmarks(landmarks, HANDS)
    from_floats, from_bytes = a_session(), a_session()
    for stream in (from_floats, from_bytes):
        stream.begin_attempt(0, at_ms=5)
    from_floats.add_frames(landmarks, [0, 33])
    from_bytes.add_packed_frames(packed, [0, 33])
    assert from_bytes.data_to_send() == from_floats.data_to_send()
    for wrong, times_ms, code in (
        (packed[:-1], [66, 99], ErrorCode.FRAME_LENGTH),
        (packed, [66], ErrorCode.FRAME_LENGTH),
        (packed, [33, 66], ErrorCode.TIMES_NOT_ASCENDING),
    ):
        with pytest.raises(ProtocolError) as refused:
            from_bytes.add_packed_frames(wrong, times_ms)
        assert refused.value.code is code
    assert from_bytes.data_to_send() == []


def test_calls_that_make_no_sense_are_bugs_of_the_caller() -> None:
    fresh = ClientStream(HELLO)
    with pytest.raises(IllegalCall):
        fresh.begin_attempt(0, at_ms=1)  # no number is known yet
    stream = a_session()
    for call in (stream.end_attempt, stream.cancel_attempt, stream.resume, lambda: add(stream, 1)):
        with pytest.raises(IllegalCall):
            call()
    stream.begin_attempt(0, at_ms=1)
    for call in (stream.pause, stream.complete, lambda: stream.begin_attempt(0, at_ms=2)):
        with pytest.raises(IllegalCall):
            call()
    stream.end_attempt()
    stream.pause()
    with pytest.raises(IllegalCall):
        stream.begin_attempt(0, at_ms=3)


# ---------------------------------------------------------------------------------------------------- resuming


def test_everything_after_the_cursor_is_said_again() -> None:
    stream = a_session()
    for number in (1, 2):
        stream.begin_attempt(0, at_ms=number)
        add(stream, 3)
        stream.end_attempt()
    said(stream)
    again = reconnect(stream, a=1, q=2)
    assert [(message.t, message.a) for message in again] == [
        ("attempt.begin", 1), ("frames", 1), ("attempt.end", 1),
        ("attempt.begin", 2), ("frames", 2), ("attempt.end", 2),
    ]  # fmt: skip
    assert (again[1].q, again[1].ms) == (2, [66])


def test_what_is_judged_and_not_stored_is_kept_and_not_said_again() -> None:
    stream = a_session()
    stream.begin_attempt(0, at_ms=1)
    stream.end_attempt()
    said(stream)
    assert reconnect(stream, a=2) == []
    assert stream.unsaved == (1,)
    stream.receive(encode(Stored(through=1)))
    assert stream.unsaved == () and stream.attempts == ()
    assert stream.begin_attempt(0, at_ms=2) == 2


def test_hello_says_what_can_be_sent_again() -> None:
    stream = a_session()
    stream.begin_attempt(0, at_ms=1)
    stream.disconnected()
    stream.connected()
    (hello,) = said(stream)
    assert hello == HELLO.model_copy(update={"oldest": 1})


def test_a_new_run_of_the_client_goes_on_from_what_the_former_kept() -> None:
    packed = pack_landmarks(np.zeros((2, HANDS.points, 3), np.float32), HANDS)
    kept = [
        HeldAttempt(4, 1, 20, [0, 33], bytearray(packed), "ended"),
        HeldAttempt(3, 0, 10, [], bytearray(), "cancelled"),
    ]
    stream = ClientStream(HELLO, kept)
    assert stream.unsaved == (4,)
    stream.connected()
    assert said(stream)[0].oldest == 3
    stream.receive(welcome(stored=2, a=3))
    assert names(stream) == ["attempt.begin", "attempt.cancel", "attempt.begin", "frames", "attempt.end"]
    assert stream.begin_attempt(0, at_ms=30) == 5


def test_a_client_that_holds_nothing_takes_the_cursors_number() -> None:
    stream = a_session(stored=6, a=7)
    assert stream.begin_attempt(0, at_ms=1) == 7


def test_an_attempt_of_which_the_server_has_more_than_the_client_is_given_up() -> None:
    """The client ended before it had kept the last frames it sent."""
    stream = ClientStream(HELLO, [HeldAttempt(1, 0, 10)])
    assert stream.recording == 1
    stream.connected()
    said(stream)
    stream.receive(welcome(a=1, q=9))
    assert stream.recording is None
    assert names(stream) == ["attempt.begin", "attempt.cancel"]


def test_an_attempt_that_the_server_is_done_with_takes_no_more_frames() -> None:
    stream = a_session()
    stream.begin_attempt(0, at_ms=1)
    assert reconnect(stream, a=2) == []
    assert stream.recording is None


def test_an_attempt_whose_number_another_device_used_is_dropped_and_said_to_be() -> None:
    stream = a_session()
    stream.disconnected()
    stream.begin_attempt(0, 10)
    stream.end_attempt()
    stream.connected()
    said(stream)
    stream.receive(welcome(stored=1, a=2))
    assert (dict(stream.dropped), stream.unsaved) == ({1: "elsewhere"}, ())


def test_an_attempt_whose_end_may_have_arrived_is_taken_for_the_servers() -> None:
    stream = a_session()
    stream.begin_attempt(0, 10)
    stream.end_attempt()
    said(stream)
    stream.disconnected()
    stream.connected()
    said(stream)
    stream.receive(welcome(stored=1, a=2))
    assert (dict(stream.dropped), stream.unsaved) == ({}, ())


def test_nothing_is_said_without_a_connection_or_a_welcome() -> None:
    stream = a_session()
    stream.disconnected()
    stream.begin_attempt(0, at_ms=1)
    add(stream, 3)
    assert stream.data_to_send() == []
    stream.connected()
    assert names(stream) == ["hello"]
    assert said(stream) == []


def test_each_ticket_serves_one_connection() -> None:
    stream = a_session()
    assert stream.ticket == "next"
    stream.disconnected()
    stream.connected()
    assert stream.ticket is None


# ---------------------------------------------------------------------------------------- the session's status


def test_a_paused_session_takes_the_attempts_it_has_missed_and_is_paused_again() -> None:
    """The attempt was made before the pause; the actor died with it, while the pause was stored."""
    stream = a_session()
    stream.begin_attempt(0, at_ms=1)
    stream.end_attempt()
    stream.pause()
    assert names(stream) == ["attempt.begin", "attempt.end", "pause"]
    assert [message.t for message in reconnect(stream, status="paused")] == ["resume", "attempt.begin", "attempt.end"]
    stream.receive(encode(Status(status="active")))
    assert names(stream) == ["pause"]


def test_a_pause_and_a_resume_without_a_line_are_nothing_to_tell() -> None:
    stream = a_session()
    stream.disconnected()
    stream.pause()
    stream.resume()
    stream.connected()
    said(stream)
    stream.receive(welcome())
    assert said(stream) == []


def test_one_question_at_a_time() -> None:
    stream = a_session()
    stream.pause()
    assert names(stream) == ["pause"]
    stream.resume()
    assert said(stream) == []
    stream.receive(encode(Status(status="paused")))
    assert names(stream) == ["resume"]
    stream.receive(encode(Status(status="active")))
    assert said(stream) == [] and stream.status == "active"


def test_a_refused_wish_is_dropped() -> None:
    stream = a_session()
    stream.complete()
    assert names(stream) == ["complete"]
    stream.receive(error(ErrorCode.ILLEGAL_NOW))
    assert said(stream) == []
    assert stream.begin_attempt(0, at_ms=1) == 1


def test_a_pause_from_elsewhere_gives_the_attempt_up() -> None:
    stream = a_session()
    stream.begin_attempt(0, at_ms=1)
    said(stream)
    stream.receive(encode(Status(status="paused")))
    assert stream.recording is None
    with pytest.raises(IllegalCall):
        stream.begin_attempt(0, at_ms=2)


def test_an_ended_session_is_sent_nothing_more() -> None:
    stream = a_session()
    stream.begin_attempt(0, at_ms=1)
    stream.receive(encode(Status(status="abandoned")))
    assert said(stream) == [] and stream.status == "abandoned"


def test_a_completion_that_met_a_cut_is_not_asked_for_again() -> None:
    stream = a_session()
    stream.complete()
    said(stream)
    assert reconnect(stream, status="completed") == []


# ------------------------------------------------------------------------------------------------------ errors


def test_a_gap_is_sent_again_from_the_cursor() -> None:
    stream = a_session()
    stream.begin_attempt(0, at_ms=1)
    add(stream, 4)
    said(stream)
    stream.receive(error(ErrorCode.SEQ_GAP, a=1, cursor=Cursor(a=1, q=1)))
    begin, frames = said(stream)
    assert (begin.t, frames.q, frames.ms) == ("attempt.begin", 1, [33, 66, 99])


def test_a_server_that_takes_nothing_is_not_flooded() -> None:
    stream = a_session()
    stream.begin_attempt(0, at_ms=1)
    add(stream, 2)
    said(stream)
    refused = error(ErrorCode.NOT_RECORDING, a=1, cursor=Cursor(a=1, q=0))
    stream.receive(refused)
    assert names(stream) == ["attempt.begin", "frames"]
    stream.receive(refused)
    assert said(stream) == []
    stream.receive(encode(Stored(through=0)))
    assert names(stream) == ["attempt.begin", "frames"], "something has changed: try again"


def test_frames_flow_on_when_a_late_refusal_is_followed_by_a_receipt() -> None:
    stream = a_session()
    stream.begin_attempt(0, at_ms=1)
    add(stream, 2)
    said(stream)
    refused = error(ErrorCode.SEQ_GAP, a=1, cursor=Cursor(a=1, q=1))
    stream.receive(refused)
    said(stream)
    stream.receive(refused)
    stream.receive(encode(Receipt(a=1, q=2)))
    add(stream, 1, first=2)
    assert [message.q for message in said(stream)] == [2]
    assert stream.cursor == Cursor(a=1, q=2)


@pytest.mark.parametrize("code", [ErrorCode.SENTENCE_UNKNOWN, ErrorCode.SEQ_CONFLICT, ErrorCode.ATTEMPT_CONFLICT])
def test_an_attempt_that_can_never_be_accepted_is_cancelled(code: ErrorCode) -> None:
    stream = a_session()
    stream.begin_attempt(99, at_ms=1)
    add(stream, 2)
    said(stream)
    stream.receive(error(code, a=1))
    assert stream.recording is None
    assert names(stream) == ["attempt.begin", "attempt.cancel"]
    stream.receive(error(code, a=1))
    assert said(stream) == [], "once"
    assert stream.begin_attempt(0, at_ms=2) == 2


def test_an_error_of_a_newer_server_changes_nothing() -> None:
    stream = a_session()
    stream.begin_attempt(0, at_ms=1)
    said(stream)
    stream.receive(encode(Error(code=4_711, name="NEW", text="")))
    assert said(stream) == [] and stream.recording == 1


def test_a_text_message_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError):
        a_session().receive("hello")


# ----------------------------------------------------------------------------------------------- coming back


@pytest.mark.parametrize(
    ("close_code", "stopped"), [(None, False), (1006, False), (4000, False), (4444, False), (4500, True), (4999, True)]
)
def test_close_codes_say_whether_to_come_back(close_code: int | None, stopped: bool) -> None:
    stream = a_session()
    stream.disconnected(close_code)
    assert stream.stopped is stopped and not stream.welcomed


def test_a_version_that_is_not_spoken_stops_the_client() -> None:
    stream = a_session()
    stream.receive(error(ErrorCode.VERSION_UNSUPPORTED))
    assert stream.stopped


def test_the_delay_goes_by_the_hint_and_grows_with_failures() -> None:
    stream = a_session()
    assert [stream.reconnect_delay_ms(random01, 0) for random01 in (0.0, 0.5, 1.0)] == [100, 550, 1_000]
    lows = [stream.reconnect_delay_ms(0.0, failures) for failures in range(20)]
    assert lows == sorted(lows) and lows[-1] == MAX_RECONNECT_DELAY_MS
    assert stream.reconnect_delay_ms(0.999, 19) > 1.9 * MAX_RECONNECT_DELAY_MS, "a class stays spread out"


def test_a_draining_server_gives_its_own_hint() -> None:
    stream = a_session()
    stream.receive(encode(Draining(reconnect=Reconnect(after_ms=5_000, spread_ms=60_000))))
    assert stream.reconnect_delay_ms(0.5, 0) == 35_000


def test_a_ping_is_said_once_and_forgotten_with_its_connection() -> None:
    stream = a_session()
    stream.ping(7)
    assert [message.n for message in said(stream)] == [7]
    assert said(stream) == []
    stream.ping(8)
    assert reconnect(stream) == []
