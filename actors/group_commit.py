"""Puts what several sessions flush at the same moment into one transaction, and keeps away from a sick store."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

from storage.records import FlushOutcome, SessionFlush

GROUP_SIZE = 16
"""Sessions in one transaction; larger groups gained nothing (DESIGN §5)."""
UNDER_WAY = 2
"""Transactions at a time."""


class Breaker:
    """Circuit breaker: after a failure nobody asks the store again until a time that doubles with each failure."""

    def __init__(self, first_ms: int = 200, longest_ms: int = 5_000) -> None:
        self._first_ms = first_ms
        self._longest_ms = longest_ms
        self._failures = 0
        self._open_until_ms = 0

    def remaining_ms(self, now_ms: int) -> int:
        """How long to wait before the store is asked again; 0: ask now."""
        return max(0, self._open_until_ms - now_ms)

    def succeeded(self) -> None:
        """The store has answered."""
        self._failures = 0
        self._open_until_ms = 0

    def failed(self, now_ms: int) -> int:
        """The store could not; returns how long to wait. Those of one group fail together and count once."""
        if wait_ms := self.remaining_ms(now_ms):
            return wait_ms
        wait_ms = min(self._longest_ms, self._first_ms * 2**self._failures)
        self._failures += 1
        self._open_until_ms = now_ms + wait_ms
        return wait_ms


class GroupCommit:
    """While transactions run, the next group gathers; nobody waits for a timer.

    ``UNDER_WAY`` of them at a time: while one waits for the disk or the network, the next is made.
    """

    def __init__(
        self, flush: Callable[[Sequence[SessionFlush]], Awaitable[list[FlushOutcome]]], group_size: int = GROUP_SIZE
    ) -> None:
        self._flush = flush
        self._group_size = group_size
        self._waiting: deque[tuple[SessionFlush, asyncio.Future[FlushOutcome]]] = deque()
        self._workers: set[asyncio.Task[None]] = set()
        """Those who will look into ``_waiting`` again."""

    @property
    def waiting(self) -> int:
        """Flushes that wait for the transaction before theirs."""
        return len(self._waiting)

    async def submit(self, item: SessionFlush) -> FlushOutcome:
        """Durable when this returns. Raises what the store raised: it may be submitted again."""
        future: asyncio.Future[FlushOutcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if len(self._workers) < UNDER_WAY:
            self._workers.add(asyncio.create_task(self._work()))
        return await future

    async def _work(self) -> None:
        try:
            await self._flush_waiting()
        finally:
            # At once and not when the task is done: who submits in between would wait for a worker that has gone home.
            self._workers.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _flush_waiting(self) -> None:
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(self._group_size, len(self._waiting)))]
            try:
                outcomes = await self._flush([item for item, _ in group])
            except Exception as failure:  # whatever it is, those who wait have to hear of it
                outcomes = [failure] * len(group)
            for (_, future), outcome in zip(group, outcomes, strict=True):
                if future.done():
                    continue
                if isinstance(outcome, Exception):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)
