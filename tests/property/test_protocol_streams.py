"""The two machines over a line that is cut at any moment: every attempt arrives exactly once, byte for byte.

``ReferenceSession`` is the smallest session that follows the cursor semantics of docs/protocol.md. It can be cut off
at every message, and it can crash: then it is only what was stored.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from protocol.client_stream import ClientStream
from protocol.codec import encode, pack_points, to_points
from protocol.codes import CloseCode, ErrorCode
from protocol.errors import ProtocolError
from protocol.landmarks import HANDS
from protocol.messages import (
    AttemptBegin,
    AttemptCancel,
    AttemptEnd,
    AttemptResult,
    Complete,
    Cursor,
    Hello,
    Pause,
    Ping,
    Pong,
    Receipt,
    Reconnect,
    Resume,
    Scored,
    Sentence,
    ServerMessage,
    SessionStatus,
    Status,
    Stored,
    Welcome,
)
from protocol.server_stream import ClientEvent, FramesReceived, ServerStream, Violation

HELLO = Hello(layout="hands", width=640, height=480)
SENTENCES = [Sentence(text="My name", glosses=["MY", "NAME"]), Sentence(text="Thank you", glosses=["THANK-YOU"])]
RECONNECT = Reconnect(after_ms=100, spread_ms=400)


def result_of(number: int, sentence_index: int, frames: int) -> AttemptResult:
    return AttemptResult(
        attempt_no=number, sentence_index=sentence_index, sentence="", glosses=[], judged=False, score=None,
        accuracy=None, confidence=None, fluency=None, success=False, parameters={}, signs=[], findings=[],
        frames=frames, duration_ms=0, scorer_version="none", calibration_version="none",
    )  # fmt: skip


class ReferenceSession:
    """Cursor semantics and nothing else; ``judged`` and ``stored`` are what the tests look at."""

    def __init__(self) -> None:
        self.durable: dict[int, tuple[int, bytes]] = {}
        self.stored = 0
        self.durable_status: SessionStatus = "active"
        self.epoch = 0
        self.restart()

    def restart(self) -> None:
        """A new incarnation: what was not stored is gone."""
        self.epoch += 1
        self.judged: dict[int, tuple[int, bytes]] = {}
        self.status = self.durable_status
        self.next_attempt = self.stored + 1
        self._forget_recording()

    def _forget_recording(self) -> None:
        self.begin: AttemptBegin | None = None
        self.points = b""
        self.next_seq = 0

    @property
    def cursor(self) -> Cursor:
        return Cursor(a=self.next_attempt, q=self.next_seq)

    def flush(self) -> list[ServerMessage]:
        """Makes everything that is done with durable, as one commit."""
        for number, attempt in self.judged.items():
            assert number not in self.durable, "stored twice"
            self.durable[number] = attempt
        self.judged.clear()
        self.stored = self.next_attempt - 1
        return [Stored(through=self.stored)]

    def handle(self, event: ClientEvent, stream: ServerStream) -> tuple[list[ServerMessage], CloseCode | None]:
        match event:
            case Violation():
                return [event.error], event.close
            case Hello():
                return [self._welcome(event)], None
            case Ping():
                return [Pong(n=event.n)], None
            case Pause() | Resume():
                self.status = self.durable_status = "paused" if isinstance(event, Pause) else "active"
                return [Status(status=self.status)], None
            case Complete():
                self.status = self.durable_status = "completed"
                return [*self.flush(), Status(status="completed")], None
        answer = self._on_attempt(event)
        if isinstance(answer, ErrorCode):
            violation = stream.refuse(answer, a=event.a, cursor=self.cursor)
            return [violation.error], violation.close
        return answer, None

    def _welcome(self, hello: Hello) -> Welcome:
        oldest = hello.oldest or self.next_attempt + 1
        lost = list(range(self.next_attempt, oldest)) if hello.oldest or self.begin else []
        if lost:
            self.next_attempt = oldest
            self._forget_recording()
        return Welcome(
            session_id="s", epoch=self.epoch, status=self.status, stored=self.stored, cursor=self.cursor,
            sentences=SENTENCES, results=[result_of(a, i, 0) for a, (i, _) in self.judged.items()],
            recovered=not lost, lost=lost, incarnation="live", ticket=f"ticket-{self.epoch}", reconnect=RECONNECT,
        )  # fmt: skip

    def _on_attempt(self, event: ClientEvent) -> list[ServerMessage] | ErrorCode:
        if event.a < self.next_attempt:
            return []  # done with: a repeat
        if self.status != "active":
            return ErrorCode.SESSION_PAUSED if self.status == "paused" else ErrorCode.SESSION_ENDED
        if event.a > self.next_attempt:
            return ErrorCode.WRONG_ATTEMPT
        if isinstance(event, AttemptBegin):
            return self._on_begin(event)
        if isinstance(event, AttemptCancel):
            self._done_with()
            return []
        if self.begin is None:
            return ErrorCode.NOT_RECORDING
        if isinstance(event, FramesReceived):
            return self._on_frames(event)
        assert isinstance(event, AttemptEnd)
        if event.n > self.next_seq:
            return ErrorCode.SEQ_GAP
        self.judged[event.a] = (self.begin.i, self.points)
        scored = Scored(result=result_of(event.a, self.begin.i, event.n))
        self._done_with()
        return [scored]

    def _on_begin(self, begin: AttemptBegin) -> list[ServerMessage] | ErrorCode:
        if begin.i >= len(SENTENCES):
            return ErrorCode.SENTENCE_UNKNOWN
        if self.begin not in (None, begin):
            return ErrorCode.ATTEMPT_CONFLICT
        self.begin = begin
        return []

    def _on_frames(self, frames: FramesReceived) -> list[ServerMessage] | ErrorCode:
        if frames.q > self.next_seq:
            return ErrorCode.SEQ_GAP
        start = frames.q * HANDS.frame_bytes
        known = self.points[start : start + len(frames.packed)]
        if frames.packed[: len(known)] != known:
            return ErrorCode.SEQ_CONFLICT
        self.points += frames.packed[len(known) :]
        self.next_seq = len(self.points) // HANDS.frame_bytes
        return [Receipt(a=frames.a, q=self.next_seq)]

    def _done_with(self) -> None:
        self.next_attempt += 1
        self._forget_recording()


class Line:
    """A connection in memory: two queues whose content is lost when it is cut."""

    def __init__(self, client: ClientStream, session: ReferenceSession) -> None:
        self.client, self.session, self.server = client, session, ServerStream()
        self.up: deque[bytes] = deque()
        self.down: deque[bytes] = deque()
        client.connected()
        self.pump()

    def pump(self) -> None:
        """The client hands over what it has to send."""
        self.up.extend(self.client.data_to_send())

    def step_up(self) -> CloseCode | None:
        """One message reaches the server."""
        for event in self.server.receive(self.up.popleft()):
            messages, close = self.session.handle(event, self.server)
            self.down.extend(encode(message) for message in messages)
            if close is not None:
                return close
        return None

    def step_down(self) -> None:
        """One message reaches the client."""
        self.client.receive(self.down.popleft())
        self.pump()

    def settle(self) -> CloseCode | None:
        """Everything arrives."""
        self.pump()
        while self.up or self.down:
            if self.up and (close := self.step_up()) is not None:
                return close
            if self.down:
                self.step_down()
        return None


def frames_of(number: int, first: int, count: int) -> tuple[np.ndarray, list[int]]:
    """Frames that differ with attempt and position, so that a swap or a repeat would show."""
    position = np.arange(first, first + count, dtype=np.float32)[:, None, None]
    landmarks = np.zeros((count, HANDS.points, 3), dtype=np.float32) + position / 100 + number / 10
    landmarks[:, 5] = np.nan
    return landmarks, [33 * index for index in range(first, first + count)]


class Learner:
    """A client and what it should have delivered in the end."""

    def __init__(self) -> None:
        self.stream = ClientStream(HELLO)
        self.expected: dict[int, tuple[int, bytes]] = {}
        self.now: tuple[int, int, bytes] | None = None

    def begin(self, sentence_index: int) -> None:
        self.now = (self.stream.begin_attempt(sentence_index, at_ms=1_700_000_000_000), sentence_index, b"")

    def sign(self, count: int) -> None:
        number, index, packed = self.now
        landmarks, times_ms = frames_of(number, len(packed) // HANDS.frame_bytes, count)
        self.stream.add_frames(landmarks, times_ms)
        self.now = (number, index, packed + pack_points(to_points(landmarks, HANDS)))

    def end(self) -> None:
        number, index, packed = self.now
        self.stream.end_attempt()
        self.expected[number] = (index, packed)
        self.now = None

    def cancel(self) -> None:
        self.stream.cancel_attempt()
        self.now = None


class LossyLine(RuleBasedStateMachine):
    """The learner signs on, whatever the line and the session do."""

    @initialize()
    def start(self) -> None:
        self.learner, self.session = Learner(), ReferenceSession()
        self.line: Line | None = Line(self.learner.stream, self.session)
        self.line.settle()

    @precondition(lambda self: self.learner.now is None and self.learner.stream.status == "active")
    @rule(sentence_index=st.integers(0, 1))
    def begin(self, sentence_index: int) -> None:
        if not self.wants_pause:
            self.learner.begin(sentence_index)

    wants_pause = False

    @precondition(lambda self: self.learner.now is not None)
    @rule(count=st.integers(1, 80))
    def sign(self, count: int) -> None:
        self.learner.sign(count)

    @precondition(lambda self: self.learner.now is not None)
    @rule(cancelled=st.booleans())
    def finish(self, cancelled: bool) -> None:
        if cancelled:
            self.learner.cancel()
        else:
            self.learner.end()

    @precondition(lambda self: self.learner.now is None)
    @rule()
    def pause_or_resume(self) -> None:
        (self.learner.stream.resume if self.wants_pause else self.learner.stream.pause)()
        self.wants_pause = not self.wants_pause

    @precondition(lambda self: self.line is not None)
    @rule(up=st.integers(0, 6), down=st.integers(0, 6))
    def deliver(self, up: int, down: int) -> None:
        self.line.pump()
        for _ in range(min(up, len(self.line.up))):
            assert self.line.step_up() is None, "a well-behaved client was closed"
        for _ in range(min(down, len(self.line.down))):
            self.line.step_down()

    @precondition(lambda self: self.line is not None)
    @rule()
    def cut(self) -> None:
        self.line = None
        self.learner.stream.disconnected()

    @rule()
    def crash(self) -> None:
        if self.line is not None:
            self.cut()
        self.session.restart()

    @precondition(lambda self: self.line is None)
    @rule()
    def reconnect(self) -> None:
        self.line = Line(self.learner.stream, self.session)

    @rule()
    def flush(self) -> None:
        stored = self.session.flush()
        if self.line is not None:
            self.line.down.extend(map(encode, stored))

    @invariant()
    def nothing_is_forgotten_before_it_is_durable(self) -> None:
        held = {attempt.number for attempt in self.learner.stream.attempts}
        assert set(self.learner.expected) <= held | set(self.session.durable)

    def teardown(self) -> None:
        stream = self.learner.stream
        if self.learner.now is not None:
            self.learner.end()
        if self.line is None:
            self.line = Line(stream, self.session)
        assert self.line.settle() is None
        stream.complete()
        assert self.line.settle() is None
        stream.receive(encode(Stored(through=0)))  # an old word changes nothing
        assert self.session.durable == self.learner.expected
        assert stream.unsaved == () and stream.attempts == ()
        assert stream.status == "completed" and self.session.status == "completed"


LossyLine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_everything_arrives_exactly_once = pytest.mark.filterwarnings("error")(LossyLine.TestCase)


# ------------------------------------------------------------------------------------- a cut at every boundary


def practise(learner: Learner) -> list:
    """A short session, step by step."""
    return [
        lambda: learner.begin(0),
        lambda: learner.sign(3),
        lambda: learner.sign(70),
        learner.end,
        lambda: learner.begin(1),
        lambda: learner.sign(2),
        learner.cancel,
        lambda: learner.begin(1),
        lambda: learner.sign(5),
        learner.end,
        learner.stream.complete,
    ]


def run_with_cut(cut_after: int, crash: bool) -> int:
    """Cuts the line after so many messages in either direction; returns how many travelled in all."""
    learner, session = Learner(), ReferenceSession()
    line = Line(learner.stream, session)
    travelled = 0

    def drain() -> None:
        nonlocal line, travelled
        line.pump()
        while line.up or line.down:
            if line.up:
                assert line.step_up() is None
            else:
                line.step_down()
            travelled += 1
            if travelled == cut_after:
                learner.stream.disconnected()
                if crash:
                    session.restart()
                line = Line(learner.stream, session)

    drain()
    for step in practise(learner):
        step()
        drain()
    assert session.durable == learner.expected
    assert learner.stream.unsaved == () and learner.stream.status == "completed"
    return travelled


@pytest.mark.parametrize("crash", [False, True], ids=["cut", "crash"])
def test_a_cut_at_every_message_boundary_loses_nothing(crash: bool) -> None:
    boundaries = run_with_cut(cut_after=0, crash=False)
    assert boundaries > 20
    for boundary in range(1, boundaries + 1):
        run_with_cut(boundary, crash)


# ----------------------------------------------------------------------------------------- anything may arrive


@given(messages=st.lists(st.binary(max_size=300) | st.text(max_size=50), max_size=30), hello_first=st.booleans())
def test_the_server_side_never_raises(messages: list[bytes | str], hello_first: bool) -> None:
    stream = ServerStream()
    closed = False
    for data in [encode(HELLO), *messages] if hello_first else messages:
        events = stream.receive(data)
        assert not (closed and events), "a closing connection is deaf"
        closed = closed or any(isinstance(event, Violation) and event.close is not None for event in events)
        assert all(isinstance(event, ClientEvent) for event in events)


@given(st.lists(st.binary(max_size=300) | st.text(max_size=50), max_size=20))
def test_the_client_side_raises_only_protocol_errors(messages: list[bytes | str]) -> None:
    stream = ClientStream(HELLO)
    stream.connected()
    for data in messages:
        try:
            stream.receive(data)
        except ProtocolError as error:
            assert error.text
