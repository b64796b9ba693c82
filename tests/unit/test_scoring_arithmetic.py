"""Resampling, alignment, curves and fluency: the arithmetic under the scorer."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from actors.scoring.align import OnlineAlignment, forced_path, symmetric_distances, symmetric_paths
from actors.scoring.calibrate import Curve, calibration, fit_curve, fit_typical, from_json, to_json
from actors.scoring.deviations import explain_offset, longest_excess
from actors.scoring.fluency import hesitations, spectral_arc_length, speeds, tempo_mark
from actors.scoring.resample import MAX_GAP_MS, grid_times, median, resample_track, stretch
from actors.scoring.segment import AttemptSpan, RestToRest


def test_gaps_are_filled_up_to_the_limit_and_no_further() -> None:
    times = np.array([0, 100, 100 + MAX_GAP_MS, 200 + 2 * MAX_GAP_MS])
    points = np.array([0.0, 1.0, 2.0, 9.0])[:, None, None].repeat(3, axis=2)
    grid = grid_times(times)
    track = resample_track(points, times, grid)
    filled = grid <= 100 + MAX_GAP_MS
    assert track.seen[filled].all()
    np.testing.assert_allclose(track.points[filled, 0, 0], np.interp(grid[filled], times[:3], [0, 1, 2]), atol=1e-5)
    middle = (grid > 150 + MAX_GAP_MS) & (grid < 150 + 2 * MAX_GAP_MS)
    assert middle.any() and not track.seen[middle].any()
    assert np.isnan(track.points[middle]).all()


@pytest.mark.parametrize("frame_rate_hz", [10, 15, 24, 60])
def test_grid_keeps_a_movement_whatever_the_frame_rate(frame_rate_hz: int) -> None:
    times = np.round(np.arange(0, 1000, 1000 / frame_rate_hz)).astype(np.int64)
    points = (times / 1000.0)[:, None, None] * np.ones((1, 2, 3))
    grid = grid_times(times)
    track = resample_track(points, times, grid)
    np.testing.assert_allclose(track.points[:, 0, 0], grid / 1000.0, atol=1e-5)


def test_no_frames_and_one_frame_have_a_grid() -> None:
    assert len(grid_times(np.array([]))) == 0
    assert grid_times(np.array([70])).tolist() == [70.0]


def test_stretch_keeps_both_ends() -> None:
    values = np.array([[0.0], [1.0], [4.0]])
    np.testing.assert_allclose(stretch(values, 5)[:, 0], [0.0, 0.5, 1.0, 2.5, 4.0])


def _brute_force(cost: np.ndarray) -> float:
    """Smallest weighted cost over all warping paths inside the band, by listing them."""
    count = len(cost)
    band = max(int(round(0.3 * count)), 1)
    best = np.inf
    steps = [(1, 0), (0, 1), (1, 1)]
    stack = [((0, 0), 2 * cost[0, 0])]
    while stack:
        (i, j), paid = stack.pop()
        if (i, j) == (count - 1, count - 1):
            best = min(best, paid)
            continue
        for di, dj in steps:
            a, b = i + di, j + dj
            if a < count and b < count and abs(a - b) <= band:
                stack.append(((a, b), paid + cost[a, b] * (di + dj)))
    return best / (2 * count)


def test_symmetric_distance_is_the_best_of_all_paths() -> None:
    costs = np.random.default_rng(1).uniform(0, 1, (5, 5, 4))
    found = symmetric_distances(costs)
    for index in range(4):
        assert found[index] == pytest.approx(_brute_force(costs[:, :, index]))


def test_symmetric_path_pays_the_distance() -> None:
    cost = np.random.default_rng(2).uniform(0, 1, (20, 20))
    (path,) = symmetric_paths(cost[:, :, None])
    steps = np.diff(path, axis=0, prepend=[[-1, -1]])
    assert set(map(tuple, steps.tolist())) <= {(1, 0), (0, 1), (1, 1)}
    paid = sum(cost[i, j] * (di + dj) for (i, j), (di, dj) in zip(path, steps, strict=True)) / 40
    assert paid == pytest.approx(float(symmetric_distances(cost[:, :, None])[0]))


def test_online_alignment_and_forced_path_agree() -> None:
    costs = np.random.default_rng(3).uniform(0, 1, (12, 9))
    online = OnlineAlignment(9)
    for row in costs:
        online.push(row)
    _, path = forced_path(costs[None])
    assert set(np.diff(path).tolist()) <= {0, 1, 2}
    assert costs[np.arange(12), path].sum() == pytest.approx(online.totals[-2:].min())


def test_forced_path_takes_the_cheaper_of_several_tables() -> None:
    costs = np.random.default_rng(5).uniform(0, 1, (3, 12, 9))
    alone = [float(costs[table, np.arange(12), forced_path(costs[table][None])[1]].sum()) for table in range(3)]
    table, path = forced_path(costs)
    assert table == int(np.argmin(alone))
    assert costs[table, np.arange(12), path].sum() == pytest.approx(min(alone))


def test_forced_path_of_too_few_frames_goes_as_far_as_it_can() -> None:
    _, path = forced_path(np.zeros((1, 3, 40)))
    assert path.max() <= 5


def test_curves_fall_and_are_half_at_their_middle() -> None:
    curve = Curve(0.8, 0.1)
    marks = curve.mark(np.linspace(0, 3, 50))
    assert (np.diff(marks) <= 0).all()
    assert curve.mark(0.8) == pytest.approx(0.5)


def test_fit_separates_what_can_be_separated() -> None:
    rng = np.random.default_rng(4)
    curve = fit_curve(rng.normal(0.5, 0.1, 400), rng.normal(1.1, 0.1, 4000))
    assert curve.middle == pytest.approx(0.8, abs=0.05)
    assert curve.mark(0.5) > 0.9 > 0.1 > curve.mark(1.1)


def test_fit_of_separable_sides_is_finite() -> None:
    curve = fit_curve(np.full(10, 0.1), np.full(10, 0.9))
    assert np.isfinite([curve.middle, curve.width]).all() and curve.width > 0


def test_typical_curve_marks_the_median_and_the_tail_of_correct_signing() -> None:
    same = np.linspace(0, 1, 1001)
    curve = fit_typical(same)
    assert curve.mark(0.5) == pytest.approx(0.9) and curve.mark(0.9) == pytest.approx(0.5)


def test_calibration_that_ships_says_where_it_comes_from() -> None:
    fit = calibration()
    assert from_json(to_json(fit)) == fit
    assert fit.provenance["files"] and all(len(file["sha256"]) == 64 for file in fit.provenance["files"])
    assert set(fit.parameters) >= {"handshape", "orientation", "location", "movement"}


def test_accuracy_falls_with_distance_and_rises_with_a_far_cohort() -> None:
    fit = calibration()
    marks = [fit.accuracy(distance, 1.0) for distance in (0.2, 0.6, 0.9, 1.3)]
    assert marks == sorted(marks, reverse=True)
    assert fit.accuracy(0.8, 1.2) > fit.accuracy(0.8, 0.8)


def test_tempo_is_free_within_the_natural_range() -> None:
    assert tempo_mark(1000, [1000]) == tempo_mark(1300, [1000]) == 1.0
    assert tempo_mark(4000, [1000]) < 0.2
    assert tempo_mark(200, [1000]) < 0.2
    assert tempo_mark(500, []) is None


def test_jerky_movement_has_the_longer_spectral_arc() -> None:
    moments = np.linspace(0, 1, 45)
    bell = np.sin(np.pi * moments) ** 2 * 3
    jerky = bell * (1 + 0.8 * np.sin(2 * np.pi * 9 * moments))
    assert spectral_arc_length(jerky) < spectral_arc_length(bell) - 0.3
    assert spectral_arc_length(np.zeros(45)) is None


def test_a_stop_inside_a_movement_is_a_hesitation_and_rest_at_its_ends_is_not() -> None:
    moving = np.concatenate(
        [np.zeros(15), np.linspace(0, 1, 15), np.full(20, 1.0), np.linspace(1, 2, 15), np.full(15, 2.0)]
    )
    path = np.stack([moving, np.zeros_like(moving)], axis=1)[:, None]
    found = hesitations(speeds(path), np.zeros(len(moving)))
    assert len(found) == 1
    assert found[0].excess_ms == pytest.approx(20 / 30 * 1000, abs=100)
    assert not hesitations(speeds(path), np.full(len(moving), 700.0))


def test_longest_excess_finds_the_span() -> None:
    values = np.array([5.0, 4, 60, 70, 65, 62, 3, 2, np.nan, 1])
    found = longest_excess(values, 45.0)
    assert (found.start, found.stop, found.size) == (2, 5, 63.5)
    assert longest_excess(values, 80.0) is None


@pytest.mark.parametrize("axis", [0, 1])
def test_a_moved_place_is_told_from_a_scaled_movement(axis: int) -> None:
    turn = np.linspace(0, 2 * np.pi, 20)
    path = np.stack([np.cos(turn), np.sin(turn)], axis=1) * 0.4
    shift = np.zeros((20, 2))
    shift[5:15, axis] = 0.5
    moved, scaled = explain_offset(shift, path)
    assert moved.explained > 0.95 > scaled.explained
    assert (moved.start, moved.stop) == (5, 14)
    factors = np.ones(2)
    factors[axis] = -1.0
    moved, scaled = explain_offset(path * factors - path, path)
    assert scaled.explained > 0.95 > moved.explained
    assert scaled.factors[axis] == pytest.approx(-1.0, abs=1e-6)


def test_attempts_run_from_rest_to_rest() -> None:
    raised = [False] * 5 + [True] * 20 + [False] * 5 + [True] * 10 + [False] * 40
    watch, spans = RestToRest(rest_ms=500), []
    for moment, up in enumerate(raised):
        found = watch.push(moment * 33.0, up)
        spans += [found] if found else []
    assert spans == [AttemptSpan(5 * 33.0, 39 * 33.0)]
    assert watch.began_ms is None


def test_a_twitch_is_no_attempt() -> None:
    watch = RestToRest()
    flags = itertools.chain([True] * 3, [False] * 60)
    assert not any(watch.push(moment * 33.0, up) for moment, up in enumerate(flags))


def test_medians_are_those_of_numpy() -> None:
    rng = np.random.default_rng(7)
    for count in (1, 2, 7, 10):
        values = rng.normal(0, 1, (count, 3, 2))
        np.testing.assert_allclose(median(values), np.median(values, axis=0))
