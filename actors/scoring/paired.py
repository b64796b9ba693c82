"""A hand of the attempt laid beside the reference's along the alignment, how much two people's signing departs, and a
finding about a sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .canonical import LEFT_SLOT, RIGHT_SLOT
from .comparison import SignComparison
from .deviations import LEAST_MOMENTS
from .findings import make_finding
from .handshape import angle_between
from .parameters import PALM_NORMAL, TIP_DISTANCES, Parameter
from .resample import lengths, median
from .results import Finding

SLOT_HAND = {RIGHT_SLOT: "right", LEFT_SLOT: "left"}


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What a departure must reach to be a correction: ``copied`` where the rest of the hand's signing is the
    reference's as in a copy, ``styled`` where it departs as one person's correct signing does from another's.

    One bound for all would either correct every other person's correct signing or miss what a learner who follows the
    reference closely gets wrong.
    """

    copied: float
    styled: float

    def at(self, style: float) -> float:
        """The bound at a ``style`` 0..1 (``PairedHand.style``)."""
        return self.copied + (self.styled - self.copied) * style

    def at_most(self, styled: float) -> Tolerance:
        """The same with a lower ``styled`` bound, which stays above ``copied``."""
        return Tolerance(self.copied, max(min(self.styled, styled), self.copied))


BETWEEN_PEOPLE = {Parameter.HANDSHAPE: 0.12, Parameter.ORIENTATION: 12.0, Parameter.LOCATION: 0.13}
"""Median departure of one person's correct signing from another's: ``tip_distances``, degrees, shoulder widths
(``storysign eval faults``: 135 hands of ksl_words, 113 of asl_words by its two clean signers)."""
COPIED, STYLED = 0.35, 0.75
"""Shares of that up to which a recording counts as a copy, and from which on as another person's signing."""


LEAST_SPAN_MS = 150.0


@dataclass(frozen=True, slots=True)
class Clock:
    """Turns moments of a sign (0..19) into the attempt's milliseconds."""

    start_ms: float
    end_ms: float
    moments: int

    def at(self, moment: float) -> float:
        """Time of a moment."""
        return self.start_ms + (self.end_ms - self.start_ms) * moment / max(self.moments - 1, 1)

    def span(self, start: float, stop: float) -> tuple[float, float]:
        """Times of two moments."""
        return self.at(start), self.at(stop)

    @property
    def whole(self) -> tuple[float, float]:
        """The sign's first and last millisecond."""
        return self.start_ms, self.end_ms

    @property
    def least_moments(self) -> int:
        """Moments that a departure must last to be no blur of a hand in passing."""
        moment_ms = (self.end_ms - self.start_ms) / max(self.moments - 1, 1)
        return max(LEAST_MOMENTS, int(np.ceil(LEAST_SPAN_MS / moment_ms)) + 1 if moment_ms > 0 else 1)


@dataclass(frozen=True, slots=True, eq=False)
class PairedHand:
    """One hand of the attempt beside the same hand of the reference, at each of the attempt's ``T`` moments.

    ``there`` ``(T,)`` where both are seen; ``hand`` and ``wanted`` ``(T, 21, 3)``; ``centre`` and ``goal`` ``(T,
    2)``; ``turned`` degrees and ``shape_off`` ``(T,)`` with NaN where either is missing. ``departs``: the median
    departure in each parameter as a share of ``BETWEEN_PEOPLE``, empty where the hands are never seen together. Left
    hands are mirrored (see ``canonical``).
    """

    slot: int
    there: np.ndarray
    hand: np.ndarray
    wanted: np.ndarray
    centre: np.ndarray
    goal: np.ndarray
    turned: np.ndarray
    shape_off: np.ndarray
    departs: Mapping[Parameter, float]

    @property
    def name(self) -> str:
        """The learner's own hand."""
        return SLOT_HAND[self.slot]

    def style(self, parameter: Parameter) -> float:
        """How far, 0..1, the hand departs in everything but ``parameter`` as another person's does: what a departure
        in ``parameter`` is allowed (``Tolerance.at``).
        """
        left_out = Parameter.LOCATION if parameter is Parameter.MOVEMENT else parameter
        others = [share for each, share in self.departs.items() if each is not left_out]
        return min(max((sum(others) / len(others) - COPIED) / (STYLED - COPIED), 0.0), 1.0) if others else 1.0


def sign_finding(
    code: str,
    found: SignComparison,
    span_ms: tuple[float, float],
    hand: str | None = None,
    size: float | None = None,
    what: str = "",
    joints: tuple[int, ...] | None = None,
    face_region: str | None = None,
) -> Finding:
    """A finding about one sign of the attempt."""
    return make_finding(
        code,
        *span_ms,
        hand=hand,
        sign_index=found.sign_index,
        gloss=found.reference.gloss,
        size=size,
        what=what,
        joints=joints,
        face_region=face_region,
    )


def presence(found: SignComparison) -> list[tuple[float, float]]:
    """Shares of the sign in which each hand is seen, by the reference's slot: the attempt's, and the reference's."""
    shown = found.sign.hand_there.mean(axis=1).tolist()
    wanted = found.reference.sign.hand_there.mean(axis=1).tolist()
    return [(shown[slot ^ found.mirror], wanted[slot]) for slot in (RIGHT_SLOT, LEFT_SLOT)]


def pair_hand(found: SignComparison, reference_slot: int) -> PairedHand:
    """Brings attempt and reference together along the alignment: for each attempt moment the mean over its paired
    moments.
    """
    sign, reference, slot = found.sign, found.reference.sign, reference_slot ^ found.mirror
    weights = np.zeros((len(sign), len(reference)), np.float32)
    weights[found.path[:, 0], found.path[:, 1]] = 1.0
    weights *= reference.hand_there[reference_slot] > 0
    paired = weights.sum(axis=1)
    weights /= np.maximum(paired, np.float32(1.0))[:, None]
    there = (sign.hand_there[slot] > 0) & (paired > 0)
    wanted = (weights @ reference.hands[reference_slot].reshape(len(reference), -1)).reshape(len(sign), -1, 3)
    turned = angle_between(sign.of(PALM_NORMAL)[slot], weights @ reference.of(PALM_NORMAL)[reference_slot])
    shape_off = lengths(sign.of(TIP_DISTANCES)[slot] - weights @ reference.of(TIP_DISTANCES)[reference_slot])
    centre, goal = sign.centre[slot, :, :2], weights @ reference.centre[reference_slot, :, :2]
    departures = {Parameter.HANDSHAPE: shape_off, Parameter.ORIENTATION: turned}
    if sign.has_body and reference.has_body:
        departures[Parameter.LOCATION] = lengths(centre - goal)
    return PairedHand(
        slot=slot,
        there=there,
        hand=sign.hands[slot],
        wanted=wanted,
        centre=centre,
        goal=goal,
        turned=np.where(there, turned, np.nan),
        shape_off=np.where(there, shape_off, np.nan),
        departs={
            each: float(median(off[there])) / BETWEEN_PEOPLE[each] for each, off in departures.items() if there.any()
        },
    )
