"""Provisional marks: what the latest moments of the current sign cost, parameter by parameter.

They come ten times a second for every learner, and each time from a cold processor cache: what counts is how much code
and data is touched, not how much is computed. So all states of a sentence lie in one matrix, made once, and the few
numbers of one pair of moments are summed in plain Python.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from .calibrate import Calibration
from .compare import FARTHEST, LEAST_EVIDENCE, MISS_SHARE
from .locate import PAUSE_COST, REST_COST
from .moment import AMOUNTS, LIVE_BLOCKS, LIVE_NUMBERS, Moment
from .parameters import COLUMNS, NUMBERS, PATH, Features, Parameter
from .references import SIGN_FRAMES
from .segment import REST_HEIGHT

STATES_A_SIGN = SIGN_FRAMES + 1
"""A pause and the moments of the sign behind it."""
_MARKED = (
    Parameter.HANDSHAPE.value,
    Parameter.ORIENTATION.value,
    Parameter.LOCATION.value,
    Parameter.MOVEMENT.value,
)
_MOVEMENT = len(_MARKED) - 1
_UNKNOWN: dict[str, float | None] = {parameter.value: None for parameter in Parameter}
_FADES = 0.93
"""What a followed moment still counts when the next one comes, ten a second: half after a second. A learner who holds
a sign and mends it sees the mark rise."""
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

_BLOCK_COUNT = len(LIVE_BLOCKS)
_WRIST = _BLOCK_COUNT - 1
_OF_HAND = np.array([block.of_hand for block in LIVE_BLOCKS])
assert _OF_HAND.tolist() == [True] * _WRIST + [False], "the wrist's block stands last"
_PARAMETERS = [_MARKED.index(block.parameter.value) for block in LIVE_BLOCKS]
_SIZES = [block.size for block in LIVE_BLOCKS]
_FIRST = np.cumsum([0, *_SIZES[:-1]])
_PER_MISS = np.concatenate([block.factors for block in LIVE_BLOCKS]) / np.float32(MISS_SHARE)
_BY_BLOCK = np.repeat(np.eye(_BLOCK_COUNT, dtype=np.float32), _SIZES, axis=1) * (_PER_MISS * AMOUNTS)
"""Takes the numbers of a moment apart ``(blocks, LIVE_NUMBERS)``, in misses."""
_MEASURED = [each.name for block in LIVE_BLOCKS for each in block.measurements]
_COLUMNS = np.concatenate([np.arange(NUMBERS)[COLUMNS[name]] for name in _MEASURED])
"""Where they stand among those of ``Features``."""
_FULL = [block.weight for block in LIVE_BLOCKS]
_BARE = [0.0 if block.needs_body else block.weight * block.share_without_body for block in LIVE_BLOCKS]
_WEIGHTS = np.array([[_BARE, _BARE], [_BARE, _FULL]], np.float32)[:, :, None]
"""What the blocks weigh ``(2, 2, 1, blocks)``, by whether the reference has a body, and the attempt."""


class SentenceStates:
    """The moments of a sentence's references in order, with a pause before, between and after them: ``count`` states
    ``S`` that one moment of an attempt is compared with. Holds nothing of any attempt.

    ``values`` ``(LIVE_NUMBERS + blocks, 2 · S)``: −2 times the numbers of both slots in misses, and the blocks' squared
    lengths, so that one matrix product makes squared distances. ``centres`` ``(S, 2, 3)``; ``hands`` ``(2, S)`` how far
    they are there. By whether the attempt has a body, ``weights`` ``(2, S, blocks)`` and ``shares`` ``(2, blocks, 2,
    S)``: a block's weight times how far the slot is there.
    """

    def __init__(self, signs: Sequence[Features]) -> None:
        self.signs, self.count = len(signs), len(signs) * STATES_A_SIGN + 1
        self.centres = np.zeros((self.count, 2, 3), np.float32)
        values = np.zeros((LIVE_NUMBERS + _BLOCK_COUNT, 2, self.count), np.float32)
        there = np.zeros((2, 2, self.count), np.float32)
        self.weights = np.zeros((2, self.count, _BLOCK_COUNT), np.float32)
        for index, sign in enumerate(signs):
            at = slice(index * STATES_A_SIGN + 1, (index + 1) * STATES_A_SIGN)
            own = sign.values.take(_COLUMNS, axis=2) * _PER_MISS
            values[:LIVE_NUMBERS, :, at] = own.transpose(2, 0, 1)
            there[:, :, at] = sign.wrist_there, sign.hand_there
            self.weights[:, at] = _WEIGHTS[int(sign.has_body)]
            self.centres[at] = sign.centre.swapaxes(0, 1)
        values[LIVE_NUMBERS:] = np.add.reduceat(np.square(values[:LIVE_NUMBERS]), _FIRST)
        values[:LIVE_NUMBERS] *= -2
        self.values, self.hands = values.reshape(LIVE_NUMBERS + _BLOCK_COUNT, -1), there[1]
        self.shares = self.weights.swapaxes(1, 2)[:, :, None] * there[_OF_HAND.astype(int)]
        self.used = [sign.hand_there.mean(axis=1).tolist() for sign in signs]
        self._seen_with: dict[tuple[bool, Sequence[bool], Sequence[bool], bool], tuple[np.ndarray, np.ndarray]] = {}

    def seen_with(self, moment: Moment, is_raised: bool) -> tuple[np.ndarray, np.ndarray]:
        """What the costs ``(2 mirrors, S)`` of a moment are made of, by what is seen in it: what each of its distances
        counts ``(2 mirrors, 2 slots of the attempt · blocks · 2 slots of the reference, S)``, and what comes on top
        ``(2 mirrors, S)``. Made once for each case.
        """
        case = (moment.has_body, moment.hands, moment.wrists, is_raised)
        if case not in self._seen_with:
            self._seen_with[case] = self._costs_with(*case)
        return self._seen_with[case]

    def _costs_with(
        self, has_body: bool, hands: Sequence[bool], wrists: Sequence[bool], is_raised: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        shares, weights = self.shares[int(has_body)], self.weights[int(has_body)].T
        there = np.where(_OF_HAND, np.array(hands)[:, None], np.array(wrists)[:, None])
        alone = np.stack([(weights[own, None] - shares[own]).sum(axis=0) for own in there])
        missing = np.stack([shares[~own].sum(axis=0) for own in there])
        whole = np.maximum(by_mirrors(alone + shares.sum(axis=0)), np.float32(LEAST_EVIDENCE))
        counts = np.zeros((2, 2, _BLOCK_COUNT, 2, self.count), np.float32)
        for mirror, slot in product((0, 1), (0, 1)):
            own = slot ^ mirror
            counts[mirror, own, :, slot] = shares[:, slot] * there[own][:, None] / whole[mirror]
        on_top = by_mirrors(alone + missing) / whole
        counts[..., ::STATES_A_SIGN] = 0.0
        on_top[:, ::STATES_A_SIGN] = PAUSE_COST if is_raised else REST_COST
        return counts.reshape(2, -1, self.count), on_top


def by_mirrors(by_slots: np.ndarray) -> np.ndarray:
    """Sums ``(2 mirrors, S)`` over the hands of ``(2 slots of the attempt, 2 of the reference, S)``."""
    return by_slots[:, 0] + by_slots[::-1, 1]


@dataclass(slots=True)
class _Sums:
    """Sums of the cost's terms for each of ``_MARKED``; ``drifts``: for each hand the sum of how its palm is off (x, y,
    z), and that of its weights. What came earlier counts less: each of the ``moments`` is summed with a greater
    ``weight`` than the one before.
    """

    above: list[float] = field(default_factory=lambda: [0.0] * len(_MARKED))
    below: list[float] = field(default_factory=lambda: [0.0] * len(_MARKED))
    drifts: list[list[float]] = field(default_factory=lambda: [[0.0] * 4, [0.0] * 4])
    weight: float = 1.0
    moments: int = 0

    def add(self, parameter: int, above: float, below: float) -> None:
        """One more term of a parameter's cost."""
        self.above[parameter] += self.weight * above
        self.below[parameter] += self.weight * below


