"""How small a landmark blob is beside the .pose file it came from, and how exact.

    python -m tests.support.blob_sizes CLIP.pose …

A .pose file keeps x, y, z and a confidence of each point as float32. It may hold points that no layout of ours has
(a finer face), so its size is counted for the points that the blob holds, world points left out.

The error is the largest over all points of the body and the hands, in shoulder widths of the clip; it is made by the
wire's fixed point, the blob itself loses nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from protocol.codec import to_float, to_points
from protocol.landmarks import BLOCK_POINTS, Block, LandmarkClip
from server.clips import read_clip
from storage.landmark_blob import decode, encode

LEFT_SHOULDER, RIGHT_SHOULDER = 11, 12


POSE_POINT_BYTES = 4 * 4
_IN_POSE_FILES = (Block.POSE, Block.LEFT_HAND, Block.RIGHT_HAND)


def measure(path: Path) -> tuple[int, int, float]:
    """Bytes of the blob, bytes of the same points in a .pose file, largest error in shoulder widths."""
    clip = read_clip(str(path))
    blob = encode(to_points(clip.landmarks, clip.layout), clip.times_ms, clip.layout.name)
    back = to_float(decode(blob).points, clip.layout)
    points = sum(BLOCK_POINTS[block] for block in _IN_POSE_FILES)
    return len(blob), len(clip.times_ms) * points * POSE_POINT_BYTES, _error(clip, back)


def _error(clip: LandmarkClip, back: np.ndarray) -> float:
    """In picture widths, x and y brought to one scale, divided by the median distance of the shoulders."""
    scale = np.array([1.0, clip.video.height / clip.video.width])
    pose = clip.block(Block.POSE)
    assert pose is not None, "the clip shows no body"
    between = (pose[:, LEFT_SHOULDER, :2] - pose[:, RIGHT_SHOULDER, :2]) * scale
    shoulders = float(np.nanmedian(np.linalg.norm(between, axis=-1)))
    largest = 0.0
    for block in _IN_POSE_FILES:
        where = clip.layout.slice(block)
        assert where is not None
        away = np.linalg.norm((back[:, where, :2] - clip.landmarks[:, where, :2]) * scale, axis=-1)
        largest = max(largest, float(np.nanmax(away, initial=0.0)))
    return largest / shoulders


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="+", type=Path)
    for path in parser.parse_args().clips:
        blob_bytes, file_bytes, error = measure(path)
        print(
            f"{path.name:12} blob {blob_bytes:6} B   in .pose {file_bytes:7} B   share {blob_bytes / file_bytes:.3f}"
            f"   error {error:.4%} of shoulder width"
        )


if __name__ == "__main__":
    main()
