"""The door of a node: lets sessions in while there is room, and tells the others how long they will wait."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from actors.stats import BUCKETS_MS, Levels, Tally
from server.head_room import LATE_MS, HeadRoom
from server.problems import Problem, ProblemCode
from server.waiting_room import WaitingRoom
from storage.records import Id, id_text

_PROBE_S = 0.1
_LOOK_EVERY_S = 1.0
_LATE_BUCKETS = slice(BUCKETS_MS.index(LATE_MS) + 1, None)
_log = logging.getLogger(__name__)


class Inside(Protocol):
    """What the door needs of the pool (``actors.pool.SessionPool``)."""

    tally: Tally

    @property
    def sessions(self) -> int:
        """Sessions that are live or about to be."""

    @property
    def closing(self) -> bool:
        """Whether no new sessions are taken."""

    def has_place(self, session_id: Id) -> bool:
        """Whether the session is live or about to be."""

    def ready_in_ms(self, promised: int) -> int:
        """How long the last of so many more sessions has to wait for its actor."""


class Door:
    """A waiting room before a pool, as large as memory (``most_sessions``) and processor allow."""

    def __init__(self, most_sessions: int, late_share_max: float, tally: Tally, now_ms: Callable[[], int]) -> None:
        self._head_room = HeadRoom(most_sessions, late_share_max)
        self._room = WaitingRoom()
        self._now_ms = now_ms
        self._seen = (0, 0)
        self._probes = (0, 0)
        self._tally = tally

    def ask(self, pool: Inside, learner_id: Id, session_id: Id) -> int:
        """Asks for a place; in how many ms its actor will be ready. Raises Problem: no capacity, or closing.

        A session that is live or about to be is never refused, and neither is one whose place is kept.
        """
        if pool.closing:
            raise Problem(ProblemCode.SERVER_CLOSING, "The server is stopping; another one may take you in.")
        if pool.has_place(session_id):
            return pool.ready_in_ms(0)
        wait = self._room.ask(learner_id, session_id, pool.sessions, self._head_room.limit, self._now_ms())
        self._tally.count("newcomers", "let_in" if wait is None else "told_to_wait")
        if wait is None:
            return pool.ready_in_ms(self._room.promised)
        _log.info("newcomer_waits", extra={"session": id_text(session_id), "place": wait.place, "wait_s": wait.wait_s})
        text = f"All places are taken: you are number {wait.place} in line, it will take about {wait.wait_s} s."
        raise Problem(
            ProblemCode.NO_CAPACITY, text, retry_after_s=wait.ask_again_s, place=wait.place, wait_s=wait.wait_s
        )

    def came(self, session_id: Id) -> None:
        """The session takes its place in the pool now."""
        self._room.came(session_id)

    def left(self, session_id: Id, in_order: bool) -> None:
        """A session has left the pool; where its process died, its learner may come back at once."""
        self._room.left(session_id, in_order, self._now_ms())

    @property
    def busy(self) -> bool:
        """Whether the processor has nothing to spare for a reserve."""
        return self._head_room.tight

    @property
    def levels(self) -> Levels:
        """How things stand at the door."""
        self._room.forget_lapsed(self._now_ms())
        return {
            ("places", "limit"): self._head_room.limit,
            ("places", "promised"): self._room.promised,
            ("queue", "learners_waiting"): self._room.waiting,
            ("late_share", ""): self._head_room.late_share,
        }

    async def watch(self, pool: Inside) -> None:
        """Measures how late this process's own timers come, and with the sessions' marks how much more fits in.

        A session cannot see how long its frames lay in the socket before the processor let it read them; a timer of a
        process beside it waits for the processor just as long.
        """
        loop = asyncio.get_running_loop()
        look_s = loop.time() + _LOOK_EVERY_S
        while True:
            due_s = loop.time() + _PROBE_S
            await asyncio.sleep(_PROBE_S)
            lag_ms = (loop.time() - due_s) * 1000
            self._tally.observe_ms("lag", lag_ms)
            self._probes = self._probes[0] + (lag_ms > LATE_MS), self._probes[1] + 1
            if loop.time() >= look_s:
                look_s = loop.time() + _LOOK_EVERY_S
                self._look(pool)

    def _look(self, pool: Inside) -> None:
        was_tight = self.busy
        late, total = self._probes
        marks = pool.tally.times.get("feedback")
        if marks is not None:
            late, total = late + sum(marks.counts[_LATE_BUCKETS]), total + sum(marks.counts)
        self._head_room.observe(late - self._seen[0], total - self._seen[1], pool.sessions, self._now_ms())
        self._seen = late, total
        if self.busy != was_tight:
            text = "the processor is at its limit: newcomers wait" if self.busy else "newcomers may come in again"
            _log.warning(text, extra={"event": "door", "limit": self._head_room.limit, "sessions": pool.sessions})
