"""Landmarks of one attempt as a small, checked blob.

Coordinates come as the wire's int16 fixed point and are kept exactly. A clip moves little from frame to frame, so what
is kept are differences along time (modulo 2^16, so that nothing can overflow), laid out coordinate by coordinate and
split into low and high bytes: the high bytes are nearly all zeros or ones, and zstd makes almost nothing of them.

    magic "SSL" | version u8 | crc32 u32 of all that follows
    layout length u8 | layout | frames u32 | points u16 | zstd( times | low bytes | high bytes )

Numbers are little-endian; times are int32 differences in ms from the first frame's, which is itself an int64.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
import zstandard

MAGIC = b"SSL"
VERSION = 1
MAX_FRAMES = 100_000
MAX_POINTS = 4_096
MAX_RAW_BYTES = 64 * 1024 * 1024
_LEVEL = 9
_HEAD = struct.Struct("<3sBI")
_SHAPE = struct.Struct("<IH")
_COORDINATES = 3


class DamagedBlob(ValueError):
    """The bytes are not a landmark blob, or not all of it; the text says which."""


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkBlob:
    """``points`` ``(T, P, 3)`` int16 as on the wire, ``times_ms`` ``(T,)`` int64, and the layout's name."""

    points: np.ndarray
    times_ms: np.ndarray
    layout: str


def encode(points: np.ndarray, times_ms: np.ndarray, layout: str) -> bytes:
    """Packs int16 points ``(T, P, 3)`` and ascending times ``(T,)``. Raises ValueError for other shapes or types."""
    points = np.asarray(points)
    times_ms = np.asarray(times_ms, dtype=np.int64)
    name = layout.encode("ascii")
    if points.dtype != np.int16 or points.ndim != 3 or points.shape[2] != _COORDINATES:
        raise ValueError(f"points must be int16 (T, P, 3), not {points.dtype} {points.shape}")
    frames, count, _ = points.shape
    if times_ms.shape != (frames,):
        raise ValueError(f"{frames} frames have {times_ms.shape} times")
    if not 0 < len(name) < 256 or frames > MAX_FRAMES or count > MAX_POINTS:
        raise ValueError(f"a layout name of {len(name)} letters, {frames} frames of {count} points is out of bounds")
    first = times_ms[:1].astype("<i8").tobytes()
    steps = np.diff(times_ms)
    if (steps < 0).any() or (steps > np.iinfo(np.int32).max).any():
        raise ValueError("times must ascend, by less than 24 days a frame")
    body = zstandard.ZstdCompressor(level=_LEVEL).compress(first + steps.astype("<i4").tobytes() + _shuffled(points))
    rest = bytes([len(name)]) + name + _SHAPE.pack(frames, count) + body
    return _HEAD.pack(MAGIC, VERSION, zlib.crc32(rest)) + rest


def _shuffled(points: np.ndarray) -> bytes:
    """Differences along time, one coordinate's whole course after the other, all low bytes before all high bytes."""
    plain = points.astype("<i2").view("<u2").reshape(len(points), points.shape[1] * _COORDINATES)
    steps = np.diff(plain, axis=0, prepend=plain[:1] * 0)
    courses = np.ascontiguousarray(steps.T)
    # Zigzag: small steps up and down both get a small number, so that their high byte is zero.
    signed = courses.view("<i2")
    zigzag = ((courses << 1) ^ (signed >> 15).view("<u2")).astype("<u2")
    return zigzag.view(np.uint8).reshape(-1, 2).T.tobytes()


def _unshuffled(data: bytes, frames: int, count: int) -> np.ndarray:
    halves = np.frombuffer(data, np.uint8).reshape(2, -1)
    zigzag = np.ascontiguousarray(halves.T).view("<u2").reshape(count * _COORDINATES, frames)
    steps = (zigzag >> 1) ^ (0 - (zigzag & 1))
    plain = np.cumsum(steps, axis=1, dtype=np.uint16)
    return np.ascontiguousarray(plain.T).view(np.int16).reshape(frames, count, _COORDINATES)


def decode(blob: bytes) -> LandmarkBlob:
    """Reads what ``encode`` wrote. Raises DamagedBlob for anything else."""
    if len(blob) < _HEAD.size + 1 + _SHAPE.size or blob[:3] != MAGIC:
        raise DamagedBlob("this is not a landmark blob")
    _, version, checksum = _HEAD.unpack_from(blob)
    if version != VERSION:
        raise DamagedBlob(f"this landmark blob has version {version}; this program reads version {VERSION}")
    rest = blob[_HEAD.size :]
    if zlib.crc32(rest) != checksum:
        raise DamagedBlob("this landmark blob is damaged: its checksum does not match")
    name_end = 1 + rest[0]
    try:
        layout = rest[1:name_end].decode("ascii")
        frames, count = _SHAPE.unpack_from(rest, name_end)
    except (UnicodeDecodeError, struct.error) as error:
        raise DamagedBlob(f"the head of this landmark blob makes no sense: {error}") from error
    raw = _inflated(rest[name_end + _SHAPE.size :], frames, count)
    times_end = 8 * min(frames, 1) + 4 * max(frames - 1, 0)
    times_ms = np.concatenate(
        [np.frombuffer(raw[:8], "<i8") if frames else [], np.frombuffer(raw[8:times_end], "<i4")]
    ).astype(np.int64)
    return LandmarkBlob(_unshuffled(raw[times_end:], frames, count), np.cumsum(times_ms), layout)


def _inflated(body: bytes, frames: int, count: int) -> bytes:
    """The body, checked against the size that its head promises before anything is allocated."""
    expected = 8 * min(frames, 1) + 4 * max(frames - 1, 0) + 2 * frames * count * _COORDINATES
    if frames > MAX_FRAMES or count > MAX_POINTS or expected > MAX_RAW_BYTES:
        raise DamagedBlob(f"{frames} frames of {count} points are more than a landmark blob holds")
    try:
        promised = zstandard.frame_content_size(body)
        if promised != expected:
            raise DamagedBlob(f"{frames} frames of {count} points need {expected} bytes, the blob holds {promised}")
        return zstandard.ZstdDecompressor().decompress(body)
    except zstandard.ZstdError as error:
        raise DamagedBlob(f"the body of this landmark blob can not be read: {error}") from error
