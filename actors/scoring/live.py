"""Provisional marks from the live alignment: what the latest moments of the current sign cost, parameter by
parameter.

They come ten times a second for every learner, and each time from a cold processor cache: what counts is how much code
and data is touched, not how much is computed. So hand shapes are told without the embedder here, and the few numbers of
one moment are summed in plain Python.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .calibrate import Calibration
from .compare import FARTHEST, LEAST_EVIDENCE, MISS_SHARE, Pack, block_distances, block_weights, costs_of, term
from .parameters import PATH, PLACED_BLOCKS, Features, Parameter
from .references import SIGN_FRAMES
from .resample import lengths

_PLACED = (Parameter.HANDSHAPE, Parameter.ORIENTATION, Parameter.LOCATION)
_FADES = 0.93
"""What a followed moment still counts when the next one comes, ten a second: half after a second. A learner who holds
a sign and mends it sees the mark rise."""
_LATEST = 30
"""Followed moments that the movement's mark looks back on: three seconds."""
_LEAST_PATH_MOMENTS = 3
_OWN_MOMENTS, _ASTRAY_MOMENTS = 2, 5
"""A sign that has fewer moments of its own, though a hand has been up for so many, is being signed as another one."""
HINT_BELOW = 0.4
HINT_CODES = {
    "handshape": "handshape_differs",
    "orientation": "palm_turned",
    "location": "place_off",
    "movement": "movement_differs",
}


@dataclass(slots=True)
class _Sums:
    """Faded sums of the cost's terms for each of ``_PLACED``, and how many moments are in them."""

    above: list[float] = field(default_factory=lambda: [0.0] * len(_PLACED))
    below: list[float] = field(default_factory=lambda: [0.0] * len(_PLACED))
    moments: int = 0

    def fade(self) -> None:
        """One more moment has come."""
        self.above = [each * _FADES for each in self.above]
        self.below = [each * _FADES for each in self.below]
        self.moments += 1


