"""Flush: durable, fenced, exactly once, and never stopped by a bad row (DESIGN §5)."""

from __future__ import annotations

import asyncio
import dataclasses
import math

import pytest

from storage.entries import entry_of
from storage.ports import Store
from storage.records import ProgressRecord, SessionClose, SessionFlush, new_id
from tests.support.databases import Database
from tests.support.store_makers import (
    DAY_MS,
    NOON_MS,
    a_flush,
    a_learner,
    a_practising_learner,
    an_attempt,
    another_session,
    assert_rebuilt_equal,
)

LATER_MS = NOON_MS + 3_600_000


async def _attempt_numbers(database: Database, session_id: bytes) -> list[int]:
    sql = "SELECT attempt_number FROM sentence_attempts WHERE session_id=? ORDER BY attempt_number"
    return [number for (number,) in await database.rows(sql, session_id)]


async def test_a_flush_makes_attempts_watermark_and_progress_durable(database: Database, store: Store) -> None:
    learner, activation = await a_practising_learner(store)
    attempts = [an_attempt(activation.session.id, number) for number in (1, 2, 3)]
    (outcome,) = await store.flush([a_flush(activation, 0, 3, attempts)], LATER_MS)
    assert (outcome.kind, outcome.stored_through, outcome.detail) == ("committed", 3, "")
    other = await database.store()
    stored = (await other.attempts_of(learner.id)).items
    assert stored == tuple(dataclasses.replace(a, landmark_blob=None) for a in reversed(attempts))
    assert await other.landmark_blob(activation.session.id, 2) == attempts[1].landmark_blob
    session = await other.session(activation.session.id)
    assert (session.stored_through, session.overall_score, session.sentences_completed) == (3, 0.7421, 1)
    assert session.started_at_ms == attempts[0].attempted_at_ms
    assert outcome.progress == await other.progress_of(learner.id)
    assert [(p.skill_area, p.total_attempts, p.score_sum) for p in outcome.progress] == [
        ("fingerspelling", 3, 22_263),
        ("vocabulary", 3, 22_263),
    ]
    await assert_rebuilt_equal(other, learner.id)


async def test_a_repeated_flush_changes_nothing_and_says_so(database: Database, store: Store) -> None:
    learner, activation = await a_practising_learner(store)
    flush = a_flush(activation, 0, 2)
    (first,) = await store.flush([flush], LATER_MS)
    (again,) = await store.flush([flush], LATER_MS + 1)
    assert again == dataclasses.replace(first, kind="already")
    assert await _attempt_numbers(database, flush.session_id) == [1, 2]
    await assert_rebuilt_equal(store, learner.id)


async def test_a_flush_that_is_partly_durable_adds_only_the_rest(database: Database, store: Store) -> None:
    learner, activation = await a_practising_learner(store)
    await store.flush([a_flush(activation, 0, 2)], LATER_MS)
    (outcome,) = await store.flush([a_flush(activation, 0, 4)], LATER_MS)
    assert (outcome.kind, outcome.stored_through) == ("committed", 4)
    assert await _attempt_numbers(database, activation.session.id) == [1, 2, 3, 4]
    assert outcome.progress[0].total_attempts == 4
    await assert_rebuilt_equal(store, learner.id)


async def test_numbers_without_an_attempt_were_cancelled(database: Database, store: Store) -> None:
    _, activation = await a_practising_learner(store)
    flush = a_flush(activation, 0, 5)
    flush = dataclasses.replace(flush, attempts=(flush.attempts[1], flush.attempts[3]))
    (outcome,) = await store.flush([flush], LATER_MS)
    assert (outcome.kind, outcome.stored_through) == ("committed", 5)
    (outcome,) = await store.flush([a_flush(activation, 5, 6, attempts=())], LATER_MS)
    assert (outcome.kind, outcome.stored_through) == ("committed", 6)
    assert await _attempt_numbers(database, activation.session.id) == [2, 4]


async def test_a_former_incarnation_can_not_write(database: Database, store: Store) -> None:
    learner, old = await a_practising_learner(store)
    new = await store.activate(old.session.id, LATER_MS)
    (outcome,) = await store.flush([a_flush(old, 0, 1)], LATER_MS)
    assert (outcome.kind, outcome.stored_through) == ("fenced", 0)
    assert "incarnation 2" in outcome.detail
    await store.flush([a_flush(new, 0, 2)], LATER_MS)
    (outcome,) = await store.flush([a_flush(old, 0, 1)], LATER_MS)
    assert (outcome.kind, outcome.stored_through) == ("fenced", 2)
    assert await _attempt_numbers(database, old.session.id) == [1, 2]
    await assert_rebuilt_equal(store, learner.id)


