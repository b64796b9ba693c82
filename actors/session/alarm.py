"""The one timer of a session: it may ring early, never late, and is seldom wound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Alarm:
    """Calls ``ring`` by the deadline that was set last. Whoever is rung says the next deadline by ``set``."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._timer: asyncio.TimerHandle | None = None
        self._deadline_ms = 0

    def set(self, deadline_ms: int | None) -> None:
        """Deadlines move away with every message, so a timer that is early enough stays; None: there is none."""
        if deadline_ms is None or (self._timer is not None and self._deadline_ms <= deadline_ms):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._deadline_ms = deadline_ms
        # One millisecond late rather than early: the core compares whole milliseconds.
        self._timer = self._loop.call_at((deadline_ms + 1) / 1000, self._rung)

    def _rung(self) -> None:
        self._timer = None
        self._ring()
