"""A database that fails in every way that a cluster fails, is frozen or is killed: learners wait, nothing is lost."""

from __future__ import annotations

import signal

import pytest

from storage.errors import StoreUnavailable, StoreUnusable
from storage.open import open_store
from tests.support.databases import Database, administer, create_database
from tests.support.fault_run import run
from tests.support.mariadb import MariaDb, missing
from tests.support.mysql_proxy import Fault, MysqlProxy
from tests.support.store_checker import check_store
from tests.support.store_makers import NOON_MS, StepRules, a_flush, a_practising_learner, an_attempt

_ONE_FILE = ("--innodb-file-per-table=0", "--innodb-undo-tablespaces=0")


async def test_faults_of_every_kind(mariadb: MariaDb) -> None:
    found = await run(mariadb, "storysign_faults", faults=60, seed=3)
    assert found["faults"] == 60 and found["attempts_stored"] > 100


@pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
async def test_a_commit_whose_answer_is_lost_is_resolved_by_the_watermark(mariadb: MariaDb, kind: str) -> None:
    name = f"storysign_commit_{kind}"
    database = Database(mariadb.url(name))
    await create_database(database.url, name)
    await database.migrated()
    learner, activation = await a_practising_learner(await database.store())
    faults: list[Fault] = []

    def choose(statement: str) -> Fault | None:
        return faults.pop() if faults and statement == "COMMIT" else None

    async with MysqlProxy(mariadb.socket, mariadb.folder / kind, choose) as proxy:
        store = open_store(f"mysql://root@localhost/{name}?socket={proxy.socket}", StepRules())
        await store.open()
        faults.append(Fault(kind))
        flush = a_flush(activation, 0, 2)
        with pytest.raises(StoreUnavailable, match="connection was lost"):
            await store.flush([flush], NOON_MS)
        (outcome,) = await store.flush([flush], NOON_MS)
        await store.close()
    assert outcome.kind == ("already" if kind == "cut_after" else "committed")
    sessions = {learner.id: [activation.session.id]}
    assert await check_store(database, await database.store(), sessions, {activation.session.id: 2}) == 2
    await database.close()


async def test_retries_are_told_by_their_code(mariadb: MariaDb) -> None:
    name = "storysign_retries"
    database = Database(mariadb.url(name))
    await create_database(database.url, name)
    await database.migrated()
    _, activation = await a_practising_learner(await database.store())
    faults: list[Fault] = []
    retried: list[int] = []

    def choose(statement: str) -> Fault | None:
        return faults.pop() if faults and statement == "COMMIT" else None

    async with MysqlProxy(mariadb.socket, mariadb.folder / "retries", choose) as proxy:
        url = f"mysql://root@localhost/{name}?socket={proxy.socket}"
        store = open_store(url, StepRules(), on_retry=retried.append)
        await store.open()
        faults += [Fault("error", 8002), Fault("error", 1213)]
        assert (await store.flush([a_flush(activation, 0, 2)], NOON_MS))[0].kind == "committed"
        await store.close()
    assert retried == [1213, 8002]
    await database.close()


async def test_a_missing_table_stops_the_server_in_words(mariadb: MariaDb) -> None:
    name = "storysign_missing_table"
    database = Database(mariadb.url(name))
    await create_database(database.url, name)
    with pytest.raises(StoreUnusable, match="run `storysign migrate up`"):
        await database.store()
    await database.migrated()
    store = await database.store()
    await database.rows("DROP TABLE stories")
    with pytest.raises(StoreUnusable, match="a table is missing; run `storysign migrate up`"):
        await store.stories("default")
    await database.close()


async def test_a_server_that_is_frozen_killed_and_started_again(own_mariadb: MariaDb) -> None:
    database = Database(own_mariadb.url("storysign", deadline_s=1.0))
    await create_database(database.url, "storysign")
    await database.migrated()
    store = await database.store()
    learner, activation = await a_practising_learner(store)
    assert (await store.flush([a_flush(activation, 0, 2)], NOON_MS))[0].kind == "committed"

    own_mariadb.process.send_signal(signal.SIGSTOP)
    with pytest.raises(StoreUnavailable, match="did not answer within 1 s"):
        await store.flush([a_flush(activation, 2, 3)], NOON_MS)
    own_mariadb.process.send_signal(signal.SIGCONT)
    (outcome,) = await store.flush([a_flush(activation, 2, 3)], NOON_MS)
    assert outcome.stored_through == 3

    own_mariadb.kill()
    with pytest.raises(StoreUnavailable, match="connection was lost|nobody answers"):
        await store.flush([a_flush(activation, 3, 4)], NOON_MS)
    with pytest.raises(StoreUnavailable, match="nobody answers at that address"):
        await store.learner(learner.id)
    own_mariadb.start()
    (outcome,) = await store.flush([a_flush(activation, 3, 5)], NOON_MS)
    assert outcome.stored_through == 5
    sessions = {learner.id: [activation.session.id]}
    assert await check_store(database, store, sessions, {activation.session.id: 5}) == 5
    await database.close()


async def test_a_read_only_database_makes_learners_wait(own_mariadb: MariaDb) -> None:
    database = Database(own_mariadb.url("storysign"))
    await create_database(database.url, "storysign")
    await database.migrated()
    await database.rows("CREATE USER pupil@localhost IDENTIFIED BY 'secret'")
    await database.rows("GRANT ALL ON storysign.* TO pupil@localhost")
    url = database.url.replace("root@", "pupil:secret@")
    store = open_store(url, StepRules())
    await store.open()
    learner, activation = await a_practising_learner(store)
    await administer(database.url, "SET GLOBAL read_only=1")
    with pytest.raises(StoreUnavailable, match="it is read-only; find the primary"):
        await store.flush([a_flush(activation, 0, 1)], NOON_MS)
    assert await store.learner(learner.id) == learner
    await administer(database.url, "SET GLOBAL read_only=0")
    assert (await store.flush([a_flush(activation, 0, 1)], NOON_MS))[0].kind == "committed"
    await store.close()
    wrong = open_store(url.replace("secret", "guess"), StepRules())
    with pytest.raises(StoreUnusable, match="the user or the password is wrong"):
        await wrong.open()


async def test_a_full_disk_makes_learners_wait() -> None:
    """The server's files may not grow past a bound, as on a full disk; then they may."""
    if reason := missing():
        pytest.skip(reason)
    server = MariaDb(options=(*_ONE_FILE, "--innodb-data-file-path=ibdata1:12M:autoextend:max:20M"))
    try:
        server.install()
        server.start()
        database = Database(server.url("storysign"))
        await create_database(database.url, "storysign")
        await database.migrated()
        store = await database.store()
        learner, activation = await a_practising_learner(store)
        stored = 0
        with pytest.raises(StoreUnavailable, match="its disk is full; free some space"):
            while stored < 100:
                attempt = an_attempt(activation.session.id, stored + 1, landmark_blob=bytes(1_000_000))
                flush = a_flush(activation, stored, stored + 1, attempts=(attempt,))
                await store.flush([flush], NOON_MS)
                stored += 1
        assert 0 < stored < 100
        assert (await store.session(activation.session.id)).stored_through == stored
        server.kill()
        server.options = (*_ONE_FILE, "--innodb-data-file-path=ibdata1:12M:autoextend")
        server.start()
        assert (await store.flush([flush], NOON_MS))[0].kind == "committed"
        sessions = {learner.id: [activation.session.id]}
        assert await check_store(database, store, sessions, {activation.session.id: stored + 1}) == stored + 1
        await database.close()
    finally:
        server.stop()
