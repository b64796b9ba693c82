"""Which of the signer's hands is which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

import numpy as np

Side = Literal["left", "right"]
_SIDES: tuple[Side, Side] = ("left", "right")
_POSE_WRIST = {"left": 15, "right": 16}
_POSE_SHOULDERS = (11, 12)
_LABEL_WEIGHT = 0.5
"""What a wrong label costs, in shoulder widths between the hand and the body's wrist. Labels flip from frame to frame
when a hand turns; the body's wrists do not. So the label decides only where both wrists are about as near."""


@dataclass(frozen=True, slots=True, eq=False)
class DetectedHand:
    """A hand as the hand detector gives it: ``points`` and ``world`` ``(21, 3)``, and how likely it is a right hand."""

    points: np.ndarray
    world: np.ndarray
    right_probability: float


def assign_hands(
    hands: Sequence[DetectedHand], pose: np.ndarray | None, aspect_ratio: float
) -> dict[Side, DetectedHand]:
    """Gives each of at most two hands to one of the signer's sides.

    ``pose`` ``(33, 3)`` or None are the body's points in the same picture, ``aspect_ratio`` is its width by its height.
    """
    if not hands:
        return {}
    chosen = min(permutations(_SIDES, len(hands)), key=lambda sides: _cost(hands, sides, pose, aspect_ratio))
    return dict(zip(chosen, hands, strict=True))


def _cost(hands: Sequence[DetectedHand], sides: Sequence[Side], pose: np.ndarray | None, aspect_ratio: float) -> float:
    return sum(
        _LABEL_WEIGHT * (1.0 - hand.right_probability if side == "right" else hand.right_probability)
        + (0.0 if pose is None else _distance_from_body_wrist(hand, side, pose, aspect_ratio))
        for hand, side in zip(hands, sides, strict=True)
    )


def _distance_from_body_wrist(hand: DetectedHand, side: Side, pose: np.ndarray, aspect_ratio: float) -> float:
    """In shoulder widths."""
    to_square = np.array([aspect_ratio, 1.0])
    left, right = (pose[point, :2] * to_square for point in _POSE_SHOULDERS)
    between = (hand.points[0, :2] - pose[_POSE_WRIST[side], :2]) * to_square
    return float(np.linalg.norm(between) / max(np.linalg.norm(left - right), 1e-3))
