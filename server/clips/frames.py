"""Puts blocks of points together into the frames of a layout."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from protocol.landmarks import COORDINATES, Block, LandmarkClip, Layout, VideoFormat


def clip_of_blocks(
    blocks: Mapping[Block, np.ndarray], times_ms: np.ndarray, layout: Layout, video: VideoFormat
) -> LandmarkClip:
    """A clip from blocks ``(T, n, 3)``; what the layout has not is left out, what is not given is NaN."""
    landmarks = np.full((len(times_ms), layout.points, COORDINATES), np.nan, np.float32)
    for block, points in blocks.items():
        where = layout.slice(block)
        if where is not None:
            landmarks[:, where] = points
    landmarks[~np.isfinite(landmarks)] = np.nan
    return LandmarkClip(landmarks, times_ms, layout, video)


def regular_times_ms(count: int, frame_rate_hz: float) -> np.ndarray:
    """``(count,)`` int64: the times of frames at an even rate, from 0."""
    return np.round(np.arange(count) * 1000.0 / frame_rate_hz).astype(np.int64)
