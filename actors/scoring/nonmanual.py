"""Non-manual markers: mouth, brows, eyes and head beside the hands, where the layout has a face.

Eight measures of the face mesh, in eye distances so that size does not matter, about their own median over the
recording so that a person's resting face does not either. They are judged only where the reference moves them: a
neutral reference asks nothing of the face. There are no recordings with faces to fit to; tolerances, curve and the
face's share in the accuracy are set by hand, the last one small for that reason.
"""

from __future__ import annotations

import numpy as np

from .calibrate import Curve

MEASURES = (
    ("open the mouth", "close the mouth"),
    ("widen the mouth", "narrow the mouth"),
    ("raise the right eyebrow", "lower the right eyebrow"),
    ("raise the left eyebrow", "lower the left eyebrow"),
    ("open the right eye", "narrow the right eye"),
    ("open the left eye", "narrow the left eye"),
    ("turn the head to your left", "turn the head to your right"),
    ("lower the head", "raise the head"),
)
"""What to do when a measure is too small, and when it is too large."""
REGIONS = ("mouth", "mouth", "brows", "brows", "eyes", "eyes", "head", "head")
"""The part of the face that each measure is of."""
TOLERANCE = np.array([0.12, 0.10, 0.06, 0.06, 0.05, 0.05, 0.12, 0.12], np.float32)
"""Eye distances by which expressions of one meaning differ."""
CURVE = Curve(middle=1.2, width=0.25)
FACE_SHARE = 0.15
"""What a wholly wrong face takes from a sign's accuracy, where the reference moves the face."""
_MIRROR = (0, 1, 3, 2, 5, 4, 6, 7)
_MIRROR_SIGN = np.array([1, 1, 1, 1, 1, 1, -1, 1], np.float32)

_RIGHT_EYE, _LEFT_EYE = (33, 133), (263, 362)
_PAIRS = ((13, 14), (61, 291), (105, 159), (334, 386), (159, 145), (386, 374))
_NOSE_TIP = 1
_LEAST_SEEN = 0.5
_FARTHEST = 3.0


def face_measures(face: np.ndarray) -> np.ndarray:
    """``(T, 8)`` from a face mesh ``(T, 468, 3)`` in square units; NaN where it was not seen."""
    points = face[:, :, :2].astype(np.float32)
    right, left = points[:, _RIGHT_EYE].mean(axis=1), points[:, _LEFT_EYE].mean(axis=1)
    across = left - right
    size = np.linalg.norm(across, axis=1, keepdims=True)
    size = np.where(size > 0, size, np.nan)
    lengths = [np.linalg.norm(points[:, a] - points[:, b], axis=1) for a, b in _PAIRS]
    nose = points[:, _NOSE_TIP] - (left + right) / 2
    along = across / size
    aside = (nose * along).sum(axis=1)
    down = nose[:, 1] * along[:, 0] - nose[:, 0] * along[:, 1]
    measures = np.stack([*lengths, aside, down], axis=1) / size
    seen = np.isfinite(measures).all(axis=1)
    if not seen.any():
        return np.full((len(face), len(MEASURES)), np.nan, np.float32)
    return (measures - np.median(measures[seen], axis=0)).astype(np.float32)


def paired_difference(
    attempt: np.ndarray | None, reference: np.ndarray | None, path: np.ndarray, mirror: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Differences ``(n, 8)`` along the alignment in tolerances, and which measures the reference moves ``(8,)``.

    None where either has no face for half of the way, or the reference's face asks nothing.
    """
    if attempt is None or reference is None:
        return None
    if mirror:
        attempt = attempt[:, _MIRROR] * _MIRROR_SIGN
    difference = (attempt[path[:, 0]] - reference[path[:, 1]]) / TOLERANCE
    seen = np.isfinite(difference).all(axis=1)
    if seen.mean() < _LEAST_SEEN:
        return None
    moved = np.nanmax(reference, axis=0) - np.nanmin(reference, axis=0) > 2 * TOLERANCE
    return (difference[seen], moved) if moved.any() else None


def face_distance(difference: np.ndarray, moved: np.ndarray) -> float:
    """Mean difference in tolerances of the measures that count."""
    return float(np.minimum(np.abs(difference[:, moved]), _FARTHEST).mean())


def with_face(accuracy: float, face_mark: float | None) -> float:
    """A sign's accuracy by its hands, less up to ``FACE_SHARE`` of it by its face: a right face makes no wrong sign
    better. ``face_mark`` is None where the face was not seen or is not asked for, and then takes nothing.
    """
    return accuracy if face_mark is None else accuracy * (1.0 - FACE_SHARE * (1.0 - face_mark))


def face_advice(difference: np.ndarray, moved: np.ndarray, mirror: int) -> tuple[str, float, str]:
    """What to do about the measure that is farthest off, by how many tolerances it is, and the region of the face."""
    typical = np.where(moved, np.median(difference, axis=0), 0.0)
    worst = int(np.argmax(np.abs(typical)))
    own = _MIRROR[worst] if mirror else worst
    too_large = bool(typical[worst] * (_MIRROR_SIGN[worst] if mirror else 1) > 0)
    return MEASURES[own][int(too_large)], float(abs(typical[worst])), REGIONS[own]
