"""From irregular frames with gaps to an even 30 Hz grid, and from any grid to a fixed number of frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

GRID_HZ = 30.0
GRID_STEP_MS = 1000.0 / GRID_HZ
MAX_GAP_MS = 400.0
"""A hand that was lost for longer than this counts as not seen in between; shorter gaps are filled linearly."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """Points on the grid: ``points`` ``(T, n, 3)`` float32 (NaN where not seen) and ``seen`` ``(T,)`` bool."""

    points: np.ndarray
    seen: np.ndarray


def grid_times(times_ms: np.ndarray) -> np.ndarray:
    """The 30 Hz moments ``(T,)`` float64 from the first to the last frame; one moment for one frame, none for none."""
    if len(times_ms) == 0:
        return np.empty(0)
    span = float(times_ms[-1] - times_ms[0])
    return float(times_ms[0]) + np.arange(int(span / GRID_STEP_MS + 1e-6) + 1) * GRID_STEP_MS


def resample_track(points: np.ndarray, times_ms: np.ndarray, grid_ms: np.ndarray) -> Track:
    """``points`` ``(F, n, 3)`` at ``times_ms`` ``(F,)`` put on ``grid_ms`` ``(T,)``, linearly between the frames that
    have x and y.

    Inside gaps longer than ``MAX_GAP_MS``, and more than one grid step outside the first and last detection, the
    track is not seen. A z that is missing throughout a frame (recordings in two dimensions) counts as 0.
    """
    track = np.full((len(grid_ms), *points.shape[1:]), np.nan, np.float32)
    detected = np.isfinite(points[:, :, :2]).all(axis=(1, 2))
    known_ms = times_ms[detected].astype(np.float64)
    if len(known_ms) == 0 or len(grid_ms) == 0:
        return Track(track, np.zeros(len(grid_ms), bool))
    known = np.nan_to_num(points[detected].astype(np.float64), nan=0.0)
    after = np.clip(np.searchsorted(known_ms, grid_ms), 0, len(known_ms) - 1)
    before = np.maximum(np.where(known_ms[after] > grid_ms, after - 1, after), 0)
    gap = known_ms[after] - known_ms[before]
    reach = np.minimum(np.abs(grid_ms - known_ms[before]), np.abs(grid_ms - known_ms[after]))
    inside = (grid_ms >= known_ms[before]) & (grid_ms <= known_ms[after])
    seen = np.where(inside & (gap <= MAX_GAP_MS), True, reach <= GRID_STEP_MS)
    share = np.where(gap > 0, np.clip((grid_ms - known_ms[before]) / np.maximum(gap, 1e-9), 0.0, 1.0), 0.0)
    held = ~inside | (gap > MAX_GAP_MS)
    share = np.where(held, np.round(share), share)[:, None, None]
    track[seen] = (known[before] * (1.0 - share) + known[after] * share)[seen]
    return Track(track, seen)


def zero_for_nan(values: np.ndarray) -> np.ndarray:
    """``values`` with 0 for NaN (``np.nan_to_num`` looks for infinities as well, and takes five times as long)."""
    return np.where(np.isnan(values), values.dtype.type(0), values)


def lengths(vectors: np.ndarray) -> np.ndarray:
    """Euclidean lengths of ``vectors`` ``(…, n)`` (``np.linalg.norm`` takes twice as long)."""
    return np.sqrt(np.vecdot(vectors, vectors))


def median(values: np.ndarray) -> np.ndarray:
    """Median over the first axis (``np.median`` takes five times as long)."""
    ordered, count = np.sort(values, axis=0), len(values)
    return (ordered[(count - 1) // 2] + ordered[count // 2]) / 2


def between(length: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``count`` evenly spaced moments among ``length``: the ones before and after, and the share of the latter."""
    position = np.linspace(0.0, length - 1, count) if length > 1 else np.zeros(count)
    before = np.minimum(position.astype(int), max(length - 2, 0))
    return before, np.minimum(before + 1, length - 1), (position - before).astype(np.float32)


def stretch(values: np.ndarray, count: int, axis: int = 0) -> np.ndarray:
    """``values`` resampled linearly along ``axis`` to ``count`` evenly spaced moments from its first to its last."""
    before, after, share = between(values.shape[axis], count)
    part = share.reshape([-1 if each == axis % values.ndim else 1 for each in range(values.ndim)])
    return values.take(before, axis) * (1 - part) + values.take(after, axis) * part
