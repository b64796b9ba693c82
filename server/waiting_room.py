"""Who waits for a place, in order of coming. Pure: what is inside, how much fits and the time are arguments.

A learner who asked and was told to wait keeps the place while asking goes on; who does not ask for ``LAPSE_MS`` has
gone. Whoever is let in is *promised* a place until the session is live or ``PROMISE_MS`` are over, so that places are
not given twice between a ticket and its connection.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from storage.records import Id

LAPSE_MS = 30_000
PROMISE_MS = 60_000
SOONEST_S, LATEST_S = 2, 10
"""When to ask again: soon enough to take a free place, and well before the place in line lapses."""
LONGEST_WAIT_S = 3_600
_SESSION_MS = 900_000
"""How long a session lasts as long as nothing has been seen: a quarter of an hour."""
_REMEMBERED = 32


@dataclass(frozen=True, slots=True)
class Wait:
    """The answer to who cannot come in: the place in line from 1, about how long, and when to ask again."""

    place: int
    wait_s: int
    ask_again_s: int


class WaitingRoom:
    """One line for one node; a learner has one place in it, however many sessions the learner asks for."""

    def __init__(self) -> None:
        self._line: dict[Id, int] = {}
        """When each learner who waits asked last, in order of coming."""
        self._promised: dict[Id, int] = {}
        """Until when each session's place is kept."""
        self._promised_to: dict[Id, Id] = {}
        self._freed_ms: deque[int] = deque(maxlen=_REMEMBERED)
        self._limit: int | None = None

    def ask(self, learner_id: Id, session_id: Id, inside: int, limit: int, now_ms: int) -> Wait | None:
        """Asks for a place for a session; None: it may come. ``inside`` of ``limit`` sessions are live."""
        self._note_growth(limit, now_ms)
        self.forget_lapsed(now_ms)
        former = self._promised_to.get(learner_id)
        if former is not None and former != session_id:
            self._promised.pop(former, None)
        ahead = self._ahead_of(learner_id)
        if session_id not in self._promised and ahead >= limit - inside - len(self._promised):
            self._line[learner_id] = now_ms
            return self._wait(ahead + 1, limit, now_ms)
        self._line.pop(learner_id, None)
        self._promised[session_id] = now_ms + PROMISE_MS
        self._promised_to[learner_id] = session_id
        return None

    def came(self, session_id: Id) -> None:
        """The session is live: it is counted among those inside from now on."""
        self._promised.pop(session_id, None)

    def left(self, session_id: Id, in_order: bool, now_ms: int) -> None:
        """A session is live no more. A learner whose process has died comes back: the place is kept."""
        if in_order:
            self._freed_ms.append(now_ms)
        else:
            self._promised[session_id] = now_ms + PROMISE_MS

    def forget_lapsed(self, now_ms: int) -> None:
        """Who has not asked for a while waits no more, and promises end."""
        self._line = {learner: asked_ms for learner, asked_ms in self._line.items() if now_ms - asked_ms < LAPSE_MS}
        self._promised = {session: until_ms for session, until_ms in self._promised.items() if now_ms < until_ms}
        self._promised_to = {who: session for who, session in self._promised_to.items() if session in self._promised}

    def is_promised(self, session_id: Id) -> bool:
        """Whether a place is kept for this session."""
        return session_id in self._promised

    @property
    def waiting(self) -> int:
        """Learners in line."""
        return len(self._line)

    @property
    def promised(self) -> int:
        """Places that are kept for sessions which are about to come."""
        return len(self._promised)

    def _ahead_of(self, learner_id: Id) -> int:
        for ahead, other in enumerate(self._line):
            if other == learner_id:
                return ahead
        return len(self._line)

    def _wait(self, place: int, limit: int, now_ms: int) -> Wait:
        """Places come free at the rate that was seen, with one place in the time of ``limit`` sessions beforehand."""
        seen_ms = now_ms - self._freed_ms[0] if self._freed_ms else 0
        a_place_ms = (seen_ms + _SESSION_MS / max(1, limit)) / (len(self._freed_ms) + 1)
        wait_s = min(LONGEST_WAIT_S, max(1, round(place * a_place_ms / 1000)))
        return Wait(place, wait_s, min(LATEST_S, max(SOONEST_S, wait_s // 2)))

    def _note_growth(self, limit: int, now_ms: int) -> None:
        """A limit that rises, because the processor has room again, frees places as well."""
        if self._limit is not None:
            self._freed_ms.extend([now_ms] * min(_REMEMBERED, max(0, limit - self._limit)))
        self._limit = limit
