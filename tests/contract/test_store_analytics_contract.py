"""Answers for learners and teachers, against the same figures worked out by hand."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import Any

import pytest

from server.demo import DemoSize, demo_learner
from storage.analytics import SMALLEST_GROUP
from storage.errors import NotFound
from storage.ports import Store
from storage.records import SessionClose, new_id
from tests.support.analytics_bench import bench
from tests.support.databases import Database
from tests.support.store_makers import (
    DAY_MS,
    NOON_MS,
    a_flush,
    a_learner,
    a_practising_learner,
    an_attempt,
    another_session,
)

FIRST = dt.date(2026, 3, 1)


def _result(*signs: tuple[str, float | None], findings: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    return {
        "signs": [{"gloss": gloss, "score": score} for gloss, score in signs],
        "findings": [
            {"code": code, "kind": "correction", "parameter": "handshape", "gloss": gloss} for code, gloss in findings
        ]
        + [{"code": "well_done", "kind": "praise", "parameter": "movement", "gloss": "A"}],
    }


async def test_performance_between_two_days(store: Store) -> None:
    learner, first = await a_practising_learner(store)
    attempts = tuple(
        an_attempt(first.session.id, n, score=n / 10, is_successful=n > 2, attempted_at_ms=NOON_MS + (n - 1) * DAY_MS)
        for n in (1, 2, 3, 4)
    )
    await store.flush([a_flush(first, 0, 4, attempts=attempts)], NOON_MS)
    await store.close_session(SessionClose(first.session.id, 1, 4, "completed"), NOON_MS + 4 * DAY_MS)
    later = await another_session(store, learner, created_at_ms=NOON_MS + 40 * DAY_MS)
    await store.flush([a_flush(later, 0, 1, attempts=())], NOON_MS)

    found = await store.performance(learner.id, FIRST, FIRST + dt.timedelta(days=2))
    assert (found.attempts, found.successful_attempts, found.success_rate) == (3, 1, 0.3333)
    assert (found.average_score, found.average_confidence) == (0.2, 0.61)
    assert found.practice_ms == 9_000
    assert (found.sessions, found.sessions_completed, found.sentences_completed) == (1, 1, 1)
    assert found.average_session_score == 0.25
    assert found.progress == await store.progress_of(learner.id)
    nothing = await store.performance(learner.id, dt.date(2025, 1, 1), dt.date(2025, 1, 31))
    assert (nothing.attempts, nothing.sessions, nothing.success_rate, nothing.average_score) == (0, 0, None, None)
    assert nothing.average_session_score is None
    with pytest.raises(NotFound):
        await store.performance(new_id(), FIRST, FIRST)


async def test_trends_of_the_learners_own_days(store: Store) -> None:
    learner, activation = await a_practising_learner(store)
    days = (0, 0, 2, 9)
    results = (
        _result(("A", 0.2), ("B", 0.9), findings=(("thumb_out", "A"),)),
        _result(("A", 0.4), ("B", 0.8), ("Q", 0.0), findings=(("thumb_out", "A"), ("wrist_bent", "B"))),
        _result(("A", 0.3), ("B", 1.0), ("C", None)),
        _result(("A", 0.9)),
    )
    attempts = tuple(
        an_attempt(activation.session.id, n, attempted_at_ms=NOON_MS + day * DAY_MS, result=result, duration_ms=60_000)
        for n, (day, result) in enumerate(zip(days, results, strict=True), start=1)
    )
    await store.flush([a_flush(activation, 0, 4, attempts=attempts)], NOON_MS)
    found = await store.trends(learner.id, FIRST, FIRST + dt.timedelta(days=4), limit=2)
    assert [day.attempts for day in found.days] == [2, 0, 1, 0, 0]
    assert (found.active_days, found.consistency) == (2, 0.4)
    assert found.moving_practice_minutes == (2.0, 1.0, 1.0, 0.75, 0.6)
    assert found.moving_score == (0.7421,) * 5
    assert [(sign.gloss, sign.times_signed, sign.average_score) for sign in found.hardest_signs] == [
        ("A", 3, 0.3),
        ("B", 3, 0.9),
    ]
    assert [(f.code, f.gloss, f.times_found) for f in found.frequent_findings] == [
        ("thumb_out", "A", 2),
        ("wrist_bent", "B", 1),
    ]
    whole = await store.trends(learner.id, FIRST, FIRST + dt.timedelta(days=9), limit=1)
    assert [sign.average_score for sign in whole.hardest_signs] == [0.45]
    assert whole.moving_practice_minutes[-1] == round(1 / 7, 2), "the last seven days hold only the last attempt"


async def test_a_skill_area_is_shown_for_groups_only(store: Store) -> None:
    for number in range(SMALLEST_GROUP):
        assert await store.skill_area("default", "vocabulary") is None
        _, activation = await a_practising_learner(store, skill_areas=("vocabulary",))
        attempt = an_attempt(activation.session.id, 1, score=number / 10)
        await store.flush([a_flush(activation, 0, 1, attempts=(attempt,))], NOON_MS)
        await store.close_session(SessionClose(activation.session.id, 1, 1, "completed"), NOON_MS + number * 60_000)
    found = await store.skill_area("default", "vocabulary")
    assert (found.learners, sum(found.learners_by_level)) == (SMALLEST_GROUP, SMALLEST_GROUP)
    assert (found.mean_score, found.mean_confidence) == (0.45, 0.61)
    assert 0 < found.mean_level < 10 and found.mean_experience_points > 0
    assert (found.mean_practice_ms, found.mean_streak_days) == (3_000.0, 1.0)
    assert await store.skill_area("elsewhere", "vocabulary") is None


async def test_a_session_can_be_gone_on_with(store: Store) -> None:
    learner = a_learner()
    await store.create_learner(learner)
    first, second, ended = [await another_session(store, learner, created_at_ms=NOON_MS + n) for n in range(3)]
    attempts = (an_attempt(first.session.id, 1), an_attempt(first.session.id, 2, sentence_index=1))
    await store.flush([a_flush(first, 0, 2, attempts=attempts)], NOON_MS)
    await store.flush([a_flush(second, 0, 1)], NOON_MS)
    await store.close_session(SessionClose(ended.session.id, 1, 0, "abandoned"), NOON_MS)
    found = await store.resumable(learner.id, limit=5)
    assert [(entry.session.id, entry.next_sentence_index) for entry in found] == [
        (second.session.id, 1),
        (first.session.id, None),
    ]
    assert len(await store.resumable(learner.id, limit=1)) == 1


async def test_a_strange_result_is_counted_as_far_as_it_goes(store: Store) -> None:
    learner, activation = await a_practising_learner(store)
    strange = {"signs": [{"gloss": 7, "score": 0.5}, "x", {"score": "high"}], "findings": {"kind": "correction"}}
    attempt = dataclasses.replace(an_attempt(activation.session.id, 1), result=strange)
    (outcome,) = await store.flush([a_flush(activation, 0, 1, attempts=(attempt,))], NOON_MS)
    assert outcome.kind == "committed"
    assert await store.check_progress(learner.id) == ()


async def test_a_past_that_is_loaded_is_as_good_as_one_that_was_practised(database: Database, store: Store) -> None:
    learner, activation = await a_practising_learner(store)
    attempts = tuple(an_attempt(activation.session.id, n, result=_result(("A", 0.25))) for n in (1, 2, 3))
    await store.set_status(activation.session.id, 1, "active", NOON_MS)
    await store.flush([a_flush(activation, 0, 3, attempts=attempts)], NOON_MS)
    practised, _ = await store.close_session(SessionClose(activation.session.id, 1, 3, "completed"), NOON_MS + DAY_MS)
    exported = await store.export_learner(learner.id)
    await store.delete_learner(learner.id)

    unfinished = dataclasses.replace(practised, performance_metrics={}, status="active", overall_score=None)
    await store.load_history(learner, [(unfinished, attempts)], NOON_MS)
    loaded = await store.export_learner(learner.id)
    assert loaded["sentence_attempts"] == exported["sentence_attempts"]
    assert loaded["practice_sessions"] == exported["practice_sessions"]
    for table in ("practice_days", "practice_signs"):
        assert loaded[table] == exported[table]
    assert await store.check_progress(learner.id) == ()


async def test_no_page_of_one_learner_reads_everybodys_attempts(database: Database) -> None:
    store = await database.store()
    for number in range(12):
        learner, history = demo_learner(number, 1, "demo", DemoSize(sessions=6, attempts=5), NOON_MS)
        await store.load_history(learner, history, NOON_MS)
    await database.rows("ANALYZE" if database.url.startswith("sqlite") else "ANALYZE TABLE sentence_attempts")
    for line in await bench(database.url, times=2):
        for sql, steps in line["plans"].items():
            for step in steps:
                # "page" is the derived table of the page's own keys; a skill area is about everybody.
                whole_table = re.search(r"\bSCAN (?!page\b)|^\d+ \S+ (?!<derived)\w+ (ALL|index) ", step)
                assert not whole_table or "user_progress" in sql, (sql, step)
