"""Runs plans on TiDB, or MariaDB, with asyncmy: prepared statements, retried transactions, a deadline on everything."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from typing import Any, TypeVar

import asyncmy
from asyncmy.errors import MySQLError

from storage.errors import StoreUnavailable
from storage.migrate import Schema, load
from storage.plan import NOTHING, Insert, Plan, Query, Recall, Remember, Result, Row, Statement, Update
from storage.tidb.failures import Again, conflict, store_error
from storage.tidb.schema import describe
from storage.tidb.target import Target

T = TypeVar("T")
Names = tuple[str, ...]
CHUNKS = (64, 8, 1)
"""Rows of one INSERT: few sizes, so that each is prepared once a connection and found in the cache."""
STATEMENT_CACHE = 64
TRIES = 6
FIRST_BACKOFF_S = 0.01
# Locks are taken by reading, and what is read after them must be what is there now.
_SESSION = "SET SESSION sql_mode='STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION',time_zone='+00:00',tx_isolation="
_WRITE_SESSION = f"{_SESSION}'READ-COMMITTED'"
_READ_SESSION = f"{_SESSION}'REPEATABLE-READ'"
_BEGIN = "BEGIN /*T! PESSIMISTIC */"


def chunks(rows: list[Row]) -> Iterator[list[Row]]:
    """The rows in pieces of 64, then 8, then 1."""
    start = 0
    for size in CHUNKS:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size


def insert_sql(insert: Insert, count: int) -> str:
    """The statement for so many rows; ``VALUES(column)``, because TiDB has no row alias."""
    return _insert_sql(insert.table, insert.columns, insert.keys, insert.updates, insert.adds, count)


@lru_cache
def _insert_sql(table: str, columns: Names, keys: Names, updates: Names, adds: Names, count: int) -> str:
    one = f"({','.join(['%s'] * len(columns))})"
    sql = f"INSERT INTO {table} ({','.join(columns)}) VALUES {','.join([one] * count)}"
    if not keys:
        return sql
    changes = [f"{column}=VALUES({column})" for column in updates]
    changes += [f"{column}={column}+VALUES({column})" for column in adds]
    unchanged = f"{keys[0]}=VALUES({keys[0]})"
    return f"{sql} ON DUPLICATE KEY UPDATE {','.join(changes) or unchanged}"


def query_sql(query: Query) -> str:
    """The statement with the driver's own placeholders, and the row locks that it asks for."""
    return driver_sql(query.sql) + (" FOR UPDATE" if query.lock else "")


@lru_cache(maxsize=1024)
def driver_sql(sql: str) -> str:
    """The statement with the driver's own placeholders."""
    return sql.replace("?", "%s")