class LiveMarks:
    """Costs of the states of one sentence, and the marks of the sign that is being signed."""

    def __init__(self, sentence: Pack, goals: np.ndarray) -> None:
        """``sentence`` packs one reference per sign; ``goals`` ``(K, 2, 20, 3)`` are their palm centres."""
        self._sentence = sentence
        self._goals = goals
        self._unlike = self._costs = np.empty(0)
        self._signed = [_Sums() for _ in range(len(sentence))]
        self._astray = [_Sums() for _ in range(len(sentence))]
        self._paths: list[deque[np.ndarray]] = [deque(maxlen=_LATEST) for _ in range(len(sentence))]

    def costs(self, features: Features) -> np.ndarray:
        """Costs ``(2 mirrors, T, 20, K)`` of some moments against every moment of the sentence's signs."""
        self._unlike = block_distances(features, self._sentence, len(PLACED_BLOCKS))
        self._costs = costs_of(self._unlike, features, self._sentence)
        return self._costs

    def remember(
        self, features: Features, mirrors: Sequence[int], states: Sequence[int], raised: Sequence[bool]
    ) -> None:
        """Notes in which mirror and at which state of the sentence each moment of the last ``costs`` stands. In a pause
        with a hand up the learner may be signing something else: it is held against the next sign.
        """
        weights = block_weights(features, self._sentence, len(PLACED_BLOCKS))
        for moment, (mirror, state, up) in enumerate(zip(mirrors, states, raised, strict=True)):
            sign, position = divmod(state, SIGN_FRAMES + 1)
            if position:
                self._note(self._signed[sign], features, weights, (mirror, moment, position - 1, sign))
                self._note_place(features, (mirror, moment, position - 1, sign))
            elif up and sign < len(self._signed):
                nearest = int(self._costs[mirror, moment, :, sign].argmin())
                self._note(self._astray[sign], features, weights, (mirror, moment, nearest, sign))

    def marks(self, sign_index: int, fit: Calibration) -> tuple[float | None, dict[str, float | None]]:
        """The sign's mark so far and those of its parameters, of which it is the mean: the curve of the judgement's
        accuracy is for distances of whole signs. None for what it has not shown.
        """
        signed, astray = self._signed[sign_index], self._astray[sign_index]
        sums = astray if signed.moments < _OWN_MOMENTS and astray.moments >= _ASTRAY_MOMENTS else signed
        marks: dict[str, float | None] = {parameter.value: None for parameter in Parameter}
        for parameter, above, below in zip(_PLACED, sums.above, sums.below, strict=True):
            marks[parameter.value] = _mark(fit, parameter, above / below if below > 0 else None)
        marks[Parameter.MOVEMENT.value] = _mark(fit, Parameter.MOVEMENT, _path_distance(self._paths[sign_index]))
        known = [mark for mark in marks.values() if mark is not None]
        return (sum(known) / len(known) if sum(sums.below) > LEAST_EVIDENCE else None), marks

    def _note(
        self, sums: _Sums, features: Features, weights: np.ndarray, at: tuple[int, int, int, int]
    ) -> None:
        """Adds one pair of moments ``at`` (mirror, moment, place, sign) to the sums."""
        mirror, moment, place, sign = at
        unlike = self._unlike[:, (mirror, 1 ^ mirror), moment, (0, 1), place, sign].tolist()
        wrists, hands = features.wrist_there[:, moment].tolist(), features.hand_there[:, moment].tolist()
        goal_wrists, goal_hands = self._sentence.there[:, :, place, sign].tolist()
        sums.fade()
        for block, weight, far in zip(PLACED_BLOCKS, weights[:, sign].tolist(), unlike, strict=True):
            there, goal = (hands, goal_hands) if block.of_hand else (wrists, goal_wrists)
            parameter = _PLACED.index(block.parameter)
            for slot in (0, 1):
                above, below = term(weight, far[slot], there[slot ^ mirror], goal[slot])
                sums.above[parameter] += above
                sums.below[parameter] += below

    def _note_place(self, features: Features, at: tuple[int, int, int, int]) -> None:
        """Keeps where the palms are and should be, ``(2 hands, 7)``: there and wanted place, and whether both are."""
        mirror, moment, place, sign = at
        slots = (mirror, 1 ^ mirror)
        row = np.empty((2, 7), np.float32)
        row[:, :3] = features.centre[slots, moment]
        row[:, 3:6] = self._goals[sign, :, place]
        row[:, 6] = features.hand_there[slots, moment] * self._sentence.hand_there[:, place, sign]
        self._paths[sign].append(row)


def _path_distance(rows: Sequence[np.ndarray]) -> float | None:
    """The movement block's distance over the part of the sign that was signed: paths about their own means."""
    if len(rows) < _LEAST_PATH_MOMENTS:
        return None
    path = np.array(rows)
    there = path[:, :, 6:]
    shown = float(there.sum())
    if not shown:
        return None
    offset = path[:, :, :3] - path[:, :, 3:6]
    offset -= (offset * there).sum(axis=0) / np.maximum(there.sum(axis=0), np.float32(1e-9))
    far = np.minimum(lengths(offset) / np.float32(MISS_SHARE * PATH.scale), np.float32(FARTHEST))
    return float((far * there[:, :, 0]).sum()) / shown


def hint(marks: dict[str, float | None]) -> str | None:
    """Code of the weakest parameter's finding where it is plainly off."""
    known = {name: mark for name, mark in marks.items() if mark is not None and name in HINT_CODES}
    weakest = min(known, key=lambda name: (known[name], name), default=None)
    return HINT_CODES[weakest] if weakest is not None and known[weakest] < HINT_BELOW else None


def _mark(fit: Calibration, parameter: Parameter, distance: float | None) -> float | None:
    curve = fit.parameters.get(parameter.value)
    return None if distance is None or curve is None else float(curve.mark(distance))
