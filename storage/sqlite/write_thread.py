"""One thread that works for an event loop, one piece after another."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class WriteThread:
    """As a ThreadPoolExecutor of one thread, in half its processor time: a queue, one future, one wake-up each way."""

    def __init__(self, name: str) -> None:
        self._waiting: queue.SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def do(self, work: Callable[[], T]) -> T:
        """What the work returns or raises. Work that nobody waits for any more is done all the same."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put((work, answer))
        return await answer

    async def close(self) -> None:
        """Waits until everything is done that was asked for; nothing may be asked afterwards."""
        self._waiting.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    def _work(self) -> None:
        while (asked := self._waiting.get()) is not None:
            work, answer = asked
            try:
                settle, outcome = _answered, work()
            except BaseException as failure:
                settle, outcome = _failed, failure
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                answer.get_loop().call_soon_threadsafe(settle, answer, outcome)
            del asked, work, answer, outcome


def _answered(answer: asyncio.Future[Any], value: Any) -> None:
    if not answer.done():
        answer.set_result(value)


def _failed(answer: asyncio.Future[Any], failure: BaseException) -> None:
    if not answer.done():
        answer.set_exception(failure)
