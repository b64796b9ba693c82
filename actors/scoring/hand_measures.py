"""What is measured of a hand's 21 points, by numpy over any number of hands at once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .canonical import INDEX_KNUCKLE, LITTLE_KNUCKLE, MIDDLE_KNUCKLE, PALM, TIPS, WRIST
from .resample import lengths

PROXIMITY_REACH = 0.25
"""Shoulder widths at which nearness to a place of the body fades (standard deviation of its bell)."""
TOUCH_REACH = 0.25
"""Palm lengths at which the nearness of two fingers fades."""

KNUCKLES = (5, 9, 13, 17)
_FINGERTIPS_TO_KNUCKLES = [(tip, knuckle) for tip in TIPS for knuckle in KNUCKLES]
_TIP_PAIRS = [(a, b) for i, a in enumerate(TIPS) for b in TIPS[i + 1 :]]
MEASURED_PAIRS = _TIP_PAIRS + [(tip, WRIST) for tip in TIPS] + _FINGERTIPS_TO_KNUCKLES
_PAIRS = np.array(MEASURED_PAIRS + [(WRIST, knuckle) for knuckle in KNUCKLES]).T
_ROOT_OF_PAIRS = np.float32(np.sqrt(len(MEASURED_PAIRS)))
_FINGERS = [(0, 1, 2, 3, 4), (0, 5, 6, 7, 8), (0, 9, 10, 11, 12), (0, 13, 14, 15, 16), (0, 17, 18, 19, 20)]
_BONES = np.array([bone for finger in _FINGERS for bone in pairwise(finger)]).T
_BENDS = [(4 * finger + bone, 4 * finger + bone + 1) for finger in range(5) for bone in range(3)]
_SPREADS = [(4 * finger + 1, 4 * finger + 5) for finger in (1, 2, 3)] + [(2, 5)]
_JOINTS = np.array(_BENDS + _SPREADS).T
"""Pairs of bones between which an angle is measured: along each finger, from finger to finger, thumb to index."""
_ROOT_OF_JOINTS = np.float32(np.sqrt(_JOINTS.shape[1]))
TOUCHING = np.zeros((4, 21), np.float32)
"""Makes the points that touch of a hand's points: tips of thumb, index and middle finger, and the palm."""
TOUCHING[(0, 1, 2), (4, 8, 12)] = 1.0
TOUCHING[3, PALM] = 1.0 / len(PALM)
_FADED_OUT = 50.0


def tip_distances(hands: np.ndarray) -> np.ndarray:
    """35 distances in the hand ``(…, 35)`` (tip–tip, tip–wrist, tip–knuckle), by the longest wrist–knuckle one, over
    √35.

    They do not change when the hand turns, which the embedding does.
    """
    apart = lengths(hands.take(_PAIRS[0], axis=-2) - hands.take(_PAIRS[1], axis=-2))
    palm = apart[..., len(MEASURED_PAIRS) :].max(axis=-1, keepdims=True)
    return apart[..., : len(MEASURED_PAIRS)] / np.maximum(palm * _ROOT_OF_PAIRS, np.float32(1e-6))


def finger_touch(apart: np.ndarray) -> np.ndarray:
    """How near each two points of ``tip_distances`` ``(…, 35)`` are: exp(−d²/2r²), over √35. Which fingers touch tells
    6, 7, 8 and 9 apart, and 0 from 1; how far those that do not touch are apart tells little more.
    """
    faded = np.square(apart) * np.float32(-len(MEASURED_PAIRS) / (2 * TOUCH_REACH**2))
    return np.exp(np.maximum(faded, np.float32(-_FADED_OUT))) / _ROOT_OF_PAIRS


def joint_angles(hands: np.ndarray) -> np.ndarray:
    """Angles ``(…, 19)`` between neighbouring bones in radians, over √19: the three bends of each finger, the spread of
    neighbouring fingers, and that of the thumb from the index finger.
    """
    bones = hands.take(_BONES[1], axis=-2) - hands.take(_BONES[0], axis=-2)
    bones /= np.maximum(lengths(bones), np.float32(1e-9))[..., None]
    cosines = np.vecdot(bones.take(_JOINTS[0], axis=-2), bones.take(_JOINTS[1], axis=-2))
    return np.arccos(np.minimum(np.maximum(cosines, np.float32(-1.0)), np.float32(1.0))) / _ROOT_OF_JOINTS


def palm_normals(hands: np.ndarray) -> np.ndarray:
    """Unit normal of the palm ``(…, 3)``: across the knuckles (index − little) × along the hand (wrist → middle
    knuckle).
    """
    across = hands[..., INDEX_KNUCKLE, :] - hands[..., LITTLE_KNUCKLE, :]
    along = hands[..., MIDDLE_KNUCKLE, :] - hands[..., WRIST, :]
    normal = cross(across, along)
    return normal / np.maximum(lengths(normal), np.float32(1e-9))[..., None]


def palm_centres(hands: np.ndarray) -> np.ndarray:
    """Mean ``(…, 3)`` of wrist, thumb's base and knuckles."""
    return hands.take(PALM, axis=-2).sum(axis=-2) / np.float32(len(PALM))


def cross(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Cross product of vectors ``(…, 3)`` (``np.cross`` takes three times as long for a few of them)."""
    return one.take(_NEXT, axis=-1) * other.take(_LAST, axis=-1) - one.take(_LAST, axis=-1) * other.take(_NEXT, axis=-1)


_NEXT, _LAST = (1, 2, 0), (2, 0, 1)


def tips_from_nose(hands: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """Fingertips less the nose ``(2, T, 15)``, over √5; depth is the tip's before the wrist."""
    offsets = hands.take(TIPS, axis=2)
    offsets[..., :2] -= anchors[:, None, None, 0]
    return offsets.reshape(*hands.shape[:2], -1) / np.float32(np.sqrt(len(TIPS)))


def proximity(hands: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """How near thumb, index, middle tip and palm are to each place of the body ``(2, T, 36)``: ½·exp(−d²/2r²)."""
    points = TOUCHING @ hands[..., :2]
    offsets = points[:, :, :, None] - anchors[:, None, None]
    faded = np.vecdot(offsets, offsets) / np.float32(-2 * PROXIMITY_REACH**2)
    return np.float32(0.5) * np.exp(np.maximum(faded, np.float32(-_FADED_OUT))).reshape(*hands.shape[:2], -1)
