"""What goes wrong with a file is said in words that tell what to do, and nothing that was saved is lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.errors import StoreUnavailable, StoreUnusable
from storage.open import open_engine, open_store
from storage.plan import Plan, Query
from storage.sql_store import SqlStore
from storage.sqlite.lock import acquire_exclusive
from tests.support.store_makers import NOON_MS, StepRules, a_flush, a_practising_learner, assert_rebuilt_equal


def _url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def ordinary_user() -> Iterator[None]:
    """Root may write everywhere; be nobody for the length of a test."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + bytes(84)])
async def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(StoreUnusable, match="is not a SQLite database; is the path the right one"):
        await open_store(_url(path), StepRules()).open()
    assert path.read_bytes() == content


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="does its folder exist"):
        await open_store(_url(tmp_path / "nowhere" / "a.db"), StepRules()).open()


async def test_a_read_only_folder(tmp_path_factory: pytest.TempPathFactory, ordinary_user: None) -> None:
    with pytest.raises(StoreUnavailable, match="may this user write there|read-only"):
        await open_store(_url(Path("/") / "a.db"), StepRules()).open()
    with pytest.raises(StoreUnavailable, match="right to write in the database's folder"):
        acquire_exclusive(Path("/a.db"))


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "postgres://x/y", "store.db", ""])
def test_a_url_of_another_kind(url: str) -> None:
    with pytest.raises(StoreUnusable, match="sqlite:///PATH"):
        open_store(url, StepRules())


async def test_a_damaged_page(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    store = open_store(_url(path), StepRules())
    await store.open()
    await store.close()
    data = bytearray(path.read_bytes())
    data[4096:8192] = b"\xff" * 4096
    path.write_bytes(bytes(data))
    with pytest.raises(StoreUnusable, match="restore a backup"):
        store = open_store(_url(path), StepRules())
        await store.open()
        try:
            await a_practising_learner(store)
        finally:
            await store.close()


async def test_a_full_disk_loses_nothing_and_is_got_over(tmp_path: Path) -> None:
    engine = open_engine(_url(tmp_path / "a.db"))
    store = SqlStore(engine, StepRules())
    await store.open()
    learner, activation = await a_practising_learner(store)
    await store.flush([a_flush(activation, 0, 1)], NOON_MS)

    def limit(pages: str) -> Plan[int]:
        return (yield Query(f"PRAGMA max_page_count={pages}")).rows[0][0]

    await engine.write(lambda: limit("1"))
    with pytest.raises(StoreUnavailable, match="the disk is full; free some space"):
        for lo in range(1, 50):
            await store.flush([a_flush(activation, lo, lo + 1)], NOON_MS)
    session = await store.session(activation.session.id)
    assert len((await store.attempts_of(learner.id)).items) == session.stored_through
    await assert_rebuilt_equal(store, learner.id)
    await engine.write(lambda: limit("1000000"))
    (outcome,) = await store.flush([a_flush(activation, session.stored_through, 50)], NOON_MS)
    assert (outcome.kind, outcome.stored_through) == ("committed", 50)
    await assert_rebuilt_equal(store, learner.id)
    await store.close()


async def test_a_database_that_somebody_keeps_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.sqlite.engine.BUSY_TIMEOUT_MS", 1)
    path = tmp_path / "a.db"
    store = open_store(_url(path), StepRules())
    await store.open()
    learner, activation = await a_practising_learner(store)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="another program keeps it locked"):
        await store.flush([a_flush(activation, 0, 1)], NOON_MS)
    assert await store.learner(learner.id) == learner, "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    assert (await store.flush([a_flush(activation, 0, 1)], NOON_MS))[0].kind == "committed"
    await store.close()


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = open_store(_url(tmp_path / "a.db"), StepRules())
    with pytest.raises(StoreUnavailable, match="not open"):
        await store.stories("default")
    await store.open()
    await store.close()
    await store.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.db"], "the log is folded in"


def test_a_second_server_is_told_who_the_first_one_is(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from storage.sqlite.lock import acquire_exclusive\n"
            "lock = acquire_exclusive(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()",
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreUnusable, match=rf"another StorySign server .process {holder.pid}. uses the database"):
            acquire_exclusive(path)
    finally:
        holder.kill()
        holder.communicate()
    with acquire_exclusive(path) as lock, pytest.raises(StoreUnusable, match=f"process {os.getpid()}"):
        assert lock.path.name == "a.db.lock"
        acquire_exclusive(path)
    acquire_exclusive(path).release()
