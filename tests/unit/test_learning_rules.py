"""The formulas of DESIGN §8, by example."""

from __future__ import annotations

import datetime as dt

import pytest

from actors.learning.experience import level_of, session_experience
from actors.learning.milestones import MILESTONES, with_milestones
from actors.learning.rules import LearningRules
from actors.learning.streaks import local_day, runs_of, streak_on, weekly_goal
from actors.learning.summary import skill_progress
from storage.records import AttemptSums, Milestone, PracticeDay, ProgressRecord, SessionRecord, StorySentence

RULES = LearningRules()
LEARNER = b"L" * 16
MONDAY = dt.date(2026, 3, 2)


def at_ms(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp() * 1000)


def an_attempt(score: int | None = 8_000, duration_ms: int = 3_000) -> AttemptSums:
    """``score`` in units of 1/10,000; None: it could not be judged."""
    units = score or 0
    return AttemptSums(
        attempted_at_ms=1_000, duration_ms=duration_ms, sentence_index=0, judged=score is not None,
        is_successful=units >= 7_000, score=units, confidence=units, accuracy=units, fluency=units,
    )  # fmt: skip


def a_session(difficulty_level: int = 1, sentences_completed: int = 2, duration_seconds: int = 120) -> SessionRecord:
    return SessionRecord(
        id=b"S" * 16, tenant_id="default", user_id=LEARNER, story_id=None, session_type="practice",
        session_name="", sentences=(StorySentence("A", ("A",)),), difficulty_level=difficulty_level,
        skill_areas=("general",), status="completed", epoch=1, stored_through=1, overall_score=None,
        sentences_completed=sentences_completed, started_at_ms=0, completed_at_ms=1, duration_seconds=duration_seconds,
        session_data={}, performance_metrics={}, created_at_ms=0, updated_at_ms=1,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------- experience


@pytest.mark.parametrize(
    ("scores", "sentences", "duration_s", "difficulty", "points"),
    [
        ([0.8], 2, 120, 1, 37.0),  # 10 + 10 + 16 + 1
        ([0.8], 2, 120, 2, 37.0),
        ([0.8], 2, 120, 3, 55.5),
        ([0.8], 2, 120, 4, 74.0),
        ([0.8], 2, 120, 5, 74.0),
        ([0.5, 1.0], 0, 0, 1, 25.0),  # the mean of the scores
        ([0.0], 0, 0, 1, 10.0),  # for taking part
        ([1.0], 0, 7_200, 1, 40.0),  # no more than 10 points for time
        ([0.3333], 1, 10, 3, 32.62),  # two decimals
        ([], 3, 3_600, 5, 0.0),  # nothing was judged
    ],
)
def test_experience_of_a_session(
    scores: list[float], sentences: int, duration_s: float, difficulty: int, points: float
) -> None:
    assert session_experience(scores, sentences, duration_s, difficulty) == pytest.approx(points)


@pytest.mark.parametrize(
    ("points", "level"),
    [(0, 0.0), (25, 0.5), (99.99, 0.99), (100, 1.0), (121, 1.1), (9_999.99, 9.99), (10_000, 10.0), (1e6, 10.0)],
)
def test_level_of_experience(points: float, level: float) -> None:
    assert level_of(points) == level


def test_a_completed_session_gives_experience_level_and_difficulty() -> None:
    before = ProgressRecord(LEARNER, "general", experience_points=90.5)
    after = RULES.after_session(before, a_session(difficulty_level=3), [0.8], at_ms=7)
    assert after.experience_points == 146.0
    assert after.current_level == 1.2
    assert (after.total_sessions, after.current_difficulty) == (1, 3)
    assert Milestone("level_1", 7) in after.milestones


def test_a_session_that_went_badly_does_not_raise_the_difficulty() -> None:
    before = ProgressRecord(LEARNER, "general", current_difficulty=2)
    assert RULES.after_session(before, a_session(difficulty_level=4), [0.69], at_ms=7).current_difficulty == 2
    assert RULES.after_session(before, a_session(difficulty_level=1), [0.9], at_ms=7).current_difficulty == 2


# --------------------------------------------------------------------------------------------------- attempts


def test_attempts_add_up_and_the_unjudged_count_as_practice_only() -> None:
    attempts = [an_attempt(8_000), an_attempt(None), an_attempt(6_001)]
    after = RULES.after_attempts(ProgressRecord(LEARNER, "general"), attempts, [MONDAY], at_ms=5)
    assert (after.total_attempts, after.judged_attempts, after.successful_attempts) == (3, 2, 1)
    assert (after.score_sum, after.fluency_sum) == (14_001, 14_001)
    assert after.practice_time_ms == 9_000
    assert (after.learning_streak, after.longest_streak, after.last_practice_date) == (1, 1, MONDAY)
    assert [milestone.code for milestone in after.milestones] == ["first_attempt", "first_success"]


def test_averages_come_from_the_exact_sums() -> None:
    record = ProgressRecord(LEARNER, "general", judged_attempts=3, score_sum=10_000, last_practice_date=MONDAY)
    (summary,) = skill_progress([record])
    assert summary.average_score == 0.3333
    assert skill_progress([ProgressRecord(LEARNER, "general")])[0].average_score is None


# ------------------------------------------------------------------------------------------------------- days


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-03-08T06:59:59+00:00", "America/Los_Angeles", "2026-03-07"),  # before the spring change: UTC-8
        ("2026-03-08T08:00:00+00:00", "America/Los_Angeles", "2026-03-08"),
        ("2026-03-09T06:59:59+00:00", "America/Los_Angeles", "2026-03-08"),  # after it: UTC-7, a day of 23 hours
        ("2026-03-09T07:00:00+00:00", "America/Los_Angeles", "2026-03-09"),
        ("2026-10-25T22:59:59+00:00", "Europe/Berlin", "2026-10-25"),  # a day of 25 hours
        ("2026-10-25T23:00:00+00:00", "Europe/Berlin", "2026-10-26"),
        ("2026-01-01T10:30:00+00:00", "Pacific/Kiritimati", "2026-01-02"),  # UTC+14
        ("2026-01-01T10:30:00+00:00", "Pacific/Pago_Pago", "2025-12-31"),  # UTC-11
        ("2026-01-01T18:20:00+00:00", "Asia/Kathmandu", "2026-01-02"),  # UTC+5:45
    ],
)
def test_a_moment_belongs_to_the_day_where_the_learner_lives(moment: str, zone: str, day: str) -> None:
    assert local_day(at_ms(moment), zone) == dt.date.fromisoformat(day)


