"""How much of a sign's movement was made: a picture of a moving sign is not the sign.

Distances between moments say little about it: where handshape, palm and place are right throughout, a hand that stands
still is never far from the moments of the reference.
"""

from __future__ import annotations

import numpy as np

from .parameters import Features

ASKED_FROM, ASKED_WHOLLY = 0.10, 0.15
"""Shoulder widths (root mean square about the mean) that a reference's hands must move to ask for movement at all, and
to ask for all of it."""
ENOUGH, ALIKE = 0.4, 0.5
"""Share of the reference's movement, and likeness to it, that count as having made it: of 350 correct recordings by
other signers in a seeded sample five have less, one none."""

MOVEMENT_SHARE = 0.6
"""What a movement that was not made at all takes from a sign's accuracy: a still picture of a moving sign stays below
success. Taking all of it lowers correct signing by others too far (asl_words, all signers: median 0.80 instead of
0.83)."""


def with_movement(accuracy: np.ndarray | float, made: np.ndarray | float) -> np.ndarray | float:
    """A sign's accuracy less what of its movement was not ``made``."""
    return accuracy * (1.0 - MOVEMENT_SHARE * (1.0 - made))


def movement_made(sign: Features, reference: Features, path: np.ndarray, mirror: int) -> float:
    """How far, 0..1, ``sign`` moves as ``reference`` does along the warping ``path`` ``(n, 2)``; 1 where that hardly
    moves.

    The share is the slope of the attempt's points on the reference's (regression through the origin, each point of each
    hand about its own mean): 1 for the same movement, 0 for standing still, negative for the way back. Likeness is
    their correlation: 0 for moving without relation.
    """
    own, slots = np.array([[mirror], [1 ^ mirror]]), np.array([[0], [1]])
    there = (sign.hand_there[own, path[:, 0]] > 0) & (reference.hand_there[slots, path[:, 1]] > 0)
    moments = there.sum(axis=1)[:, None, None]
    wanted = _about_mean(reference.hands[slots, path[:, 1], :, :2], there, moments)
    asked = float(np.vecdot(wanted, wanted).sum())
    extent = (asked / reference.hands.shape[2] / len(path)) ** 0.5
    strictness = min(max((extent - ASKED_FROM) / (ASKED_WHOLLY - ASKED_FROM), 0.0), 1.0)
    if not strictness:
        return 1.0
    shown = _about_mean(sign.hands[own, path[:, 0], :, :2], there, moments)
    common, done = float(np.vecdot(shown, wanted).sum()), float(np.vecdot(shown, shown).sum())
    made = min(common / asked / ENOUGH, common / max(asked * done, 1e-12) ** 0.5 / ALIKE)
    return 1.0 - strictness * (1.0 - min(max(made, 0.0), 1.0))


def _about_mean(points: np.ndarray, there: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """``points`` ``(2, n, 21, 2)`` as ``(2, n, 42)`` less each one's mean over the ``moments`` ``(2, 1, 1)`` at which
    its hand is ``there`` ``(2, n)``; 0 elsewhere.
    """
    points = points.reshape(*there.shape, -1) * there[:, :, None]
    points -= points.sum(axis=1, keepdims=True) / np.maximum(moments, 1)
    points *= there[:, :, None]
    return points
