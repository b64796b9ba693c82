"""A store that remembers what it has written still sees what others have written since."""

from __future__ import annotations

import dataclasses

from storage.ports import Store
from storage.records import SessionClose
from tests.support.databases import Database
from tests.support.store_makers import (
    NOON_MS,
    a_flush,
    a_practising_learner,
    another_session,
    assert_rebuilt_equal,
)


async def test_a_take_over_elsewhere_fences_the_next_flush(database: Database, store: Store) -> None:
    _, activation = await a_practising_learner(store)
    await store.flush([a_flush(activation, 0, 1)], NOON_MS)
    other = await database.store()
    taken = await other.activate(activation.session.id, NOON_MS)
    (late,) = await store.flush([a_flush(activation, 1, 2)], NOON_MS)
    assert (late.kind, late.stored_through) == ("fenced", 1)
    (outcome,) = await store.flush([a_flush(taken, 1, 2)], NOON_MS)
    assert outcome.kind == "committed"


async def test_consent_withdrawn_elsewhere_is_heeded_at_once(database: Database, store: Store) -> None:
    learner, activation = await a_practising_learner(store)
    await store.flush([a_flush(activation, 0, 1)], NOON_MS)
    await (await database.store()).set_consent(learner.id, False)
    await store.flush([a_flush(activation, 1, 2)], NOON_MS)
    assert await database.rows("SELECT attempt_number FROM attempt_landmarks") == []


async def test_another_session_of_the_learner_goes_on_elsewhere(database: Database, store: Store) -> None:
    learner, one = await a_practising_learner(store)
    two = await another_session(store, learner)
    other = await database.store()
    for through in range(4):
        await store.flush([a_flush(one, through, through + 1)], NOON_MS)
        (outcome,) = await other.flush([a_flush(two, through, through + 1)], NOON_MS)
    assert outcome.progress[0].total_attempts == 8
    assert outcome.progress == await store.progress_of(learner.id)
    await assert_rebuilt_equal(store, learner.id)


async def test_a_repair_elsewhere_is_not_undone(database: Database, store: Store) -> None:
    learner, activation = await a_practising_learner(store)
    await store.flush([a_flush(activation, 0, 2)], NOON_MS)
    await database.rows("UPDATE user_progress SET total_attempts=7 WHERE user_id=?", learner.id)
    await database.rows("DELETE FROM practice_days WHERE user_id=?", learner.id)
    assert await (await database.store()).repair_progress(learner.id, NOON_MS)
    await store.flush([a_flush(activation, 2, 3)], NOON_MS)
    assert await store.check_progress(learner.id) == ()


async def test_an_end_between_flushes_is_known(store: Store) -> None:
    learner, activation = await a_practising_learner(store)
    session = activation.session
    await store.flush([a_flush(activation, 0, 1)], NOON_MS)
    await store.close_session(SessionClose(session.id, session.epoch, 1, "completed"), NOON_MS + 1)
    (late,) = await store.flush([a_flush(activation, 1, 2)], NOON_MS + 2)
    assert (late.kind, late.detail) == ("fenced", "the session is completed")
    await assert_rebuilt_equal(store, learner.id)


async def test_what_was_refused_is_not_remembered(store: Store) -> None:
    learner, activation = await a_practising_learner(store)
    await store.flush([a_flush(activation, 0, 1)], NOON_MS)
    flush = a_flush(activation, 1, 3)
    poison = dataclasses.replace(flush.attempts[1], row=(*flush.attempts[1].row[:3], None, *flush.attempts[1].row[4:]))
    (outcome,) = await store.flush([dataclasses.replace(flush, attempts=(flush.attempts[0], poison))], NOON_MS)
    assert (outcome.kind, outcome.stored_through) == ("quarantined", 3)
    (outcome,) = await store.flush([a_flush(activation, 3, 4)], NOON_MS)
    assert outcome.progress[0].total_attempts == 3
    await assert_rebuilt_equal(store, learner.id)
