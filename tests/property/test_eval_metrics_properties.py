"""Laws that figures of merit obey whatever the scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.scoring.evaluation.metrics import auc, equal_error_rate, midranks

SCORES = st.lists(st.integers(0, 20).map(lambda n: n / 20), min_size=1, max_size=40).map(np.array)


@given(SCORES, SCORES)
def test_auc_is_the_share_of_ordered_pairs(same: np.ndarray, different: np.ndarray) -> None:
    above = (same[:, None] > different).mean() + 0.5 * (same[:, None] == different).mean()
    assert auc(same, different) == pytest.approx(above)


@given(SCORES, SCORES)
def test_auc_turns_over_with_its_sides_and_ignores_monotone_changes(same: np.ndarray, different: np.ndarray) -> None:
    assert auc(same, different) == pytest.approx(1 - auc(different, same))
    assert auc(same**3, different**3) == pytest.approx(auc(same, different))


@given(SCORES, SCORES)
def test_no_threshold_has_both_rates_below_the_equal_error_rate(same: np.ndarray, different: np.ndarray) -> None:
    rate = equal_error_rate(same, different)
    for threshold in np.append(np.unique(np.concatenate([same, different])), np.inf):
        assert max((same < threshold).mean(), (different >= threshold).mean()) >= rate - 1e-9


@given(SCORES)
def test_midranks_keep_the_sum_of_ranks(values: np.ndarray) -> None:
    assert midranks(values).sum() == pytest.approx(len(values) * (len(values) + 1) / 2)
