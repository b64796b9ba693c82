"""Changes that must not change a mark move exactly what they say, and alterations exactly one parameter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from actors.scoring.evaluation.alterations import (
    Span,
    hand_delayed,
    hand_shape,
    handshape_swapped,
    hold_inserted,
    movement_scaled,
    palm_turned,
    path_copied,
    path_extent,
    path_length,
    place_moved,
    shoulder_width,
)
from actors.scoring.evaluation.transforms import (
    mirrored,
    noisy,
    palm_length,
    rerecorded,
    resampled,
    retimed,
    rolled,
    scaled,
    shifted,
    square_scale,
    warped,
)
from protocol.landmarks import HANDS_POSE, HOLISTIC, Block, LandmarkClip, VideoFormat

LEFT, RIGHT = Block.LEFT_HAND, Block.RIGHT_HAND
SPAN = Span(400, 1000)


@pytest.fixture
def clip() -> LandmarkClip:
    """Two seconds of a body with hands that move and change shape; the left one is lost in two frames."""
    rng = np.random.default_rng(5)
    start, end = rng.uniform(0.3, 0.7, (2, HANDS_POSE.points, 3))
    share = np.linspace(0, 1, 31)[:, None, None]
    landmarks = (start * (1 - share) + end * share).astype(np.float32)
    landmarks[10:12, HANDS_POSE.slice(LEFT)] = np.nan
    times_ms = np.round(np.arange(31) * 1000 / 15).astype(np.int64)
    return LandmarkClip(landmarks, times_ms, HANDS_POSE, VideoFormat(640, 480))


def _square(clip: LandmarkClip, block: Block) -> np.ndarray:
    return clip.block(block) * square_scale(clip)


def _normal(hand: np.ndarray) -> np.ndarray:
    normal = np.cross(hand[..., 9, :] - hand[..., 0, :], hand[..., 5, :] - hand[..., 17, :])
    return normal / np.linalg.norm(normal, axis=-1, keepdims=True)


def _inside(clip: LandmarkClip) -> np.ndarray:
    return (clip.times_ms >= SPAN.start_ms) & (clip.times_ms <= SPAN.end_ms)


def test_a_mirror_swaps_the_sides_and_undoes_itself(clip: LandmarkClip) -> None:
    other = mirrored(clip)
    np.testing.assert_allclose(other.block(RIGHT)[..., 0], 1 - clip.block(LEFT)[..., 0])
    np.testing.assert_allclose(other.block(Block.LEFT_HAND_WORLD)[..., 0], -clip.block(Block.RIGHT_HAND_WORLD)[..., 0])
    np.testing.assert_allclose(other.block(Block.POSE)[:, 15, 1:], clip.block(Block.POSE)[:, 16, 1:])
    np.testing.assert_allclose(mirrored(other).landmarks, clip.landmarks, atol=1e-6)
    with pytest.raises(ValueError, match="hands\\+pose"):
        mirrored(replace(clip, layout=HOLISTIC, landmarks=np.zeros((31, HOLISTIC.points, 3), np.float32)))


def test_size_place_and_roll_keep_the_shape_of_the_image(clip: LandmarkClip) -> None:
    for changed, factor in ((scaled(clip, 1.7), 1.7), (shifted(clip, 0.2, -0.1), 1.0), (rolled(clip, 15), 1.0)):
        before, after = _square(clip, RIGHT), _square(changed, RIGHT)
        lengths = [np.linalg.norm(hand[:, 4] - hand[:, 20], axis=1) for hand in (before, after)]
        np.testing.assert_allclose(lengths[1], factor * lengths[0], rtol=1e-4)
        assert palm_length(changed) == pytest.approx(factor * palm_length(clip), rel=0.5)
    tilted = _square(rolled(clip, 15), RIGHT) - _square(rolled(clip, 15), RIGHT)[:, :1]
    level = _square(clip, RIGHT) - _square(clip, RIGHT)[:, :1]
    angle = np.arctan2(tilted[:, 9, 1], tilted[:, 9, 0]) - np.arctan2(level[:, 9, 1], level[:, 9, 0])
    np.testing.assert_allclose(np.rad2deg(np.angle(np.exp(1j * angle))), 15, atol=1e-2)


def test_resampling_keeps_places_at_their_times(clip: LandmarkClip) -> None:
    for rate_hz in (15, 30, 60):
        other = resampled(clip, rate_hz)
        assert abs(len(other.times_ms) - 2 * rate_hz) <= 1 and other.times_ms[-1] <= 2000
        assert other.video.frame_rate_hz == rate_hz
        expected = np.interp(other.times_ms, clip.times_ms, clip.block(RIGHT)[:, 3, 0])
        np.testing.assert_allclose(other.block(RIGHT)[:, 3, 0], expected, atol=1e-3)
    lost_ms = resampled(clip, 60).times_ms[np.isnan(resampled(clip, 60).block(LEFT)[:, 0, 0])]
    assert clip.times_ms[9] < lost_ms[0] and lost_ms[-1] < clip.times_ms[12]


def test_tempo_changes_the_length_and_not_the_path(clip: LandmarkClip) -> None:
    assert retimed(clip, 0.75).times_ms[-1] == pytest.approx(2000 / 0.75, abs=70)
    assert retimed(clip, 1.33).times_ms[-1] == pytest.approx(2000 / 1.33, abs=70)
    uneven = warped(clip, 0.2, np.random.default_rng(1))
    np.testing.assert_allclose(uneven.landmarks[0], clip.landmarks[0])
    assert (np.diff(uneven.times_ms) > 0).all()
    assert not np.allclose(uneven.block(RIGHT)[15], clip.block(RIGHT)[15], atol=1e-3)


def test_noise_is_as_large_as_it_says_and_a_rerecording_is_repeatable(clip: LandmarkClip) -> None:
    jitter = (noisy(clip, 0.02, np.random.default_rng(1)).block(RIGHT) - clip.block(RIGHT)) * square_scale(clip)
    assert jitter.std() == pytest.approx(0.02 * palm_length(clip), rel=0.1)
    first, again = (rerecorded(clip, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(first.landmarks, again.landmarks)
    assert np.isnan(rerecorded(clip, np.random.default_rng(7)).block(Block.LEFT_HAND)).any()


@pytest.mark.parametrize("degrees", [30, 90, -60])
def test_a_turned_palm_turns_by_the_angle_and_stays_in_place(clip: LandmarkClip, degrees: float) -> None:
    turned, inside = palm_turned(clip, RIGHT, SPAN, degrees), _inside(clip)
    before, after = _square(clip, RIGHT), _square(turned, RIGHT)
    angle = np.rad2deg(np.arccos(np.clip((_normal(before) * _normal(after)).sum(axis=1), -1, 1)))
    np.testing.assert_allclose(angle[inside], abs(degrees), atol=0.1)
    np.testing.assert_allclose(after[:, [0, 9]], before[:, [0, 9]], atol=1e-6)
    pinches = [np.linalg.norm(hand[:, 4] - hand[:, 8], axis=1) for hand in (before, after)]
    np.testing.assert_allclose(pinches[1], pinches[0], rtol=1e-4)
    _only_the_right_hand_changed(clip, turned)


def test_a_swapped_handshape_keeps_wrist_palm_and_size(clip: LandmarkClip) -> None:
    donor = hand_shape(clip, LEFT, 0)
    swapped, inside = handshape_swapped(clip, RIGHT, SPAN, donor), _inside(clip)
    before, after = _square(clip, RIGHT), _square(swapped, RIGHT)
    np.testing.assert_allclose(after[:, [0, 9]], before[:, [0, 9]], atol=1e-6)
    np.testing.assert_allclose((_normal(before) * _normal(after)).sum(axis=1), 1, atol=1e-4)
    ratio = np.linalg.norm(after[inside][:, 4] - after[inside][:, 20], axis=1) / np.linalg.norm(
        after[inside][:, 9] - after[inside][:, 0], axis=1
    )
    donor_ratio = np.linalg.norm(donor[4] - donor[20]) / np.linalg.norm(donor[9] - donor[0])
    np.testing.assert_allclose(ratio, donor_ratio, rtol=1e-4)
    _only_the_right_hand_changed(clip, swapped)


def test_its_own_shape_swapped_in_changes_nothing(clip: LandmarkClip) -> None:
    at = Span(int(clip.times_ms[8]), int(clip.times_ms[8]))
    same = handshape_swapped(clip, RIGHT, at, hand_shape(clip, RIGHT, 8))
    np.testing.assert_allclose(same.block(RIGHT), clip.block(RIGHT), atol=1e-6)


def test_a_moved_place_takes_the_arm_along(clip: LandmarkClip) -> None:
    moved, inside = place_moved(clip, RIGHT, SPAN, 0.5, -0.25), _inside(clip)
    width = shoulder_width(clip)
    for block, points, share in ((RIGHT, slice(None), 1.0), (Block.POSE, 16, 1.0), (Block.POSE, 14, 0.5)):
        shift = (_square(moved, block) - _square(clip, block))[:, points]
        expected = np.broadcast_to(np.array([0.5, -0.25, 0]) * width * share, shift[inside].shape)
        np.testing.assert_allclose(shift[inside], expected, atol=1e-6)
        np.testing.assert_array_equal(shift[~inside], 0)
    np.testing.assert_array_equal(moved.block(LEFT), clip.block(LEFT))


@pytest.mark.parametrize("factors", [(0.3, 0.3), (-1.0, 1.0), (0.0, 0.0)])
def test_a_changed_movement_keeps_the_mean_place(clip: LandmarkClip, factors: tuple[float, float]) -> None:
    changed, inside = movement_scaled(clip, LEFT, SPAN, factors), _inside(clip)
    paths = [_square(c, LEFT)[inside].mean(axis=1) for c in (clip, changed)]
    before, after = (path - np.nanmean(path, axis=0) for path in paths)
    np.testing.assert_allclose(after[:, :2], before[:, :2] * np.array(factors), atol=1e-5)
    np.testing.assert_allclose(np.nanmean(paths[0], axis=0), np.nanmean(paths[1], axis=0), atol=1e-5)
    np.testing.assert_allclose(
        path_extent(changed, LEFT, SPAN), path_extent(clip, LEFT, SPAN) * np.abs(factors), atol=1e-4
    )
    assert np.isfinite(changed.block(Block.POSE)).all()


def test_a_late_hand_is_where_it_was_and_the_rest_is_on_time(clip: LandmarkClip) -> None:
    late = hand_delayed(clip, LEFT, 400)
    np.testing.assert_array_equal(late.block(LEFT)[6:], clip.block(LEFT)[:-6])
    np.testing.assert_array_equal(late.block(LEFT)[:6], np.repeat(clip.block(LEFT)[:1], 6, axis=0))
    np.testing.assert_array_equal(late.block(Block.POSE)[6:, 15], clip.block(Block.POSE)[:-6, 15])
    np.testing.assert_array_equal(late.block(RIGHT), clip.block(RIGHT))
    np.testing.assert_array_equal(late.block(Block.POSE)[:, 16], clip.block(Block.POSE)[:, 16])


def test_a_copied_path_is_the_mirror_image_of_the_other_hands(clip: LandmarkClip) -> None:
    change = (_square(path_copied(clip, LEFT, RIGHT), LEFT) - _square(clip, LEFT))[:, 0]
    path = _square(clip, RIGHT).mean(axis=1)
    seen = np.isfinite(change).all(axis=1)
    expected = (path - path.mean(axis=0)) * [-1, 1, 0]
    np.testing.assert_allclose(change[seen], expected[seen], atol=1e-5)


def test_the_way_of_a_hand_is_its_extent_in_one_stroke_and_twice_that_to_and_fro(clip: LandmarkClip) -> None:
    whole = Span(0, 10_000)
    stroke = float(np.hypot(*path_extent(clip, RIGHT, whole))) / 0.9
    assert path_length(clip, RIGHT, whole) == pytest.approx(stroke, rel=0.1)
    returned = replace(clip, landmarks=np.concatenate([clip.landmarks[::2], clip.landmarks[-2::-2]]))
    assert path_length(returned, RIGHT, whole) == pytest.approx(2 * stroke, rel=0.1)


def test_a_hold_stands_still_and_delays_the_rest(clip: LandmarkClip) -> None:
    held = hold_inserted(clip, 1000, 600)
    assert held.times_ms[-1] == clip.times_ms[-1] + 600
    assert (np.diff(held.times_ms) > 0).all()
    still = (held.times_ms >= 1000) & (held.times_ms <= 1600)
    assert still.sum() >= 0.6 * clip.video.frame_rate_hz
    np.testing.assert_array_equal(held.landmarks[still], np.repeat(clip.landmarks[15:16], still.sum(), axis=0))
    np.testing.assert_array_equal(held.landmarks[held.times_ms > 1600], clip.landmarks[clip.times_ms > 1000])


def test_the_overlap_of_spans() -> None:
    assert Span(0, 100).overlap(Span(50, 150)) == pytest.approx(1 / 3)
    assert Span(0, 100).overlap(Span(200, 300)) == 0.0
    assert Span(5, 5).overlap(Span(5, 5)) == 1.0


def _only_the_right_hand_changed(before: LandmarkClip, after: LandmarkClip) -> None:
    inside = _inside(before)
    for block in (Block.POSE, LEFT, Block.LEFT_HAND_WORLD):
        np.testing.assert_array_equal(before.block(block), after.block(block))
    np.testing.assert_allclose(before.block(RIGHT)[~inside], after.block(RIGHT)[~inside], atol=1e-6)
    assert np.isnan(after.block(Block.RIGHT_HAND_WORLD)[inside]).all()
    assert not np.allclose(before.block(RIGHT)[inside], after.block(RIGHT)[inside])