@pytest.mark.parametrize("zone", ["Nowhere/Land", "", "../etc/passwd"])
def test_an_unknown_zone_counts_as_utc(zone: str) -> None:
    assert local_day(at_ms("2026-01-01T23:59:59+00:00"), zone) == dt.date(2026, 1, 1)


def test_practice_on_both_sides_of_a_clock_change_is_a_streak() -> None:
    evenings = ["2026-03-07T20:00:00-08:00", "2026-03-08T20:00:00-07:00", "2026-03-09T20:00:00-07:00"]
    days = [local_day(at_ms(moment), "America/Los_Angeles") for moment in evenings]
    assert runs_of(days) == [(dt.date(2026, 3, 9), 3)]


def test_runs_of_days() -> None:
    day = dt.timedelta(days=1)
    assert runs_of([]) == []
    assert runs_of([MONDAY + 4 * day, MONDAY, MONDAY + day, MONDAY]) == [(MONDAY + day, 2), (MONDAY + 4 * day, 1)]


@pytest.mark.parametrize(("days_later", "left"), [(-1, 5), (0, 5), (1, 5), (2, 0)])
def test_a_streak_holds_until_a_day_goes_by(days_later: int, left: int) -> None:
    assert streak_on(MONDAY + dt.timedelta(days=days_later), MONDAY, 5) == left


def test_an_attempt_that_arrives_late_joins_the_runs() -> None:
    day = dt.timedelta(days=1)
    progress = RULES.after_attempts(
        ProgressRecord(LEARNER, "general"), [an_attempt()], [MONDAY, MONDAY + 2 * day], at_ms=1
    )
    assert progress.learning_streak == 1
    late = RULES.after_attempts(progress, [an_attempt()], [MONDAY, MONDAY + day, MONDAY + 2 * day], at_ms=2)
    assert (late.learning_streak, late.longest_streak, late.last_practice_date) == (3, 3, MONDAY + 2 * day)


def test_every_area_shows_the_streak_of_the_area_practised_last() -> None:
    old = ProgressRecord(LEARNER, "a", learning_streak=9, longest_streak=9, last_practice_date=MONDAY)
    new = ProgressRecord(
        LEARNER, "b", learning_streak=2, longest_streak=2, last_practice_date=MONDAY + dt.timedelta(days=7)
    )
    assert {(skill.learning_streak, skill.longest_streak) for skill in skill_progress([old, new])} == {(2, 9)}
    much_later = MONDAY + dt.timedelta(days=30)
    assert {skill.learning_streak for skill in skill_progress([old, new], today=much_later)} == {0}
    assert skill_progress([ProgressRecord(LEARNER, "a")], today=MONDAY)[0].learning_streak == 0


def test_the_week_goes_from_monday_to_sunday() -> None:
    day = dt.timedelta(days=1)
    days = [PracticeDay(MONDAY + offset * day, practice_ms=20 * 60_000) for offset in (-1, 0, 6, 7)]
    goal = weekly_goal(days, MONDAY + 6 * day, goal_minutes=40)
    assert (goal.week_start, goal.practised_minutes, goal.reached) == (MONDAY, 40.0, True)
    assert not weekly_goal(days, MONDAY + 7 * day, goal_minutes=40).reached


# -------------------------------------------------------------------------------------------------- milestones


def test_a_milestone_keeps_its_first_date() -> None:
    first = with_milestones(ProgressRecord(LEARNER, "general", total_attempts=1), at_ms=1)
    again = with_milestones(first._replace(total_attempts=2, longest_streak=3), at_ms=2)
    assert again.milestones == (Milestone("first_attempt", 1), Milestone("streak_3", 2))
    assert with_milestones(again, at_ms=3) is again


def test_every_milestone_has_a_text_of_its_own() -> None:
    assert len({info.text for info in MILESTONES.values()}) == len(MILESTONES)
