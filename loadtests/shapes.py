"""The shapes of a load: how many learners there are at a moment, and what befalls their connections. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

CLASS_SIZE = 30
LESSON_S = 60.0
LESSON_EVERY_S = 40.0
STORM_AT = (0.4, 0.7)
"""Shares of the run at which every connection is cut."""


@dataclass(frozen=True, slots=True)
class Shape:
    """``ramp_s``: how long it takes until all are there; cuts and spells of deafness are those of each learner."""

    what: str
    ramp_s: float
    cuts_per_minute: float = 0.0
    deaf_per_minute: float = 0.0
    storms: bool = False
    timetable: bool = False


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "bell": Shape("a class joins within one second", ramp_s=1.0),
        "steady": Shape("everyone practises, attempts and pauses in turn", ramp_s=10.0),
        "school": Shape("classes of 30 on a timetable, coming and going", ramp_s=5.0, timetable=True),
        "storm": Shape("every connection is cut at once, twice", ramp_s=10.0, storms=True),
        "wifi": Shape("bad Wi-Fi: cut connections and slow readers", 10.0, cuts_per_minute=2.0, deaf_per_minute=2.0),
        "soak": Shape("steady for a long time", ramp_s=30.0),
    }
)


def learners_at(shape: Shape, at_s: float, learners: int) -> int:
    """How many learners there should be ``at_s`` seconds after the start, ``learners`` at most."""
    if not shape.timetable:
        return min(learners, math.ceil(learners * max(at_s, 0.01) / shape.ramp_s))
    return min(learners, sum(_in_class(shape, at_s - start_s) for start_s in _lessons(at_s)))


def arrivals_per_s(shape: Shape, learners: int) -> float:
    """How fast learners may be started."""
    return max(1.0, (CLASS_SIZE if shape.timetable else learners) / shape.ramp_s)


def storms_s(shape: Shape, run_s: float) -> tuple[float, ...]:
    """Moments at which every connection is cut."""
    return tuple(share * run_s for share in STORM_AT) if shape.storms else ()


def next_mishap_s(per_minute: float, rng: random.Random) -> float:
    """Seconds until the next of random mishaps of a mean rate; infinite for none."""
    return rng.expovariate(per_minute / 60.0) if per_minute > 0.0 else math.inf


def _lessons(at_s: float) -> list[float]:
    return [number * LESSON_EVERY_S for number in range(int(max(at_s, 0.0) / LESSON_EVERY_S) + 1)]


def _in_class(shape: Shape, since_s: float) -> int:
    if since_s >= LESSON_S:
        return 0
    return min(CLASS_SIZE, math.ceil(CLASS_SIZE * max(since_s, 0.01) / shape.ramp_s))
