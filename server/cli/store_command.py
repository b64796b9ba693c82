"""What the operator's commands on a database share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from actors.learning.rules import LearningRules
from server.config import Settings
from storage.open import open_store
from storage.ports import Store

T = TypeVar("T")
Database = Annotated[
    str | None, typer.Option("--database", metavar="URL", help="sqlite:///PATH or mysql://…; else as for `serve`.")
]


def with_store(url: str | None, work: Callable[[Store], Awaitable[T]]) -> T:
    """Does the work on the open store; works beside a running server. Raises the errors of ``storage.errors``."""

    async def run() -> T:
        store = open_store(Settings.from_environment(database_url=url).database_url, LearningRules())
        await store.open()
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def now_ms() -> int:
    """Unix time in ms."""
    return time.time_ns() // 1_000_000
