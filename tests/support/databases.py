"""Empty databases of every kind, for tests of the store."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncmy
import pytest

from storage.migrate import Migrator
from storage.open import open_engine, open_store
from storage.plan import Plan, Query, Row
from storage.ports import ProgressRules, Store
from storage.tidb.target import parse
from tests.support.mariadb import MariaDb, missing, running_mariadb
from tests.support.store_makers import NOON_MS, StepRules

_numbers = itertools.count(1)


class Database:
    """One empty database of some kind: opens stores on it, and looks into its tables."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opened: list[Store] = []

    async def migrated(self) -> None:
        """Brings the schema up, as an operator does."""
        engine = open_engine(self.url)
        await engine.open()
        await Migrator(engine).up(NOON_MS)
        await engine.close()

    async def store(self, rules: ProgressRules | None = None, **options: Any) -> Store:
        """A further store on the same database, closed at the test's end."""
        store = open_store(self.url, rules or StepRules(), **options)
        await store.open()
        self._opened.append(store)
        return store

    async def rows(self, sql: str, *params: Any) -> list[Row]:
        """What a statement finds."""
        engine = open_engine(self.url)
        await engine.open()
        try:

            def plan() -> Plan[list[Row]]:
                return (yield Query(sql, params)).rows

            return await engine.write(plan)
        finally:
            await engine.close()

    async def close(self) -> None:
        """Closes every store."""
        for store in self._opened:
            await store.close()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """A private server, shared by all tests of the run."""
    if reason := missing():
        pytest.skip(reason)
    with running_mariadb() as server:
        yield server


@pytest.fixture
def own_mariadb() -> Iterator[MariaDb]:
    """A server that this test may stop or kill."""
    if reason := missing():
        pytest.skip(reason)
    with running_mariadb() as server:
        yield server


async def create_database(url: str, name: str) -> None:
    """Makes the database that a URL names."""
    await administer(url, f"CREATE DATABASE `{name}`")


async def administer(url: str, sql: str) -> None:
    """Says one thing to the server of a URL, outside its database and any transaction."""
    target = parse(url)
    connection = await asyncmy.connect(**{**target.connect_arguments(), "database": None})
    async with connection.cursor() as cursor:
        await cursor.execute(sql)
    connection.close()


@pytest.fixture(params=["sqlite", "mariadb", "url"])
async def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database without a table: a file, one on a private MariaDB, or a new one on the server of ``--database``."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'store.db'}")
        yield database
        await database.close()
        return
    name = f"storysign_test_{os.getpid()}_{next(_numbers)}"
    if request.param == "mariadb":
        url = request.getfixturevalue("mariadb").url(name)
    else:
        given = request.config.getoption("--database", None)
        if given is None:
            pytest.skip("no --database mysql://… was given")
        url = given.replace(urlsplit(given).path, f"/{name}", 1)
    await create_database(url, name)
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()
        await administer(url, f"DROP DATABASE `{name}`")


@pytest.fixture
async def database(empty_database: Database) -> Database:
    """A database with today's schema and no rows."""
    await empty_database.migrated()
    return empty_database


@pytest.fixture
async def store(database: Database) -> Store:
    """An open store on a database without rows."""
    return await database.store()
