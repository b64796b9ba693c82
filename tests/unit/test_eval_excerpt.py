"""A part of a file holds the chosen recordings as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actors.scoring.evaluation.dataset import DatasetError, read_dataset
from actors.scoring.evaluation.excerpt import write_excerpt


@pytest.fixture
def sequences(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    hand = rng.random((9, 21, 3), np.float32)
    np.savez(
        tmp_path / "all.npz", offsets=[0, 2, 5, 9], left_hand=hand, right_hand=hand + 1, pose=rng.random((9, 33, 3)),
        label=["A", "B", "A"], signer=["x", "x", "y"], source=["s", "s", "t"],
    )  # fmt: skip
    return tmp_path / "all.npz"


@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        ({"signers": ["x"]}, [0, 1]),
        ({"labels": ["A"]}, [0, 2]),
        ({"signers": ["x"], "labels": ["A"]}, [0]),
        ({"without": [("A", "x")]}, [1, 2]),
    ],
)
def test_the_chosen_recordings_are_as_they_were(sequences: Path, choice: dict, kept: list[int], tmp_path: Path) -> None:
    out = tmp_path / "part.npz"
    assert write_excerpt(sequences, out, **choice) == len(kept)
    every, part = read_dataset(sequences), read_dataset(out)
    assert [(clip.label, clip.signer, clip.source) for clip in part] == [
        (every[index].label, every[index].signer, every[index].source) for index in kept
    ]
    for clip, index in zip(part, kept, strict=True):
        np.testing.assert_array_equal(clip.clip.landmarks, every[index].clip.landmarks)
    first = out.read_bytes()
    write_excerpt(sequences, out, **choice)
    assert out.read_bytes() == first


def test_hands_without_movement_can_be_chosen_too(tmp_path: Path) -> None:
    hands = np.random.default_rng(0).random((3, 21, 3), np.float32)
    np.savez(tmp_path / "all.npz", hand=hands, label=["1", "2", "1"], signer=["x", "y", "y"])
    assert write_excerpt(tmp_path / "all.npz", tmp_path / "part.npz", labels=["1"]) == 2
    assert [(clip.label, clip.signer) for clip in read_dataset(tmp_path / "part.npz")] == [("1", "x"), ("1", "y")]


def test_nothing_left_is_said(sequences: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="check their names"):
        write_excerpt(sequences, tmp_path / "part.npz", signers=["nobody"])
    assert not (tmp_path / "part.npz").exists()
