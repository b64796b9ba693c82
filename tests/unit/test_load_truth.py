"""Whether marks follow known skill, and whether they are fair: on marks that are made up to be so, or not."""

from __future__ import annotations

import numpy as np
import pytest

from loadtests.truth import Row, marks_against_truth, rank_correlation


def rows(count: int, bias: float = 0.0, judged: bool = True) -> list[Row]:
    """Marks that follow skill exactly, and cost left-handed signers ``bias``."""
    rng = np.random.default_rng(3)
    made = []
    for _ in range(count):
        skill = float(rng.uniform(0, 1))
        left = bool(rng.random() < 0.5)
        truth = {
            "overall_skill": skill,
            "skill": dict.fromkeys(("handshape", "orientation", "location", "movement"), skill),
            "left_handed": left,
            "build": float(rng.uniform(0.9, 1.1)),
            "distance": float(rng.uniform(0.6, 1.2)),
            "roll_degrees": float(rng.uniform(-12, 12)),
            "frame_rate_hz": 30.0,
            "tempo": float(rng.uniform(0.8, 1.2)),
        }
        mark = skill - bias * left
        parameters = {"handshape": mark, "orientation": 1 - skill, "location": None, "movement": 0.5}
        made.append((truth, {"judged": judged, "score": mark, "accuracy": mark, "parameters": parameters}))
    return made


def test_rank_correlation_is_spearmans() -> None:
    assert rank_correlation([1, 2, 3, 4], [10, 20, 30, 1000]) == pytest.approx(1.0)
    assert rank_correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1.0)
    # With ties: ranks 0.5, 0.5, 2, 3 against 0, 1, 2, 3.
    assert rank_correlation([5, 5, 6, 7], [1, 2, 3, 4]) == pytest.approx(0.9486833)
    assert rank_correlation([1, 1, 1], [1, 2, 3]) is None
    assert rank_correlation([1, 2], [1, 2]) is None


def test_marks_that_follow_skill_are_told_from_those_that_do_not() -> None:
    found = marks_against_truth(rows(60))["rank_correlation"]
    assert found == {"overall": 1.0, "handshape": 1.0, "orientation": -1.0, "location": None, "movement": None}


def test_a_group_that_is_marked_lower_is_found_and_no_other() -> None:
    fair, unfair = marks_against_truth(rows(200)), marks_against_truth(rows(200, bias=0.1))
    assert abs(fair["fairness"]["dominant hand"]["difference"]) < 1e-6
    hand = unfair["fairness"]["dominant hand"]
    assert hand["difference"] == pytest.approx(-0.1, abs=0.02) and hand["error"] < 0.01
    for group in ("body", "camera distance", "camera roll", "tempo"):
        entry = unfair["fairness"][group]
        assert abs(entry["difference"]) < 4 * entry["error"], group
    assert "frame rate" not in unfair["fairness"], "everyone had the same camera"


def test_attempts_that_could_not_be_judged_are_counted_and_left_out() -> None:
    found = marks_against_truth(rows(5, judged=False) + rows(5))
    assert (found["attempts"], found["not_judged"], found["fairness"]) == (10, 5, {})
