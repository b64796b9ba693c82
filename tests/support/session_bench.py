"""A session core on the bench: events in at a time that the test sets, effects out, invariants checked each time."""

from __future__ import annotations

from typing import Any

import numpy as np

from actors.session import events as ev
from actors.session.core import Restored, SessionCore
from actors.session.limits import SessionLimits
from actors.session.transitions import Life
from protocol.codec import FramesReceived, pack_points, unpack_points
from protocol.codes import ErrorCode
from protocol.landmarks import HANDS
from protocol.messages import (
    AttemptBegin,
    AttemptResult,
    Cursor,
    Error,
    Hello,
    Reconnect,
    Sentence,
    ServerMessage,
    SkillProgress,
    Welcome,
)

SENTENCES = (Sentence(text="A", glosses=["A"]), Sentence(text="B C", glosses=["B", "C"]))
LIMITS = SessionLimits(
    grace_ms=1_000,
    idle_ms=60_000,
    feedback_interval_ms=100,
    receipt_interval_ms=1_000,
    max_attempt_frames=20,
    max_unstored_attempts=3,
    reconnect=Reconnect(after_ms=5, spread_ms=7),
)
HELLO = Hello(layout="hands", width=640, height=480)
FRAME_MS = 33


def frames(attempt_no: int, first_seq: int, count: int, *, value: int = 1) -> FramesReceived:
    """Frames as the wire brings them; ``value`` is in every coordinate."""
    times_ms = [seq * FRAME_MS for seq in range(first_seq, first_seq + count)]
    packed = pack_points(np.full((count, HANDS.points, 3), value, np.int16))
    return FramesReceived(attempt_no, first_seq, times_ms, packed)


def a_result(attempt_no: int, sentence_index: int = 0, frame_count: int = 0) -> AttemptResult:
    """A result without marks."""
    return AttemptResult(
        attempt_no=attempt_no,
        sentence_index=sentence_index,
        sentence=SENTENCES[sentence_index].text,
        glosses=SENTENCES[sentence_index].glosses,
        judged=False,
        score=None,
        accuracy=None,
        confidence=None,
        fluency=None,
        success=False,
        parameters={},
        signs=[],
        findings=[],
        frames=frame_count,
        duration_ms=0,
        scorer_version="s1",
        calibration_version="c1",
    )


def a_skill(attempts: int = 1) -> SkillProgress:
    """Progress in one skill area."""
    return SkillProgress(
        skill_area="general",
        level=0.0,
        experience_points=0.0,
        total_sessions=0,
        total_attempts=attempts,
        successful_attempts=0,
        average_score=None,
        average_accuracy=None,
        average_confidence=None,
        average_fluency=None,
        practice_time_ms=0,
        learning_streak=1,
        longest_streak=1,
        weekly_goal_minutes=60,
        milestones=[],
    )


def plain(effect: ev.Effect) -> Any:
    """Effects as values that can be compared; of arrays, what tells them apart."""
    match effect:
        case ev.ScoreFrames():
            seqs = [time_ms // FRAME_MS for time_ms in effect.times_ms]
            return ("score", effect.attempt_no, seqs, effect.feedback_for_seq)
        case ev.Judge():
            points = unpack_points(effect.packed, HANDS, len(effect.times_ms))
            values = [int(value) for value in points[:, 0, 0]]
            return ("judge", effect.attempt_no, effect.sentence_index, values)
        case ev.Send(message=Error() as error):
            return ("error", ErrorCode(error.code), error.a, None if error.cursor is None else at(error.cursor))
    return effect


def at(cursor: Cursor) -> tuple[int, int]:
    """A cursor as a pair."""
    return cursor.a, cursor.q


class Bench:
    """One core, its time, and short words for what happens to it."""

    def __init__(self, status: Life = Life.ACTIVE, *, epoch: int = 1, stored: int = 0, limits: SessionLimits = LIMITS):
        self.now_ms = 1_000_000
        self.core = SessionCore(Restored("s", epoch, status, stored, SENTENCES), limits, self.now_ms)

    def tell(self, event: ev.Event) -> list[Any]:
        """One event; its effects, comparable. A judged attempt is answered for by the test."""
        effects = self.core.handle(event, self.now_ms)
        self.core.check_invariants()
        return [plain(effect) for effect in effects]

    def at(self, now_ms: int) -> list[Any]:
        """Time goes on to ``now_ms``."""
        self.now_ms = now_ms
        return self.tell(ev.TimeAdvanced())

    def attach(self, connection: int = 1, **hello: Any) -> list[Any]:
        """A connection says hello."""
        return self.tell(ev.Attached(connection, HELLO.model_copy(update=hello), f"ticket-{connection}"))

    def welcome(self, connection: int = 1, **hello: Any) -> Welcome:
        """The welcome that a connection gets."""
        welcomes = [
            effect.message
            for effect in self.attach(connection, **hello)
            if isinstance(effect, ev.Send) and isinstance(effect.message, Welcome)
        ]
        assert len(welcomes) == 1
        return welcomes[0]

    def begin(self, number: int, sentence: int = 0) -> list[Any]:
        return self.tell(ev.AttemptBegan(AttemptBegin(a=number, i=sentence, at_ms=5_000 + number)))

    def frames(self, number: int, first_seq: int, count: int, *, value: int = 1) -> list[Any]:
        return self.tell(frames(number, first_seq, count, value=value))

    def end(self, number: int, count: int) -> list[Any]:
        return self.tell(ev.AttemptEnded(number, count))

    def cancel(self, number: int) -> list[Any]:
        return self.tell(ev.AttemptCancelled(number))

    def judged(self, number: int, sentence: int = 0) -> list[Any]:
        return self.tell(ev.AttemptJudged(a_result(number, sentence), b"blob-%d" % number))

    def command(self, name: ev.CommandName, request: int | None = None) -> list[Any]:
        return self.tell(ev.CommandGiven(name, request))

    def committed(self, through: int) -> list[Any]:
        return self.tell(ev.FlushCommitted(through, ()))

    def delayed(self, retry_after_ms: int = 50) -> list[Any]:
        return self.tell(ev.StoreDelayed(retry_after_ms, "away"))

    def attempt(self, number: int, count: int = 3) -> list[Any]:
        """A whole attempt, up to its result; returns the effects of the result."""
        self.begin(number)
        self.frames(number, 0, count)
        self.end(number, count)
        return self.judged(number)


def waiting(number: int, sentence: int = 0) -> ev.JudgedAttempt:
    """What ``Bench.judged`` puts on its way to the store."""
    return ev.JudgedAttempt(a_result(number, sentence), 5_000 + number, b"blob-%d" % number)


def said(message: ServerMessage) -> ev.Send:
    """The effect that sends a message."""
    return ev.Send(message)
