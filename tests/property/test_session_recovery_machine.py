"""Client, connection and session against a hostile world: cuts, kills, failing and lying flushes, time (DESIGN §5).

The machines are the real ones; only the store is a ledger of a few lines that fences and counts as the real ones do
(those are held to the same by the contract suite).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.session import events as ev
from actors.session.core import Restored, SessionCore
from actors.session.limits import SessionLimits
from actors.session.transitions import Life
from protocol.client_stream import ClientStream
from protocol.codec import encode
from protocol.landmarks import HANDS
from protocol.messages import (
    AttemptBegin,
    AttemptCancel,
    AttemptEnd,
    AttemptResult,
    Complete,
    Hello,
    Pause,
    Resume,
    Sentence,
)
from protocol.server_stream import FramesReceived, ServerStream, Violation

SENTENCES = (Sentence(text="one", glosses=["A"]), Sentence(text="two", glosses=["B", "C"]))
LIMITS = SessionLimits(grace_ms=1_000, idle_ms=60_000)


@dataclass
class Ledger:
    """A store: fenced by epoch, moved on by watermark."""

    epoch: int = 0
    stored_through: int = 0
    status: str = "created"
    rows: dict[int, ev.JudgedAttempt] = field(default_factory=dict)
    written: int = 0

    def flush(self, epoch: int, flush: ev.Flush) -> ev.Event:
        if epoch != self.epoch:
            return ev.Fenced()
        if self.stored_through >= flush.hi:
            return ev.FlushCommitted(self.stored_through, ())
        assert self.stored_through == flush.lo, "an incarnation starts from the watermark and flushes in order"
        for attempt in flush.attempts:
            assert attempt.result.attempt_no not in self.rows, "nothing is stored twice"
            self.rows[attempt.result.attempt_no] = attempt
            self.written += 1
        self.stored_through = flush.hi
        return ev.FlushCommitted(flush.hi, ())

    def apply(self, epoch: int, effect: ev.Effect) -> ev.Event:
        if isinstance(effect, ev.Flush):
            return self.flush(epoch, effect)
        if epoch != self.epoch:
            return ev.Fenced()
        if isinstance(effect, ev.StoreStatus):
            self.status = effect.status
            return ev.StatusStored(effect.status)
        assert isinstance(effect, ev.EndSession) and effect.stored_through == self.stored_through
        self.status = effect.status
        return ev.SessionClosed(effect.status, None, ())


class Session(RuleBasedStateMachine):
    """One learner, one session, everything that can go wrong in any order."""

    @initialize()
    def begin(self) -> None:
        self.now_ms = 1_000_000
        self.ledger = Ledger()
        self.client = ClientStream(Hello(v=1, layout="hands", width=640, height=480))
        self.core: SessionCore | None = None
        self.epoch = 0
        self.connection = 0
        self.online = False
        self.to_server: list[bytes] = []
        self.to_client: list[bytes] = []
        self.owed: list[ev.Effect] = []
        self.judging: ev.Judge | None = None
        self.lost_owed: list[tuple[int, ev.Effect]] = []
        self.made: dict[int, list[bytes]] = {}
        self.ended: set[int] = set()
        self.time_ms = 0
        self.frame_value = 0
        self.highest_stored = 0
        self.connect()
        self.deliver()

    # ------------------------------------------------------------------------------------------------- the world

    def connect(self) -> None:
        if self.core is None or self.core.life is Life.LEFT:
            self.ledger.epoch += 1
            self.epoch = self.ledger.epoch
            life = Life(self.ledger.status)
            restored = Restored("s", self.epoch, life, self.ledger.stored_through, SENTENCES)
            self.core = SessionCore(restored, LIMITS, self.now_ms)
            self.owed, self.judging = [], None
        self.connection += 1
        self.stream = ServerStream()
        self.online = True
        self.to_server, self.to_client = [], []
        self.client.connected()

    def dispatch(self, event: ev.Event) -> None:
        assert self.core is not None
        pending = [event]
        while pending:
            for effect in self.core.handle(pending.pop(0), self.now_ms):
                if isinstance(effect, ev.Send) and self.online:
                    self.to_client.append(encode(effect.message))
                elif isinstance(effect, ev.Judge):
                    assert self.judging is None, "one attempt at a time"
                    self.judging = effect
                elif isinstance(effect, ev.Flush | ev.StoreStatus | ev.EndSession):
                    self.owed.append(effect)
            self.core.check_invariants()

    def judged(self, effect: ev.Judge) -> AttemptResult:
        assert len(effect.packed) == len(effect.times_ms) * HANDS.frame_bytes
        sentence = SENTENCES[effect.sentence_index]
        return AttemptResult(
            attempt_no=effect.attempt_no,
            sentence_index=effect.sentence_index,
            sentence=sentence.text,
            glosses=sentence.glosses,
            judged=False,
            score=None,
            accuracy=None,
            confidence=None,
            fluency=None,
            success=False,
            parameters={},
            signs=[],
            findings=[],
            frames=len(effect.times_ms),
            duration_ms=0,
            scorer_version="-",
            calibration_version="-",
        )

    def server_hears(self, data: bytes) -> None:
        for said in self.stream.receive(data):
            match said:
                case Hello():
                    self.dispatch(ev.Attached(self.connection, said, "t"))
                case AttemptBegin():
                    self.dispatch(ev.AttemptBegan(said))
                case FramesReceived():
                    self.dispatch(said)
                case AttemptEnd():
                    self.dispatch(ev.AttemptEnded(said.a, said.n))
                case AttemptCancel():
                    self.dispatch(ev.AttemptCancelled(said.a))
                case Pause() | Resume() | Complete():
                    self.dispatch(ev.CommandGiven(said.t))
                case Violation():
                    raise AssertionError(f"the real client breaks no rule: {said}")

    # ------------------------------------------------------------------------------------------------- the rules

    @precondition(lambda self: self.client.recording is None and self.client.welcomed and self.active())
    @rule(sentence=st.integers(0, 1))
    def begin_attempt(self, sentence: int) -> None:
        number = self.client.begin_attempt(sentence, self.now_ms)
        self.made[number] = []
        self.time_ms = 0

    def active(self) -> bool:
        return self.client.status == "active"

    @precondition(lambda self: self.client.recording is not None)
    @rule(count=st.integers(1, 7))
    def sign(self, count: int) -> None:
        self.frame_value += 1
        frames = np.full((count, HANDS.points, 3), self.frame_value % 1000 / 1000, np.float32)
        times = [self.time_ms + 33 * (index + 1) for index in range(count)]
        self.time_ms = times[-1]
        number = self.client.recording
        assert number is not None
        self.client.add_frames(frames, times)

    @precondition(lambda self: self.client.recording is not None)
    @rule()
    def end(self) -> None:
        assert self.client.recording is not None
        self.ended.add(self.client.recording)
        self.client.end_attempt()

    @precondition(lambda self: self.client.recording is not None)
    @rule()
    def cancel(self) -> None:
        self.client.cancel_attempt()

    @precondition(lambda self: self.online)
    @rule(most=st.integers(1, 40))
    def deliver(self, most: int = 10_000) -> None:
        """Bytes travel both ways, as many messages as ``most``."""
        for _ in range(most):
            if self.online:
                self.to_server.extend(self.client.data_to_send())
            if self.to_server:
                self.server_hears(self.to_server.pop(0))
            elif self.to_client:
                self.client.receive(self.to_client.pop(0))
            else:
                return

    @precondition(lambda self: self.online)
    @rule()
    def cut(self) -> None:
        self.online = False
        self.client.disconnected()
        self.dispatch(ev.Detached(self.connection))

    @precondition(lambda self: not self.online)
    @rule()
    def come_back(self) -> None:
        self.connect()

    @rule()
    def kill(self) -> None:
        """SIGKILL of the actor: memory is gone; what it had asked of the store may still happen, later."""
        self.lost_owed += [(self.epoch, effect) for effect in self.owed]
        self.owed, self.core, self.judging = [], None, None
        if self.online:
            self.online = False
            self.client.disconnected()

    @precondition(lambda self: self.judging is not None)
    @rule()
    def the_judge_answers(self) -> None:
        effect, self.judging = self.judging, None
        assert effect is not None
        self.dispatch(ev.AttemptJudged(self.judged(effect), effect.packed))

    @precondition(lambda self: self.owed)
    @rule()
    def store_does_it(self) -> None:
        self.dispatch(self.ledger.apply(self.epoch, self.owed.pop(0)))

    @precondition(lambda self: self.owed)
    @rule(happened=st.booleans())
    def store_fails(self, happened: bool) -> None:
        """An answer that never came: the transaction may have happened all the same."""
        effect = self.owed.pop(0)
        if happened:
            self.ledger.apply(self.epoch, effect)
        self.dispatch(ev.StoreDelayed(50, "away"))

    @precondition(lambda self: self.lost_owed)
    @rule()
    def a_dead_incarnation_writes(self) -> None:
        epoch, effect = self.lost_owed.pop(0)
        self.ledger.apply(epoch, effect)

    @rule(passed_ms=st.sampled_from([10, 60, 500, 1_500]))
    def time_passes(self, passed_ms: int) -> None:
        self.now_ms += passed_ms
        if self.core is not None:
            deadline_ms = self.core.next_deadline_ms
            if deadline_ms is not None and deadline_ms <= self.now_ms:
                self.dispatch(ev.TimeAdvanced())

    # ------------------------------------------------------------------------------------------------ the promises

    @invariant()
    def stored_is_true(self) -> None:
        if not hasattr(self, "client"):
            return
        assert self.client.stored <= self.ledger.stored_through, "stored is said only after the commit"
        assert self.client.stored >= self.highest_stored, "and is never taken back"
        self.highest_stored = self.client.stored
        assert self.ledger.written == len(self.ledger.rows), "every attempt once"

    def teardown(self) -> None:
        """When the world is kind again, everything that was signed is stored, once, frame by frame."""
        if not hasattr(self, "client"):
            return
        held = {attempt.number: attempt for attempt in self.client.attempts}
        if self.client.recording is not None:
            self.client.cancel_attempt()
        for _ in range(20):
            if self.core is None or self.core.life is Life.LEFT or not self.online:
                if self.online:
                    self.online = False
                    self.client.disconnected()
                self.connect()
            self.deliver()
            while self.owed or self.judging is not None:
                if self.judging is not None:
                    self.the_judge_answers()
                if self.owed:
                    self.dispatch(self.ledger.apply(self.epoch, self.owed.pop(0)))
            self.time_passes(500)
            self.deliver()
            if not self.client.unsaved and not self.owed and self.core is not None:
                break
        assert not self.client.unsaved, f"not stored: {self.client.unsaved}"
        for number in self.ended:
            assert number in self.ledger.rows, f"attempt {number} was lost"
        for number in set(self.ledger.rows) & set(held):
            assert self.ledger.rows[number].result.frames == len(held[number].times_ms), "all frames were judged"
        assert set(self.ledger.rows) <= self.ended, "nothing is stored that was not ended"


TestSession = Session.TestCase
TestSession.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
