"""Landmark layouts: which points a frame holds, in which order, and in which units.

One *frame* is an array ``(P, 3)`` of float32: x, y, z of every point of its layout; NaN says that a coordinate is
missing. Image points (pose, face, hands) are normalised as MediaPipe does it: x by the picture's width, y by its
height, z by the width, growing away from the camera. World points (``*_WORLD``) are metres about the hand's own
centre. ``LEFT`` and ``RIGHT`` are the signer's own hands: whoever produces landmarks names them so, because
MediaPipe's legacy and Tasks APIs label hands the opposite way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import numpy as np

COORDINATES = 3
HAND_POINTS = 21
POSE_POINTS = 33
FACE_POINTS = 468


class Block(StrEnum):
    """A group of points that one detector finds together."""

    POSE = "pose"
    FACE = "face"
    LEFT_HAND = "left_hand"
    RIGHT_HAND = "right_hand"
    LEFT_HAND_WORLD = "left_hand_world"
    RIGHT_HAND_WORLD = "right_hand_world"


BLOCK_POINTS: Mapping[Block, int] = MappingProxyType(
    {
        Block.POSE: POSE_POINTS,
        Block.FACE: FACE_POINTS,
        Block.LEFT_HAND: HAND_POINTS,
        Block.RIGHT_HAND: HAND_POINTS,
        Block.LEFT_HAND_WORLD: HAND_POINTS,
        Block.RIGHT_HAND_WORLD: HAND_POINTS,
    }
)

_HANDS = (Block.LEFT_HAND, Block.RIGHT_HAND, Block.LEFT_HAND_WORLD, Block.RIGHT_HAND_WORLD)


@dataclass(frozen=True, slots=True)
class Layout:
    """The points of a frame, block after block; ``name`` is what the wire calls it."""

    name: str
    blocks: tuple[Block, ...]
    points: int = field(init=False, compare=False)
    """Number of points of one frame."""
    frame_bytes: int = field(init=False, compare=False)
    """Size of one frame on the wire: int16 for each coordinate."""

    def __post_init__(self) -> None:
        points = sum(BLOCK_POINTS[block] for block in self.blocks)
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "frame_bytes", points * COORDINATES * 2)

    def slice(self, block: Block) -> slice | None:
        """Where ``block`` stands among the points of a frame; None if this layout has no such block."""
        start = 0
        for candidate in self.blocks:
            stop = start + BLOCK_POINTS[candidate]
            if candidate is block:
                return slice(start, stop)
            start = stop
        return None


HANDS = Layout("hands", _HANDS)
HANDS_POSE = Layout("hands+pose", (Block.POSE, *_HANDS))
HOLISTIC = Layout("holistic", (Block.POSE, Block.FACE, *_HANDS))
LAYOUTS: Mapping[str, Layout] = MappingProxyType({layout.name: layout for layout in (HANDS, HANDS_POSE, HOLISTIC)})


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """What a picture was like before its landmarks were normalised.

    ``mirrored`` is True for a selfie view that was flipped left to right before the landmarks were found.
    """

    width: int
    height: int
    mirrored: bool = False
    frame_rate_hz: float = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkClip:
    """A recording: ``landmarks`` ``(T, P, 3)`` float32 with NaN for missing, ``times_ms`` ``(T,)`` int64, ascending."""

    landmarks: np.ndarray
    times_ms: np.ndarray
    layout: Layout
    video: VideoFormat

    def block(self, block: Block) -> np.ndarray | None:
        """View ``(T, n, 3)`` of one block, or None where the layout has no such block."""
        where = self.layout.slice(block)
        return None if where is None else self.landmarks[:, where]
