"""An event loop whose clock stands still until a test moves it: timeouts without waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class ManualLoop(asyncio.SelectorEventLoop):
    """Runs what is due, never waits."""

    def __init__(self) -> None:
        super().__init__()
        self._now_s = 1_000.0

    def time(self) -> float:
        return self._now_s

    def settle(self) -> None:
        """Runs callbacks until none is due."""
        for _ in range(10):
            self.call_soon(self.stop)
            self.run_forever()

    def advance(self, seconds: float) -> None:
        """Time passes; what falls due on the way happens in its order and at its time."""
        end_s = self._now_s + seconds
        while self._scheduled and min(timer.when() for timer in self._scheduled) <= end_s:
            self._now_s = max(self._now_s, min(timer.when() for timer in self._scheduled))
            self.settle()
        self._now_s = end_s
        self.settle()

    def inside(self, make: Callable[[], T]) -> T:
        """Calls ``make`` where this loop is the running one."""

        async def call() -> T:
            return make()

        return self.run_until_complete(call())
