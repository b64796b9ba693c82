"""Signing that was repeated, cut into single signs.

People repeat a sign when they are asked to record it, and some start in mid-movement. What repeats has a period: the
lag at which the signing comes back to itself. One period is one sign; which moment of it comes first says nothing.
"""

from __future__ import annotations

import numpy as np

from .parameters import EMBEDDING, Features
from .resample import GRID_STEP_MS
from .sign_cut import hold_fill

SHORTEST_PERIOD_MS = 400.0
LEAST_PERIODS = 1.8
"""How often a movement must have come back before it counts as repeated."""
RETURNS = 0.3
"""Largest squared difference between signing one lag apart, as a share of what unrelated moments differ by."""
MOVES = 0.02
"""Least variance (squared shoulder widths, or of the embedding) below which nothing moves and everything would
repeat."""
PHASES = 4


def period(features: Features, start: int, stop: int) -> int | None:
    """Moments after which the signing in ``start:stop`` repeats itself; None where it does not."""
    shortest, longest = int(np.ceil(SHORTEST_PERIOD_MS / GRID_STEP_MS)), int((stop - start) / LEAST_PERIODS)
    if longest <= shortest:
        return None
    signal = _signal(features, start, stop)
    signal -= signal.mean(axis=0)
    products = signal @ signal.T
    squares = np.diagonal(products)
    count, total = len(squares), float(squares.sum())
    if total < MOVES * count:
        return None
    spread = 2.0 * total / count
    through = np.concatenate(([0.0], np.cumsum(squares))).tolist()
    differs = np.array(
        [
            (2.0 * total - through[lag] - (total - through[count - lag]) - 2.0 * float(products.trace(lag)))
            / (count - lag)
            for lag in range(shortest - 1, longest + 2)
        ]
    )
    inner = differs[1:-1] / spread
    dips = (differs[1:-1] <= differs[:-2]) & (differs[1:-1] <= differs[2:]) & (inner < RETURNS)
    return shortest + int(np.argmax(dips)) if dips.any() else None


def single_signs(features: Features, start: int, stop: int) -> list[tuple[int, int]]:
    """The whole of ``start:stop``, and where it repeats also one period of it from each of ``PHASES`` beginnings."""
    lag = period(features, start, stop)
    if lag is None:
        return [(start, stop)]
    begins = {start + round(lag * phase / PHASES) for phase in range(PHASES)}
    return [(start, stop)] + [(begin, begin + lag) for begin in sorted(begins) if begin + lag <= stop]


def _signal(features: Features, start: int, stop: int) -> np.ndarray:
    """``(n, d)``: palm places and hand shapes over time, of each hand that is there steadily."""
    parts = []
    for slot in (0, 1):
        there = features.hand_there[slot, start:stop]
        if there.mean() >= _STEADILY:
            nearest = hold_fill(there > 0) + start
            parts += [features.centre[slot, nearest, :2], _SHAPE_SHARE * features.of(EMBEDDING)[slot, nearest]]
    return np.concatenate(parts, axis=1, dtype=np.float64) if parts else np.zeros((stop - start, 1))


_STEADILY = 0.8
_SHAPE_SHARE = 0.3