class LiveMarks:
    """Costs of the states of one sentence, and the marks of the sign that is being signed."""

    def __init__(self, sentence: SentenceStates, fit: Calibration) -> None:
        self._sentence = sentence
        self._curves = [fit.parameters.get(parameter) for parameter in _MARKED]
        self._own = np.zeros((2, _BLOCK_COUNT, LIVE_NUMBERS + _BLOCK_COUNT), np.float32)
        self._own[:, :, LIVE_NUMBERS:] = np.eye(_BLOCK_COUNT)
        self._unlike = self._costs = np.empty(0)
        self._raised = False
        self._signed = [_Sums() for _ in range(sentence.signs)]
        self._astray = [_Sums() for _ in range(sentence.signs)]

    def costs(self, moment: Moment) -> np.ndarray:
        """Costs ``(2 mirrors, S)`` of being at each state of the sentence (``compare``, for one moment)."""
        own, sentence = self._own[:, :, :LIVE_NUMBERS], self._sentence
        np.multiply(moment.values[:, None], _BY_BLOCK, out=own)
        unlike = self._own.reshape(2 * _BLOCK_COUNT, -1) @ sentence.values
        unlike += np.vecdot(own, own).reshape(-1, 1)
        np.maximum(unlike, 0, out=unlike)
        np.sqrt(unlike, out=unlike)
        np.minimum(unlike, np.float32(FARTHEST), out=unlike)
        self._unlike = unlike.reshape(2, _BLOCK_COUNT, 2, -1)
        self._raised = raised(moment)
        counts, on_top = sentence.seen_with(moment, self._raised)
        self._costs = costs = np.vecdot(unlike.reshape(-1, sentence.count), counts, axis=-2)
        costs += on_top
        return costs

    def remember(self, moment: Moment, mirror: int, state: int) -> None:
        """Notes in which mirror and at which state of the sentence the moment of the last ``costs`` stands. In a pause
        with a hand up the learner may be signing something else: it is held against the next sign.
        """
        sign, position = divmod(state, STATES_A_SIGN)
        if position:
            self._note(self._signed[sign], moment, mirror, state)
            self._note_path(self._signed[sign], moment, mirror, state)
        elif self._raised and sign < self._sentence.signs:
            mirror = self._likely_mirror(moment, sign, mirror)
            nearest = state + 1 + int(self._costs[mirror, state + 1 : state + STATES_A_SIGN].argmin())
            self._note(self._astray[sign], moment, mirror, nearest)

    def marks(self, sign_index: int) -> tuple[float | None, dict[str, float | None]]:
        """The sign's mark so far and those of its parameters, of which it is the mean: the curve of the judgement's
        accuracy is for distances of whole signs. None for what it has not shown.
        """
        signed, astray = self._signed[sign_index], self._astray[sign_index]
        sums = astray if signed.moments < _OWN_MOMENTS and astray.moments >= _ASTRAY_MOMENTS else signed
        marks, known = _UNKNOWN.copy(), []
        for index, (name, curve) in enumerate(zip(_MARKED, self._curves, strict=True)):
            enough = index != _MOVEMENT or sums.moments >= _LEAST_PATH_MOMENTS
            if curve is not None and enough and sums.below[index] > 0:
                marks[name] = mark = curve.mark(sums.above[index] / sums.below[index])
                known.append(mark)
        return (sum(known) / len(known) if sum(sums.below[:_MOVEMENT]) > sums.weight * LEAST_EVIDENCE else None), marks

    def _note(self, sums: _Sums, moment: Moment, mirror: int, state: int) -> None:
        """Adds one pair of moments to the sums."""
        body, sentence = int(moment.has_body), self._sentence
        unlike, shares = self._unlike[..., state].tolist(), sentence.shares[body, ..., state].tolist()
        weights = sentence.weights[body, state].tolist()
        sums.weight /= _FADES
        sums.moments += 1
        for slot in (0, 1):
            own = slot ^ mirror
            for block, parameter in enumerate(_PARAMETERS):
                share = shares[block][slot]
                there = moment.wrists[own] if block == _WRIST else moment.hands[own]
                if there:
                    alone = weights[block] - share
                    sums.add(parameter, unlike[own][block][slot] * share + alone, share + alone)
                else:
                    sums.add(parameter, share, share)

    def _note_path(self, sums: _Sums, moment: Moment, mirror: int, state: int) -> None:
        """Adds how far the palms are from where they should be, less what they have been off so far: a sign in another
        place moves as it should.
        """
        goals, presence = self._sentence.centres[state].tolist(), self._sentence.hands[:, state].tolist()
        for slot, drift in enumerate(sums.drifts):
            there = presence[slot] * moment.hands[slot ^ mirror]
            if not there:
                continue
            off = [place - goal for place, goal in zip(moment.centres[slot ^ mirror], goals[slot], strict=True)]
            for index, each in enumerate((*off, 1.0)):
                drift[index] += sums.weight * there * each
            *offsets, total = drift
            far = math.dist(off, [each / total for each in offsets]) / (MISS_SHARE * PATH.scale)
            sums.add(_MOVEMENT, there * min(far, FARTHEST), there)

    def _likely_mirror(self, moment: Moment, sign: int, mirror: int) -> int:
        """The mirror in which the hands that are there are rather those that a sign uses, else ``mirror``."""
        (right, left), (first, second) = moment.hands, self._sentence.used[sign]
        straight, crossed = right * first + left * second, right * second + left * first
        return mirror if straight == crossed else int(crossed > straight)


def raised(moment: Moment) -> bool:
    """Whether a hand is in the signing space (``segment.raised``, for one moment)."""
    for there, centre in zip(moment.hands, moment.centres, strict=True):
        if there and (not moment.has_body or centre[1] < REST_HEIGHT):
            return True
    return False


def hint(marks: dict[str, float | None]) -> str | None:
    """Code of the weakest parameter's finding where it is plainly off."""
    known = {name: mark for name, mark in marks.items() if mark is not None and name in HINT_CODES}
    weakest = min(known, key=lambda name: (known[name], name), default=None)
    return HINT_CODES[weakest] if weakest is not None and known[weakest] < HINT_BELOW else None
