"""A learner of the load test by a clock that the test sets: its pace, what it measures, and what a loss changes."""

from __future__ import annotations

import random

import pytest

from loadtests import samples as names
from loadtests.cast import Part, Take
from loadtests.learner import FRAMES_PER_MESSAGE, MAX_UNSAVED, Learner
from loadtests.samples import INTERRUPTED, Samples
from protocol.codec import decode_client, encode
from protocol.landmarks import HANDS
from protocol.messages import (
    AttemptBegin,
    AttemptEnd,
    AttemptResult,
    Cursor,
    Feedback,
    Frames,
    Hello,
    Message,
    Reconnect,
    Scored,
    Stored,
    Welcome,
)

TIMES_MS = tuple(range(0, 232, 33))
"""Eight frames: two whole messages and one of two frames."""
PART = Part(
    ("A",),
    {"layout": "hands", "width": 640, "height": 480, "fps": 30.0},
    {},
    (Take(TIMES_MS, b"".join(bytes([number]) * HANDS.frame_bytes for number in range(8))),),
)
T0 = 1000.0


class Link:
    """The learner and the far end of its connection, at a time of the test's own."""

    def __init__(self) -> None:
        self.samples = Samples()
        self.learner = Learner(PART, self.samples, random.Random(1), unix_offset_s=0.0)
        self.now_s = T0

    def connect(self, **state: object) -> None:
        self.learner.dialling(self.now_s)
        self.learner.stream.connected()
        assert isinstance(self.sent()[0], Hello)
        self.hear(welcome(**state))

    def hear(self, message: Message) -> None:
        self.learner.heard(encode(message), self.now_s)

    def sent(self) -> list[Message]:
        return [decode_client(data) for data in self.learner.to_send()]

    def at_next_move(self, late_s: float = 0.0) -> list[Message]:
        """Goes to the learner's next moment, and gives what it says there."""
        assert self.learner.next_at_s is not None
        self.now_s = self.learner.next_at_s + late_s
        self.learner.advance(self.now_s)
        return self.sent()

    def sign(self) -> list[Message]:
        """One whole attempt; gives all that was said."""
        said = self.at_next_move()
        while self.learner.stream.recording is not None:
            said += self.at_next_move()
        return said

    def waits_ms(self, name: str) -> list[float]:
        return [round(value, 3) for value in self.samples.values_ms(name)]


def welcome(stored: int = 0, a: int = 1, q: int = 0, incarnation: str = "new", **more: object) -> Welcome:
    return Welcome(
        session_id="s", epoch=1, status="active", stored=stored, cursor=Cursor(a=a, q=q), sentences=[], results=[],
        recovered=True, incarnation=incarnation, ticket="t", reconnect=Reconnect(after_ms=10, spread_ms=0), **more,
    )  # fmt: skip


def result(number: int) -> AttemptResult:
    return AttemptResult(
        attempt_no=number, sentence_index=0, sentence="A", glosses=["A"], judged=False, score=None, accuracy=None,
        confidence=None, fluency=None, success=False, parameters={}, signs=[], findings=[], frames=8, duration_ms=231,
        scorer_version="1", calibration_version="1",
    )  # fmt: skip


def feedback(a: int, q: int) -> Feedback:
    return Feedback(a=a, q=q, i=None, g=None, p=0.0, o=None, m={}, seen=(True, True, True))


@pytest.fixture
def link() -> Link:
    link = Link()
    link.connect()
    return link


def test_frames_go_out_when_the_last_of_their_message_was_seen(link: Link) -> None:
    assert [message.t for message in link.at_next_move()] == ["attempt.begin"]
    began_s = link.now_s
    moments = []
    while link.learner.stream.recording is not None:
        for message in link.at_next_move():
            if isinstance(message, Frames):
                moments.append((message.q, len(message.ms), round(link.now_s - began_s, 3)))
                first = message.l[:1]
                assert first == bytes([message.q]), "each frame once, in its place"
            else:
                assert message == AttemptEnd(a=1, n=8)
    assert moments == [(0, FRAMES_PER_MESSAGE, 0.066), (3, FRAMES_PER_MESSAGE, 0.165), (6, 2, 0.231)]
    assert link.samples.counts["frames sent"] == 8 and link.samples.counts["attempts made"] == 1


