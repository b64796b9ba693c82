"""The session as a pure state machine: events and ``now_ms`` in, effects out; no clock, no socket, no Ray.

Promises (DESIGN §5), checked by ``check_invariants`` after every event in the tests:
- ``stored`` is said only up to what the store has confirmed, and never goes back;
- every attempt that was judged is in the store or on its way to it;
- the cursor never skips a frame and never asks for one of an attempt that is done with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from actors.session.attempts import Attempts, refusal
from actors.session.commands import Commands
from actors.session.events import (
    Attached,
    AttemptBegan,
    AttemptCancelled,
    AttemptEnded,
    AttemptJudged,
    CloseConnection,
    CommandGiven,
    Detached,
    DrainBegan,
    Effect,
    Event,
    Fenced,
    FlushCommitted,
    Release,
    Send,
    SessionClosed,
    StatusStored,
    StoreDelayed,
    TimeAdvanced,
)
from actors.session.limits import SessionLimits
from actors.session.store_queue import StoreQueue
from actors.session.transitions import Life, Link, Machine, Phase, Trigger
from protocol.codec import FramesReceived
from protocol.codes import CloseCode, ErrorCode
from protocol.messages import Cursor, Draining, Progress, Reconnect, Sentence, Status, Stored, Welcome

_CLIENT_SPOKE = frozenset({AttemptBegan, FramesReceived, AttemptEnded, AttemptCancelled, CommandGiven})


@dataclass(frozen=True, slots=True)
class Restored:
    """What an incarnation starts from."""

    session_id: str
    epoch: int
    status: Life
    stored: int
    sentences: tuple[Sentence, ...]


class SessionCore:
    """One incarnation of one practice session."""

    def __init__(self, restored: Restored, limits: SessionLimits, now_ms: int) -> None:
        self._restored = restored
        self._limits = limits
        self._life = Machine(restored.status)
        self._link = Machine(Link.DETACHED)
        self._queue = StoreQueue(restored.stored)
        self._attempts = Attempts(len(restored.sentences), limits, self._queue)
        self._commands = Commands(self._life, self._attempts, self._queue)
        self._connection: int | None = None
        self._greeted = False
        self._draining = False
        self._waiting: list[Event] = []
        self._last_heard_ms = now_ms
        self._detached_since_ms = now_ms

    # ------------------------------------------------------------------------------------------------ the way in

    def handle(self, event: Event, now_ms: int) -> list[Effect]:
        """Applies one event. Raises TransitionError only for a mistake of ours, never for one of the client's."""
        if self._life.state is Life.LEFT:
            return []
        effects: list[Effect] = []
        if type(event) in _CLIENT_SPOKE:
            self._last_heard_ms = now_ms
            if self._attempts.phase is Phase.JUDGING:
                self._waiting.append(event)
                return effects
        self._on(event, now_ms, effects)
        while self._waiting and self._attempts.phase is not Phase.JUDGING:
            self._on(self._waiting.pop(0), now_ms, effects)
        self._store_and_leave(now_ms, effects)
        return effects

    @property
    def next_deadline_ms(self) -> int | None:
        """When ``TimeAdvanced`` is due; None: nothing waits for time."""
        if self._life.state is Life.LEFT:
            return None
        deadlines = [self._queue.retry_at_ms] if self._queue.retry_at_ms is not None else []
        if self._link.state is Link.ATTACHED:
            deadlines.append(self._last_heard_ms + self._limits.idle_ms)
        elif self._queue.empty and self._attempts.phase is not Phase.JUDGING:
            deadlines.append(self._detached_since_ms + self._limits.grace_ms)
        return min(deadlines, default=None)

    @property
    def cursor(self) -> Cursor:
        """The next frame wanted."""
        return self._attempts.cursor

    @property
    def connection(self) -> int | None:
        """The connection that is attached."""
        return self._connection

    @property
    def stored(self) -> int:
        """Attempts up to this number are durable."""
        return self._queue.stored

    @property
    def unstored(self) -> int:
        """Judged attempts that are not durable yet."""
        return len(self._queue.attempts)

    @property
    def life(self) -> Life:
        """Where the session stands."""
        return self._life.state

    def _store_and_leave(self, now_ms: int, effects: list[Effect]) -> None:
        """Starts the next store operation; lets go when an end, a drain or the grace time leaves nothing to do."""
        if self._life.state is Life.LEFT:
            return
        operation = self._queue.take(now_ms)
        if operation is not None:
            effects.append(operation)
        if not self._queue.empty or self._attempts.phase is Phase.JUDGING:
            return
        if self._life.state in (Life.COMPLETED, Life.ABANDONED):
            self._leave(f"session {self._life.state}", effects)
        elif self._draining:
            self._leave("drained", effects)
        elif self._link.state is Link.DETACHED and now_ms >= self._detached_since_ms + self._limits.grace_ms:
            self._leave("passivated", effects)

    def _leave(self, reason: str, effects: list[Effect]) -> None:
        self._life.move(Trigger.LEAVE)
        effects.append(Release(reason))

    # ------------------------------------------------------------------------------------------- what can happen

    def _on(self, event: Event, now_ms: int, effects: list[Effect]) -> None:
        handler = _HANDLERS.get(type(event))
        if handler is None:
            raise TypeError(f"no such event: {event!r}")
        handler(self, event, now_ms, effects)

    def _attached(self, event: Attached, now_ms: int, effects: list[Effect]) -> None:
        if self._connection is not None:
            text = "This session was opened somewhere else."
            effects.append(CloseConnection(self._connection, CloseCode.SUPERSEDED, text))
        incarnation = "live" if self._greeted else ("new" if self._restored.epoch == 1 else "restored")
        self._link.move(Trigger.ATTACH)
        self._connection, self._greeted = event.connection, True
        if self._life.state is Life.CREATED:
            self._life.move(Trigger.START)
            self._queue.status_wish = "active"
        self._last_heard_ms = now_ms
        lost = self._attempts.reconcile(event.hello, effects)
        welcome = Welcome(
            session_id=self._restored.session_id,
            epoch=self._restored.epoch,
            status=self._life.state.value,
            stored=self._queue.stored,
            cursor=self.cursor,
            sentences=list(self._restored.sentences),
            results=[attempt.result for attempt in self._queue.attempts],
            recovered=not lost,
            lost=lost,
            incarnation=incarnation,
            ticket=event.ticket,
            reconnect=self._limits.reconnect,
        )
        effects.append(Send(welcome))

    def _detached(self, event: Detached, now_ms: int, effects: list[Effect]) -> None:
        if event.connection == self._connection:
            self._link.move(Trigger.DETACH)
            self._connection = None
            self._detached_since_ms = now_ms

    def _attempt_began(self, event: AttemptBegan, now_ms: int, effects: list[Effect]) -> None:
        self._attempts.began(event, self.life, now_ms, effects)

    def _frames_arrived(self, event: FramesReceived, now_ms: int, effects: list[Effect]) -> None:
        self._attempts.frames_arrived(event, now_ms, effects)

    def _attempt_ended(self, event: AttemptEnded, now_ms: int, effects: list[Effect]) -> None:
        self._attempts.ended(event, effects)

    def _attempt_cancelled(self, event: AttemptCancelled, now_ms: int, effects: list[Effect]) -> None:
        self._attempts.cancelled(event, effects)

    def _attempt_judged(self, event: AttemptJudged, now_ms: int, effects: list[Effect]) -> None:
        self._attempts.judged(event, effects)

    def _command_given(self, event: CommandGiven, now_ms: int, effects: list[Effect]) -> None:
        self._commands.given(event, effects)

    def _flush_committed(self, event: FlushCommitted, now_ms: int, effects: list[Effect]) -> None:
        self._queue.committed(event.through)
        if event.set_aside is not None:
            effects.append(refusal(ErrorCode.ATTEMPT_QUARANTINED, event.set_aside))
        effects.append(Send(Stored(through=self._queue.stored)))
        if event.skills:
            effects.append(Send(Progress(skills=list(event.skills))))

    def _store_delayed(self, event: StoreDelayed, now_ms: int, effects: list[Effect]) -> None:
        if not self._queue.delayed:
            text = "Not saved yet: the database does not answer. Go on; it is saved as soon as it is back."
            effects.append(refusal(ErrorCode.STORE_DELAYED, text))
        self._queue.failed(now_ms + event.retry_after_ms)

    def _status_stored(self, event: StatusStored, now_ms: int, effects: list[Effect]) -> None:
        self._queue.status_stored(event.status)
        if self._queue.status_wish is None and self._queue.end_wish is None:
            effects.append(Send(Status(status=event.status)))
            self._commands.answer_all(None, effects)

    def _session_closed(self, event: SessionClosed, now_ms: int, effects: list[Effect]) -> None:
        self._queue.ended()
        effects.append(Send(Status(status=event.status, overall_score=event.overall_score)))
        if event.skills:
            effects.append(Send(Progress(skills=list(event.skills))))
        self._commands.answer_all(None, effects)
        self._close_current(CloseCode.SESSION_ENDED, f"The session is {event.status}.", effects)

    def _close_current(self, code: CloseCode, text: str, effects: list[Effect]) -> None:
        if self._connection is not None:
            effects.append(CloseConnection(self._connection, code, text))

    def _fenced(self, event: Fenced, now_ms: int, effects: list[Effect]) -> None:
        self._commands.answer_all("The session has moved to another server; ask again.", effects)
        self._close_current(CloseCode.SESSION_MOVED, "The session goes on in another place; reconnect.", effects)
        # Whatever it still holds is held by the client too, and belongs to the newer incarnation now.
        self._leave("fenced", effects)

    def _time_advanced(self, event: TimeAdvanced, now_ms: int, effects: list[Effect]) -> None:
        if self._connection is not None and now_ms >= self._last_heard_ms + self._limits.idle_ms:
            self._close_current(CloseCode.IDLE, "Nothing was heard for a long time.", effects)
            # A silent peer may never answer the close; it has left all the same, or its deadline would stay due.
            self._detached(Detached(self._connection), now_ms, effects)

    def _drain_began(self, event: DrainBegan, now_ms: int, effects: list[Effect]) -> None:
        if self._draining:
            return
        self._draining = True
        hint = Reconnect(after_ms=event.after_ms, spread_ms=event.spread_ms)
        effects.append(Send(Draining(reconnect=hint)))
        self._close_current(CloseCode.RESTARTING, "This server is about to stop.", effects)

    # ---------------------------------------------------------------------------------------------- the promises

    def check_invariants(self) -> None:
        """Raises AssertionError where one of the promises of this module does not hold."""
        self._attempts.check_invariants()
        queue = self._queue
        assert queue.stored <= queue.finished, "stored is never ahead of what is done with"
        numbers = [attempt.result.attempt_no for attempt in queue.attempts]
        assert numbers == sorted(set(numbers)), "attempts wait in order, each once"
        assert all(queue.stored < number <= queue.finished for number in numbers), "what waits is above the watermark"
        assert (self._connection is None) == (self._link.state is Link.DETACHED), "attached means a connection"


_HANDLERS: Mapping[type[Event], Callable[[SessionCore, Any, int, list[Effect]], None]] = {
    Attached: SessionCore._attached,
    Detached: SessionCore._detached,
    AttemptBegan: SessionCore._attempt_began,
    FramesReceived: SessionCore._frames_arrived,
    AttemptEnded: SessionCore._attempt_ended,
    AttemptCancelled: SessionCore._attempt_cancelled,
    AttemptJudged: SessionCore._attempt_judged,
    CommandGiven: SessionCore._command_given,
    FlushCommitted: SessionCore._flush_committed,
    StoreDelayed: SessionCore._store_delayed,
    StatusStored: SessionCore._status_stored,
    SessionClosed: SessionCore._session_closed,
    Fenced: SessionCore._fenced,
    TimeAdvanced: SessionCore._time_advanced,
    DrainBegan: SessionCore._drain_began,
}
