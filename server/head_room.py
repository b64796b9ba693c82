"""How many sessions the processor can take while those inside keep their 100 ms. Pure: figures and time are arguments.

What is watched is what is promised: the share of marks and of the server's own timers that came late. Processor use
says little (a machine at 95 % may be quick, one at 60 % may stutter), lateness says it all.
"""

from __future__ import annotations

from collections import deque

LATE_MS = 50.0
"""Half of what is promised, so that the door closes before the promise is broken."""
WINDOW_MS = 10_000
GROW_EVERY_MS = 2_000
_FEWEST = 20
"""Fewer observations in a window say nothing."""
_CALM = 0.2
"""Below this part of the largest share it is calm again; between the two nothing changes."""


class HeadRoom:
    """At most ``most_sessions``; nobody new while over ``late_share_max`` of the window came late.

    Once it is calm, as many are let in as were too many, and one more every ``GROW_EVERY_MS``: what it costs is seen
    before the next.
    """

    def __init__(self, most_sessions: int, late_share_max: float) -> None:
        self._most = most_sessions
        self._late_share_max = late_share_max
        self._window: deque[tuple[int, int, int, int]] = deque()
        """Time, late, all, sessions inside."""
        self._cap = most_sessions
        self._grown_ms = 0

    @property
    def limit(self) -> int:
        """Sessions that may be live now."""
        return min(self._cap, max(1, self._window[-1][3])) if self._is_late else self._cap

    @property
    def tight(self) -> bool:
        """Whether the processor, not the operator, sets the limit."""
        return self._cap < self._most

    @property
    def late_share(self) -> float:
        """Share of the observations of the window that came late."""
        late, total = (sum(row[column] for row in self._window) for column in (1, 2))
        return late / total if total >= _FEWEST else 0.0

    @property
    def _is_late(self) -> bool:
        return self.late_share > self._late_share_max

    def observe(self, late: int, total: int, inside: int, now_ms: int) -> None:
        """``late`` of ``total`` observations since the last time came later than ``LATE_MS``; call it every second."""
        self._window.append((now_ms, late, total, inside))
        while now_ms - self._window[0][0] >= WINDOW_MS:
            self._window.popleft()
        if self._is_late:
            # Too many were the most that were there: when they leave, the window still tells of them for a while.
            self._cap = min(self._cap, max(1, *(row[3] for row in self._window)))
            self._grown_ms = now_ms
            return
        calm = self.late_share <= _CALM * self._late_share_max
        if self.tight and calm and now_ms - self._grown_ms >= GROW_EVERY_MS:
            self._cap += 1
            self._grown_ms = now_ms
