"""Who installs a newer StorySign on a laptop starts it as ever: the database follows, with a copy of before."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from server.auth import hash_token
from server.cli import learner as learner_cli
from storage.errors import StoreUnavailable, StoreUnusable
from storage.migrate import Migrator
from storage.open import open_engine, open_store
from storage.sqlite.upgrade import copies_of, upgrade
from tests.support.store_makers import NOON_MS, StepRules, a_learner

OLD_VERSION = 2
NEWEST = len(open_engine("sqlite:///x").migrations)


async def _old_file(file: Path, token: str = "t") -> bytes:
    """A database as an older StorySign left it, with one learner; gives the learner's id."""
    learner = a_learner(display_name="Ada of old", token_hash=hash_token(token))
    store = open_store(f"sqlite:///{file}", StepRules())
    await store.open()
    await store.create_learner(learner)
    await store.close()
    engine = open_engine(f"sqlite:///{file}")
    await engine.open()
    await Migrator(engine).down(OLD_VERSION)
    await engine.close()
    return learner.id


def _version(file: Path) -> int:
    with closing(sqlite3.connect(file)) as database:
        return database.execute("SELECT MAX(number) FROM schema_migrations").fetchone()[0]


def _names(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as database:
        return [name for (name,) in database.execute("SELECT display_name FROM learners")]


async def test_serve_brings_an_older_file_up_to_date_and_says_so(make_server) -> None:
    server = make_server()
    await _old_file(server.database, token="an old token")
    server.database.chmod(0o600)
    server.start()
    copy = server.database.with_name(f"{server.database.name}.version-{OLD_VERSION}.copy")
    (said,) = [line for line in server.lines if "older StorySign" in line]
    assert str(copy) in said
    me = httpx.get(f"{server.url}/v1/learners/me", headers={"Authorization": "Bearer an old token"}, trust_env=False)
    assert (me.json()["display_name"], me.json()["role"]) == ("Ada of old", "learner")
    assert server.stop() == 0
    assert (_version(copy), _version(server.database)) == (OLD_VERSION, NEWEST)
    assert _names(copy) == ["Ada of old"] and copy.stat().st_mode & 0o077 == 0
    server.lines.clear()
    server.start()
    assert not [line for line in server.lines if "older StorySign" in line]


async def test_nothing_is_done_where_nothing_is_to_be_done(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    assert await upgrade(file, NOON_MS) is None and not file.exists()
    await _old_file(file)
    assert (await upgrade(file, NOON_MS)).new_version == NEWEST
    (copy,) = copies_of(file)
    copy.unlink()
    assert await upgrade(file, NOON_MS) is None
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"INSERT INTO schema_migrations VALUES ({NEWEST + 1},'later','{'0' * 64}',0)")
        database.commit()
    assert await upgrade(file, NOON_MS) is None, "a newer program's file is left alone"
    with pytest.raises(StoreUnusable, match="use a newer StorySign"):
        await open_store(f"sqlite:///{file}", StepRules()).open()
    assert copies_of(file) == []


async def test_without_a_copy_the_file_stays_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    await _old_file(file)
    (tmp_path / f"a.db.version-{OLD_VERSION}.copy").mkdir()
    with pytest.raises(StoreUnavailable, match="no copy of the database could be made"):
        await upgrade(file, NOON_MS)
    assert _version(file) == OLD_VERSION
    assert not list(tmp_path.glob("*.unfinished"))


async def test_who_deletes_a_learner_is_told_of_copies(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    learner_id = await _old_file(file)
    await upgrade(file, NOON_MS)
    words = ["delete", learner_id.hex(), "--yes", "--database", f"sqlite:///{file}"]
    deleted = await asyncio.to_thread(CliRunner().invoke, learner_cli.app, words)
    assert deleted.exit_code == 0 and f"remove {copies_of(file)[0]}" in deleted.output
