"""Progress as learners see it: the wire's ``SkillProgress`` out of the store's records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from actors.learning.experience import MARK_UNITS
from actors.learning.streaks import streak_on
from protocol.messages import SkillProgress
from storage.records import ProgressRecord


def skill_progress(records: Sequence[ProgressRecord], today: dt.date | None = None) -> tuple[SkillProgress, ...]:
    """One summary a skill area, in the order of ``records``.

    A streak belongs to the learner, not to a skill: all show the one of the area practised last. With ``today`` (the
    learner's local day) a streak that was broken since is 0; without it the streak is as of the last practice.
    """
    practised = [record for record in records if record.last_practice_date is not None]
    newest = max(practised, key=lambda record: record.last_practice_date or dt.date.min, default=None)
    streak = newest.learning_streak if newest else 0
    if today is not None:
        streak = streak_on(today, newest.last_practice_date if newest else None, streak)
    longest = max((record.longest_streak for record in records), default=0)
    return tuple(_of(record, streak, longest) for record in records)


def _of(record: ProgressRecord, streak: int, longest: int) -> SkillProgress:
    def average(total_units: int) -> float | None:
        return round(total_units / MARK_UNITS / record.judged_attempts, 4) if record.judged_attempts else None

    return SkillProgress(
        skill_area=record.skill_area,
        level=record.current_level,
        experience_points=record.experience_points,
        total_sessions=record.total_sessions,
        total_attempts=record.total_attempts,
        successful_attempts=record.successful_attempts,
        average_score=average(record.score_sum),
        average_accuracy=average(record.accuracy_sum),
        average_confidence=average(record.confidence_sum),
        average_fluency=average(record.fluency_sum),
        practice_time_ms=record.practice_time_ms,
        learning_streak=streak,
        longest_streak=longest,
        weekly_goal_minutes=record.weekly_goal_minutes,
        milestones=[milestone.code for milestone in record.milestones],
    )
