"""Figures of merit on cases that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from actors.scoring.evaluation.metrics import (
    auc,
    confusion,
    equal_error_rate,
    gloss_scores,
    hard_pairs,
    label_table,
    nearest_gloss,
    top1,
)

NAN = float("nan")


def test_auc_of_separated_equal_and_reversed_scores() -> None:
    assert auc(np.array([0.8, 0.9]), np.array([0.1, 0.2, 0.3])) == 1.0
    assert auc(np.array([0.5, 0.5]), np.array([0.5])) == 0.5
    assert auc(np.array([0.1]), np.array([0.8, 0.9])) == 0.0
    assert auc(np.array([0.4, 0.6]), np.array([0.4, 0.5])) == pytest.approx((0.5 + 0 + 1 + 1) / 4)
    assert auc(np.array([]), np.array([0.5])) is None


def test_equal_error_rate_where_the_rates_cross() -> None:
    assert equal_error_rate(np.array([0.9, 0.8]), np.array([0.1, 0.2])) == 0.0
    assert equal_error_rate(np.array([0.1, 0.2]), np.array([0.9, 0.8])) == 1.0
    assert equal_error_rate(np.array([0.5]), np.array([0.5])) == pytest.approx(0.5)
    one_of_four = equal_error_rate(np.array([0.9, 0.8, 0.7, 0.3]), np.array([0.6, 0.2, 0.1, 0.0]))
    assert one_of_four == pytest.approx(0.25)
    assert equal_error_rate(np.array([0.5]), np.array([])) is None


def test_a_gloss_scores_the_mean_of_its_three_best_references() -> None:
    scores = np.array([[0.9, 0.8, 0.7, 0.1, 0.85], [NAN, NAN, NAN, NAN, 0.4], [NAN, 0.6, NAN, 0.2, NAN]])
    by_gloss = gloss_scores(scores, np.array([0, 0, 0, 0, 1]), 3)
    np.testing.assert_allclose(by_gloss, [[0.8, 0.85, NAN], [NAN, 0.4, NAN], [0.4, NAN, NAN]])
    assert nearest_gloss(by_gloss).tolist() == [1, 1, 0]


def test_equal_best_scores_have_no_nearest_gloss() -> None:
    assert nearest_gloss(np.array([[0.5, 0.5], [0.2, 0.1], [NAN, NAN]])).tolist() == [-1, 0, -1]


def test_top1_counts_only_attempts_that_could_be_right() -> None:
    nearest, truth = np.array([0, 1, 1, -1]), np.array([0, 0, 1, 1])
    assert top1(nearest, truth, np.array([True, True, True, True])) == 0.5
    assert top1(nearest, truth, np.array([True, False, True, False])) == 1.0
    assert top1(nearest, truth, np.zeros(4, bool)) is None
    counts = confusion(nearest, truth, np.array([True, True, True, True]), 2)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 1]]


def test_the_hardest_pair_is_the_one_that_overlaps() -> None:
    glosses = np.array([0, 1, 2])
    scores = np.array([[0.9, 0.95, 0.1], [0.9, 0.85, 0.1], [0.0, 0.1, 0.9]])
    pairs = hard_pairs(scores, glosses, glosses, ["A", "B", "C"])
    assert [(pair.a, pair.b) for pair in pairs] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert pairs[0].auc == pytest.approx(0.125)
    assert pairs[1].auc == pairs[2].auc == 1.0
    assert len(hard_pairs(scores, glosses, glosses, ["A", "B", "C"], most=1)) == 1


def test_the_label_table_says_what_a_label_is_taken_for() -> None:
    glosses = np.array([0, 0, 1])
    scores = np.array([[0.3, NAN, 0.6], [NAN, 0.9, 0.2], [0.1, 0.2, NAN]])
    nearest = nearest_gloss(gloss_scores(scores, glosses, 2))
    a, b = label_table(scores, glosses, glosses, ["A", "B"], [2, 1], glosses, nearest)
    assert (a.label, a.attempts, a.signers, a.taken_for, a.top1) == ("A", 2, 2, "B", 0.5)
    assert a.auc == pytest.approx(0.75) and a.same_median == pytest.approx(0.6) and a.other_median == pytest.approx(0.4)
    assert (b.attempts, b.auc, b.top1, b.same_median, b.taken_for) == (1, None, None, None, None)
