"""What a node does now and then while it serves."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from storage.errors import StoreError
from storage.ports import Upkeep

SWEEP_EVERY_S = 3_600.0
_log = logging.getLogger(__name__)


async def sweep_landmarks(store: Upkeep, now_ms: Callable[[], int], wait: Callable[[], Awaitable[None]]) -> None:
    """Removes landmarks whose time is over, waits, and again, until it is cancelled.

    A database that is away only means that they go the next time.
    """
    while True:
        try:
            await store.sweep_landmarks(now_ms())
        except StoreError as error:
            _log.warning("landmarks whose time is over could not be removed: %s", error)
        await wait()
