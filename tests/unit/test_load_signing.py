"""Synthetic learners: repeatable, of the skill that was asked for, and different only in what was asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from actors.scoring.evaluation.transforms import palm_length, square_scale
from loadtests import signing
from loadtests.cast import Part, Take, read_cast, write_cast
from protocol.landmarks import HANDS_POSE, Block, LandmarkClip, VideoFormat

VIDEO = VideoFormat(500, 500, frame_rate_hz=30.0)
PERFECT = signing.Signer(
    skill=dict.fromkeys(signing.PARAMETERS, 1.0),
    tempo=1.0,
    tremor=0.0,
    left_handed=False,
    build=1.0,
    distance=1.0,
    roll_degrees=0.0,
    frame_rate_hz=30.0,
    dropout_share=0.0,
)


def a_recording(seed: int) -> LandmarkClip:
    """A right hand of some shape on a path, one second, with a body and no world points."""
    rng = np.random.default_rng(seed)
    landmarks = np.full((30, HANDS_POSE.points, 3), np.nan, np.float32)
    landmarks[:, HANDS_POSE.slice(Block.POSE)] = rng.uniform(0.3, 0.7, (33, 3))
    path = np.linspace(0.0, 0.2, 30)[:, None, None] * np.array([1.0, 0.5, 0.0])
    landmarks[:, HANDS_POSE.slice(Block.RIGHT_HAND)] = rng.uniform(0.4, 0.5, (21, 3)) + path
    return LandmarkClip(landmarks, np.arange(30) * 1000 // 30, HANDS_POSE, VIDEO)


CLIPS = [a_recording(seed) for seed in range(4)]


def signed(signer: signing.Signer, seed: int = 7) -> LandmarkClip:
    return signing.sign_sentence(signer, CLIPS[:2], CLIPS[2:], np.random.default_rng(seed))


def test_the_same_seed_signs_the_same() -> None:
    shaky = replace(PERFECT, tremor=0.02, dropout_share=0.1, skill={**PERFECT.skill, "location": 0.3})
    first, second = signed(shaky), signed(shaky)
    assert np.array_equal(first.landmarks, second.landmarks, equal_nan=True)
    assert not np.array_equal(first.landmarks, signed(shaky, seed=8).landmarks, equal_nan=True)
    drawn = [signing.draw_signer(np.random.default_rng([1, 5])) for _ in range(2)]
    assert drawn[0] == drawn[1]


def test_perfect_skill_is_the_references_themselves_with_a_glide_between_them() -> None:
    clip = signed(PERFECT)
    assert np.allclose(clip.landmarks[:28], CLIPS[0].landmarks[:28], atol=1e-3, equal_nan=True)
    assert np.allclose(clip.landmarks[-28:], CLIPS[1].landmarks[1:29], atol=1e-3, equal_nan=True)
    assert clip.times_ms[0] == 0 and (np.diff(clip.times_ms) > 0).all()
    assert len(clip.times_ms) == 2 * 29 + int(signing.TRANSITION_MS * 30 / 1000) - 1


@pytest.mark.parametrize("parameter", signing.PARAMETERS)
def test_less_skill_is_farther_from_the_reference(parameter: str) -> None:
    def miss(skill: float) -> float:
        clip = signed(replace(PERFECT, skill={**PERFECT.skill, parameter: skill}))
        hand = clip.layout.slice(Block.RIGHT_HAND)
        return float(np.abs(clip.landmarks[:, hand] - signed(PERFECT).landmarks[:, hand]).mean())

    assert miss(1.0) == 0.0 < miss(0.8) < miss(0.4) < miss(0.0)


def test_a_left_handed_signer_signs_with_the_left_hand() -> None:
    assert signing.leading_hand(signed(replace(PERFECT, left_handed=True))) is Block.LEFT_HAND


def test_camera_and_tempo_change_size_rate_and_length_alone() -> None:
    near = signed(replace(PERFECT, distance=1.2))
    assert palm_length(near) == pytest.approx(1.2 * palm_length(signed(PERFECT)), rel=1e-3)
    fast = signed(replace(PERFECT, tempo=2.0, frame_rate_hz=60.0))
    assert fast.video.frame_rate_hz == 60.0
    assert fast.times_ms[-1] == pytest.approx(signed(PERFECT).times_ms[-1] / 2, abs=40)


def test_a_broad_body_is_wider_and_its_hands_keep_their_shape() -> None:
    broad, own = signed(replace(PERFECT, build=1.1)), signed(PERFECT)
    pose, hand = HANDS_POSE.slice(Block.POSE), HANDS_POSE.slice(Block.RIGHT_HAND)
    assert np.ptp(broad.landmarks[0, pose, 0]) == pytest.approx(1.1 * np.ptp(own.landmarks[0, pose, 0]), rel=1e-4)
    offsets = [clip.landmarks[:, hand] - clip.landmarks[:, hand.start : hand.start + 1] for clip in (broad, own)]
    assert np.allclose(*offsets, atol=1e-6)


def test_tremor_moves_the_hand_as_a_whole_by_a_share_of_the_palm() -> None:
    still, shaking = signed(PERFECT), signed(replace(PERFECT, tremor=0.05))
    hand = HANDS_POSE.slice(Block.RIGHT_HAND)
    moved = (shaking.landmarks - still.landmarks)[:, hand, :2] * square_scale(still)[:2]
    assert np.allclose(moved, moved[:, :1], atol=1e-6)
    assert 0.04 < np.abs(moved).max() / palm_length(still) <= 0.0501


def test_the_tracker_loses_the_hand_for_about_the_share_that_was_asked_for() -> None:
    clip = signed(replace(PERFECT, dropout_share=0.2))
    lost = np.isnan(clip.block(Block.RIGHT_HAND)).all(axis=(1, 2))
    assert 0.05 < lost.mean() <= 0.2


def test_a_cast_comes_back_from_its_file_as_it_was(tmp_path) -> None:
    camera = {"layout": "hands", "width": 640, "height": 480, "fps": 30.0}
    cast = [
        Part((gloss,), camera, {"overall_skill": 0.5}, (Take((0, 33), bytes(2 * 504)), Take((5,), b"\x01" * 504)))
        for gloss in ("A", "B")
    ]
    write_cast(tmp_path / "cast.npz", cast)
    assert read_cast(tmp_path / "cast.npz") == cast
