"""How two hands work together in a sign: do both move alike, is one the base of the other, do they touch?

Battison (1978) sorts two-handed signs so: both hands move and act alike (his type 1, at once or in turn), or a hand
that stays is the *base* of one that moves (types 2 and 3). What one hand does relative to the other is not in the
blocks of ``parameters``, which place each hand by the body; ``docs/scoring.md`` has what it would be worth there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .canonical import LEFT_SLOT, RIGHT_SLOT
from .parameters import Features

CONTACT_GAP = 0.12
"""Shoulder widths between the nearest points of two hands that touch: landmarks lie inside the fingers."""
USED_SHARE = 0.5
BASE_SHARE = 0.35
"""A hand that covers less than this share of the other's way is its base."""
LEAST_WAY = 0.25
"""Shoulder widths that a hand must cover before the way it moves tells anything."""
ALIKE = 0.5
"""Correlation of the hands' velocities, each in its own mirror, from which they move alike."""

Kind = Literal["symmetric", "alternating", "base_hand", "independent", "still"]


@dataclass(frozen=True, slots=True)
class TwoHanded:
    """How the hands of one sign work together.

    ``kind``: *symmetric*, both move as in a mirror; *alternating*, both move and against each other (in turn, or side
    by side); *base_hand*, ``base_slot`` stays; *independent*, both move, each its own way; *still*, neither moves.
    ``contact``: share of the moments at which they touch; ``gap`` and ``offset``: medians over the sign of
    ``hand_gaps`` and ``hand_offsets``.
    """

    kind: Kind
    base_slot: int | None
    contact: float
    gap: float
    offset: tuple[float, float]


def two_handed(sign: Features) -> TwoHanded | None:
    """The relation of the hands in ``sign``; None where not both are seen for half of it, together."""
    there = sign.hand_there > 0
    both = there.all(axis=0)
    if both.mean() < USED_SHARE:
        return None
    gaps, offsets = hand_gaps(sign.hands, sign.hand_there), hand_offsets(sign.centre, sign.hand_there)
    kind, base_slot = _kind(sign.centre[:, both, :2])
    across, down = np.median(offsets[both], axis=0).tolist()
    contact, gap = float((gaps[both] <= CONTACT_GAP).mean()), float(np.median(gaps[both]))
    return TwoHanded(kind, base_slot, contact, gap, (across, down))


def hand_gaps(hands: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Smallest distance ``(T,)`` between the points of both hands ``(2, T, 21, 3)`` in the picture's plane, in shoulder
    widths; NaN where not both are ``there`` ``(2, T)``. (Depth is each hand's own, before its wrist.)
    """
    right, left = hands[RIGHT_SLOT, :, :, :2], hands[LEFT_SLOT, :, :, :2] * _MIRROR
    apart = np.linalg.norm(right[:, :, None] - left[:, None], axis=3)
    return np.where((there > 0).all(axis=0), apart.min(axis=(1, 2)), np.nan)


def hand_offsets(centre: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Way ``(T, 2)`` from the palm in slot 0 to the one in slot 1 (``centre`` ``(2, T, 3)``), seen from slot 0, in
    shoulder widths; NaN where not both are ``there``. With the slots exchanged it is the same way, mirrored and back.
    """
    way = centre[LEFT_SLOT, :, :2] * _MIRROR - centre[RIGHT_SLOT, :, :2]
    return np.where((there > 0).all(axis=0)[:, None], way, np.nan)


def _kind(centres: np.ndarray) -> tuple[Kind, int | None]:
    """The kind of relation by how the palms ``(2, n, 2)`` move, each in its own slot's frame."""
    steps = np.diff(centres, axis=1)
    ways = np.linalg.norm(steps, axis=2).sum(axis=1)
    if ways.max(initial=0.0) < LEAST_WAY:
        return "still", None
    if ways.min() < BASE_SHARE * ways.max():
        return "base_hand", int(ways.argmin())
    lengths = np.linalg.norm(steps.reshape(2, -1), axis=1)
    alike = float((steps[RIGHT_SLOT] * steps[LEFT_SLOT]).sum() / max(float(lengths.prod()), 1e-9))
    if alike >= ALIKE:
        return "symmetric", None
    return ("alternating" if alike <= -ALIKE else "independent"), None


_MIRROR = np.array([-1.0, 1.0], np.float32)
"""From one slot's view of the body to the other's."""
