"""Aligning two signings in time: the symmetric warping that judges, and the one-sided one that follows a learner live.

Both are dynamic time warping (Sakoe & Chiba 1978); costs come in, so nothing here knows what a hand is.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np

BAND_SHARE = 0.3
"""How far the warping may leave the diagonal, as a share of the sign (Sakoe–Chiba band)."""


def symmetric_distances(costs: np.ndarray) -> np.ndarray:
    """Warped distances ``(B,)`` of ``B`` square cost matrices ``(T, T, B)``: symmetric step pattern, diagonal steps
    weigh 2, over 2T.
    """
    return cell_distances(costs[cells(len(costs))], len(costs))


def symmetric_paths(costs: np.ndarray) -> list[np.ndarray]:
    """The warping paths ``(n, 2)`` of ``B`` cost matrices ``(T, T, B)``, as (row, column) pairs from start to end."""
    return cell_paths(costs[cells(len(costs))], len(costs))


def cell_distances(costs: np.ndarray, count: int) -> np.ndarray:
    """``symmetric_distances`` of ``costs`` ``(n, B)`` at the ``cells`` of matrices of ``count`` rows."""
    return _totals(costs, count)[-1, count] / (2 * count)


def cell_paths(costs: np.ndarray, count: int) -> list[np.ndarray]:
    """``symmetric_paths`` of ``costs`` ``(n, B)`` at the ``cells`` of matrices of ``count`` rows."""
    costs = costs.astype(np.float64)
    totals = _totals(costs, count)
    return [_way_back(totals[:, :, index].tolist(), costs[:, index].tolist(), count) for index in range(costs.shape[1])]


def cells(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns ``(n,)`` of the cells inside the band of a matrix of ``count`` rows, one antidiagonal after the
    other, so that a sweep over them finds each together.
    """
    return _band(count)[:2]


def _totals(costs: np.ndarray, count: int) -> np.ndarray:
    """Cheapest ways ``(2 T + 1, T + 1, B)`` to each cell of ``costs`` ``(n, B)``: cell (row, column) stands at (row +
    column + 2, row + 1). All matrices are swept together, one antidiagonal at a time, so the work per matrix is a few
    vector operations.
    """
    total = np.full((2 * count + 1, count + 1, costs.shape[1]), np.inf, costs.dtype)
    total[0, 0] = 0.0
    twice = costs + costs
    for at, (begin, first, length) in enumerate(_band(count)[2]):
        before, here = total[at + 1], total[at + 2, first + 1 : first + 1 + length]
        np.minimum(before[first : first + length], before[first + 1 : first + 1 + length], out=here)
        here += costs[begin : begin + length]
        np.minimum(here, total[at, first : first + length] + twice[begin : begin + length], out=here)
    return total


def _way_back(total: list[list[float]], costs: list[float], count: int) -> np.ndarray:
    diagonals = _band(count)[2]
    row = column = count - 1
    path = [(row, column)]
    while row or column:
        at = row + column
        begin, first, _ = diagonals[at]
        cost, before = costs[begin + row - first], total[at + 1]
        diagonal, up, left = total[at][row] + 2 * cost, before[row] + cost, before[row + 1] + cost
        best = min(diagonal, up, left)
        row, column = (
            (row - 1, column - 1) if best == diagonal else (row - 1, column) if best == up else (row, column - 1)
        )
        path.append((row, column))
    return np.array(path[::-1])


@lru_cache(maxsize=8)
def _band(count: int) -> tuple[np.ndarray, np.ndarray, list[tuple[int, int, int]]]:
    """``cells``, and of each antidiagonal where its cells begin among them, its first row, and how many it has."""
    band = max(int(round(BAND_SHARE * count)), 1)
    rows, columns, diagonals = [], [], []
    for total in range(2 * count - 1):
        first, last = max(0, total - count + 1), min(total, count - 1)
        inside = [row for row in range(first, last + 1) if abs(2 * row - total) <= band]
        diagonals.append((len(rows), inside[0] if inside else 0, len(inside)))
        rows += inside
        columns += [total - row for row in inside]
    return np.array(rows, np.intp), np.array(columns, np.intp), diagonals


