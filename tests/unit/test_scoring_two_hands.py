"""Two hands in one sign: symmetric, in turn, one the base of the other; touching or apart."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.scoring.canonical import LEFT_SLOT, PALM, RIGHT_SLOT
from actors.scoring.parameters import Features
from actors.scoring.two_hands import CONTACT_GAP, hand_gaps, hand_offsets, two_handed

MOMENTS = 20
WAVE = np.sin(np.linspace(0, 2 * np.pi, MOMENTS))


@cache
def _shape() -> np.ndarray:
    """A hand about 0.4 shoulder widths long, its palm's centre at the origin."""
    points = np.random.default_rng(3).uniform(-0.2, 0.2, (21, 3)).astype(np.float32)
    return points - points[list(PALM)].mean(axis=0)


def _sign(right: np.ndarray, left: np.ndarray) -> Features:
    """Two hands whose palms go along ``right`` and ``left`` ``(T, 2)``, in shoulder widths; left is given in the
    picture and kept in slot 1's mirror.
    """
    centre = np.zeros((2, len(right), 3), np.float32)
    centre[RIGHT_SLOT, :, :2], centre[LEFT_SLOT, :, :2] = right, left * [-1, 1]
    there = np.ones((2, len(right)), np.float32)
    return Features(np.zeros((*there.shape, 0)), there, there, centre, centre[:, :, None] + _shape(), True)


def _at(x: float, y: float, dx: np.ndarray | float = 0.0, dy: np.ndarray | float = 0.0) -> np.ndarray:
    return np.stack([x + np.broadcast_to(dx, MOMENTS), y + np.broadcast_to(dy, MOMENTS)], axis=1)


@pytest.mark.parametrize(
    ("right", "left", "kind"),
    [
        (_at(-0.5, 0.3, dx=-0.1 * WAVE), _at(0.5, 0.3, dx=0.1 * WAVE), "symmetric"),
        (_at(-0.5, 0.3, dy=0.3 * WAVE), _at(0.5, 0.3, dy=-0.3 * WAVE), "alternating"),
        (_at(-0.5, 0.3, dy=0.3 * WAVE), _at(0.5, 0.3), "base_hand"),
        (_at(-0.5, 0.3, dy=0.3 * WAVE), _at(0.5, 0.3, dx=0.3 * WAVE[::-1] ** 2), "independent"),
        (_at(-0.5, 0.3), _at(0.5, 0.3), "still"),
    ],
)
def test_kinds_of_relation(right: np.ndarray, left: np.ndarray, kind: str) -> None:
    found = two_handed(_sign(right, left))
    assert found is not None and found.kind == kind
    assert found.base_slot == (LEFT_SLOT if kind == "base_hand" else None)
    assert found.contact == 0.0 and found.offset == pytest.approx((1.0, 0.0), abs=0.2)


def test_hands_that_are_not_seen_together_have_no_relation() -> None:
    sign = _sign(_at(-0.5, 0.3), _at(0.5, 0.3))
    there = sign.hand_there.copy()
    there[LEFT_SLOT, : MOMENTS // 2 + 1] = 0.0
    assert two_handed(replace(sign, hand_there=there)) is None
    assert np.isnan(hand_gaps(sign.hands, there)).tolist() == (there[LEFT_SLOT] == 0).tolist()


def test_touching_hands_are_told_from_near_ones() -> None:
    touching = two_handed(_sign(_at(-0.1, 0.3), _at(0.1, 0.3)))
    near = two_handed(_sign(_at(-0.4, 0.3), _at(0.4, 0.3)))
    assert touching is not None and touching.contact == 1.0 and touching.gap <= CONTACT_GAP
    assert near is not None and near.contact == 0.0 and near.gap > CONTACT_GAP


@given(st.integers(0, 2**32 - 1))
def test_a_left_handed_signer_has_the_same_relation_the_other_way_round(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sign = _sign(*(np.cumsum(rng.normal(0, 0.05, (MOMENTS, 2)), axis=0) + [x, 0.3] for x in (-0.4, 0.4)))
    mirrored = replace(sign, centre=sign.centre[::-1], hands=sign.hands[::-1])
    one, other = two_handed(sign), two_handed(mirrored)
    assert one is not None and other is not None
    assert (one.kind, one.contact) == (other.kind, other.contact)
    assert one.gap == pytest.approx(other.gap, abs=1e-6)
    assert one.base_slot is None or other.base_slot == 1 ^ one.base_slot
    straight, back = hand_offsets(sign.centre, sign.hand_there), hand_offsets(mirrored.centre, sign.hand_there)
    assert np.allclose(straight, back * [1, -1], atol=1e-6), "as far across, and up where it was down"
