"""What a learner can reach: a table of codes, what they say, and how much of what it takes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType

from storage.records import Milestone, ProgressRecord


@dataclass(frozen=True, slots=True)
class MilestoneInfo:
    """One row of the table: reached once ``measure`` of the progress is at least ``threshold``."""

    code: str
    text: str
    measure: Callable[[ProgressRecord], float]
    threshold: float


_attempts = attrgetter("total_attempts")
_successes = attrgetter("successful_attempts")
_sessions = attrgetter("total_sessions")
_streak = attrgetter("longest_streak")
_level = attrgetter("current_level")


def _minutes(progress: ProgressRecord) -> float:
    return progress.practice_time_ms / 60_000


_ROWS = (
    MilestoneInfo("first_attempt", "The first sentence signed.", _attempts, 1),
    MilestoneInfo("first_success", "The first sentence signed well.", _successes, 1),
    MilestoneInfo("successes_10", "10 sentences signed well.", _successes, 10),
    MilestoneInfo("successes_100", "100 sentences signed well.", _successes, 100),
    MilestoneInfo("successes_1000", "1,000 sentences signed well.", _successes, 1_000),
    MilestoneInfo("first_session", "The first session completed.", _sessions, 1),
    MilestoneInfo("sessions_10", "10 sessions completed.", _sessions, 10),
    MilestoneInfo("sessions_100", "100 sessions completed.", _sessions, 100),
    MilestoneInfo("streak_3", "Practised 3 days in a row.", _streak, 3),
    MilestoneInfo("streak_7", "Practised a whole week, day by day.", _streak, 7),
    MilestoneInfo("streak_30", "Practised 30 days in a row.", _streak, 30),
    MilestoneInfo("streak_100", "Practised 100 days in a row.", _streak, 100),
    MilestoneInfo("practice_1h", "One hour of signing.", _minutes, 60),
    MilestoneInfo("practice_10h", "10 hours of signing.", _minutes, 600),
    MilestoneInfo("practice_100h", "100 hours of signing.", _minutes, 6_000),
    *(MilestoneInfo(f"level_{level}", f"Level {level} reached.", _level, level) for level in range(1, 11)),
)

MILESTONES: Mapping[str, MilestoneInfo] = MappingProxyType({row.code: row for row in _ROWS})
_LADDERS = tuple(
    (measure, tuple(row.threshold for row in rungs), tuple(row.code for row in rungs))
    for measure, rungs in ((measure, tuple(rungs)) for measure, rungs in groupby(_ROWS, lambda row: row.measure))
)
"""Each measure with its thresholds, ascending, and their codes: every attempt asks what it has reached."""


def with_milestones(progress: ProgressRecord, at_ms: int) -> ProgressRecord:
    """The progress with what it has reached by now, noted as of ``at_ms``; what was noted before stays as it is.

    Every measure can only grow, so which milestones are reached does not depend on the order of what happened.
    """
    reached: list[str] = []
    for measure, thresholds, codes in _LADDERS:
        reached += codes[: bisect_right(thresholds, measure(progress))]
    known = {milestone.code for milestone in progress.milestones}
    new = tuple(Milestone(code, at_ms) for code in reached if code not in known)
    return progress._replace(milestones=progress.milestones + new) if new else progress
