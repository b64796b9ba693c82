"""A session's life in the store: taken over, paused, ended; each thing once."""

from __future__ import annotations

import pytest

from storage.errors import IllegalTransition, NotFound, StoreConflict
from storage.ports import Store
from storage.records import SessionClose, new_id
from tests.support.databases import Database
from tests.support.store_makers import (
    NOON_MS,
    a_flush,
    a_practising_learner,
    a_session,
    an_attempt,
    assert_rebuilt_equal,
)

MINUTE_MS = 60_000
LATER_MS = NOON_MS + 60 * MINUTE_MS


async def test_every_activation_is_a_new_incarnation_of_what_is_stored(store: Store) -> None:
    learner, first = await a_practising_learner(store)
    assert (first.session.epoch, first.learner) == (1, learner)
    attempts = (
        an_attempt(first.session.id, 1, score=0.5),
        an_attempt(first.session.id, 2, score=0.9001),
        an_attempt(first.session.id, 3, score=0.3, sentence_index=1),
    )
    await store.flush([a_flush(first, 0, 3, attempts=attempts)], LATER_MS)
    second = await store.activate(first.session.id, LATER_MS)
    assert (second.session.epoch, second.session.stored_through) == (2, 3)
    assert await store.session(first.session.id) == second.session


async def test_a_session_that_is_not_there_can_not_be_touched(store: Store) -> None:
    unknown = new_id()
    with pytest.raises(NotFound):
        await store.activate(unknown, LATER_MS)
    with pytest.raises(NotFound):
        await store.set_status(unknown, 1, "active", LATER_MS)
    with pytest.raises(NotFound):
        await store.close_session(SessionClose(unknown, 1, 0, "completed"), LATER_MS)


async def test_a_session_pauses_and_goes_on(store: Store) -> None:
    _, activation = await a_practising_learner(store)
    session_id = activation.session.id
    with pytest.raises(IllegalTransition):
        await store.set_status(session_id, 1, "paused", LATER_MS)
    for step, status in enumerate(("active", "paused", "paused", "active"), start=1):
        session = await store.set_status(session_id, 1, status, LATER_MS + step)
        assert (session.status, session.started_at_ms) == (status, LATER_MS + 1)
        assert await store.session(session_id) == session
    with pytest.raises(IllegalTransition):
        await store.set_status(session_id, 1, "completed", LATER_MS)
    with pytest.raises(StoreConflict):
        await store.set_status(session_id, 2, "paused", LATER_MS)


async def test_completing_applies_the_experience_once(database: Database, store: Store) -> None:
    learner, activation = await a_practising_learner(store)
    await store.set_status(activation.session.id, 1, "active", NOON_MS)
    await store.flush([a_flush(activation, 0, 3)], LATER_MS)
    close = SessionClose(activation.session.id, 1, 3, "completed")
    session, progress = await store.close_session(close, NOON_MS + 5 * MINUTE_MS)
    assert (session.status, session.completed_at_ms) == ("completed", NOON_MS + 5 * MINUTE_MS)
    assert session.duration_seconds == 300
    assert [record.total_sessions for record in progress] == [1, 1]
    other = await database.store()
    assert await other.close_session(close, LATER_MS) == (session, progress)
    assert await other.session(session.id) == session
    assert await other.progress_of(learner.id) == progress
    days = await database.rows("SELECT sessions_completed FROM practice_days WHERE user_id=?", learner.id)
    assert days == [(1,)]
    await assert_rebuilt_equal(other, learner.id)
    for refused in (
        store.close_session(SessionClose(session.id, 1, 3, "abandoned"), LATER_MS),
        store.set_status(session.id, 1, "active", LATER_MS),
        store.activate(session.id, LATER_MS),
    ):
        with pytest.raises(IllegalTransition):
            await refused


async def test_a_long_idle_stretch_does_not_make_a_long_session(store: Store) -> None:
    _, activation = await a_practising_learner(store)
    await store.set_status(activation.session.id, 1, "active", NOON_MS)
    await store.flush([a_flush(activation, 0, 1)], LATER_MS)
    close = SessionClose(activation.session.id, 1, 1, "completed")
    session, _ = await store.close_session(close, NOON_MS + 24 * 60 * MINUTE_MS)
    assert session.duration_seconds == 60 + 3 + 120


async def test_an_abandoned_session_gives_no_experience(store: Store) -> None:
    learner, activation = await a_practising_learner(store)
    await store.flush([a_flush(activation, 0, 1)], LATER_MS)
    close = SessionClose(activation.session.id, 1, 1, "abandoned")
    session, progress = await store.close_session(close, LATER_MS)
    assert session.status == "abandoned"
    assert [(record.total_sessions, record.total_attempts) for record in progress] == [(0, 1), (0, 1)]
    assert await store.close_session(close, LATER_MS + 1) == (session, progress)
    await assert_rebuilt_equal(store, learner.id)


async def test_only_the_owner_who_has_stored_everything_may_end_a_session(store: Store) -> None:
    _, activation = await a_practising_learner(store)
    await store.flush([a_flush(activation, 0, 2)], LATER_MS)
    session_id = activation.session.id
    for epoch, stored_through in ((2, 2), (1, 1), (1, 3)):
        with pytest.raises(StoreConflict):
            await store.close_session(SessionClose(session_id, epoch, stored_through, "completed"), LATER_MS)
    assert (await store.session(session_id)).status == "created"


async def test_a_session_without_attempts_can_be_completed(store: Store) -> None:
    learner, activation = await a_practising_learner(store)
    close = SessionClose(activation.session.id, 1, 0, "completed")
    session, _ = await store.close_session(close, LATER_MS)
    assert (session.duration_seconds, session.overall_score) == (0, None)
    await assert_rebuilt_equal(store, learner.id)


async def test_a_session_needs_its_learner(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.create_session(a_session(new_id()))
    with pytest.raises(NotFound):
        await store.rebuild_progress(new_id())