async def test_a_gap_before_the_flush_is_fenced(store: Store) -> None:
    _, activation = await a_practising_learner(store)
    (outcome,) = await store.flush([a_flush(activation, 2, 3)], LATER_MS)
    assert (outcome.kind, outcome.stored_through) == ("fenced", 0)


async def test_a_session_that_has_ended_takes_no_more(database: Database, store: Store) -> None:
    _, activation = await a_practising_learner(store)
    await store.flush([a_flush(activation, 0, 1)], LATER_MS)
    await store.close_session(SessionClose(activation.session.id, 1, 1, "abandoned"), LATER_MS)
    (late,) = await store.flush([a_flush(activation, 1, 2)], LATER_MS)
    (again,) = await store.flush([a_flush(activation, 0, 1)], LATER_MS)
    assert (late.kind, again.kind) == ("fenced", "already")
    assert await _attempt_numbers(database, activation.session.id) == [1]


async def test_a_session_that_is_not_there_is_fenced(store: Store) -> None:
    unknown = new_id()
    (outcome,) = await store.flush([SessionFlush(unknown, 1, 0, 1, (entry_of(an_attempt(unknown, 1)),))], LATER_MS)
    assert outcome.kind == "fenced" and "not in the store" in outcome.detail


async def test_a_group_is_committed_with_an_answer_for_each(database: Database, store: Store) -> None:
    practising = [await a_practising_learner(store) for _ in range(20)]
    batch = [a_flush(activation, 0, 4) for _, activation in practising]
    batch[7] = dataclasses.replace(batch[7], epoch=9)
    outcomes = await store.flush(batch, LATER_MS)
    assert [outcome.session_id for outcome in outcomes] == [flush.session_id for flush in batch]
    assert [outcome.kind for outcome in outcomes] == ["committed"] * 7 + ["fenced"] + ["committed"] * 12
    assert await database.rows("SELECT COUNT(*) FROM sentence_attempts") == [(19 * 4,)]
    for learner, _ in practising:
        await assert_rebuilt_equal(store, learner.id)


async def test_a_session_may_be_in_a_batch_twice(store: Store) -> None:
    learner, activation = await a_practising_learner(store)
    outcomes = await store.flush([a_flush(activation, 0, 1), a_flush(activation, 1, 3)], LATER_MS)
    assert [(outcome.kind, outcome.stored_through) for outcome in outcomes] == [("committed", 1), ("committed", 3)]
    await assert_rebuilt_equal(store, learner.id)


async def test_two_sessions_of_one_learner_in_a_group_both_count(store: Store) -> None:
    learner, first = await a_practising_learner(store)
    second = await another_session(store, learner, skill_areas=("vocabulary",))
    outcomes = await store.flush([a_flush(first, 0, 2), a_flush(second, 0, 3)], LATER_MS)
    assert outcomes[1].progress[0].total_attempts == 5
    await assert_rebuilt_equal(store, learner.id)


async def test_stores_that_write_for_one_learner_at_once_lose_nothing(database: Database) -> None:
    stores = [await database.store() for _ in range(3)]
    learner, first = await a_practising_learner(stores[0])
    activations = [first, *[await another_session(stores[0], learner) for _ in range(2)]]

    async def practise(number: int) -> None:
        for lo in range(6):
            (outcome,) = await stores[number].flush([a_flush(activations[number], lo, lo + 1)], LATER_MS + lo)
            assert outcome.kind == "committed"
        session = activations[number].session
        await stores[number].close_session(SessionClose(session.id, 1, 6, "completed"), LATER_MS + number)

    await asyncio.gather(*(practise(number) for number in range(3)))
    progress = await stores[0].progress_of(learner.id)
    assert [(record.total_attempts, record.total_sessions) for record in progress] == [(18, 3), (18, 3)]
    await assert_rebuilt_equal(stores[0], learner.id)


