"""Transactions as generators: what a store does, free of the driver that does it.

A *plan* yields statements, is sent each one's result and returns the transaction's answer. The embedded store runs it
on a thread, the cluster's store awaits it; both run the same plan, so that there is one description of every
transaction and no copy of it. A plan may be run again from its beginning (a new generator) when the database asks
for a retry, so it changes nothing but the database.

SQL here is what SQLite, TiDB and MariaDB have in common, with ``?`` for parameters; where they differ (upserts, row
locks) the statement says what it wants and the engine writes it in its own dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """One statement. ``lock`` takes row locks on what is read, where the database knows them."""

    sql: str
    params: Row = ()
    lock: bool = False


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows for one table.

    A row whose ``keys`` are there already is an error while ``keys`` is empty; otherwise its ``updates`` columns are
    replaced and its ``adds`` columns added to those that are there (none of either: that row stays as it is).
    """

    table: str
    columns: tuple[str, ...]
    rows: Sequence[Row]
    keys: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    adds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Update:
    """The same UPDATE once for each row of parameters; its result counts all rows that were changed."""

    sql: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Recall:
    """Asks for what the transaction before this one has left with ``Remember``; its result's ``memory``.

    Given only where nothing whatever has changed the database since then, so that it need not be read again; None
    otherwise. It is handed over, not copied: a plan may change it, and if it fails the memory is lost.
    """


@dataclass(frozen=True, slots=True)
class Remember:
    """Leaves something for the next transaction, once this one has committed."""

    memory: Any


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement gave: its rows, and how many rows it matched or wrote."""

    rows: list[Row]
    changed: int = 0
    memory: Any = None


NOTHING = Result([])
Statement = Query | Insert | Update | Recall | Remember
Plan = Generator[Statement, Result, T]


class Engine(Protocol):
    """Runs plans. Raises only the errors of ``storage.errors``."""

    async def open(self) -> None:
        """Connects. Raises StoreUnusable, StoreUnavailable."""

    async def close(self) -> None: ...

    async def write(self, plan: Callable[[], Plan[T]]) -> T:
        """Runs the plan in one transaction, again from its beginning where the database asks for that."""

    async def read(self, plan: Callable[[], Plan[T]]) -> T:
        """Runs a plan that only reads, on one consistent snapshot."""


@lru_cache
def marks(count: int) -> str:
    """``?,?,?`` for an ``IN`` list of so many."""
    return ",".join("?" * count)


@lru_cache(maxsize=1024)
def select(columns: tuple[str, ...], source: str) -> str:
    """``SELECT a,b FROM source``: columns are always named, so that a new one does not shift the others."""
    return f"SELECT {','.join(columns)} FROM {source}"