class OnlineAlignment:
    """One-sided warping with 0, 1 or 2 states a step (Itakura 1975 without slope memory): one vector operation per
    frame.

    The states are the moments of a sentence's references in order, with a *pause* state before, between and after
    them; a recording may start and end anywhere in the order, but what it leaves out at either end counts as not
    signed.
    """

    def __init__(self, *shape: int) -> None:
        """``shape`` ``(…, S)``: ``S`` states, perhaps of several orders that are followed side by side."""
        *orders, states = shape
        # Each frame's totals and the next one's take turns; a state's three ways in are views that are made once.
        self._now, self._next = (
            (each[..., _FARTHEST_STEP:], each[..., 1:-1], each[..., :-_FARTHEST_STEP])
            for each in np.full((2, *orders, _FARTHEST_STEP + states), np.inf)
        )
        self._started = False

    @property
    def totals(self) -> np.ndarray:
        """Cost ``(…, S)`` of the best way to be in each state now."""
        return self._now[0]

    def push(self, costs: np.ndarray) -> None:
        """Takes the costs ``(…, S)`` of the next frame."""
        if not self._started:
            self._started = True
            self.totals[..., :2] = costs[..., :2]
            return
        (stay, on, two_on), self._now, self._next = self._now, self._next, self._now
        now = self._now[0]
        np.minimum(stay, on, out=now)
        np.minimum(now, two_on, out=now)
        now += costs


def forced_path(costs: np.ndarray) -> tuple[int, np.ndarray]:
    """Of some tables of ``costs`` ``(n, T, S)`` the one that is cheapest to go through from the first to the last
    states, and the state ``(T,)`` of every frame on the best way through it.

    Same steps as ``OnlineAlignment``. With fewer frames than half the states the end cannot be reached; the way then
    ends as far on as it can.
    """
    tables, frames, states = costs.shape
    width = _FARTHEST_STEP + states  # states that cannot be in front of each table keep it apart from the one before
    paid = np.full((frames, tables, width), np.inf)
    paid[:, :, _FARTHEST_STEP:] = costs.swapaxes(0, 1)
    totals = np.full((frames, tables, width), np.inf)
    totals[0, :, _FARTHEST_STEP:][:, :2] = costs[:, 0, :2]
    in_a_row = totals.reshape(frames, -1)
    ends = in_a_row[:, _FARTHEST_STEP:], in_a_row[:, 1:-1], in_a_row[:, :-_FARTHEST_STEP]
    steps = zip(paid.reshape(frames, -1)[1:, _FARTHEST_STEP:], *ends, ends[0][1:], strict=False)
    for cost, same, next_one, next_but_one, now in steps:
        np.minimum(same, next_one, out=now)
        np.minimum(now, next_but_one, out=now)
        now += cost
    last = totals.shape[2] - 1
    reachable = np.flatnonzero(np.isfinite(totals[-1, 0])).tolist()
    ends = [place for place in (last, last - 1) if place in reachable] or reachable[-1:]
    table, place = min(product(range(tables), ends), key=lambda end: totals[-1, *end])
    return table, _way_through(totals[:-1, table], place - _FARTHEST_STEP)


def _way_through(totals: np.ndarray, state: int) -> np.ndarray:
    """The way back from ``state`` in the last frame by the ``totals`` ``(T − 1, 2 + S)`` of the frames before it."""
    stay, on, before = totals[:, _FARTHEST_STEP:], totals[:, 1:-1], totals[:, :-_FARTHEST_STEP]
    steps = np.where(np.minimum(on, before) < stay, np.where(before < on, np.uint8(2), np.uint8(1)), np.uint8(0))
    path = [state]
    for row in reversed([each.tobytes() for each in steps]):
        state -= row[state]
        path.append(state)
    return np.array(path[::-1])


_FARTHEST_STEP = 2
"""States that a step of the one-sided warping goes on at most."""
