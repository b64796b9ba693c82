"""Days of practice in a row, by the learner's own calendar, and the goal of the week.

All of it is computed from the *set* of days, never by counting on from the last one, so that attempts which arrive
late (a laptop that was offline for a day) give the same streak as if they had come in time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from storage.records import PracticeDay

_ONE_DAY = dt.timedelta(days=1)


def local_day(at_ms: int, time_zone: str) -> dt.date:
    """Calendar day of a moment (Unix time, ms) where the learner lives (IANA name).

    A name that is not known (any more) counts as UTC: a learner's attempts are not lost over the name of a zone.
    """
    try:
        zone: dt.tzinfo = ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError):
        zone = dt.UTC
    return dt.datetime.fromtimestamp(at_ms // 1000, zone).date()


def runs_of(days: Iterable[dt.date]) -> list[tuple[dt.date, int]]:
    """Runs of days in a row as (last day, length), oldest first; order and repeats of ``days`` do not matter."""
    runs: list[tuple[dt.date, int]] = []
    for day in sorted(set(days)):
        if runs and day - runs[-1][0] == _ONE_DAY:
            runs[-1] = (day, runs[-1][1] + 1)
        else:
            runs.append((day, 1))
    return runs


def streak_on(today: dt.date, last_day: dt.date | None, streak: int) -> int:
    """What is left today of a streak that ended on ``last_day``; it holds until a day goes by without practice."""
    if last_day is None or today - last_day > _ONE_DAY:
        return 0
    return streak


@dataclass(frozen=True, slots=True)
class WeeklyGoal:
    """How far the learner is in the week (Monday to Sunday) that begins on ``week_start``."""

    week_start: dt.date
    practised_minutes: float
    goal_minutes: int

    @property
    def reached(self) -> bool:
        """Whether the goal is reached."""
        return self.practised_minutes >= self.goal_minutes


def weekly_goal(days: Iterable[PracticeDay], today: dt.date, goal_minutes: int) -> WeeklyGoal:
    """Minutes practised in the week of ``today``, one decimal, beside the learner's goal."""
    week_start = today - dt.timedelta(days=today.weekday())
    week_end = week_start + dt.timedelta(days=7)
    practised_ms = sum(day.practice_ms for day in days if week_start <= day.day < week_end)
    return WeeklyGoal(week_start, round(practised_ms / 60_000, 1), goal_minutes)
