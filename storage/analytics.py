"""What learners and teachers ask of the store, and the figures that follow from a learner's days. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from storage.records import MARK_UNITS, PracticeDay, ProgressRecord, SessionRecord

SMALLEST_GROUP = 10
"""Figures about several learners are given for groups of at least so many (DESIGN §10)."""
MOVING_DAYS = 7
LEVELS = 11
"""Levels 0 to 10: the whole part of ``current_level``."""


@dataclass(frozen=True, slots=True)
class Performance:
    """One learner between two days (both included). Averages are over judged attempts, None where there are none."""

    first: dt.date
    last: dt.date
    sessions: int
    sessions_completed: int
    sentences_completed: int
    average_session_score: float | None
    practice_ms: int
    attempts: int
    successful_attempts: int
    success_rate: float | None
    average_score: float | None
    average_confidence: float | None
    average_accuracy: float | None
    average_fluency: float | None
    progress: tuple[ProgressRecord, ...]


@dataclass(frozen=True, slots=True)
class SignDifficulty:
    """How well one sign was signed."""

    gloss: str
    times_signed: int
    average_score: float


@dataclass(frozen=True, slots=True)
class FindingCount:
    """How often one correction was due."""

    code: str
    parameter: str
    gloss: str
    times_found: int


@dataclass(frozen=True, slots=True)
class Trends:
    """A learner's days from ``first`` to ``last``; ``consistency`` is active days by days.

    The moving averages have one value a day, each over that day and the six before it.
    """

    first: dt.date
    last: dt.date
    days: tuple[PracticeDay, ...]
    active_days: int
    consistency: float
    moving_practice_minutes: tuple[float, ...]
    moving_score: tuple[float | None, ...]
    hardest_signs: tuple[SignDifficulty, ...]
    frequent_findings: tuple[FindingCount, ...]


@dataclass(frozen=True, slots=True)
class SkillAreaSummary:
    """All learners of a tenant in one skill area; ``learners_by_level[n]``: how many are at level n."""

    skill_area: str
    learners: int
    learners_by_level: tuple[int, ...]
    mean_level: float
    mean_experience_points: float
    mean_practice_ms: float
    mean_score: float | None
    mean_accuracy: float | None
    mean_confidence: float | None
    mean_fluency: float | None
    mean_streak_days: float


@dataclass(frozen=True, slots=True)
class ResumableSession:
    """A session that has not ended, and the sentence to go on with (None: every sentence was signed successfully)."""

    session: SessionRecord
    next_sentence_index: int | None


def mark_of(total_units: int, count: int) -> float | None:
    """A mean mark with four decimals."""
    return round(total_units / count / MARK_UNITS, 4) if count else None


def every_day(first: dt.date, last: dt.date, practised: Sequence[PracticeDay]) -> tuple[PracticeDay, ...]:
    """The days from ``first`` to ``last``, those without practice among them."""
    known = {day.day: day for day in practised}
    dates = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    return tuple(known.get(date) or PracticeDay(date) for date in dates)


def moving_sums(values: Sequence[int]) -> list[int]:
    """For each place the sum of the last ``MOVING_DAYS`` values up to it."""
    sums, running = [], 0
    for place, value in enumerate(values):
        running += value - (values[place - MOVING_DAYS] if place >= MOVING_DAYS else 0)
        sums.append(running)
    return sums


def trends(days: Sequence[PracticeDay], hardest: Sequence[SignDifficulty], frequent: Sequence[FindingCount]) -> Trends:
    """From every day of a span (at least one, ascending, none left out)."""
    practice_ms = moving_sums([day.practice_ms for day in days])
    scores = moving_sums([day.score_sum for day in days])
    judged = moving_sums([day.judged_attempts for day in days])
    active = sum(day.attempts > 0 for day in days)
    spans = [min(place + 1, MOVING_DAYS) for place in range(len(days))]
    return Trends(
        first=days[0].day,
        last=days[-1].day,
        days=tuple(days),
        active_days=active,
        consistency=round(active / len(days), 4),
        moving_practice_minutes=tuple(
            round(total / 60_000 / span, 2) for total, span in zip(practice_ms, spans, strict=True)
        ),
        moving_score=tuple(mark_of(total, count) for total, count in zip(scores, judged, strict=True)),
        hardest_signs=tuple(hardest),
        frequent_findings=tuple(frequent),
    )


def next_sentence(session: SessionRecord) -> int | None:
    """The first sentence that was not yet signed successfully."""
    done = set(session.performance_metrics.get("sentences_done", ()))
    return next((index for index in range(len(session.sentences)) if index not in done), None)
