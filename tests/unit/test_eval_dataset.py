"""Reading labelled recordings: both formats, every optional part missing, and damaged files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actors.scoring.evaluation.dataset import DatasetError, is_static, read_dataset, read_indexed, read_sequences
from protocol.landmarks import HANDS, HANDS_POSE, Block


def _hand(rng: np.random.Generator, frames: int) -> np.ndarray:
    return rng.random((frames, 21, 3)).astype(np.float16)


def _write_sequences(path: Path, **changes: np.ndarray | None) -> Path:
    rng = np.random.default_rng(1)
    arrays = {
        "offsets": np.array([0, 3, 3, 7]),
        "left_hand": np.full((7, 21, 3), np.nan, np.float16),
        "right_hand": _hand(rng, 7),
        "pose": rng.random((7, 33, 3)).astype(np.float16),
        "label": np.array(["HELLO", "NO", "HELLO"]),
        "signer": np.array(["ann", "bob", "bob"]),
        "source": np.array(["a/b", "a/b", "c/d"]),
    }
    arrays |= changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def test_sequences_are_cut_at_their_offsets_and_keep_their_points(tmp_path: Path) -> None:
    path = _write_sequences(tmp_path / "words.npz")
    clips = read_dataset(path)
    assert [(c.label, c.signer, c.source, c.index) for c in clips] == [
        ("HELLO", "ann", "a/b", 0),
        ("NO", "bob", "a/b", 1),
        ("HELLO", "bob", "c/d", 2),
    ]
    assert [c.clip.landmarks.shape for c in clips] == [(3, 117, 3), (0, 117, 3), (4, 117, 3)]
    assert all(c.clip.layout is HANDS_POSE for c in clips)
    with np.load(path) as raw:
        np.testing.assert_array_equal(clips[2].clip.block(Block.RIGHT_HAND), raw["right_hand"][3:].astype(np.float32))
        np.testing.assert_array_equal(clips[0].clip.block(Block.POSE), raw["pose"][:3].astype(np.float32))
    assert np.isnan(clips[0].clip.block(Block.LEFT_HAND)).all()
    assert np.isnan(clips[0].clip.block(Block.RIGHT_HAND_WORLD)).all()
    assert clips[2].clip.times_ms.tolist() == [0, 67, 133, 200]


def test_a_file_without_pose_signer_and_source_is_read_as_hands_of_an_unknown_signer(tmp_path: Path) -> None:
    path = _write_sequences(tmp_path / "words.npz", pose=None, signer=None, source=None, left_hand=None)
    clips = read_sequences(path)
    assert {c.clip.layout for c in clips} == {HANDS}
    assert {(c.signer, c.source) for c in clips} == {("unknown", "")}


def test_the_layout_asked_for_is_the_layout_read(tmp_path: Path) -> None:
    path = _write_sequences(tmp_path / "words.npz")
    assert read_dataset(path, HANDS)[0].clip.landmarks.shape == (3, 84, 3)


def test_zeros_and_infinities_are_missing_points(tmp_path: Path) -> None:
    hand = _hand(np.random.default_rng(2), 7)
    hand[1] = 0.0
    hand[2, 4, 0] = np.inf
    clip = read_sequences(_write_sequences(tmp_path / "words.npz", right_hand=hand))[0].clip
    right = clip.block(Block.RIGHT_HAND)
    assert np.isnan(right[1]).all()
    assert np.isnan(right[2, 4, 0]) and np.isfinite(right[2, 5]).all()


def test_a_static_hand_without_place_or_depth_is_put_into_the_picture(tmp_path: Path) -> None:
    hand = np.random.default_rng(3).uniform(-1, 1, (2, 21, 3)).astype(np.float32)
    hand[0, :, 2] = np.nan
    hand[1, :, :2] = np.abs(hand[1, :, :2])
    path = tmp_path / "digits.npz"
    np.savez(path, hand=hand, label=np.array([3, 0]), signer=np.array([10, 11]),
             normalisation=np.array(["wrist0_maxabs1_xy", "image_xyz"]))
    assert is_static(path)
    first, second = read_dataset(path)
    assert (first.label, first.signer, second.label) == ("3", "10", "0")
    assert first.clip.layout is HANDS and first.clip.landmarks.shape == (1, 84, 3)
    placed = first.clip.block(Block.RIGHT_HAND)[0]
    assert placed[:, :2].min() >= 0 and placed[:, :2].max() <= 1 and (placed[:, 2] == 0).all()
    raw_step, placed_step = hand[0, 8, :2] - hand[0, 0, :2], placed[8, :2] - placed[0, :2]
    assert np.linalg.det(np.stack([raw_step, placed_step])) == pytest.approx(0, abs=1e-6)
    assert (first.clip.video.width, first.clip.video.height) == (480, 480)
    np.testing.assert_array_equal(second.clip.block(Block.RIGHT_HAND)[0], hand[1])
    assert (second.clip.video.width, second.clip.video.height) == (640, 480)


def test_one_clip_is_read_by_its_address(tmp_path: Path) -> None:
    path = _write_sequences(tmp_path / "words.npz")
    assert read_indexed(f"{path}#2").source == "c/d"
    with pytest.raises(DatasetError, match="index goes from 0 to 2, not 3"):
        read_indexed(f"{path}#3")
    with pytest.raises(DatasetError, match="FILE.npz#INDEX"):
        read_indexed(str(path))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"label": None}, "has no 'label'"),
        ({"left_hand": None, "right_hand": None}, "nothing in it can be scored"),
        ({"offsets": np.array([0, 5, 3, 7])}, "must be ascending"),
        ({"offsets": np.array([-1, 2, 3, 7])}, "must be ascending"),
        ({"offsets": np.array([0, 3, 3, 9])}, r"\(9, 33, 3\) numbers are needed"),
        ({"right_hand": np.zeros((7, 20, 3))}, r"'right_hand' has shape \(7, 20, 3\)"),
        ({"label": np.array(["HELLO"])}, "there are 3 clips"),
        ({"label": np.array(["A", "B", None], dtype=object)}, "is no readable .npz file"),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence(tmp_path: Path, changes: dict, sentence: str) -> None:
    path = _write_sequences(tmp_path / "words.npz", **changes)
    with pytest.raises(DatasetError, match=sentence):
        read_dataset(path)


def test_missing_and_damaged_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no file"):
        read_dataset(tmp_path / "none.npz")
    whole = _write_sequences(tmp_path / "words.npz").read_bytes()
    for name, content in (("cut.npz", whole[: len(whole) // 2]), ("text.npz", b"hello"), ("empty.npz", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DatasetError, match="is no readable .npz file"):
            read_dataset(tmp_path / name)
    np.save(tmp_path / "array.npy", np.zeros(3))
    with pytest.raises(DatasetError, match="is no readable .npz file"):
        read_dataset(tmp_path / "array.npy")


@pytest.mark.parametrize(
    ("name", "clips", "labels", "signers"),
    [
        ("asl_words.npz", 1065, 23, 9),
        ("ksl_words.npz", 520, 13, 4),
        ("asl_letters_static.npz", 2874, 26, 4),
        ("asl_digits_static.npz", 1022, 10, 110),
    ],
)
def test_the_shared_recordings_are_read(shared_data: Path, name: str, clips: int, labels: int, signers: int) -> None:
    read = read_dataset(shared_data / name)
    assert (len(read), len({c.label for c in read}), len({c.signer for c in read})) == (clips, labels, signers)
    hands = np.concatenate([c.clip.block(Block.RIGHT_HAND) for c in read])
    assert np.isfinite(hands).any(axis=(1, 2)).mean() > 0.5
