"""Provisional marks from the live alignment: what the latest moments of the current sign cost, parameter by
parameter."""

from __future__ import annotations

import numpy as np

from .calibrate import Calibration
from .compare import FARTHEST, LEAST_EVIDENCE, MISS_SHARE, Pack, block_distances, costs_of, terms_at
from .parameters import PATH, PLACED_BLOCKS, Features, Parameter
from .references import SIGN_FRAMES

_PLACED = (Parameter.HANDSHAPE, Parameter.ORIENTATION, Parameter.LOCATION)
_OF_PARAMETER = np.array([[block.parameter is each for block in PLACED_BLOCKS] for each in _PLACED], np.float32)
_REMEMBERED = 90
"""Moments of the current sign that its marks look back on: three seconds."""
HINT_BELOW = 0.4
HINT_CODES = {
    "handshape": "handshape_differs",
    "orientation": "palm_turned",
    "location": "place_off",
    "movement": "movement_differs",
}


class LiveMarks:
    """Costs of the states of one sentence, and the marks of the sign that is being signed."""

    def __init__(self, sentence: Pack, goals: np.ndarray) -> None:
        """``sentence`` packs one reference per sign; ``goals`` ``(K, 2, 20, 3)`` are their palm centres."""
        self._sentence = sentence
        self._goals = goals
        self._unlike = np.empty(0)
        self._count = 0
        self._signs = np.full(_REMEMBERED, -1)
        self._above, self._below = (np.zeros((_REMEMBERED, len(_PLACED)), np.float32) for _ in range(2))
        self._centres, self._wanted = (np.zeros((_REMEMBERED, 2, 3), np.float32) for _ in range(2))
        self._there = np.zeros((_REMEMBERED, 2), np.float32)

    def costs(self, features: Features) -> np.ndarray:
        """Costs ``(2 mirrors, T, 20, K)`` of some moments against every moment of the sentence's signs."""
        self._unlike = block_distances(features, self._sentence, len(PLACED_BLOCKS))
        return costs_of(self._unlike, features, self._sentence)

    def remember(self, features: Features, mirrors: np.ndarray, states: np.ndarray) -> None:
        """Notes in which mirror and at which state of the sentence each moment of the last ``costs`` stands; pauses
        are forgotten.
        """
        signs, positions = np.divmod(states, SIGN_FRAMES + 1)
        moments = np.flatnonzero(positions > 0)
        if not len(moments):
            return
        signs, positions, mirrors = signs[moments], positions[moments] - 1, mirrors[moments]
        terms = terms_at(self._unlike, features, self._sentence, mirrors, (moments, positions, signs))
        rows = (self._count + np.arange(len(moments))) % _REMEMBERED
        self._count += len(moments)
        slots, other = np.array([mirrors, 1 ^ mirrors]), np.array([[0], [1]])
        self._signs[rows] = signs
        self._above[rows] = (_OF_PARAMETER @ terms.above.sum(axis=1)).T
        self._below[rows] = (_OF_PARAMETER @ terms.below.sum(axis=1)).T
        self._centres[rows] = features.centre[slots, moments].transpose(1, 0, 2)
        self._wanted[rows] = self._goals[signs, other, positions].transpose(1, 0, 2)
        shown = features.hand_there[slots, moments] * self._sentence.hand_there[other, positions, signs]
        self._there[rows] = shown.T

    def marks(self, sign_index: int, fit: Calibration) -> tuple[float | None, dict[str, float | None]]:
        """The sign's mark so far over all that a moment shows, and its parameters' marks; None for what it has not
        shown.
        """
        rows = np.flatnonzero(self._signs == sign_index)
        above, below = self._above[rows].sum(axis=0).tolist(), self._below[rows].sum(axis=0).tolist()
        marks: dict[str, float | None] = {parameter.value: None for parameter in Parameter}
        for parameter, numerator, denominator in zip(_PLACED, above, below, strict=True):
            marks[parameter.value] = _mark(fit, parameter, numerator / denominator if denominator > 0 else None)
        marks[Parameter.MOVEMENT.value] = _mark(fit, Parameter.MOVEMENT, self._path_distance(rows))
        overall = float(fit.overall.mark(sum(above) / sum(below))) if sum(below) > LEAST_EVIDENCE else None
        return overall, marks

    def _path_distance(self, rows: np.ndarray) -> float | None:
        """The movement block's distance over the part of the sign that was signed: paths about their own means."""
        rows = rows[self._there[rows].any(axis=1)]
        if len(rows) < _LEAST_PATH_MOMENTS:
            return None
        there, centres, goals = self._there[rows][:, :, None], self._centres[rows], self._wanted[rows]
        total = np.maximum(there.sum(axis=0), 1e-9)
        offset = (centres - (centres * there).sum(axis=0) / total) - (goals - (goals * there).sum(axis=0) / total)
        far = np.minimum(np.linalg.norm(offset, axis=2) / (MISS_SHARE * PATH.scale), FARTHEST)
        return float((far * there[:, :, 0]).sum() / there.sum())


def hint(marks: dict[str, float | None]) -> str | None:
    """Code of the weakest parameter's finding where it is plainly off."""
    known = {name: mark for name, mark in marks.items() if mark is not None and name in HINT_CODES}
    weakest = min(known, key=lambda name: (known[name], name), default=None)
    return HINT_CODES[weakest] if weakest is not None and known[weakest] < HINT_BELOW else None


def _mark(fit: Calibration, parameter: Parameter, distance: float | None) -> float | None:
    curve = fit.parameters.get(parameter.value)
    return None if distance is None or curve is None else float(curve.mark(distance))


_LEAST_PATH_MOMENTS = 6
