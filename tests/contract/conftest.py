"""The stores that the contract runs against."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.open import open_engine, open_store
from storage.plan import Plan, Query, Row
from storage.ports import ProgressRules, Store
from tests.support.store_makers import StepRules


class Database:
    """One empty database of some kind: opens stores on it, and looks into its tables."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opened: list[Store] = []

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


@pytest.fixture(params=["sqlite"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database."""
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    yield database
    await database.close()


@pytest.fixture
async def store(database: Database) -> Store:
    """An open store on an empty database."""
    return await database.store()
