"""The hand in natural units: how far each finger bends, which way palm and fingers point, in words a learner can
act on."""

from __future__ import annotations

import numpy as np

from .canonical import MIDDLE_KNUCKLE, WRIST

FINGERS = ("thumb", "index finger", "middle finger", "ring finger", "little finger")
JOINTS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
"""MediaPipe's points of each finger."""
_CHAINS = ((1, 2, 3, 4), (0, 5, 6, 8), (0, 9, 10, 12), (0, 13, 14, 16), (0, 17, 18, 20))
_TIP_OF = (4, 8, 12, 16, 20)
_NEIGHBOURS = (
    (1, 2, "index and middle finger"),
    (2, 3, "middle and ring finger"),
    (3, 4, "ring and little finger"),
)
LEAST_BEND_DEGREES = 25.0
LEAST_GAP = 0.25
"""Palm lengths by which a gap between fingertips must differ to be spoken of."""


def finger_bends(hands: np.ndarray) -> np.ndarray:
    """Bend of each finger ``(…, 5)`` in degrees: the sum of the turns at its two inner joints; 0 is straight."""
    bends = []
    for chain in _CHAINS:
        a, b, c, d = (hands[..., point, :] for point in chain)
        bends.append(angle_between(b - a, c - b) + angle_between(c - b, d - c))
    return np.stack(bends, axis=-1)


def angle_between(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Angle in degrees between vectors ``(…, 3)``; 0 where one of them has no length."""
    lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    cosine = (one * other).sum(axis=-1) / np.maximum(lengths, 1e-9)
    return np.where(lengths > 1e-9, np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))), 0.0)


def pointing(hands: np.ndarray) -> np.ndarray:
    """Unit direction of the hand ``(…, 3)``, wrist to middle knuckle."""
    along = hands[..., MIDDLE_KNUCKLE, :] - hands[..., WRIST, :]
    return along / np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-9)


def describe_shape(hand: np.ndarray, wanted: np.ndarray) -> tuple[str, float, tuple[int, ...]]:
    """What to change in ``hand`` to make it ``wanted`` (each ``(n, 21, 3)``, paired moments), the largest bend
    error in degrees, and the joints of the fingers that are spoken of.
    """
    error = np.median(finger_bends(hand) - finger_bends(wanted), axis=0)
    bent = [int(f) for f in np.argsort(-np.abs(error))[:2] if abs(error[f]) >= LEAST_BEND_DEGREES]
    if bent:
        advice = " and ".join(f"{'straighten' if error[f] > 0 else 'bend'} the {FINGERS[f]}" for f in bent)
    else:
        advice, bent = _gap_advice(hand, wanted)
    return advice, float(np.abs(error).max()), tuple(joint for f in sorted(bent) for joint in JOINTS[f])


def _gap_advice(hand: np.ndarray, wanted: np.ndarray) -> tuple[str, list[int]]:
    tips = [(_TIP_OF[a], _TIP_OF[b]) for a, b, _ in _NEIGHBOURS]
    gaps = [np.median(_gap(hand, *ends) - _gap(wanted, *ends)) for ends in tips]
    widest = int(np.argmax(np.abs(gaps)))
    if abs(gaps[widest]) >= LEAST_GAP:
        a, b, names = _NEIGHBOURS[widest]
        return f"{'close' if gaps[widest] > 0 else 'spread'} {names}", [a, b]
    thumb = np.median(_gap(hand, 4, 17) - _gap(wanted, 4, 17))
    return "bring the thumb across the palm" if thumb > 0 else "take the thumb out from the palm", [0]


def _gap(hand: np.ndarray, a: int, b: int) -> np.ndarray:
    palm = np.linalg.norm(hand[..., MIDDLE_KNUCKLE, :] - hand[..., WRIST, :], axis=-1)
    return np.linalg.norm(hand[..., a, :] - hand[..., b, :], axis=-1) / np.maximum(palm, 1e-9)
