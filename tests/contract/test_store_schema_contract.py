"""The schema goes up, comes down, says where it is; a server refuses one that it does not know."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from storage.errors import StoreUnusable
from storage.migrate import Migration, Migrator, SchemaEngine, load
from storage.open import open_engine, open_store
from storage.plan import Plan, Query
from tests.support.databases import Database
from tests.support.store_makers import NOON_MS, StepRules, a_practising_learner

_KNOWN = len(load("storage.sqlite.migrations"))
_EXTRA = Migration(
    number=_KNOWN + 1,
    name="extra",
    up=("CREATE TABLE IF NOT EXISTS extra (id INTEGER NOT NULL PRIMARY KEY)",),
    down=("DROP TABLE IF EXISTS extra",),
    checksum="0" * 64,
)


@pytest.fixture
async def engine(empty_database: Database) -> AsyncIterator[SchemaEngine]:
    engine = open_engine(empty_database.url)
    await engine.open()
    yield engine
    await engine.close()


async def _run(engine: SchemaEngine, *statements: str) -> None:
    def plan() -> Plan[None]:
        for statement in statements:
            yield Query(statement)

    await engine.write(plan)


async def test_up_down_and_up_again(engine: SchemaEngine) -> None:
    migrator = Migrator(engine)
    newest = len(engine.migrations)
    await migrator.down(0)
    assert {state.state for state in await migrator.status()} == {"pending"}
    assert await migrator.up(NOON_MS) == list(range(1, newest + 1))
    assert [(state.state, state.applied_at_ms) for state in await migrator.status()] == [("applied", NOON_MS)] * newest
    assert await migrator.verify() == []
    assert await migrator.up(NOON_MS) == []
    assert await migrator.down(0) == list(range(newest, 0, -1))
    assert set(await engine.live_schema()) == {"schema_migrations"}


async def test_an_interrupted_migration_is_run_again(engine: SchemaEngine) -> None:
    migrator = Migrator(engine)
    await migrator.up(NOON_MS)
    broken = Migration(_EXTRA.number, "extra", (*_EXTRA.up, "CREATE NONSENSE"), _EXTRA.down, _EXTRA.checksum)
    engine.migrations = (*engine.migrations, broken)
    with pytest.raises(StoreUnusable):
        await migrator.up(NOON_MS)
    assert [state.state for state in await migrator.status()][-1] == "pending"
    engine.migrations = (*engine.migrations[:-1], _EXTRA)
    assert await migrator.up(NOON_MS) == [_EXTRA.number]
    assert await migrator.verify() == []


async def test_verify_says_each_difference(engine: SchemaEngine) -> None:
    migrator = Migrator(engine)
    await migrator.up(NOON_MS)
    await _run(
        engine,
        "ALTER TABLE learners ADD COLUMN nickname INTEGER",
        "DROP TABLE stories",
        "CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY)",
        f"UPDATE schema_migrations SET checksum='{'f' * 64}' WHERE number=1",
    )
    differences = await migrator.verify()
    assert len(differences) == 4
    assert differences[0] == "migration 0001_practice is changed"
    assert differences[1].startswith("table learners has, undeclared: column nickname")
    assert differences[2:] == ["table notes is not ours", "table stories is missing"]


async def test_a_server_refuses_a_schema_that_is_too_new(empty_database: Database, engine: SchemaEngine) -> None:
    await Migrator(engine).up(NOON_MS)
    engine.migrations = (*engine.migrations, _EXTRA)
    await Migrator(engine).up(NOON_MS)
    with pytest.raises(StoreUnusable, match=f"version {_KNOWN + 1}, this StorySign knows {_KNOWN}: use a newer"):
        await open_store(empty_database.url, StepRules()).open()
    engine.migrations = engine.migrations[:-1]
    with pytest.raises(StoreUnusable, match="newer StorySign"):
        await Migrator(engine).up(NOON_MS)


async def test_a_server_refuses_a_schema_that_is_too_old(engine: SchemaEngine) -> None:
    await Migrator(engine).up(NOON_MS)
    engine.migrations = (*engine.migrations, _EXTRA)
    with pytest.raises(
        StoreUnusable, match=f"version {_KNOWN}, this StorySign needs {_KNOWN + 1}: run `storysign migrate up`"
    ):
        await Migrator(engine).require_current(NOON_MS)


async def test_a_foreign_database_is_refused_untouched(empty_database: Database, engine: SchemaEngine) -> None:
    await _run(engine, "CREATE TABLE recipes (id INTEGER NOT NULL PRIMARY KEY)")
    with pytest.raises(StoreUnusable, match="not a StorySign database .it has recipes."):
        await open_store(empty_database.url, StepRules()).open()
    with pytest.raises(StoreUnusable, match="not a StorySign database"):
        await Migrator(engine).up(NOON_MS)
    assert set(await engine.live_schema()) == {"recipes"}


async def test_rows_outlive_the_program(database: Database) -> None:
    learner, _ = await a_practising_learner(await database.store())
    await database.close()
    assert await (await database.store()).learner(learner.id) == learner
