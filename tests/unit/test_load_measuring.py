"""What a load test concludes from its samples: percentiles, whether a run counts, shapes, costs, and the ledger."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from loadtests import bench, shapes
from loadtests.ledger import SessionLog, faults_of, read_logs, unsaved_at_the_end, write_logs
from loadtests.report import write_report
from loadtests.samples import FEEDBACK, FRAMES, LATE_P99_MS, LATENESS, Samples, spread, summary, why_not_counted


def some_samples(late_ms: float = 1.0) -> Samples:
    samples = Samples()
    for index in range(1000):
        samples.add(FEEDBACK, index / 10, float(index + 1))
        samples.add(LATENESS, index / 10, late_ms)
        samples.add(FRAMES, index / 10, 3)
    samples.counts["attempts made"] = 7
    return samples


def test_percentiles_are_values_that_were_measured() -> None:
    found = spread([float(value) for value in range(1, 1001)])
    assert (found["min"], found["p50"], found["p90"], found["p99"], found["max"]) == (1, 500, 900, 990, 1000)
    assert spread([]) == {}


def test_samples_come_back_from_their_file_unrounded(tmp_path) -> None:
    samples = some_samples(late_ms=np.pi)
    samples.save(tmp_path / "s.npz")
    again = Samples.load(tmp_path / "s.npz")
    assert again.names == samples.names and again.counts == samples.counts
    assert np.array_equal(again.values_ms(LATENESS, 5, 7), samples.values_ms(LATENESS, 5, 7))
    assert len(again.values_ms(LATENESS, 5, 7)) == 20


def test_a_generator_that_is_late_says_that_its_run_does_not_count() -> None:
    assert why_not_counted(some_samples()) is None
    assert "could not keep its pace" in why_not_counted(some_samples(LATE_P99_MS + 1))
    assert "sent nothing" in why_not_counted(Samples())
    late = some_samples()
    for _ in range(20):
        late.add(LATENESS, 200.0, 500.0)
    assert not summary(late)["counts_as_measurement"]
    assert summary(late, until_s=150.0)["counts_as_measurement"], "the late moves came after this span"
    assert FRAMES not in summary(late)["latency_ms"], "frames are no time"


def test_a_report_holds_the_same_in_json_and_on_its_page(tmp_path) -> None:
    facts = {"shape": "steady", "what": "a <test>", "learners": 2, "seed": 1, "run_s": 3.0, "troubles": ["<wrong>"]}
    write_report(tmp_path / "r", {**facts, "generator_cpu_share": 0.1}, some_samples(30.0), [])
    found = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert found["latency_ms"][FEEDBACK]["p99"] == 990 and not found["counts_as_measurement"]
    page = (tmp_path / "r.html").read_text("utf-8")
    assert "This run does not count" in page and "&lt;wrong&gt;" in page and "data:image/png" in page
    assert Samples.load(tmp_path / "r.samples.npz").counts["attempts made"] == 7


def test_a_bell_brings_a_class_in_one_second_and_a_timetable_brings_classes_in_turn() -> None:
    bell, school = shapes.SHAPES["bell"], shapes.SHAPES["school"]
    assert shapes.learners_at(bell, 0.0, 30) == 1
    assert shapes.learners_at(bell, 0.5, 30) == 15
    assert shapes.learners_at(bell, 1.0, 30) == shapes.learners_at(bell, 500.0, 30) == 30
    assert shapes.learners_at(school, 20.0, 100) == 30
    assert shapes.learners_at(school, 50.0, 100) == 60, "the second class has begun, the first goes on"
    assert shapes.learners_at(school, 65.0, 100) == 30, "the first class has left"
    assert shapes.learners_at(school, 50.0, 40) == 40


def test_storms_and_mishaps_come_only_where_the_shape_has_them() -> None:
    rng = random.Random(1)
    assert shapes.storms_s(shapes.SHAPES["storm"], 100.0) == (40.0, 70.0)
    assert shapes.storms_s(shapes.SHAPES["steady"], 100.0) == ()
    assert shapes.next_mishap_s(0.0, rng) == float("inf")
    assert np.mean([shapes.next_mishap_s(2.0, rng) for _ in range(4000)]) == pytest.approx(30.0, rel=0.1)


LOG = SessionLog("s", "l", ended={1: 90, 2: 80, 3: 70}, stored=2, held=(3,), lost=(), cancelled=(), status="active")
ROWS = [(1, 90), (2, 80)]


def test_a_session_that_kept_every_promise_has_no_faults() -> None:
    assert faults_of(LOG, ROWS) == []
    assert faults_of(LOG, [*ROWS, (3, 70)]) == [], "stored, although the word of it was lost"


@pytest.mark.parametrize(
    ("log", "stored", "word"),
    [
        (LOG, [*ROWS, (2, 80)], "attempt 2 is stored 2 times"),
        (LOG, [(1, 90)], "attempt 2 was said to be stored and is not there"),
        (LOG, [(1, 90), (2, 79)], "attempt 2 has 79 frames in the database and had 80"),
        (LOG, [*ROWS, (4, 1)], "attempt 4 is stored and was never ended"),
        (replace(LOG, held=()), ROWS, "attempt 3 is neither stored nor held"),
        (replace(LOG, lost=(3,)), ROWS, "attempt 3 was lost"),
        (replace(LOG, cancelled=(3,)), ROWS, "attempt 3 was given up"),
    ],
)
def test_each_broken_promise_is_found(log: SessionLog, stored: list[tuple[int, int]], word: str) -> None:
    found = faults_of(log, stored)
    assert len(found) == 1 and word in found[0]


def test_logs_come_back_from_their_file_and_tell_what_was_not_saved(tmp_path) -> None:
    write_logs(tmp_path / "logs.json", [LOG, replace(LOG, held=())])
    logs = read_logs(tmp_path / "logs.json")
    assert logs == [LOG, replace(LOG, held=())]
    assert len(unsaved_at_the_end(logs)) == 1


def test_ratios_are_ours_over_theirs_and_leave_out_what_failed() -> None:
    ours = {"cpu_us_per_frame": 500.0, "feedback_ms": {"p99": 10.0}}
    theirs = {"cpu_us_per_frame": 2500.0, "feedback_ms": {"p99": 400.0}}
    sides = {bench.OURS: ours, bench.GATEWAY: theirs, bench.SINGLE: {"failed": "did not start"}}
    assert bench.ratios(sides) == {"cpu / gateway": 0.2, "p99 / gateway": 0.025}
