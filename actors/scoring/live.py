"""Provisional marks from the live alignment: what the latest moments of the current sign cost, parameter by
parameter."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from .calibrate import Calibration
from .compare import FARTHEST, LEAST_EVIDENCE, MISS_SHARE, Pack, block_terms, normalised
from .locate import PLACED_BLOCKS
from .parameters import PATH, Features, Parameter
from .references import SIGN_FRAMES

_PLACED = (Parameter.HANDSHAPE, Parameter.ORIENTATION, Parameter.LOCATION)
_REMEMBERED = 90
HINT_BELOW = 0.4
HINT_CODES = {
    "handshape": "handshape_differs",
    "orientation": "palm_turned",
    "location": "place_off",
    "movement": "movement_differs",
}


@dataclass(frozen=True, slots=True)
class LiveMoment:
    """One moment on the way: which sign, numerator and denominator of each placed parameter's cost, palm centres of
    attempt and reference.
    """

    sign_index: int
    above: tuple[float, ...]
    below: tuple[float, ...]
    centres: np.ndarray
    goals: np.ndarray
    there: np.ndarray


class LiveMarks:
    """Costs of the states of one sentence, and the marks of the sign that is being signed."""

    def __init__(self, sentence: Pack, goals: np.ndarray) -> None:
        """``sentence`` packs one reference per sign; ``goals`` ``(K, 2, 20, 3)`` are their palm centres."""
        self._sentence = sentence
        self._goals = goals
        self._moments: deque[LiveMoment] = deque(maxlen=_REMEMBERED)
        self._above: dict[Parameter, np.ndarray] = {}
        self._below: dict[Parameter, np.ndarray] = {}

    def costs(self, features: Features) -> np.ndarray:
        """Costs ``(2 mirrors, 1, 20, K)`` of one moment against every moment of the sentence's signs."""
        for parameter in _PLACED:
            above = below = np.float32(0.0)
            for block in PLACED_BLOCKS:
                if block.parameter is parameter:
                    unlike, evidence = block_terms(features, self._sentence, block)
                    above = above + np.float32(block.weight) * unlike
                    below = below + np.float32(block.weight) * evidence
            self._above[parameter], self._below[parameter] = above, below
        return normalised(sum(self._above.values()), sum(self._below.values()))

    def remember(self, features: Features, mirror: int, state: int) -> None:
        """Notes that the moment of the last ``costs`` stands at ``state`` of the sentence; pauses are forgotten."""
        sign, position = divmod(state, SIGN_FRAMES + 1)
        if position == 0:
            return
        at = (0, position - 1, sign)
        above = tuple(_both_hands(self._above[parameter], mirror, at) for parameter in _PLACED)
        below = tuple(_both_hands(self._below[parameter], mirror, at) for parameter in _PLACED)
        slots = [mirror, 1 ^ mirror]
        there = features.hand_there[slots, 0] * self._sentence.hand_there[:, position - 1, sign]
        self._moments.append(
            LiveMoment(sign, above, below, features.centre[slots, 0], self._goals[sign, :, position - 1], there)
        )

    def parameters(self, sign_index: int, fit: Calibration) -> dict[str, float | None]:
        """Marks of the sign so far; None for what it has not shown."""
        moments = [moment for moment in self._moments if moment.sign_index == sign_index]
        marks: dict[str, float | None] = {parameter.value: None for parameter in Parameter}
        for place, parameter in enumerate(_PLACED):
            marks[parameter.value] = _mark(fit, parameter, _ratio(moments, place))
        marks[Parameter.MOVEMENT.value] = _mark(fit, Parameter.MOVEMENT, _path_distance(moments))
        return marks

    def overall(self, sign_index: int, fit: Calibration) -> float | None:
        """Mark of the sign so far over all that a moment shows."""
        moments = [moment for moment in self._moments if moment.sign_index == sign_index]
        above = sum(sum(moment.above) for moment in moments)
        below = sum(sum(moment.below) for moment in moments)
        return float(fit.overall.mark(above / below)) if below > LEAST_EVIDENCE else None


def hint(marks: dict[str, float | None]) -> str | None:
    """Code of the weakest parameter's finding where it is plainly off."""
    known = {name: mark for name, mark in marks.items() if mark is not None and name in HINT_CODES}
    weakest = min(known, key=lambda name: (known[name], name), default=None)
    return HINT_CODES[weakest] if weakest is not None and known[weakest] < HINT_BELOW else None


def _both_hands(terms: np.ndarray, mirror: int, at: tuple[int, int, int]) -> float:
    moment, position, sign = at
    return float(terms[mirror, moment, 0, position, sign] + terms[1 ^ mirror, moment, 1, position, sign])


def _ratio(moments: list[LiveMoment], place: int) -> float | None:
    below = sum(moment.below[place] for moment in moments)
    return sum(moment.above[place] for moment in moments) / below if below > 0 else None


def _mark(fit: Calibration, parameter: Parameter, distance: float | None) -> float | None:
    curve = fit.parameters.get(parameter.value)
    return None if distance is None or curve is None else float(curve.mark(distance))


def _path_distance(moments: list[LiveMoment]) -> float | None:
    """The movement block's distance over the part of the sign that was signed: paths about their own means."""
    from_here = [moment for moment in moments if moment.there.any()]
    if len(from_here) < _LEAST_PATH_MOMENTS:
        return None
    there = np.stack([moment.there for moment in from_here])[:, :, None]
    total = np.maximum(there.sum(axis=0), 1e-9)
    centres, goals = np.stack([m.centres for m in from_here]), np.stack([m.goals for m in from_here])
    offset = (centres - (centres * there).sum(axis=0) / total) - (goals - (goals * there).sum(axis=0) / total)
    far = np.minimum(np.linalg.norm(offset, axis=2) / (MISS_SHARE * PATH.scale), FARTHEST)
    return float((far * there[:, :, 0]).sum() / there.sum())


_LEAST_PATH_MOMENTS = 6
