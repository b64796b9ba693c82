"""What was off between the hands of a two-handed sign: not moving alike, a base hand that moves, contact missing.

Such a departure does not hang on body or style, as one hand's place does; so it has one bound for all.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from .comparison import SignComparison
from .deviations import longest_excess
from .paired import SLOT_HAND, Clock, sign_finding
from .parameters import Features
from .results import Finding
from .two_hands import CONTACT_GAP, TwoHanded, hand_gaps, two_handed

APART = 0.2
"""Shoulder widths that hands must be farther apart than where the reference's touch."""
_TOGETHER = {
    "symmetric": "move both at once, each as the mirror of the other",
    "alternating": "move them against each other, as the reference does",
}


def diagnose_relation(found: SignComparison, clock: Clock) -> list[Finding]:
    """Corrections of how the hands work together; none where not both are used in attempt and reference."""
    wanted = _of_reference(found.reference.sign)
    if wanted is None or (wanted.kind not in (*_TOGETHER, "base_hand") and not wanted.contact):
        return []
    sign = as_referenced(found.sign, found.mirror)
    shown = two_handed(sign)
    if shown is None:
        return []
    return [*_moving(found, clock, shown, wanted), *_touching(found, clock, sign)]


def as_referenced(sign: Features, mirror: int) -> Features:
    """The attempt's hands in the reference's slots."""
    if not mirror:
        return sign
    return replace(sign, hands=sign.hands[::-1], centre=sign.centre[::-1], hand_there=sign.hand_there[::-1])


@lru_cache(maxsize=256)
def _of_reference(sign: Features) -> TwoHanded | None:
    return two_handed(sign)


@lru_cache(maxsize=256)
def _gaps_of_reference(sign: Features) -> np.ndarray:
    return hand_gaps(sign.hands, sign.hand_there)


def _moving(found: SignComparison, clock: Clock, shown: TwoHanded, wanted: TwoHanded) -> list[Finding]:
    """The whole sign is the span: how hands move together shows over all of it only."""
    if wanted.kind == "base_hand" and wanted.base_slot is not None:
        stays = shown.kind == "still" or (shown.kind == "base_hand" and shown.base_slot == wanted.base_slot)
        hand = SLOT_HAND[wanted.base_slot ^ found.mirror]
        return [] if stays else [sign_finding("base_hand_moves", found, clock.whole, hand)]
    if wanted.kind not in _TOGETHER or shown.kind in (wanted.kind, "still"):
        return []
    what = _TOGETHER[wanted.kind]
    return [sign_finding("hands_not_alike", found, clock.whole, "both", what=what)]


def _touching(found: SignComparison, clock: Clock, sign: Features) -> list[Finding]:
    gaps = _gaps_of_reference(found.reference.sign)
    shown = hand_gaps(sign.hands, sign.hand_there)
    extra = np.full(len(sign), np.nan)
    for moment, place in found.path.tolist():
        if gaps[place] <= CONTACT_GAP:
            extra[moment] = np.fmin(extra[moment], shown[moment] - gaps[place])
    excess = longest_excess(extra, APART, clock.least_moments)
    if excess is None:
        return []
    return [sign_finding("contact_missing", found, clock.span(excess.start, excess.stop), "both", excess.size)]
