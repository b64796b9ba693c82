"""From a database URL to a store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from storage.errors import StoreUnusable
from storage.migrate import SchemaEngine
from storage.ports import ProgressRules
from storage.sql_store import DEFAULT_RETENTION_DAYS, SqlStore
from storage.sqlite.engine import SqliteEngine
from storage.tidb.target import SCHEME, parse

SQLITE = "sqlite:///"


def sqlite_path(url: str) -> Path | None:
    """The file of ``sqlite:///PATH`` (relative) or ``sqlite:////PATH`` (absolute); None for another kind of URL."""
    return Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) and len(url) > len(SQLITE) else None


def open_engine(url: str, on_retry: Callable[[int], None] = lambda _: None, *, blocking: bool = False) -> SchemaEngine:
    """The engine for a database URL, not yet connected. Raises StoreUnusable for a URL it does not know.

    ``on_retry`` is told the database's error number of every transaction that is run again (SQLite waits instead).
    ``blocking``: see ``SqliteEngine``; over a network nothing ever holds up the event loop.
    """
    path = sqlite_path(url)
    if path is not None:
        return SqliteEngine(path, blocking=blocking)
    if url.startswith(f"{SCHEME}://"):
        # The driver is imported only where it is needed: session actors and embedded stores do without.
        from storage.tidb.engine import TidbEngine

        return TidbEngine(parse(url), on_retry)
    raise StoreUnusable("a database URL is sqlite:///PATH, or mysql://USER:PASSWORD@HOST:PORT/DATABASE")


def open_store(
    url: str,
    rules: ProgressRules,
    *,
    retention_days: int = DEFAULT_RETENTION_DAYS,
    on_retry: Callable[[int], None] = lambda _: None,
    blocking: bool = False,
) -> SqlStore:
    """The store at a URL; ``await store.open()`` connects it. Raises StoreUnusable for a URL it does not know.

    ``retention_days``: how long the landmarks of consenting learners are kept. ``on_retry``, ``blocking``: see
    ``open_engine``.
    """
    return SqlStore(open_engine(url, on_retry, blocking=blocking), rules, retention_days)


def shown(url: str) -> str:
    """The URL for people and logs: without the password."""
    path = sqlite_path(url)
    return url if path is not None or not url.startswith(f"{SCHEME}://") else f"{SCHEME}: {parse(url).where}"
