"""Checks, repairs, retention, and a learner who leaves."""

from __future__ import annotations

import asyncio

import pytest

from storage.errors import NotFound
from storage.maintenance_plans import OWNED
from storage.open import open_engine
from storage.ports import Store
from storage.records import SessionClose, new_id
from storage.sql_store import DAY_MS
from tests.support.databases import Database
from tests.support.store_makers import (
    NOON_MS,
    a_flush,
    a_practising_learner,
    an_attempt,
    another_session,
)

SIGNS = {
    "signs": [{"gloss": "A", "score": 0.5}, {"gloss": "B", "score": 0.25}],
    "findings": [{"code": "thumb_out", "kind": "correction", "parameter": "handshape", "gloss": "A"}],
}


async def _practised(store: Store) -> bytes:
    learner, activation = await a_practising_learner(store)
    attempts = tuple(an_attempt(activation.session.id, n, result=SIGNS) for n in range(1, 6))
    await store.flush([a_flush(activation, 0, 5, attempts=(*attempts, an_attempt(new_id(), 99)))], NOON_MS)
    await store.close_session(SessionClose(activation.session.id, 1, 5, "completed"), NOON_MS + 600_000)
    await store.flush([a_flush(await another_session(store, learner), 0, 1)], NOON_MS)
    return learner.id


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("UPDATE user_progress SET total_attempts=total_attempts+1 WHERE user_id=?", "total_attempts is"),
        ("UPDATE user_progress SET milestones='[]' WHERE user_id=?", "milestones is"),
        ("DELETE FROM user_progress WHERE user_id=?", "progress in vocabulary"),
        ("UPDATE practice_days SET score_sum=0 WHERE user_id=?", "the day's sums are"),
        ("DELETE FROM practice_days WHERE user_id=?", "the day's sums are None"),
        ("UPDATE practice_signs SET times_signed=9 WHERE user_id=?", "practice_signs"),
        ("DELETE FROM practice_findings WHERE user_id=?", "practice_findings"),
    ],
)
async def test_damage_is_found_and_repaired(database: Database, store: Store, damage: str, what: str) -> None:
    user_id, other = await _practised(store), await _practised(store)
    assert await store.check_progress(user_id) == ()
    right = await store.progress_of(user_id)
    await database.rows(damage, user_id)
    found = await store.check_progress(user_id)
    assert found and what in " ".join(found)
    assert await store.check_progress(other) == ()
    assert await store.repair_progress(user_id, NOON_MS) == found
    assert await store.check_progress(user_id) == ()
    assert await store.repair_progress(user_id, NOON_MS) == ()
    assert await store.progress_of(user_id) == right


async def test_repairing_while_the_learner_goes_on_loses_nothing(database: Database) -> None:
    store, operator = await database.store(), await database.store()
    learner, activation = await a_practising_learner(store)

    async def practise() -> None:
        for lo in range(15):
            await store.flush([a_flush(activation, lo, lo + 1)], NOON_MS + lo)

    async def damage_and_repair() -> None:
        for _ in range(8):
            await database.rows("UPDATE user_progress SET total_attempts=0 WHERE user_id=?", learner.id)
            await operator.repair_progress(learner.id, NOON_MS)

    await asyncio.gather(practise(), damage_and_repair())
    await operator.repair_progress(learner.id, NOON_MS)
    assert [record.total_attempts for record in await store.progress_of(learner.id)] == [15, 15]
    assert await store.check_progress(learner.id) == ()


async def test_landmarks_go_when_their_time_is_over(database: Database) -> None:
    store = await database.store(retention_days=10)
    _, activation = await a_practising_learner(store)
    await store.flush([a_flush(activation, 0, 3)], NOON_MS)
    await store.flush([a_flush(activation, 3, 5)], NOON_MS + 5 * DAY_MS)
    assert await store.sweep_landmarks(NOON_MS + 10 * DAY_MS - 1000) == 0
    assert await store.sweep_landmarks(NOON_MS + 10 * DAY_MS) == 3
    assert await store.landmark_blob(activation.session.id, 3) is None
    assert await store.landmark_blob(activation.session.id, 4) is not None
    assert await store.sweep_landmarks(NOON_MS + 99 * DAY_MS) == 2


async def test_every_table_of_a_learner_is_known(database: Database) -> None:
    engine = open_engine(database.url)
    await engine.open()
    schema = await engine.live_schema()
    await engine.close()
    owned = {table for table, lines in schema.items() if any(line.startswith("column user_id ") for line in lines)}
    assert owned == set(OWNED)


async def test_a_learner_takes_everything_along_and_leaves_nothing(database: Database, store: Store) -> None:
    leaver, stayer = await _practised(store), await _practised(store)
    exported = await store.export_learner(leaver)
    assert set(exported) == {"learners", *OWNED}
    assert all(exported.values()), "there is something in every table"
    assert len(exported["sentence_attempts"]) == 6 and len(exported["practice_sessions"]) == 2
    assert bytes(exported["attempt_landmarks"][0]["landmark_data"])
    sessions = [row["id"] for row in exported["practice_sessions"]]
    assert await store.delete_learner(leaver) == sum(map(len, exported.values()))
    await _assert_no_trace(database, [leaver, *sessions])
    with pytest.raises(NotFound):
        await store.export_learner(leaver)
    with pytest.raises(NotFound):
        await store.delete_learner(leaver)
    assert len((await store.export_learner(stayer))["sentence_attempts"]) == 6


async def _assert_no_trace(database: Database, ids: list[bytes]) -> None:
    """Looks for the ids, as bytes and as text, in every value of every table."""
    engine = open_engine(database.url)
    await engine.open()
    tables = (await engine.live_schema()).keys()
    await engine.close()
    searched = 0
    for table in tables:
        for row in await database.rows(f"SELECT * FROM {table}"):
            searched += 1
            for wanted in ids:
                assert not any(isinstance(value, bytes) and wanted in value for value in row), table
                assert wanted.hex() not in str(row) and repr(wanted)[2:-1] not in str(row), table
    assert searched > 10, "the other learner's rows are still there"


async def test_learners_are_walked_in_pages(store: Store) -> None:
    ids = sorted([(await a_practising_learner(store))[0].id for _ in range(5)])
    first = await store.learner_ids(None, 3)
    rest = await store.learner_ids(first[-1], 3)
    assert list(first + rest) == ids
    for missing in (store.check_progress(new_id()), store.repair_progress(new_id(), NOON_MS)):
        with pytest.raises(NotFound):
            await missing
