"""Runs plans on a SQLite file: one writing connection, a few reading ones, each on a thread of its own."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from storage.errors import StoreUnavailable
from storage.migrate import Schema, load
from storage.plan import NOTHING, Insert, Plan, Query, Recall, Remember, Result, Statement, Update, marks
from storage.sqlite.failures import store_error
from storage.sqlite.schema import declared, describe

T = TypeVar("T")
Names = tuple[str, ...]
BUSY_TIMEOUT_MS = 5_000
READERS = 2


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection with explicit transactions. Raises the errors of ``storage.errors``."""
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None, check_same_thread=False, cached_statements=256
        )
    except sqlite3.Error as error:
        raise store_error(error, path) from error
    try:
        if read_only:
            connection.execute("PRAGMA query_only=ON")
        else:
            connection.execute("PRAGMA journal_mode=WAL")
            # What is deleted is overwritten with zeros: landmarks of a face or hand are not to be found in the file.
            connection.execute("PRAGMA secure_delete=ON")
        # FULL: a commit is on the disk before it is answered for, whatever happens to the power.
        connection.execute("PRAGMA synchronous=FULL")
    except sqlite3.Error as error:
        connection.close()
        raise store_error(error, path) from error
    return connection


def insert_sql(insert: Insert) -> str:
    """The statement for one row of an insert."""
    return _insert_sql(insert.table, insert.columns, insert.keys, insert.updates, insert.adds)


@lru_cache
def _insert_sql(table: str, columns: Names, keys: Names, updates: Names, adds: Names) -> str:
    sql = f"INSERT INTO {table} ({','.join(columns)}) VALUES ({marks(len(columns))})"
    if not keys:
        return sql
    changes = [f"{column}=excluded.{column}" for column in updates]
    changes += [f"{column}={column}+excluded.{column}" for column in adds]
    action = f"UPDATE SET {','.join(changes)}" if changes else "NOTHING"
    return f"{sql} ON CONFLICT ({','.join(keys)}) DO {action}"


def execute(connection: sqlite3.Connection, statement: Query | Insert | Update) -> Result:
    """One statement of a plan; SQLite has no row locks, the writer owns the whole file."""
    if isinstance(statement, Insert):
        cursor = connection.executemany(insert_sql(statement), statement.rows)
        return Result([], cursor.rowcount)
    if isinstance(statement, Update):
        return Result([], connection.executemany(statement.sql, statement.rows).rowcount)
    cursor = connection.execute(statement.sql, statement.params)
    return Result(cursor.fetchall(), cursor.rowcount)


class Memory(NamedTuple):
    """What a transaction has left for the next one, and the version of the data that it is true of."""

    value: Any
    data_version: int


class Transaction:
    """One transaction; ``memory`` is the former one's before it runs, and its own afterwards."""

    def __init__(self, connection: sqlite3.Connection, path: Path, memory: Memory | None = None) -> None:
        self.memory: Memory | None = None
        self._connection = connection
        self._path = path
        self._before = memory

    def run(self, plan: Plan[T], begin: str) -> T:
        """Runs a plan, undone when anything is raised. Raises the errors of ``storage.errors``."""
        connection = self._connection
        try:
            connection.execute(begin)
            try:
                answer = self._drive(plan)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            raise store_error(error, self._path) from error
        return answer

    def _drive(self, plan: Plan[T]) -> T:
        try:
            statement = next(plan)
            while True:
                statement = plan.send(self._result(statement))
        except StopIteration as done:
            return done.value

    def _result(self, statement: Statement) -> Result:
        if isinstance(statement, Recall):
            before, self._before = self._before, None
            return Result([], memory=before.value) if before and before.data_version == self._data_version else NOTHING
        if isinstance(statement, Remember):
            self.memory = Memory(statement.memory, self._data_version)
            return NOTHING
        return execute(self._connection, statement)

    @cached_property
    def _data_version(self) -> int:
        """Moves with every commit of any other connection, of this process or another, and with none of our own.

        From its BEGIN IMMEDIATE on nobody else commits, so once in a transaction is enough.
        """
        return self._connection.execute("PRAGMA data_version").fetchone()[0]


class SqliteEngine:
    """The embedded engine. Other processes may have the same file open; writers wait for each other.

    ``blocking``: writes hold up the event loop instead of going to a thread, for a process that does nothing but write.
    Whoever it keeps waiting would wait for that write anyway, and a transaction of one attempt takes a fifth less
    processor time.
    """

    migrations = load("storage.sqlite.migrations")
    fills_empty_database = True
    removes_expired_landmarks = False

    def __init__(self, path: Path, *, blocking: bool = False) -> None:
        self.path = path
        self._blocking = blocking
        self._writer: sqlite3.Connection | None = None
        self._memory: Memory | None = None
        self._readers: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._write_thread: ThreadPoolExecutor | None = None
        self._read_threads: ThreadPoolExecutor | None = None

    async def open(self) -> None:
        """Makes the file where there is none. Raises StoreUnusable, StoreUnavailable."""
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._read_threads = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        try:
            await self._in(self._write_thread, self._open)
        except BaseException:
            await self.close()
            raise

    def _open(self) -> None:
        self._writer = connect(self.path)
        for _ in range(READERS):
            self._readers.put(connect(self.path, read_only=True))

    async def close(self) -> None:
        """Waits for what is under way, then closes every connection; the log is folded into the file."""
        for threads in (self._read_threads, self._write_thread):
            if threads is not None:
                await asyncio.get_running_loop().run_in_executor(None, threads.shutdown)
        while not self._readers.empty():
            self._readers.get().close()
        if self._writer is not None:
            self._writer.close()
        self._writer = self._memory = self._write_thread = self._read_threads = None

    async def write(self, plan: Callable[[], Plan[T]]) -> T:
        if self._blocking and self._writer is not None:
            return self._run_write(plan())
        return await self._in(self._write_thread, lambda: self._run_write(plan()))

    async def read(self, plan: Callable[[], Plan[T]]) -> T:
        return await self._in(self._read_threads, lambda: self._run_read(plan()))

    async def forget_deleted(self) -> None:
        await self._in(self._write_thread, self._fold_log)

    def _fold_log(self) -> None:
        """Older versions of pages are in the write-ahead log until it is folded into the file and cut to nothing."""
        assert self._writer is not None
        try:
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise store_error(error, self.path) from error

    async def live_schema(self) -> Schema:
        return await self._in(self._read_threads, self._describe)

    async def declared_schema(self) -> Schema:
        return declared(self.migrations)

    def _describe(self) -> Schema:
        connection = self._readers.get()
        try:
            return describe(connection)
        except sqlite3.Error as error:
            raise store_error(error, self.path) from error
        finally:
            self._readers.put(connection)

    def _run_write(self, plan: Plan[T]) -> T:
        assert self._writer is not None
        # Whatever is not remembered anew by a transaction that commits is forgotten.
        memory, self._memory = self._memory, None
        transaction = Transaction(self._writer, self.path, memory)
        answer = transaction.run(plan, "BEGIN IMMEDIATE")
        self._memory = transaction.memory
        return answer

    def _run_read(self, plan: Plan[T]) -> T:
        connection = self._readers.get()
        try:
            return Transaction(connection, self.path).run(plan, "BEGIN")
        finally:
            self._readers.put(connection)

    async def _in(self, threads: ThreadPoolExecutor | None, work: Callable[[], T]) -> T:
        if threads is None:
            raise StoreUnavailable("the store is not open")
        return await asyncio.get_running_loop().run_in_executor(threads, work)
