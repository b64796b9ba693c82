"""Any order of flushing, repeating, taking over, failing and ending leaves the store in agreement with a model."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from storage.errors import IllegalTransition, StoreConflict, StoreUnavailable
from storage.open import open_engine
from storage.plan import Plan, Statement
from storage.records import AttemptEntry, FlushOutcome, SessionClose, SessionFlush, SessionRecord, UnfitAttempt
from storage.sql_store import SqlStore
from storage.sqlite.engine import SqliteEngine
from tests.support.store_makers import NOON_MS, StepRules, a_flush, a_learner, a_session, an_attempt


class _Outage(Exception):
    """Stands for a lost answer; never seen outside the engine below."""


class FlakyEngine:
    """A real engine whose next transaction fails: before anything, half-way, or after the commit."""

    def __init__(self, engine: SqliteEngine) -> None:
        self._engine = engine
        self.failure: str | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    async def write(self, make_plan: object) -> object:
        failure, self.failure = self.failure, None
        if failure == "before":
            raise StoreUnavailable("cut before")
        try:
            answer = await self._engine.write(lambda: _interrupted(make_plan()) if failure == "midway" else make_plan())
        except _Outage as outage:
            raise StoreUnavailable("cut midway") from outage
        if failure == "after":
            raise StoreUnavailable("committed, but the answer was lost")
        return answer


def _interrupted(plan: Plan[object]) -> Plan[object]:
    statement: Statement = next(plan)
    try:
        for _ in range(5):
            statement = plan.send((yield statement))
    except StopIteration as done:
        return done.value
    raise _Outage


class FlushMachine(RuleBasedStateMachine):
    """Two sessions of one learner; the model is what the store has acknowledged or may have taken.

    What a store remembers from flush to flush must never be older than what another one has written ``elsewhere``.
    """

    flushes = Bundle("flushes")

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.engine = FlakyEngine(open_engine(f"sqlite:///{self.folder / 'a.db'}"))
        self.store = SqlStore(self.engine, StepRules())
        self.run(self.store.open())
        self.elsewhere = SqlStore(open_engine(f"sqlite:///{self.folder / 'a.db'}"), StepRules())
        self.run(self.elsewhere.open())
        self.learner = a_learner()
        self.run(self.store.create_learner(self.learner))
        self.sessions: list[SessionRecord] = []
        for areas in (("a",), ("a", "b")):
            session = a_session(self.learner.id, skill_areas=areas)
            self.run(self.store.create_session(session))
            self.sessions.append(self.run(self.store.activate(session.id, NOON_MS)).session)
        self.stored = [0, 0]
        self.rows: list[set[int]] = [set(), set()]
        self.ended: list[str | None] = [None, None]
        self.now_ms = NOON_MS

    def run(self, work: object) -> object:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.run(self.store.close())
            self.run(self.elsewhere.close())
            self.loop.close()
            shutil.rmtree(self.folder)

    @rule(
        target=flushes,
        which=st.integers(0, 1),
        back=st.integers(0, 3),
        numbers=st.sets(st.integers(0, 5)),
        reach=st.integers(1, 6),
        poison=st.booleans(),
    )
    def prepare(self, which: int, back: int, numbers: set[int], reach: int, poison: bool) -> tuple[int, SessionFlush]:
        """A flush by the present incarnation, from the watermark or a little before it."""
        lo = max(0, self.stored[which] - back)
        session = self.sessions[which]
        attempts = [an_attempt(session.id, lo + 1 + n) for n in sorted(numbers) if n < reach]
        if poison and attempts:
            attempts[-1] = dataclasses.replace(attempts[-1], duration_ms=-1)
        return which, a_flush(session, lo, lo + reach, attempts)

    @rule(
        batch=st.lists(flushes, min_size=1, max_size=3),
        failure=st.sampled_from([None, "elsewhere", "before", "midway", "after"]),
    )
    def flush(self, batch: list[tuple[int, SessionFlush]], failure: str | None) -> None:
        """``elsewhere``: by another process, as after a take-over on another node."""
        self.now_ms += 1
        flushes = [flush for _, flush in batch]
        if failure == "elsewhere":
            self.check(batch, self.run(self.elsewhere.flush(flushes, self.now_ms)))
            return
        self.engine.failure = failure
        try:
            outcomes = self.run(self.store.flush(flushes, self.now_ms))
        except StoreUnavailable:
            outcomes = self.run(self.store.flush(flushes, self.now_ms))
        assert self.engine.failure is None
        self.check(batch, outcomes, lost_answer=failure == "after")

    def check(
        self, batch: list[tuple[int, SessionFlush]], outcomes: list[FlushOutcome], lost_answer: bool = False
    ) -> None:
        for (which, flush), outcome in zip(batch, outcomes, strict=True):
            self.expect(which, flush, outcome.kind, outcome.stored_through, lost_answer)

    def expect(self, which: int, flush: SessionFlush, kind: str, through: int, lost_answer: bool) -> None:
        stored = self.stored[which]
        if flush.epoch != self.sessions[which].epoch:
            expected = "fenced"
        elif stored >= flush.hi:
            expected = "already"
        elif self.ended[which] or stored < flush.lo:
            expected = "fenced"
        else:
            new = [attempt for attempt in flush.attempts if attempt.attempt_no > stored]
            self.rows[which].update(a.attempt_no for a in new if isinstance(a, AttemptEntry))
            self.stored[which] = flush.hi
            expected = "quarantined" if any(isinstance(a, UnfitAttempt) for a in new) else "committed"
            if lost_answer and kind == "already":
                expected = "already"
        assert (kind, through) == (expected, self.stored[which])

    @rule(old=consumes(flushes))
    def forget(self, old: tuple[int, SessionFlush]) -> None:
        """The process that held it has died."""

    @precondition(lambda self: None in self.ended)
    @rule(which=st.integers(0, 1), here=st.booleans())
    def take_over(self, which: int, here: bool) -> None:
        if self.ended[which] is None:
            store = self.store if here else self.elsewhere
            activation = self.run(store.activate(self.sessions[which].id, self.now_ms))
            assert activation.session.epoch == self.sessions[which].epoch + 1
            assert activation.session.stored_through == self.stored[which]
            self.sessions[which] = activation.session

    @rule(which=st.integers(0, 1), status=st.sampled_from(["completed", "abandoned"]), stale=st.integers(0, 4))
    def end(self, which: int, status: str, stale: int) -> None:
        session = self.sessions[which]
        through = self.stored[which] + (stale == 0)
        close = SessionClose(session.id, session.epoch, through, status)
        try:
            ended, _ = self.run(self.store.close_session(close, self.now_ms))
        except IllegalTransition:
            assert self.ended[which] not in (None, status)
        except StoreConflict:
            assert self.ended[which] is None and through != self.stored[which]
        else:
            assert ended.status == status and self.ended[which] in (None, status)
            self.ended[which] = status

    @invariant()
    def store_and_model_agree(self) -> None:
        if not hasattr(self, "store"):
            return
        for which, session in enumerate(self.sessions):
            live = self.run(self.store.session(session.id))
            assert (live.stored_through, live.epoch) == (self.stored[which], session.epoch)
            page = self.run(self.store.attempts_of(self.learner.id, session_id=session.id, limit=200))
            assert {a.attempt_no for a in page.items} == self.rows[which] and page.cursor is None
        progress = self.run(self.store.progress_of(self.learner.id))
        assert progress == self.run(self.store.rebuild_progress(self.learner.id))
        total = sum(len(rows) for rows in self.rows)
        assert sum(record.total_attempts for record in progress if record.skill_area == "a") == total


FlushMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestFlushMachine = FlushMachine.TestCase
