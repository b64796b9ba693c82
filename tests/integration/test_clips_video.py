"""Videos by way of the real MediaPipe, in a process of its own."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from protocol.landmarks import HOLISTIC, Block, LandmarkClip
from server.clips import ClipError, read_clip
from server.models import ModelError


def write_video(path: Path, pictures: list[np.ndarray], rate_hz: int = 10) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate_hz)
        stream.width, stream.height = pictures[0].shape[1], pictures[0].shape[0]
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def lay_down(video: Path, pictures: list[np.ndarray]) -> Path:
    """As a telephone records: the pictures turned a quarter to the left, and a note to turn them to the right."""
    write_video(video, [np.ascontiguousarray(np.rot90(picture)) for picture in pictures])
    content = bytearray(video.read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    quarter_turn = [0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30]
    content[matrix : matrix + 36] = b"".join(number.to_bytes(4, "big", signed=True) for number in quarter_turn)
    video.write_bytes(content)
    return video


def signing_pictures(shared_data: Path, count: int) -> list[np.ndarray]:
    """Pictures of isl_deaf from the moment the hand is seen."""
    with av.open(str(shared_data / "video/isl_deaf.mp4")) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    signing = np.isfinite(right_hand(read_clip(str(shared_data / "video/isl_deaf.holistic.npz")))[:, 0, 0])
    start = int(np.argmax(signing))
    return pictures[start : start + count]


def right_hand(clip: LandmarkClip) -> np.ndarray:
    """``(T, 21, 2)``."""
    return clip.block(Block.RIGHT_HAND)[..., :2]


@pytest.mark.parametrize("name", ["isl_deaf", "isl_thank_you", "signer_A_mixed_540x720"])
def test_hands_are_where_holistic_saw_them(shared_data: Path, models_dir: Path, name: str) -> None:
    """Another release of MediaPipe, with other models, finds the same hand in the same place of the same frame."""
    seen: list[tuple[int, int]] = []

    found = read_clip(
        str(shared_data / "video" / f"{name}.mp4"), models_dir=models_dir, progress=lambda *counts: seen.append(counts)
    )

    expected = right_hand(read_clip(str(shared_data / "video" / f"{name}.holistic.npz")))
    assert len(found.times_ms) == len(expected)
    in_both = np.isfinite(expected[:, 0, 0]) & np.isfinite(right_hand(found)[:, 0, 0])
    assert in_both.sum() >= 0.85 * np.isfinite(expected[:, 0, 0]).sum()
    distance = np.linalg.norm(expected[in_both] - right_hand(found)[in_both], axis=-1).mean(axis=1)
    assert np.median(distance) < 0.02
    assert distance.max() < 0.1
    assert np.isfinite(found.block(Block.LEFT_HAND)[:, 0, 0]).mean() < 0.05
    assert (np.diff(found.times_ms) > 0).all()
    assert [done for done, _ in seen] == list(range(5, len(expected) + 1, 5))


def test_world_points_and_faces(shared_data: Path, models_dir: Path, tmp_path: Path) -> None:
    video = write_video(tmp_path / "short.mp4", signing_pictures(shared_data, 8))

    clip = read_clip(str(video), models_dir=models_dir, layout=HOLISTIC)

    world = clip.block(Block.RIGHT_HAND_WORLD)
    here = np.isfinite(world[:, 0, 0])
    assert here.any()
    palm_m = np.linalg.norm(world[here, 0] - world[here, 9], axis=1)
    assert (palm_m > 0.05).all() and (palm_m < 0.15).all()
    assert np.isfinite(clip.block(Block.FACE)).all()


def test_a_video_recorded_lying_down_is_turned_upright(shared_data: Path, models_dir: Path, tmp_path: Path) -> None:
    pictures = signing_pictures(shared_data, 6)
    upright = read_clip(str(write_video(tmp_path / "upright.mp4", pictures)), models_dir=models_dir)

    turned = read_clip(str(lay_down(tmp_path / "lying.mp4", pictures)), models_dir=models_dir)

    assert (turned.video.width, turned.video.height) == (640, 480)
    distance = np.linalg.norm(right_hand(turned) - right_hand(upright), axis=-1)
    assert np.nanmedian(distance) < 0.02


def test_a_video_without_hands(models_dir: Path, tmp_path: Path) -> None:
    video = write_video(tmp_path / "grey.mp4", [np.full((240, 320, 3), 128, np.uint8)] * 4)

    with pytest.raises(ClipError, match="No hands are to be seen") as caught:
        read_clip(str(video), models_dir=models_dir)

    assert caught.value.code == "no_hands"


@pytest.mark.parametrize("content", [b"", b"no video at all " * 100], ids=["empty", "text"])
def test_a_damaged_video(models_dir: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.mp4").write_bytes(content)

    with pytest.raises(ClipError, match=r"broken\.mp4 is damaged or no video") as caught:
        read_clip(str(tmp_path / "broken.mp4"), models_dir=models_dir)

    assert caught.value.code == "damaged"


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"")

    with pytest.raises(ModelError, match="storysign models pull"):
        read_clip(str(tmp_path / "clip.mp4"), models_dir=tmp_path)
