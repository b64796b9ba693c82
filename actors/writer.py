"""The writer: one process a node through which all sessions of the node reach the store.

It keeps nothing that is not in the store or with a session, so it may die at any time: sessions ask again, and the
watermark tells what had happened.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Literal, TypeVar

import uvloop

from actors.group_commit import Breaker, GroupCommit
from actors.learning.rules import LearningRules
from actors.log_lines import LineSender, log_through
from actors.one_root import check_one_root
from actors.service_link import serve
from actors.stats import Report, Tally
from actors.writer_replies import Closed, Delayed, Rejected
from storage.errors import IllegalTransition, NotFound, StoreConflict, StoreUnavailable
from storage.open import open_store
from storage.ports import Store
from storage.records import Activation, FlushOutcome, Id, SessionClose, SessionFlush, SessionRecord

T = TypeVar("T")
_log = logging.getLogger(__name__)


class WriterActor:
    """The Ray shell: one method that does not end, as a session actor's, so that nothing wakes it but its callers."""

    def run(self, database_url: str, socket_path: str, log_path: str | None) -> str:
        """Answers on the socket until the process is ended."""
        check_one_root()
        if log_path is not None:
            log_through(LineSender(log_path), "writer")
        uvloop.run(_serve(database_url, socket_path))
        return "the writer's loop has ended"


async def _serve(database_url: str, socket_path: str) -> None:
    await serve(socket_path, Writer(database_url))


class Writer:
    """What can be asked of the writer."""

    def __init__(self, database_url: str) -> None:
        self._tally = Tally()
        self._store: Store = open_store(database_url, LearningRules(), on_retry=self._count_retry, blocking=True)
        self._is_open = False
        self._opening = asyncio.Lock()
        self._breaker = Breaker()
        self._group = GroupCommit(self._transact)

    async def open(self) -> None:
        """Connects to the store, once. Raises StoreUnusable, StoreUnavailable.

        The node asks for it to hear at its start what is wrong; a writer that was started again does it by itself.
        """
        async with self._opening:
            if not self._is_open:
                await self._store.open()
                self._is_open = True
                _log.info("store_opened")

    async def close(self) -> None:
        """Finishes what is under way and disconnects."""
        await self._store.close()
        self._is_open = False

    async def counted(self) -> Report:
        """What happened since the last time this was asked, and what waits now."""
        self._tally.levels["queue", "flushes_in_writer"] = self._group.waiting
        return self._tally.take()

    def _count_retry(self, number: int) -> None:
        self._tally.count("store_retries", str(number))

    async def _transact(self, batch: Sequence[SessionFlush]) -> list[FlushOutcome]:
        began_s = time.monotonic()
        outcomes = await self._store.flush(batch, _now_ms())
        self._tally.observe_ms("transaction", (time.monotonic() - began_s) * 1000)
        self._tally.count("group", str(len(batch)))
        return outcomes

    async def activate(self, session_id: Id) -> Activation | Delayed | Rejected:
        """Takes a session over for a new incarnation."""
        return await self._guarded(lambda: self._store.activate(session_id, _now_ms()))

    async def flush(self, item: SessionFlush) -> FlushOutcome | Delayed | Rejected:
        """Makes attempts durable, grouped with those of other sessions."""
        return await self._guarded(partial(self._group.submit, item))

    async def set_status(
        self, session_id: Id, epoch: int, status: Literal["active", "paused"]
    ) -> SessionRecord | Delayed | Rejected:
        """Pauses or resumes a session."""
        return await self._guarded(lambda: self._store.set_status(session_id, epoch, status, _now_ms()))

    async def close_session(self, close: SessionClose) -> Closed | Delayed | Rejected:
        """Completes or abandons a session."""
        return await self._guarded(lambda: self._store.close_session(close, _now_ms()))

    async def _guarded(self, operation: Callable[[], Awaitable[T]]) -> T | Delayed | Rejected:
        wait_ms = self._breaker.remaining_ms(_monotonic_ms())
        if wait_ms:
            return Delayed(wait_ms, "the database was away a moment ago")
        try:
            await self.open()
            answer = await operation()
        except StoreUnavailable as failure:
            return self._delayed(failure, str(failure))
        except NotFound as failure:
            return Rejected("not_found", str(failure))
        except IllegalTransition as failure:
            return Rejected("illegal", str(failure))
        except StoreConflict as failure:
            return Rejected("conflict", str(failure))
        except Exception as fault:
            # Ours or an operator's to mend: sessions keep what they hold, and ask again, until somebody has looked.
            _log.exception("the store could not be asked")
            return self._delayed(fault, f"a fault of the writer ({type(fault).__name__})")
        self._breaker.succeeded()
        return answer

    def _delayed(self, failure: Exception, detail: str) -> Delayed:
        self._tally.count("writer_failures", type(failure).__name__)
        _log.warning("the store could not be reached: %s", detail, extra={"event": "store_delayed"})
        return Delayed(self._breaker.failed(_monotonic_ms()), detail)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000
