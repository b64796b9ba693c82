"""Experience of a completed session, and the level that experience stands for (DESIGN §8)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

LEARNING_VERSION = "1"
"""Version of all formulas of ``actors.learning``; a change of any of them changes it."""

MAX_LEVEL = 10.0
MARK_UNITS = 10_000
"""Marks have four decimals; sums of them are kept as whole units, so that no order of adding can change them."""

_FOR_TAKING_PART = 10.0
_FOR_A_SENTENCE = 5.0
_FOR_A_PERFECT_SCORE = 20.0
_FOR_A_MINUTE = 0.5
_MOST_FOR_TIME = 10.0
_DIFFICULTY_FACTOR: Mapping[int, float] = MappingProxyType({1: 1.0, 2: 1.0, 3: 1.5, 4: 2.0, 5: 2.0})


def mark_units(mark: float | None) -> int:
    """A mark 0..1 in units of 1/10,000; nothing for one that could not be given."""
    return 0 if mark is None else round(mark * MARK_UNITS)


def mean_mark(marks: Sequence[float]) -> float | None:
    """Mean of marks; None where there are none. The order of the marks does not matter."""
    return sum(map(mark_units, marks)) / (MARK_UNITS * len(marks)) if marks else None


def session_experience(
    judged_scores: Sequence[float], sentences_completed: int, duration_s: float, difficulty_level: int
) -> float:
    """Experience points of one completed session, two decimals.

    ``(10 + 5·sentences + 20·score + min(10, 0.5·minutes)) · factor``: for taking part, for each sentence done, for
    the mean score of the judged attempts, for time. The factor is 1 for difficulty 1 and 2, 1.5 for 3, 2 for 4 and 5.
    A session without a judged attempt gives nothing: being connected is not practice. Source: DESIGN §8.
    """
    score = mean_mark(judged_scores)
    if score is None:
        return 0.0
    points = _FOR_TAKING_PART + _FOR_A_SENTENCE * sentences_completed + _FOR_A_PERFECT_SCORE * score
    points += min(_MOST_FOR_TIME, _FOR_A_MINUTE * max(0.0, duration_s) / 60)
    return round(points * _DIFFICULTY_FACTOR[difficulty_level], 2)


def level_of(experience_points: float) -> float:
    """Level 0.0..10.0 of so much experience: ``min(10, √(points / 100))``. Source: DESIGN §8.

    Two decimals, cut off and not rounded, so that no level is shown before it is reached. Each takes more than the one
    before: 100 points for the first, 1,900 for the tenth.
    """
    hundredths_of_points = max(0, round(experience_points * 100))
    return min(MAX_LEVEL, math.isqrt(hundredths_of_points) / 100)
