"""Landmark files: what is read, in which units, and what is said of a file that is of no use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pose_format import Pose
from pose_format.numpy import NumPyPoseBody
from pose_format.pose_header import PoseHeader, PoseHeaderComponent, PoseHeaderDimensions

from protocol.landmarks import HANDS, HOLISTIC, LAYOUTS, Block, Layout
from server.clips import ClipError, read_clip

WIDTH, HEIGHT, FRAMES = 400, 200, 6
POINTS = {"POSE_LANDMARKS": 33, "FACE_LANDMARKS": 478, "LEFT_HAND_LANDMARKS": 21, "RIGHT_HAND_LANDMARKS": 21}


def write_pose(
    path: Path, data: np.ndarray, confidence: np.ndarray, *, fps: float = 25.0, points: dict[str, int] | None = None
) -> Path:
    """``data`` ``(T, P, 3)`` in pixels."""
    components = [
        PoseHeaderComponent(name, [str(i) for i in range(count)], [], [], "XYZC")
        for name, count in (points or POINTS).items()
    ]
    header = PoseHeader(0.2, PoseHeaderDimensions(WIDTH, HEIGHT, 0), components)
    with path.open("wb") as stream:
        Pose(header, NumPyPoseBody(fps, data[:, None], confidence[:, None])).write(stream)
    return path


def recorded(rng: np.random.Generator, count: int = sum(POINTS.values())) -> tuple[np.ndarray, np.ndarray]:
    data = rng.uniform(0.1, 0.9, (FRAMES, count, 3)).astype(np.float32) * np.float32([WIDTH, HEIGHT, 1])
    return data, np.ones((FRAMES, count), np.float32)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_a_pose_file_is_normalised_and_timed(tmp_path: Path, rng: np.random.Generator) -> None:
    data, confidence = recorded(rng)

    clip = read_clip(str(write_pose(tmp_path / "a.pose", data, confidence)))

    assert (clip.layout.name, clip.video.width, clip.video.height) == ("hands+pose", WIDTH, HEIGHT)
    assert clip.times_ms.tolist() == [0, 40, 80, 120, 160, 200]
    right = clip.block(Block.RIGHT_HAND)
    np.testing.assert_allclose(right[..., 0], data[:, -21:, 0] / WIDTH, rtol=1e-6)
    np.testing.assert_allclose(right[..., 1], data[:, -21:, 1] / HEIGHT, rtol=1e-6)
    assert np.isnan(clip.block(Block.RIGHT_HAND_WORLD)).all()


def test_depth_counts_from_the_wrist_and_the_hips_whatever_its_offset(tmp_path: Path, rng: np.random.Generator) -> None:
    data, confidence = recorded(rng)
    shifted = data + np.float32([0, 0, 250])

    clips = [read_clip(str(write_pose(tmp_path / "a.pose", d, confidence)), layout=HOLISTIC) for d in (data, shifted)]

    assert clips[0].block(Block.LEFT_HAND)[:, 0, 2].tolist() == [0.0] * FRAMES
    np.testing.assert_allclose(clips[0].block(Block.POSE)[:, (23, 24), 2].sum(axis=1), 0.0, atol=1e-6)
    np.testing.assert_allclose(clips[0].landmarks, clips[1].landmarks, atol=1e-4)


def test_no_confidence_means_not_found(tmp_path: Path, rng: np.random.Generator) -> None:
    data, confidence = recorded(rng)
    confidence[2, -42:-21] = 0
    confidence[:, 15] = 0

    clip = read_clip(str(write_pose(tmp_path / "a.pose", data, confidence)))

    assert np.isnan(clip.block(Block.LEFT_HAND)[2]).all()
    assert np.isfinite(clip.block(Block.LEFT_HAND)[[0, 1, 3, 4, 5]]).all()
    assert np.isnan(clip.block(Block.POSE)[:, 15]).all()
    assert np.isfinite(clip.block(Block.RIGHT_HAND)).all()


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
def test_each_layout_gets_the_points_it_has(tmp_path: Path, rng: np.random.Generator, layout: Layout) -> None:
    data, confidence = recorded(rng)

    clip = read_clip(str(write_pose(tmp_path / "a.pose", data, confidence)), layout=layout)

    assert clip.landmarks.shape == (FRAMES, layout.points, 3)
    face = clip.block(Block.FACE)
    assert (face is None) == (layout is not HOLISTIC)
    if face is not None:
        np.testing.assert_allclose(face[..., 0], data[:, 33 : 33 + 468, 0] / WIDTH, rtol=1e-6)


def test_a_face_that_was_thinned_out_is_passed_over_and_the_hands_after_it_are_right(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    points = POINTS | {"FACE_LANDMARKS": 128}
    data, confidence = recorded(rng, sum(points.values()))

    clip = read_clip(str(write_pose(tmp_path / "a.pose", data, confidence, points=points)), layout=HOLISTIC)

    assert np.isnan(clip.block(Block.FACE)).all()
    np.testing.assert_allclose(clip.block(Block.RIGHT_HAND)[..., 0], data[:, -21:, 0] / WIDTH, rtol=1e-6)


def holistic_arrays(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        "pose": rng.uniform(size=(FRAMES, 33, 3)),
        "left_hand": np.full((FRAMES, 21, 3), np.nan),
        "right_hand": rng.uniform(size=(FRAMES, 21, 3)),
        "fps": np.array(10.0),
        "size": np.array([640, 360]),
    }


def test_holistic_arrays(tmp_path: Path, rng: np.random.Generator) -> None:
    arrays, notes = holistic_arrays(rng), []
    np.savez(tmp_path / "a.holistic.npz", **arrays)

    clip = read_clip(str(tmp_path / "a.holistic.npz"), note=notes.append)

    np.testing.assert_allclose(clip.block(Block.RIGHT_HAND), arrays["right_hand"], rtol=1e-6)
    assert clip.times_ms.tolist() == [0, 100, 200, 300, 400, 500]
    assert (clip.video.width, clip.video.height, notes) == (640, 360, [])


def test_what_has_to_be_assumed_is_said(tmp_path: Path, rng: np.random.Generator) -> None:
    notes: list[str] = []
    np.savez(tmp_path / "a.npz", **holistic_arrays(rng) | {"size": np.array([0, 0])})
    right_hand = rng.uniform(size=(8, 21, 3))
    np.savez(tmp_path / "s.npz", offsets=np.array([0, 3, 8]), right_hand=right_hand, label=np.array(["A", "B"]))

    read_clip(str(tmp_path / "a.npz"), note=notes.append)
    clip = read_clip(f"{tmp_path}/s.npz#1", note=notes.append, layout=HANDS)

    assert "640 × 480 is assumed" in notes[0]
    assert "15 frames a second and 640 × 480 are assumed" in notes[1]
    np.testing.assert_allclose(clip.block(Block.RIGHT_HAND), right_hand[3:], rtol=1e-6)
    assert clip.times_ms.tolist() == [0, 67, 133, 200, 267]


@pytest.mark.parametrize("name", ["take #2.npz", "a#1.npz"])
def test_a_number_sign_in_a_name_is_not_an_index(tmp_path: Path, rng: np.random.Generator, name: str) -> None:
    np.savez(tmp_path / name, **holistic_arrays(rng))

    assert len(read_clip(str(tmp_path / name)).times_ms) == FRAMES


def broken_files(folder: Path, rng: np.random.Generator) -> dict[str, str]:
    """Named by what is wrong: the spec of a recording that cannot be used."""
    data, confidence = recorded(rng)
    whole = write_pose(folder / "whole.pose", data, confidence).read_bytes()
    (folder / "cut.pose").write_bytes(whole[: len(whole) // 2])
    (folder / "text.pose").write_text("this is no pose file, only words in one " * 40)
    (folder / "empty.pose").write_bytes(b"")
    (folder / "notes.txt").write_text("notes")
    (folder / "cut.npz").write_bytes(b"PK\x03\x04 and no more")
    write_pose(folder / "no_hands.pose", data, confidence * np.r_[np.ones(511), np.zeros(42)].astype(np.float32))
    write_pose(folder / "no_frames.pose", data[:0], confidence[:0])
    write_pose(folder / "no_rate.pose", data, confidence, fps=0.0)
    write_pose(folder / "skeleton.pose", data, confidence, points={"BODY_25": sum(POINTS.values())})
    arrays = holistic_arrays(rng)
    np.savez(folder / "uneven.npz", **arrays | {"left_hand": arrays["left_hand"][:3]})
    np.savez(folder / "other.npz", numbers=np.arange(3))
    np.savez(folder / "s.npz", offsets=np.array([0, 6]), right_hand=arrays["right_hand"], label=np.array(["A"]))
    return {
        "no such file": "nobody.pose",
        "cut off": "cut.pose",
        "not a pose file": "text.pose",
        "an empty file": "empty.pose",
        "a kind nobody reads": "notes.txt",
        "a damaged archive": "cut.npz",
        "nobody's hands": "no_hands.pose",
        "no frames": "no_frames.pose",
        "no frame rate": "no_rate.pose",
        "another skeleton": "skeleton.pose",
        "arrays that do not fit": "uneven.npz",
        "arrays of something else": "other.npz",
        "many clips and no index": "s.npz",
        "an index past the end": "s.npz#1",
        "an index that is none": "s.npz#x",
    }


EXPECTED = {
    "no such file": ("missing", "There is no file"),
    "cut off": ("damaged", "cut.pose is damaged"),
    "not a pose file": ("damaged", "text.pose is damaged"),
    "an empty file": ("damaged", "empty.pose is damaged"),
    "a kind nobody reads": ("unsupported", "notes.txt is of no known kind"),
    "a damaged archive": ("damaged", "cut.npz is damaged"),
    "nobody's hands": ("no_hands", "No hands are to be seen in"),
    "no frames": ("no_frames", "has no frames"),
    "no frame rate": ("damaged", "no frame rate"),
    "another skeleton": ("unsupported", "no hands of MediaPipe Holistic"),
    "arrays that do not fit": ("damaged", "do not fit together"),
    "arrays of something else": ("unsupported", "it is no clip"),
    "many clips and no index": ("unsupported", "holds 1 clips: say which"),
    "an index past the end": ("damaged", "the index goes from 0 to 0"),
    "an index that is none": ("damaged", "is not the address of a clip"),
}


@pytest.mark.parametrize("trouble", EXPECTED)
def test_a_file_of_no_use_gets_a_clear_answer(tmp_path: Path, rng: np.random.Generator, trouble: str) -> None:
    code, words = EXPECTED[trouble]

    with pytest.raises(ClipError, match=words) as caught:
        read_clip(str(tmp_path / broken_files(tmp_path, rng)[trouble]))

    assert caught.value.code == code
