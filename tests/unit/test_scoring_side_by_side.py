"""An attempt's signs compared all at once must come out as each compared alone, whoever has which hand or body."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from actors.scoring.compare import distances, local_costs, pack
from actors.scoring.parameters import BLOCKS, NUMBERS, PATH, PLACED_BLOCKS, Features
from actors.scoring.side_by_side import Columns, block_terms, costs_at, laid_out, warped
from actors.scoring.sign_cut import sign_features, sign_path, signs_features

MOMENTS = 20


def _sign(rng: np.random.Generator, hands: tuple[int, ...], has_body: bool) -> Features:
    """A sign of random measures with some of its hands, which come and go at its ends."""
    there = np.zeros((2, MOMENTS), np.float32)
    there[list(hands), 2:18] = 1.0
    there[list(hands), 1] = 0.4
    values = rng.normal(0.0, 0.3, (2, MOMENTS, NUMBERS)).astype(np.float32)
    centre = rng.normal(0.0, 0.3, (2, MOMENTS, 3)).astype(np.float32)
    wrists, points = np.full((2, MOMENTS), has_body, np.float32), rng.normal(0.0, 0.3, (2, MOMENTS, 21, 3))
    sign = Features(values, there, wrists, centre, points, has_body)
    sign.of(PATH)[:] = sign_path(centre, there)
    values[..., 2:] *= (there > 0)[:, :, None]
    return sign


@pytest.fixture
def signs() -> list[Features]:
    rng = np.random.default_rng(4)
    return [_sign(rng, hands, body) for hands, body in product([(0,), (1,), (0, 1)], [True, False])]


@pytest.mark.parametrize("shown", [(0,), (2,), (0, 2, 4), (0, 1, 2, 3, 4, 5)], ids=str)
@pytest.mark.parametrize("wanted", [(0, 0), (0, 4), (1, 3), (5, 2, 4, 1)], ids=str)
def test_signs_compared_together_are_as_far_as_each_alone(
    signs: list[Features], shown: tuple[int, ...], wanted: tuple[int, ...]
) -> None:
    references = [signs[index] for index in wanted]
    own = [replace(signs[index], values=signs[index].values[:, ::-1].copy()) for index in shown]
    far, *_ = warped(laid_out(own), laid_out(references).together())
    for each, sign in zip(far.transpose(1, 0, 2), own, strict=True):
        np.testing.assert_allclose(each, distances(sign, pack(references)), rtol=1e-4)


def test_a_way_costs_what_its_cells_cost(signs: list[Features]) -> None:
    """The sum of the blocks' terms over one pair of moments is that pair's cost."""
    sign, reference = signs[4], replace(signs[4], values=signs[4].values + np.float32(0.1))
    columns = Columns(np.array([0, 1]), np.zeros(2, np.intp), np.zeros(2, np.intp))
    moments = np.array([3, 17]), np.array([5, 2])
    costs = costs_at(laid_out([sign]), laid_out([reference]).together(), columns, *moments)
    for pair, mirror in product(range(2), range(2)):
        path = np.array([[moments[0][pair], moments[1][pair]]])
        terms = np.array(block_terms([(sign, reference, path, mirror)])[0])
        assert terms.shape == (len(BLOCKS), 2)
        assert terms[:, 0].sum() / terms[:, 1].sum() == pytest.approx(costs[pair, mirror], rel=1e-4)


def test_costs_of_every_moment_are_those_of_the_whole_table(signs: list[Features]) -> None:
    sign, references = signs[2], [signs[0], signs[4]]
    table = local_costs(sign, pack(references), len(PLACED_BLOCKS))
    columns = Columns(np.array([0, 0, 1, 1]), np.zeros(4, np.intp), np.array([0, 1, 0, 1]))
    shown, wanted = np.indices((MOMENTS, MOMENTS)).reshape(2, -1)
    costs = costs_at(laid_out([sign]), laid_out(references).together(), columns, shown, wanted, len(PLACED_BLOCKS))
    np.testing.assert_allclose(costs.reshape(MOMENTS, MOMENTS, 2, 2).transpose(2, 0, 1, 3), table, atol=1e-5)


def test_signs_cut_out_together_are_those_cut_out_one_by_one() -> None:
    rng = np.random.default_rng(6)
    whole = replace(_sign(rng, (0, 1), True), face=rng.random((MOMENTS, 8), np.float32))
    whole = replace(whole, flipped=_sign(rng, (1,), True))
    spans = [(0, 7), (5, 20), (12, 13)]
    for cut, (start, stop) in zip(signs_features(whole, spans, 9), spans, strict=True):
        alone = sign_features(whole, start, stop, 9)
        for one, other in ((cut, alone), (cut.flipped, alone.flipped)):
            for name in ("values", "hand_there", "wrist_there", "centre", "hands", "face"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
