"""Reads ``.npz`` files: one clip of a sequence file, or the output of MediaPipe Holistic for one video."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from actors.scoring.evaluation.dataset import UNKNOWN_FRAME_RATE_HZ, DatasetError, read_indexed
from protocol.landmarks import BLOCK_POINTS, COORDINATES, Block, LandmarkClip, Layout, VideoFormat
from server.clips.errors import ClipError
from server.clips.frames import clip_of_blocks, regular_times_ms

_UNKNOWN_SIZE = (640, 480)
_BLOCKS = (Block.POSE, Block.LEFT_HAND, Block.RIGHT_HAND)


def read_sequence(address: str, layout: Layout, note: Callable[[str], None]) -> LandmarkClip:
    """One clip ``FILE.npz#INDEX`` of a sequence file. Raises ClipError (damaged: also an index that is not there)."""
    try:
        clip = read_indexed(address).clip
    except DatasetError as error:
        raise ClipError("damaged", str(error)) from error
    note(
        f"{address} does not record its frame rate and picture: "
        f"{UNKNOWN_FRAME_RATE_HZ:g} frames a second and {clip.video.width} × {clip.video.height} are assumed."
    )
    blocks = {block: points for block in Block if (points := clip.block(block)) is not None}
    return clip_of_blocks(blocks, clip.times_ms, layout, clip.video)


def read_holistic_arrays(path: Path, layout: Layout, note: Callable[[str], None]) -> LandmarkClip:
    """MediaPipe Holistic's output: ``pose``, ``left_hand`` and ``right_hand`` ``(T, n, 3)``, ``fps``, ``size``.

    Raises ClipError (damaged, unsupported).
    """
    arrays = _load(path)
    if "offsets" in arrays:
        clips = len(arrays["offsets"]) - 1
        raise ClipError("unsupported", f"{path.name} holds {clips} clips: say which, as {path.name}#0 to #{clips - 1}.")
    if not {"fps", "left_hand", "right_hand"} <= arrays.keys():
        raise ClipError("unsupported", f"{path.name} has no 'fps', 'left_hand' and 'right_hand': it is no clip.")
    blocks = {block: arrays[block.value] for block in _BLOCKS if block.value in arrays}
    counts = {len(points) for points in blocks.values()}
    fits = all(points.shape[1:] == (BLOCK_POINTS[block], COORDINATES) for block, points in blocks.items())
    frame_rate_hz = float(arrays["fps"]) if arrays["fps"].shape == () else 0.0
    if len(counts) != 1 or not fits or not 1 <= frame_rate_hz < 1000:
        raise ClipError("damaged", f"{path.name} is damaged: its arrays do not fit together.")
    width, height = (int(side) for side in arrays["size"]) if arrays.get("size", np.zeros(0)).shape == (2,) else (0, 0)
    if width < 1 or height < 1:
        width, height = _UNKNOWN_SIZE
        note(f"{path.name} does not record the picture's size: {width} × {height} is assumed.")
    video = VideoFormat(width, height, frame_rate_hz=frame_rate_hz)
    return clip_of_blocks(blocks, regular_times_ms(counts.pop(), frame_rate_hz), layout, video)


def _load(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, KeyError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise ClipError("damaged", f"{path.name} is damaged or no .npz file ({error}).") from error
