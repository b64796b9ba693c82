"""Whatever happened to the bytes of a .pose file, its reader answers with a clip or with ClipError, nothing else."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pose_format import Pose
from pose_format.numpy import NumPyPoseBody
from pose_format.pose_header import PoseHeader, PoseHeaderComponent, PoseHeaderDimensions

from server.clips import ClipError, read_clip


def small_pose_file() -> bytes:
    component = PoseHeaderComponent("RIGHT_HAND_LANDMARKS", [str(i) for i in range(21)], [], [], "XYZC")
    header = PoseHeader(0.2, PoseHeaderDimensions(100, 100, 0), [component])
    data = np.random.default_rng(3).uniform(1, 99, (4, 1, 21, 3)).astype(np.float32)
    stream = io.BytesIO()
    Pose(header, NumPyPoseBody(25.0, data, np.ones((4, 1, 21), np.float32))).write(stream)
    return stream.getvalue()


WHOLE = small_pose_file()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips") / "clip.pose"


def read_or_refuse(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        clip = read_clip(str(path))
    except ClipError:
        return
    assert len(clip.landmarks) == len(clip.times_ms) > 0
    assert (np.diff(clip.times_ms) >= 0).all()


@given(length=st.integers(0, len(WHOLE) - 1))
def test_cut_anywhere_is_refused(path: Path, length: int) -> None:
    path.write_bytes(WHOLE[:length])
    with pytest.raises(ClipError):
        read_clip(str(path))


@settings(max_examples=300)
@given(flips=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(1, 255)), min_size=1, max_size=6))
def test_flipped_bits(path: Path, flips: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE)
    for place, bits in flips:
        content[place] ^= bits
    read_or_refuse(path, bytes(content))


@given(content=st.binary(max_size=400))
def test_arbitrary_bytes(path: Path, content: bytes) -> None:
    read_or_refuse(path, content)
