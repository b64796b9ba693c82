"""A short run of the chaos test: a small class, faults of every kind, a ledger without a fault."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from loadtests.chaos import Plan, run

PLAN = Plan("sqlite", learners=3, seconds=12.0, pause_s=0.8, cuts_per_minute=6.0, seed=4)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("locust") is None, reason="locust is not installed (extra: load)")
@pytest.mark.usefixtures("models_dir")
def test_a_class_loses_nothing_while_its_server_is_killed_piece_by_piece(tmp_path: Path) -> None:
    result = run(PLAN, tmp_path)
    assert result["problems"] == []
    assert result["faults"] >= 5 and len(result["faults_by_kind"]) >= 3, result["faults_by_kind"]
    assert result["attempts_ended"] >= 3
