"""The attempts of one session: begun, recorded frame by frame, judged; one at a time, in order of their numbers."""

from __future__ import annotations

from actors.session.events import (
    AttemptBegan,
    AttemptCancelled,
    AttemptEnded,
    AttemptJudged,
    Effect,
    Judge,
    JudgedAttempt,
    ScoreFrames,
    Send,
    StartScoring,
    StopScoring,
)
from actors.session.limits import SessionLimits
from actors.session.recording import Recording, Refused
from actors.session.store_queue import StoreQueue
from actors.session.transitions import Life, Machine, Phase, Trigger
from protocol.codec import FramesReceived
from protocol.codes import ErrorCode
from protocol.messages import Cursor, Error, Hello, Receipt, Scored

_FEEDBACK_EARLY_MS = 25
"""Marks may come this much early: messages that are sent ten times a second arrive a little unevenly."""
_LARGEST_LOST = 1_000
"""Lost attempts that a welcome names; a client that numbers wildly is told of the first ones."""


def refusal(code: ErrorCode, text: str, attempt_no: int | None = None, cursor: Cursor | None = None) -> Send:
    """The answer to something that cannot be done."""
    return Send(Error(code=code, name=code.name, text=text, a=attempt_no, cursor=cursor))


class Attempts:
    """Owns the attempt in flight; what is done with goes to the store queue."""

    def __init__(self, sentence_count: int, limits: SessionLimits, queue: StoreQueue) -> None:
        self._sentence_count = sentence_count
        self._limits = limits
        self._queue = queue
        self._phase = Machine(Phase.IDLE)
        self._recording: Recording | None = None
        self._hello: Hello | None = None
        self._feedback_due_ms = 0
        self._receipt_due_ms = 0

    @property
    def phase(self) -> Phase:
        """Where the attempt stands."""
        return self._phase.state

    @property
    def wanted(self) -> int:
        """The attempt whose frames are wanted next."""
        if self._recording is None:
            return self._queue.finished + 1
        if self.phase is Phase.RECORDING:
            return self._recording.attempt_no
        return max(self._recording.attempt_no, self._given_up_through) + 1

    @property
    def cursor(self) -> Cursor:
        """The next frame wanted."""
        recording = self._recording if self.phase is Phase.RECORDING else None
        return Cursor(a=self.wanted, q=0 if recording is None else recording.received)

    def reconcile(self, hello: Hello, effects: list[Effect]) -> list[int]:
        """Makes the attempt in flight fit what this client can still send; names the attempts that are lost."""
        changed = self._hello is not None and _pictures(hello) != _pictures(self._hello)
        self._hello = hello
        lost: list[int] = []
        recording = self._recording if self.phase is Phase.RECORDING else None
        if recording is not None and (hello.oldest is None or hello.oldest > recording.attempt_no):
            lost.append(recording.attempt_no)
            self.drop(effects)
        elif recording is not None and changed:
            # The client sends its held frames again from the first, in the layout it speaks now.
            self.drop(effects)
        if hello.oldest is not None and self.phase is not Phase.RECORDING:
            # The attempt that is being judged is whole, whatever the client still holds.
            first = self._queue.finished + 1 + (self.phase is Phase.JUDGING)
            missing = range(first, min(hello.oldest, first + _LARGEST_LOST))
            lost.extend(number for number in missing if number not in lost)
            self._give_up()
        return lost

    @property
    def _given_up_through(self) -> int:
        """Attempts up to this one are no longer held by the client, as it said last."""
        oldest = None if self._hello is None else self._hello.oldest
        return 0 if oldest is None else oldest - 1

    def _give_up(self) -> None:
        """Passes over the attempts that no client holds any more, once none before them is being judged."""
        if self._recording is None and self._given_up_through > self._queue.finished:
            self._queue.finish(self._given_up_through)

    def drop(self, effects: list[Effect]) -> None:
        """Forgets the frames of the attempt in flight, if there is one; its number stays free."""
        if self.phase is Phase.RECORDING:
            self._phase.move(Trigger.DROP)
            self._recording = None
            effects.append(StopScoring())

    def began(self, event: AttemptBegan, life: Life, now_ms: int, effects: list[Effect]) -> None:
        """The learner starts to sign; a repeat of the same announcement changes nothing."""
        begin, wanted = event.begin, self.wanted
        if begin.a < wanted:
            return
        if begin.a > wanted:
            effects.append(self._not_yet(begin.a))
        elif self._recording is not None:
            if begin.i != self._recording.sentence_index:
                text = f"Attempt {begin.a} was begun with sentence {self._recording.sentence_index}."
                effects.append(refusal(ErrorCode.ATTEMPT_CONFLICT, text, begin.a))
        elif problem := self._why_not_begin(begin.i, life):
            effects.append(refusal(*problem, begin.a, self.cursor))
        else:
            self._phase.move(Trigger.BEGIN)
            self._recording = Recording(begin.a, begin.i, begin.at_ms, self._limits.max_attempt_frames)
            self._feedback_due_ms = now_ms
            self._receipt_due_ms = now_ms + self._limits.receipt_interval_ms
            assert self._hello is not None, "messages come only over a connection that has said hello"
            effects.append(StartScoring(begin.a, begin.i, self._hello))

    def _why_not_begin(self, sentence_index: int, life: Life) -> tuple[ErrorCode, str] | None:
        if life is Life.PAUSED:
            return ErrorCode.SESSION_PAUSED, "The session is paused; resume it first."
        if life is not Life.ACTIVE:
            return ErrorCode.SESSION_ENDED, f"The session is {life}; open a new one."
        if sentence_index >= self._sentence_count:
            text = f"There is no sentence {sentence_index}; the last one is {self._sentence_count - 1}."
            return ErrorCode.SENTENCE_UNKNOWN, text
        if len(self._queue.attempts) >= self._limits.max_unstored_attempts:
            return ErrorCode.STORE_DELAYED, "Too much is waiting to be saved; go on when the database is back."
        return None

    def frames_arrived(self, event: FramesReceived, now_ms: int, effects: list[Effect]) -> None:
        """Keeps what is new, has it scored, and asks for feedback and receipts at their own pace."""
        recording = self._recording_of(event.a, effects)
        if recording is None:
            return
        taken = recording.take(event.q, event.times_ms, event.packed)
        if isinstance(taken, Refused):
            self._refuse_frames(recording, taken, effects)
            return
        if not taken.times_ms:
            return
        feedback_for_seq = None
        if now_ms >= self._feedback_due_ms - _FEEDBACK_EARLY_MS:
            feedback_for_seq = recording.received - 1
            interval_ms = self._limits.feedback_interval_ms
            self._feedback_due_ms = max(self._feedback_due_ms, now_ms - interval_ms) + interval_ms
        effects.append(ScoreFrames(recording.attempt_no, taken.times_ms, taken.packed, feedback_for_seq))
        if now_ms >= self._receipt_due_ms:
            self._receipt_due_ms = now_ms + self._limits.receipt_interval_ms
            effects.append(Send(Receipt(a=recording.attempt_no, q=recording.received)))

    def _refuse_frames(self, recording: Recording, refused: Refused, effects: list[Effect]) -> None:
        """One gap is reported once, though every frame already on its way behind it falls into the same gap."""
        if refused.code is ErrorCode.SEQ_GAP:
            if recording.gap_reported:
                return
            recording.gap_reported = True
        effects.append(refusal(refused.code, refused.text, recording.attempt_no, self.cursor))

    def _not_yet(self, attempt_no: int) -> Send:
        cursor = self.cursor
        return refusal(ErrorCode.WRONG_ATTEMPT, f"Attempt {cursor.a} is next.", attempt_no, cursor)

    def _recording_of(self, attempt_no: int, effects: list[Effect]) -> Recording | None:
        """The attempt in flight if it is the one meant; a wrong one is refused, an old one ignored as a repeat."""
        if self._recording is not None and attempt_no == self._recording.attempt_no:
            return self._recording
        if attempt_no > self.wanted:
            effects.append(self._not_yet(attempt_no))
        elif attempt_no == self.wanted:
            text = f"Attempt {attempt_no} has not begun; send attempt.begin first."
            effects.append(refusal(ErrorCode.NOT_RECORDING, text, attempt_no, self.cursor))
        return None

    def ended(self, event: AttemptEnded, effects: list[Effect]) -> None:
        """The learner has finished; judged once all announced frames are there."""
        recording = self._recording_of(event.attempt_no, effects)
        if recording is None:
            return
        if event.frame_count > recording.received:
            text = f"{event.frame_count - recording.received} frames are missing; send them, then end again."
            effects.append(refusal(ErrorCode.SEQ_GAP, text, event.attempt_no, self.cursor))
            return
        if event.frame_count < recording.received:
            text = f"{recording.received} frames arrived, more than the {event.frame_count} that were announced."
            effects.append(refusal(ErrorCode.SEQ_CONFLICT, text, event.attempt_no, self.cursor))
            return
        self._phase.move(Trigger.END)
        effects.append(Judge(recording.attempt_no, recording.sentence_index, *recording.frames()))

    def cancelled(self, event: AttemptCancelled, effects: list[Effect]) -> None:
        """Drops the attempt and uses its number up."""
        wanted = self.wanted
        if event.attempt_no > wanted:
            effects.append(self._not_yet(event.attempt_no))
        elif event.attempt_no == wanted:
            self.drop(effects)
            self._queue.finish(event.attempt_no)

    def judged(self, event: AttemptJudged, effects: list[Effect]) -> None:
        """The result goes to the learner at once and to the store queue."""
        recording = self._recording
        assert recording is not None and recording.attempt_no == event.result.attempt_no, (
            "only what was asked is judged"
        )
        self._phase.move(Trigger.JUDGED)
        self._recording = None
        judged = JudgedAttempt(event.result, recording.began_at_ms, event.landmark_blob)
        self._queue.finish(recording.attempt_no, judged)
        self._give_up()
        effects.append(Send(Scored(result=event.result)))

    def check_invariants(self) -> None:
        """Raises AssertionError where the attempts contradict themselves."""
        recording = self._recording
        assert (recording is None) == (self.phase is Phase.IDLE), "a recording is there exactly while one is made"
        assert recording is None or recording.attempt_no == self._queue.finished + 1, "one attempt after another"


def _pictures(hello: Hello) -> tuple[str, int, int, bool]:
    return hello.layout, hello.width, hello.height, hello.mirrored
