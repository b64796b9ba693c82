"""Reads ``.pose`` files that hold MediaPipe Holistic landmarks (the format of the library pose-format)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from protocol.landmarks import FACE_POINTS, HAND_POINTS, POSE_POINTS, Block, LandmarkClip, Layout, VideoFormat
from server.clips.errors import ClipError
from server.clips.frames import clip_of_blocks, regular_times_ms

_COMPONENTS = {
    "POSE_LANDMARKS": (Block.POSE, POSE_POINTS),
    "FACE_LANDMARKS": (Block.FACE, FACE_POINTS),
    "LEFT_HAND_LANDMARKS": (Block.LEFT_HAND, HAND_POINTS),
    "RIGHT_HAND_LANDMARKS": (Block.RIGHT_HAND, HAND_POINTS),
}
_DEPTH_ORIGIN = {Block.POSE: (23, 24), Block.FACE: (1,), Block.LEFT_HAND: (0,), Block.RIGHT_HAND: (0,)}
"""The points whose z MediaPipe takes for 0: the hips, the wrist; for the face, near enough, the tip of the nose."""


def read_pose_file(path: Path, layout: Layout) -> LandmarkClip:
    """The first person of the file. Raises ClipError (damaged, unsupported).

    x and y are pixels there; z is what MediaPipe gave, in widths of the picture, for pose-format does not scale it.
    Tools that move a whole body (the starter recordings went through one) add an offset to z, which is taken out. A
    confidence of 0 means that the point was not found.
    """
    pose = _parse(path)
    dimensions = pose.header.dimensions
    frame_rate_hz = float(pose.body.fps)
    if dimensions.width < 1 or dimensions.height < 1 or not 1 <= frame_rate_hz < 1000:
        raise ClipError("damaged", f"{path.name} is damaged: it states no size of the picture or no frame rate.")
    coordinates = np.ma.getdata(pose.body.data)[:, 0].astype(np.float32)
    coordinates[np.asarray(pose.body.confidence)[:, 0] <= 0] = np.nan
    coordinates[..., :2] /= np.float32([dimensions.width, dimensions.height])
    blocks = _blocks(pose.header.components, coordinates)
    if not {Block.LEFT_HAND, Block.RIGHT_HAND} & blocks.keys():
        raise ClipError("unsupported", f"{path.name} holds no hands of MediaPipe Holistic, the only skeleton read.")
    video = VideoFormat(dimensions.width, dimensions.height, frame_rate_hz=frame_rate_hz)
    return clip_of_blocks(blocks, regular_times_ms(len(coordinates), frame_rate_hz), layout, video)


def _parse(path: Path) -> Any:
    from pose_format import Pose

    try:
        pose = Pose.read(path.read_bytes())
        people = pose.body.data.shape[1]
    except Exception as error:  # the parser unpacks what it finds and fails in as many ways as a file can be broken
        raise ClipError("damaged", f"{path.name} is damaged or no .pose file ({error}).") from error
    if people < 1 or pose.body.data.shape[-1] != 3:
        raise ClipError("unsupported", f"{path.name} holds nobody, or points without depth.")
    return pose


def _blocks(components: Any, coordinates: np.ndarray) -> dict[Block, np.ndarray]:
    blocks: dict[Block, np.ndarray] = {}
    start = 0
    for component in components:
        stop = start + len(component.points)
        block, points = _COMPONENTS.get(component.name, (None, 0))
        # A refined face has ten points of the irises after the 468; components that were thinned out are passed over.
        if block is not None and (stop - start == points or block is Block.FACE and stop - start > points):
            blocks[block] = _with_depth_origin(coordinates[:, start : start + points], _DEPTH_ORIGIN[block])
        start = stop
    return blocks


def _with_depth_origin(points: np.ndarray, origin: tuple[int, ...]) -> np.ndarray:
    points = points.copy()
    points[..., 2] -= points[:, origin, 2].mean(axis=1, keepdims=True)
    return points
