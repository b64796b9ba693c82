"""The hand in natural units: how far each finger bends, in words a learner can
act on."""

from __future__ import annotations

import math

import numpy as np

from .canonical import MIDDLE_KNUCKLE, WRIST
from .resample import lengths, median

FINGERS = ("thumb", "index finger", "middle finger", "ring finger", "little finger")
JOINTS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
"""MediaPipe's points of each finger."""
_CHAINS = np.array(((1, 2, 3, 4), (0, 5, 6, 8), (0, 9, 10, 12), (0, 13, 14, 16), (0, 17, 18, 20)))
_TIP_OF = (4, 8, 12, 16, 20)
_NEIGHBOURS = (
    (1, 2, "index and middle finger"),
    (2, 3, "middle and ring finger"),
    (3, 4, "ring and little finger"),
)
DEGREES = 180.0 / math.pi
LEAST_BEND_DEGREES = 25.0
LEAST_GAP = 0.25
"""Palm lengths by which a gap between fingertips must differ to be spoken of."""


def finger_bends(hands: np.ndarray) -> np.ndarray:
    """Bend of each finger ``(…, 5)`` in degrees: the sum of the turns at its two inner joints; 0 is straight."""
    bones = hands[..., _CHAINS[:, 1:], :] - hands[..., _CHAINS[:, :-1], :]
    return angle_between(bones[..., :-1, :], bones[..., 1:, :]).sum(axis=-1)


def angle_between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Angle in degrees between vectors ``(…, 3)``; 0 where one of them has no length."""
    product = lengths(one) * lengths(other)
    cosine = np.vecdot(one, other) / np.maximum(product, 1e-9)
    angle = np.arccos(np.minimum(np.maximum(cosine, -1.0), 1.0)) * DEGREES
    return np.where(product > 1e-9, angle, 0.0)


def describe_shape(hand: np.ndarray, wanted: np.ndarray) -> tuple[str, float, tuple[int, ...]]:
    """What to change in ``hand`` to make it ``wanted`` (each ``(n, 21, 3)``, paired moments), the largest bend
    error in degrees, and the joints of the fingers that are spoken of.
    """
    error = median(finger_bends(hand) - finger_bends(wanted)).tolist()
    worst = sorted(range(len(FINGERS)), key=lambda f: -abs(error[f]))[:2]
    bent = [f for f in worst if abs(error[f]) >= LEAST_BEND_DEGREES]
    if bent:
        advice = " and ".join(f"{'straighten' if error[f] > 0 else 'bend'} the {FINGERS[f]}" for f in bent)
    else:
        advice, bent = _gap_advice(hand, wanted)
    return advice, max(map(abs, error)), tuple(joint for f in sorted(bent) for joint in JOINTS[f])


def _gap_advice(hand: np.ndarray, wanted: np.ndarray) -> tuple[str, list[int]]:
    tips = [(_TIP_OF[a], _TIP_OF[b]) for a, b, _ in _NEIGHBOURS]
    gaps = [float(median(_gap(hand, *ends) - _gap(wanted, *ends))) for ends in tips]
    widest = max(range(len(gaps)), key=lambda pair: abs(gaps[pair]))
    if abs(gaps[widest]) >= LEAST_GAP:
        a, b, names = _NEIGHBOURS[widest]
        return f"{'close' if gaps[widest] > 0 else 'spread'} {names}", [a, b]
    thumb = float(median(_gap(hand, 4, 17) - _gap(wanted, 4, 17)))
    return "bring the thumb across the palm" if thumb > 0 else "take the thumb out from the palm", [0]


def _gap(hand: np.ndarray, a: int, b: int) -> np.ndarray:
    palm = lengths(hand[..., MIDDLE_KNUCKLE, :] - hand[..., WRIST, :])
    return lengths(hand[..., a, :] - hand[..., b, :]) / np.maximum(palm, 1e-9)
