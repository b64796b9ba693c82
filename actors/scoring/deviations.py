"""Where along a sign a measured departure is large: spans of high values, and a place that is off told from a
movement that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .resample import median

LEAST_MOMENTS = 3
"""Moments (of 20) that a departure must last to be a finding."""
_SPAN_LEVEL = 0.6
_LEAST_PATH = 1e-4


@dataclass(frozen=True, slots=True)
class Excess:
    """Moments ``start..stop`` (inclusive) at which a departure is large, and its median ``size`` there."""

    start: int
    stop: int
    size: float


@dataclass(frozen=True, slots=True, eq=False)
class PathChange:
    """How a path departs from the reference's between two moments (inclusive): moved by ``shift`` ``(2,)``, or its
    form scaled by ``factors``.
    """

    start: int
    stop: int
    shift: np.ndarray | None
    factors: np.ndarray | None
    explained: float


def longest_excess(values: np.ndarray, threshold: float, least: int = LEAST_MOMENTS) -> Excess | None:
    """The span with the greatest sum of ``values`` ``(T,)`` above 0.6 of ``threshold``, if their median there reaches
    ``threshold`` and it lasts ``least`` moments.

    Maximum-sum subarray (Kadane); NaN counts as no departure.
    """
    level = _SPAN_LEVEL * threshold
    best, best_span, running, begin = 0.0, None, 0.0, 0
    for moment, value in enumerate(values.tolist()):
        if running <= 0:
            running, begin = 0.0, moment
        running += (0.0 if math.isnan(value) else value) - level
        if running > best:
            best, best_span = running, (begin, moment)
    if best_span is None or best_span[1] - best_span[0] + 1 < min(least, len(values)):
        return None
    inside = values[best_span[0] : best_span[1] + 1]
    size = float(median(inside[~np.isnan(inside)]))
    return Excess(*best_span, size) if size >= threshold else None


def explain_offset(offset: np.ndarray, path: np.ndarray) -> tuple[PathChange, PathChange] | None:
    """The best shift and the best scaling, each over its best interval, that turn ``path`` ``(T, 2)`` into ``path +
    offset``.

    A shift explains n·|mean offset|² of the offset's squares; a scaling about the interval's mean (f − 1)·p̃ with f
    by least squares for each axis explains (Σ o·p̃)²/Σ p̃². Intervals of at least three moments; None for shorter
    signs.
    """
    count = len(offset)
    if count < LEAST_MOMENTS:
        return None
    starts, stops = _intervals(count)
    length = (stops - starts).astype(np.float64)[:, None]

    offset, path = offset.astype(np.float64), path.astype(np.float64)
    total = np.zeros((4, count + 1, 2))
    np.cumsum((offset, path, offset * path, path * path), axis=1, out=total[:, 1:])
    offsets, paths, products, squares = total.take(stops, axis=1) - total.take(starts, axis=1)
    mean = offsets / length
    shift_gain = (length * mean**2).sum(axis=1)
    product = products - offsets * paths / length
    spread = squares - paths**2 / length
    usable = spread > _LEAST_PATH * length
    slope = np.where(usable, product / np.maximum(spread, 1e-12), 0.0)
    scale_gain = (slope * product).sum(axis=1)
    whole = float((offset**2).sum()) or 1.0
    moved, scaled = (
        int(np.argmax(shift_gain - _LENGTH_COST * length[:, 0])),
        int(np.argmax(scale_gain - _LENGTH_COST * length[:, 0])),
    )
    return (
        PathChange(int(starts[moved]), int(stops[moved]) - 1, mean[moved], None, float(shift_gain[moved]) / whole),
        PathChange(
            int(starts[scaled]), int(stops[scaled]) - 1, None, 1.0 + slope[scaled], float(scale_gain[scaled]) / whole
        ),
    )


_LENGTH_COST = 1e-3
"""Squared shoulder widths a moment that an interval must explain to be worth its length."""


@lru_cache(maxsize=4)
def _intervals(count: int) -> tuple[np.ndarray, np.ndarray]:
    starts, stops = np.meshgrid(np.arange(count), np.arange(1, count + 1), indexing="ij")
    long = stops - starts >= LEAST_MOMENTS
    return starts[long], stops[long]