@pytest.mark.parametrize(
    "poison",
    [
        {"score": 1.5},
        {"accuracy": math.nan},
        {"judged": False},
        {"score": None},
        {"sentence_index": -1},
        {"duration_ms": 2**40},
        {"attempted_at_ms": -5},
        {"attempted_at_ms": 10.5},
        {"video_start_frame": 91},
        {"target_sentence": "x" * 501},
        {"target_sentence": "\ud800"},
        {"result": {"mark": math.inf}},
        {"result": {"blob": b"bytes"}},
        {"result": {"text": "x" * 300_000}},
        {"scorer_version": "v" * 65},
        {"landmark_blob": bytes(4 * 1024 * 1024 + 1)},
        {"attempt_no": 9},
        {"attempt_no": 1},
    ],
    ids=lambda poison: "-".join(poison),
)
async def test_a_poison_row_is_set_aside_and_stops_nobody(
    database: Database, store: Store, poison: dict[str, object]
) -> None:
    learner, activation = await a_practising_learner(store)
    _, neighbour = await a_practising_learner(store)
    good, bad, better = (an_attempt(activation.session.id, number) for number in (1, 2, 3))
    bad = dataclasses.replace(bad, **poison)
    flush = a_flush(activation, 0, 3, [good, bad, better])
    outcomes = await store.flush([flush, a_flush(neighbour, 0, 1)], LATER_MS)
    assert [(outcome.kind, outcome.stored_through) for outcome in outcomes] == [("quarantined", 3), ("committed", 1)]
    assert f"attempt {bad.attempt_no}" in outcomes[0].detail
    assert await _attempt_numbers(database, activation.session.id) == [1, 3]
    rows = await database.rows("SELECT user_id,session_id,reason,payload FROM attempt_quarantine")
    assert len(rows) == 1
    user_id, session_id, reason, payload = rows[0]
    assert (bytes(user_id), bytes(session_id)) == (learner.id, activation.session.id)
    assert reason in outcomes[0].detail and '"attempt_no"' in payload
    await assert_rebuilt_equal(store, learner.id)
    (repeated,) = await store.flush([flush], LATER_MS)
    assert repeated.kind == "already"


async def test_landmarks_are_kept_only_with_consent(database: Database, store: Store) -> None:
    shy = a_learner(landmark_consent=False)
    await store.create_learner(shy)
    activation = await another_session(store, shy)
    await store.flush([a_flush(activation, 0, 1)], LATER_MS)
    assert await store.landmark_blob(activation.session.id, 1) is None
    await store.set_consent(shy.id, True)
    await store.flush([a_flush(activation, 1, 2)], LATER_MS)
    assert await store.landmark_blob(activation.session.id, 2) is not None
    await store.set_consent(shy.id, False)
    assert await database.rows("SELECT COUNT(*) FROM attempt_landmarks") == [(0,)]


async def test_practice_days_are_the_learners_own(database: Database, store: Store) -> None:
    berlin = a_learner(time_zone="Europe/Berlin")
    los_angeles = a_learner(time_zone="America/Los_Angeles")
    for learner in (berlin, los_angeles):
        await store.create_learner(learner)
        activation = await another_session(store, learner, skill_areas=())
        nights = [NOON_MS + 11 * 3_600_000 + 1_800_000 + day * DAY_MS for day in range(3)]
        attempts = tuple(
            an_attempt(activation.session.id, number, attempted_at_ms=at_ms)
            for number, at_ms in enumerate(nights, start=1)
        )
        await store.flush([a_flush(activation, 0, 3, attempts=attempts)], LATER_MS)
    sql = "SELECT day,attempts,practice_ms,score_sum FROM practice_days WHERE user_id=? ORDER BY day"
    days = await database.rows(sql, berlin.id)
    assert [str(day) for day, *_ in days] == ["2026-03-02", "2026-03-03", "2026-03-04"]
    assert {tuple(sums) for _, *sums in days} == {(1, 3_000, 7_421)}
    assert [str(day) for day, *_ in await database.rows(sql, los_angeles.id)][0] == "2026-03-01"
    (progress,) = await store.progress_of(berlin.id)
    assert (progress.skill_area, progress.learning_streak) == ("general", 3)


async def test_unjudged_attempts_count_as_practice_but_not_in_the_averages(store: Store) -> None:
    learner, activation = await a_practising_learner(store, skill_areas=("vocabulary", "vocabulary"))
    blind = dict(judged=False, score=None, confidence=None, accuracy=None, fluency=None, is_successful=False)
    attempts = (an_attempt(activation.session.id, 1, **blind), an_attempt(activation.session.id, 2))
    (outcome,) = await store.flush([a_flush(activation, 0, 2, attempts=attempts)], LATER_MS)
    (progress,) = outcome.progress
    assert isinstance(progress, ProgressRecord)
    assert (progress.total_attempts, progress.judged_attempts, progress.score_sum) == (2, 1, 7_421)
    assert (await store.attempts_of(learner.id)).items[1].score is None
    await assert_rebuilt_equal(store, learner.id)
