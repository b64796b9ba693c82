"""What one transaction leaves for the next is given only while nothing else has changed the file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.errors import StoreRefused
from storage.open import open_engine
from storage.plan import Plan, Query, Recall, Remember
from storage.sql_store import SqlStore
from storage.sqlite.engine import SqliteEngine
from tests.support.listening_engine import ListeningEngine
from tests.support.store_makers import NOON_MS, StepRules, a_flush, a_practising_learner


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[SqliteEngine]:
    engine = SqliteEngine(tmp_path / "a.db")
    await engine.open()
    await engine.write(lambda: _says("CREATE TABLE t (x INTEGER NOT NULL UNIQUE)"))
    yield engine
    await engine.close()


def _says(sql: str) -> Plan[None]:
    yield Query(sql)


def _recalls(then_remember: Any = None, sql: str | None = None) -> Plan[Any]:
    recalled = (yield Recall()).memory
    if then_remember is not None:
        yield Remember(then_remember)
    if sql is not None:
        yield Query(sql)
    return recalled


async def test_it_goes_from_transaction_to_transaction(engine: SqliteEngine) -> None:
    assert await engine.write(lambda: _recalls("a")) is None
    assert await engine.write(lambda: _recalls("b", "INSERT INTO t VALUES (1)")) == "a"
    assert await engine.write(lambda: _recalls("c")) == "b"


async def test_it_is_handed_over_once(engine: SqliteEngine) -> None:
    await engine.write(lambda: _recalls("a"))
    assert await engine.write(_recalls) == "a"
    assert await engine.write(_recalls) is None


async def test_any_other_write_of_ours_ends_it(engine: SqliteEngine) -> None:
    await engine.write(lambda: _recalls("a"))
    await engine.write(lambda: _says("INSERT INTO t VALUES (1)"))
    assert await engine.write(_recalls) is None


async def test_a_failed_transaction_ends_it(engine: SqliteEngine) -> None:
    await engine.write(lambda: _recalls("a"))
    with pytest.raises(StoreRefused):
        await engine.write(lambda: _recalls("b", "INSERT INTO t VALUES (NULL)"))
    assert await engine.write(_recalls) is None


async def test_a_commit_of_anybody_else_ends_it(engine: SqliteEngine) -> None:
    other = SqliteEngine(engine.path)
    await other.open()
    await engine.write(lambda: _recalls("a"))
    await other.write(lambda: _says("INSERT INTO t VALUES (1)"))
    assert await engine.write(lambda: _recalls("b")) is None
    await other.read(lambda: _says("SELECT x FROM t"))
    assert await engine.write(_recalls) == "b"
    await other.close()


async def test_flushes_in_a_row_read_nothing(tmp_path: Path) -> None:
    heard: list[str] = []
    engine = ListeningEngine(open_engine(f"sqlite:///{tmp_path / 'b.db'}"), lambda query: heard.append(query.sql))
    store = SqlStore(engine, StepRules())
    await store.open()
    _, activation = await a_practising_learner(store)
    await store.flush([a_flush(activation, 0, 1)], NOON_MS)
    assert len([sql for sql in heard if sql.startswith("SELECT")]) >= 4
    heard.clear()
    await store.flush([a_flush(activation, 1, 2)], NOON_MS)
    assert heard == []
    await store.close()