def test_waits_are_measured_from_what_was_sent(link: Link) -> None:
    link.at_next_move()
    link.at_next_move()
    link.now_s += 0.004
    link.hear(feedback(1, 2))
    while link.learner.stream.recording is not None:
        link.at_next_move()
    link.now_s += 0.010
    link.hear(Scored(result=result(1)))
    link.now_s += 0.020
    link.hear(Stored(through=1))
    assert link.waits_ms(names.FEEDBACK) == [4.0]
    assert link.waits_ms(names.SCORED) == [10.0]
    assert link.waits_ms(names.STORED) == [30.0]
    assert link.samples.counts["attempts stored"] == 1 and link.samples.counts["frames scored"] == 8


def test_a_move_that_comes_late_is_noticed_and_one_that_a_lost_connection_delayed_is_not(link: Link) -> None:
    link.at_next_move(late_s=0.05)
    assert link.waits_ms(names.LATENESS) == [50.0]
    link.learner.lost(link.now_s)
    link.at_next_move(late_s=3.0)
    link.connect(a=1, q=0, incarnation="live")
    while link.learner.stream.recording is not None:
        link.learner.advance(link.now_s)
    assert link.waits_ms(names.LATENESS) == [50.0], "what was due before the welcome is nobody's fault here"
    assert link.at_next_move(late_s=0.001) and link.waits_ms(names.LATENESS) == [50.0, 1.0]


def test_an_attempt_goes_on_without_a_connection_and_is_sent_when_there_is_one(link: Link) -> None:
    link.at_next_move()
    link.at_next_move()
    link.learner.lost(link.now_s)
    lost_s = link.now_s
    while link.learner.stream.recording is not None:
        assert link.at_next_move() == []
    link.now_s += 1.0
    link.connect(a=1, q=3, incarnation="restored")
    link.learner.advance(link.now_s)
    said = link.sent()
    assert isinstance(said[0], AttemptBegin) and said[-1] == AttemptEnd(a=1, n=8)
    assert sum(len(message.ms) for message in said if isinstance(message, Frames)) == 5
    assert link.waits_ms(names.OUTAGE) == [round((link.now_s - lost_s) * 1000, 3)]
    assert link.waits_ms(names.RESUME_RESTORED) == [0.0] and not link.waits_ms(names.RESUME_LIVE)
    link.hear(Scored(result=result(1)))
    assert not link.waits_ms(names.SCORED) and len(link.waits_ms(names.SCORED + INTERRUPTED)) == 1


def test_a_wait_over_which_the_connection_was_lost_is_kept_apart(link: Link) -> None:
    link.sign()
    link.learner.lost(link.now_s)
    link.connect(stored=1, a=2, incarnation="live")
    assert not link.waits_ms(names.STORED) and len(link.waits_ms(names.STORED + INTERRUPTED)) == 1


def test_nothing_is_begun_while_too_much_waits_to_be_saved(link: Link) -> None:
    for number in range(1, MAX_UNSAVED + 1):
        link.sign()
        link.hear(Scored(result=result(number)))
    assert len(link.learner.stream.unsaved) == MAX_UNSAVED
    assert link.at_next_move() == []
    link.hear(Stored(through=MAX_UNSAVED))
    assert [message.t for message in link.at_next_move()] == ["attempt.begin"]


def test_a_learner_who_finishes_ends_the_attempt_and_is_done_when_it_is_durable(link: Link) -> None:
    link.at_next_move()
    link.learner.finishing = True
    while link.learner.stream.recording is not None:
        link.at_next_move()
    assert not link.learner.done and link.learner.next_at_s is None
    link.hear(Scored(result=result(1)))
    link.hear(Stored(through=1))
    assert link.learner.done