class TidbEngine:
    """Pools of connections, one to write and one to read, because the two need other isolation levels."""

    migrations = load("storage.tidb.migrations")
    fills_empty_database = False
    removes_expired_landmarks = False

    def __init__(self, target: Target, on_retry: Callable[[int], None] = lambda _: None) -> None:
        self._target = target
        self._on_retry = on_retry
        self._writers: asyncmy.Pool | None = None
        self._readers: asyncmy.Pool | None = None

    async def open(self) -> None:
        """Connects. Raises StoreUnusable, StoreUnavailable."""
        arguments = self._target.connect_arguments()
        try:
            async with self._deadline():
                self._writers = await self._pool(arguments, _WRITE_SESSION)
                self._readers = await self._pool(arguments, _READ_SESSION)
                async with self._readers.acquire() as connection:
                    self.removes_expired_landmarks = "TiDB" in connection.get_server_info()
        except BaseException as error:
            await self.close()
            raise self._translated(error) from error

    async def _pool(self, arguments: dict[str, Any], session: str) -> asyncmy.Pool:
        return await asyncmy.create_pool(
            minsize=1,
            maxsize=self._target.pool,
            autocommit=True,
            charset="utf8mb4",
            stmt_cache_size=STATEMENT_CACHE,
            init_command=session,
            **arguments,
        )

    async def close(self) -> None:
        """Waits for what is under way, no longer than the deadline, then disconnects."""
        for pool in (self._writers, self._readers):
            if pool is not None:
                pool.close()
                try:
                    async with asyncio.timeout(self._target.deadline_s):
                        await pool.wait_closed()
                except TimeoutError:
                    pool.terminate()
        self._writers = self._readers = None

    async def write(self, plan: Callable[[], Plan[T]]) -> T:
        for tries_left in reversed(range(TRIES)):
            try:
                return await self._transaction(self._writers, plan, _BEGIN)
            except Again as again:
                if not tries_left:
                    raise conflict(again, self._target.where) from again
                self._on_retry(again.number)
                # Jittered, so that those who were in each other's way do not meet again.
                await asyncio.sleep(random.uniform(0.5, 1.5) * FIRST_BACKOFF_S * 2 ** (TRIES - 1 - tries_left))
        raise AssertionError("unreachable: the last try raises")

    async def read(self, plan: Callable[[], Plan[T]]) -> T:
        try:
            return await self._transaction(self._readers, plan, "BEGIN")
        except Again as again:
            raise conflict(again, self._target.where) from again

    async def forget_deleted(self) -> None:
        return

    async def live_schema(self) -> Schema:
        return await self.read(describe)

    async def declared_schema(self) -> Schema:
        """Made for real in a database of its own, which this user must be allowed to create; dropped afterwards."""
        scratch = f"{self._target.database}_verify_{os.getpid()}"
        await self.write(lambda: _one(f"CREATE DATABASE `{scratch}`"))
        engine = TidbEngine(dataclasses.replace(self._target, database=scratch))
        try:
            await engine.open()
            for migration in self.migrations:
                for statement in migration.up:
                    await engine.write(lambda sql=statement: _one(sql))
            return await engine.live_schema()
        finally:
            await engine.close()
            await self.write(lambda: _one(f"DROP DATABASE `{scratch}`"))

    async def _transaction(self, pool: asyncmy.Pool | None, plan: Callable[[], Plan[T]], begin: str) -> T:
        """One try. Raises Again, and the errors of ``storage.errors``."""
        if pool is None:
            raise StoreUnavailable("the store is not open")
        try:
            async with self._deadline(), pool.acquire() as connection, _undone(connection):
                await _execute(connection, Query(begin))
                answer = await _drive(connection, plan())
                with _talking():
                    await connection.commit()
                return answer
        except (MySQLError, OSError, TimeoutError, UnicodeError, OverflowError) as error:
            translated = self._translated(error)
            if isinstance(translated, StoreUnavailable):
                await _dropped(pool)
            raise translated from error

    def _deadline(self) -> asyncio.Timeout:
        return asyncio.timeout(self._target.deadline_s)

    def _translated(self, error: BaseException) -> BaseException:
        if isinstance(error, TimeoutError):
            return StoreUnavailable(
                f"the database {self._target.where} did not answer within {self._target.deadline_s:g} s"
            )
        if isinstance(error, (MySQLError, OSError, UnicodeError, OverflowError)):
            return store_error(error, self._target.where)
        return error


@asynccontextmanager
async def _undone(connection: asyncmy.Connection) -> AsyncIterator[None]:
    """Rolls back when anything is raised; a connection in an unknown state is not used again."""
    try:
        yield
    except (MySQLError, asyncio.CancelledError, OSError) as error:
        number = error.args[0] if error.args else None
        if isinstance(error, MySQLError) and isinstance(number, int) and not 2000 <= number < 3000:
            await _rolled_back(connection)
        else:
            connection.close()
        raise
    except BaseException:
        await _rolled_back(connection)
        raise


async def _rolled_back(connection: asyncmy.Connection) -> None:
    try:
        with _talking():
            await connection.rollback()
    except (MySQLError, OSError):
        connection.close()


async def _dropped(pool: asyncmy.Pool) -> None:
    """Lets go of idle connections after an outage: the server that they led to may be gone."""
    try:
        async with asyncio.timeout(1.0):
            await pool.clear()
    except (MySQLError, OSError, TimeoutError):
        return


async def _drive(connection: asyncmy.Connection, plan: Plan[T]) -> T:
    try:
        statement = next(plan)
        while True:
            statement = plan.send(await _execute(connection, statement))
    except StopIteration as done:
        return done.value


@contextmanager
def _talking() -> Iterator[None]:
    """Event loops answer with RuntimeError when a transport has been closed under the driver."""
    try:
        yield
    except RuntimeError as error:
        raise ConnectionError(str(error)) from error


async def _execute(connection: asyncmy.Connection, statement: Statement) -> Result:
    if isinstance(statement, Recall | Remember):
        # Others write to the same cluster, and nothing would tell that they have: what is needed is read, and locked.
        return NOTHING
    with _talking():
        return await _executed(connection, statement)


async def _executed(connection: asyncmy.Connection, statement: Query | Insert | Update) -> Result:
    async with connection.cursor() as cursor:
        if isinstance(statement, Insert):
            changed = 0
            for chunk in chunks(list(statement.rows)):
                values = [value for row in chunk for value in row]
                changed += await cursor.execute(insert_sql(statement, len(chunk)), values)
            return Result([], changed)
        if isinstance(statement, Update):
            sql = driver_sql(statement.sql)
            return Result([], sum([await cursor.execute(sql, list(params)) for params in statement.rows]))
        # A list of parameters makes it a prepared statement; DDL and the like have none and go as text.
        changed = await cursor.execute(query_sql(statement), list(statement.params) or None)
        return Result([tuple(row) for row in await cursor.fetchall()], changed)


def _one(sql: str) -> Plan[None]:
    yield Query(sql)
