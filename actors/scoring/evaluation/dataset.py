"""Labelled recordings in two file formats, read as landmark clips.

*Sequence files* hold many clips: ``offsets`` ``(N + 1,)`` into the frame axis, ``left_hand`` and ``right_hand``
``(F, 21, 3)``, perhaps ``pose`` ``(F, 33, 3)``, and ``label``, ``signer``, ``source`` ``(N,)``; NaN is "not detected".
*Static files* hold one hand a row: ``hand`` ``(N, 21, 3)``, ``label``, ``signer``, and perhaps ``normalisation``.

Only ``label`` is needed beside the landmarks. Labels and signers may be text or numbers; they are compared as text.
Neither format has hand world points, so these are missing (NaN) in every clip.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from protocol.landmarks import (
    COORDINATES,
    HAND_POINTS,
    HANDS,
    HANDS_POSE,
    POSE_POINTS,
    Block,
    LandmarkClip,
    Layout,
    VideoFormat,
)

UNKNOWN_FRAME_RATE_HZ = 15.0
"""Sequence files record no frame rate; webcam loops that run MediaPipe reach 10 to 20 frames a second."""

WEBCAM = VideoFormat(640, 480, frame_rate_hz=UNKNOWN_FRAME_RATE_HZ)
SQUARE = VideoFormat(480, 480, frame_rate_hz=UNKNOWN_FRAME_RATE_HZ)

UNKNOWN_SIGNER = "unknown"

STATIC_VIDEO: Mapping[str, VideoFormat] = {
    "image_xyz": WEBCAM,
    "wrist0_scaled_xyz": WEBCAM,
    "wrist0_maxabs1_xy": SQUARE,
    "": SQUARE,
}
"""What a static hand was measured in.

``image_xyz``: MediaPipe's own coordinates of a camera picture (4:3). ``wrist0_scaled_xyz``: the same, moved so that the
wrist is at 0, and scaled. ``wrist0_maxabs1_xy``: pixels, moved and scaled; pixels are square, and z is lost. None
stated: a square crop around the hand. Checked by the width of the palm over its length in upright hands, which is 0.48
and 0.51 in the first two as they stand, 0.63 to 0.71 in the others: the ratio is 4:3.
"""

_PICTURE_CENTRE = 0.5
_HAND_EXTENT = 0.5


class DatasetError(ValueError):
    """A file is not one of the two formats; the message says what is wrong with it and what to do."""


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """One recording, what it shows, who signs it, and where it came from; ``index`` is its place in the file."""

    clip: LandmarkClip
    label: str
    signer: str
    source: str
    index: int


def read_dataset(path: Path, layout: Layout | None = None) -> list[LabelledClip]:
    """All clips of a file of either format; ``layout`` narrows sequence clips to ``hands`` or keeps ``hands+pose``.

    Raises DatasetError where the file is missing, damaged, or of another format.
    """
    arrays = load_arrays(path)
    return _static_hands(arrays, path) if _is_static(arrays) else _sequences(arrays, path, layout)


def read_sequences(path: Path, layout: Layout | None = None) -> list[LabelledClip]:
    """The clips of a sequence file; raises DatasetError."""
    return _sequences(load_arrays(path), path, layout)


def read_static_hands(path: Path) -> list[LabelledClip]:
    """The hands of a static file as clips of one frame in layout ``hands``; raises DatasetError.

    The file does not say which hand a row is; it is put in the place of the right one.
    """
    return _static_hands(load_arrays(path), path)


def is_static(path: Path) -> bool:
    """Whether the file is one of single hands rather than of sequences; raises DatasetError where it is unreadable."""
    return _is_static(load_arrays(path))


def read_indexed(address: str) -> LabelledClip:
    """One clip by its address ``FILE.npz#INDEX``; raises DatasetError."""
    name, _, number = address.rpartition("#")
    if not name or not number.isdecimal():
        raise DatasetError(f"'{address}' is not the address of a clip: write FILE.npz#INDEX, such as words.npz#12.")
    clips = read_dataset(Path(name))
    if int(number) >= len(clips):
        raise DatasetError(f"{name} has {len(clips)} clips: the index goes from 0 to {len(clips) - 1}, not {number}.")
    return clips[int(number)]


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """The file's arrays as they stand; raises DatasetError where it cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise DatasetError(f"There is no file {path}: check the path.") from None
    except (OSError, ValueError, EOFError, KeyError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{path} is no readable .npz file ({error}): is it damaged, or of another kind?") from error


def _is_static(arrays: Mapping[str, np.ndarray]) -> bool:
    return "hand" in arrays and "offsets" not in arrays


def _sequences(arrays: Mapping[str, np.ndarray], path: Path, layout: Layout | None) -> list[LabelledClip]:
    _require(arrays, ("offsets", "label"), path)
    if not {"left_hand", "right_hand"} & arrays.keys():
        raise DatasetError(f"{path} has neither 'left_hand' nor 'right_hand': nothing in it can be scored.")
    if layout is None:
        layout = HANDS_POSE if "pose" in arrays else HANDS
    offsets = _checked_offsets(arrays, path)
    frames = _frames(arrays, int(offsets[-1]), layout, path)
    count = len(offsets) - 1
    labels = _texts(arrays, "label", count, path)
    signers = _texts(arrays, "signer", count, path)
    sources = _texts(arrays, "source", count, path)
    return [
        LabelledClip(_clip(frames[start:stop], layout, WEBCAM), labels[i], signers[i] or UNKNOWN_SIGNER, sources[i], i)
        for i, (start, stop) in enumerate(zip(offsets[:-1], offsets[1:], strict=True))
    ]


def _static_hands(arrays: Mapping[str, np.ndarray], path: Path) -> list[LabelledClip]:
    _require(arrays, ("hand", "label"), path)
    hands = _points(arrays["hand"], "hand", HAND_POINTS, len(arrays["hand"]), path)
    count = len(hands)
    labels = _texts(arrays, "label", count, path)
    signers = _texts(arrays, "signer", count, path)
    sources = _texts(arrays, "source", count, path)
    kinds = _texts(arrays, "normalisation", count, path)
    clips = []
    for i in range(count):
        landmarks = np.full((1, HANDS.points, COORDINATES), np.nan, np.float32)
        landmarks[0, HANDS.slice(Block.RIGHT_HAND)] = _in_picture(hands[i])
        clip = _clip(landmarks, HANDS, STATIC_VIDEO.get(kinds[i], WEBCAM))
        clips.append(LabelledClip(clip, labels[i], signers[i] or UNKNOWN_SIGNER, sources[i], i))
    return clips


def _in_picture(hand: np.ndarray) -> np.ndarray:
    """``(21, 3)``: a hand without a place put into the middle of the picture; z that is not known lies in its plane."""
    hand = hand.copy()
    if np.isnan(hand[:, 2]).all():
        hand[:, 2] = 0.0
    low, high = hand[:, :2].min(axis=0), hand[:, :2].max(axis=0)
    if np.isnan(low).any() or (low >= 0.0).all() and (high <= 1.0).all():
        return hand
    scale = _HAND_EXTENT / max(float((high - low).max()), 1e-9)
    hand *= scale
    hand[:, :2] += _PICTURE_CENTRE - (low + high) / 2.0 * scale
    return hand


def _frames(arrays: Mapping[str, np.ndarray], count: int, layout: Layout, path: Path) -> np.ndarray:
    frames = np.full((count, layout.points, COORDINATES), np.nan, np.float32)
    for block, points in ((Block.POSE, POSE_POINTS), (Block.LEFT_HAND, HAND_POINTS), (Block.RIGHT_HAND, HAND_POINTS)):
        where = layout.slice(block)
        if where is not None and block.value in arrays:
            frames[:, where] = _points(arrays[block.value], block.value, points, count, path)
            frames[_is_blank(frames[:, where]), where] = np.nan
    frames[~np.isfinite(frames)] = np.nan
    return frames


def _is_blank(points: np.ndarray) -> np.ndarray:
    """``(F,)``: all points in one place: some recorders write zeros, not NaN, for what was not detected."""
    return (points == points[:, :1]).all(axis=(1, 2))


def _points(array: np.ndarray, name: str, points: int, count: int, path: Path) -> np.ndarray:
    fits = array.ndim == 3 and array.shape[1:] == (points, COORDINATES) and len(array) >= count
    if not fits or array.dtype.kind not in "fiu":
        raise DatasetError(
            f"{path}: '{name}' has shape {array.shape}, but ({count}, {points}, {COORDINATES}) numbers are needed."
        )
    return array[:count].astype(np.float32)


def _checked_offsets(arrays: Mapping[str, np.ndarray], path: Path) -> np.ndarray:
    offsets = arrays["offsets"]
    whole = offsets.ndim == 1 and offsets.dtype.kind in "iu" and len(offsets) > 0
    if not whole or offsets[0] < 0 or (np.diff(offsets.astype(np.int64)) < 0).any():
        raise DatasetError(f"{path}: 'offsets' must be ascending whole numbers from 0, one more than there are clips.")
    return offsets.astype(np.int64)


def _texts(arrays: Mapping[str, np.ndarray], name: str, count: int, path: Path) -> list[str]:
    """``count`` texts of an array; empty ones where the file has no such array."""
    if name not in arrays:
        return [""] * count
    values = arrays[name]
    if values.shape != (count,):
        raise DatasetError(f"{path}: '{name}' has shape {values.shape}, but there are {count} clips.")
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values.tolist()]


def _require(arrays: Mapping[str, np.ndarray], names: tuple[str, ...], path: Path) -> None:
    missing = [name for name in names if name not in arrays]
    if missing:
        raise DatasetError(
            f"{path} has no {' and no '.join(repr(name) for name in missing)}: a sequence file has 'offsets', "
            "'left_hand', 'right_hand', 'label' and 'signer'; a static file has 'hand', 'label' and 'signer'."
        )


def _clip(landmarks: np.ndarray, layout: Layout, video: VideoFormat) -> LandmarkClip:
    times_ms = np.round(np.arange(len(landmarks)) * 1000.0 / video.frame_rate_hz).astype(np.int64)
    return LandmarkClip(landmarks, times_ms, layout, video)
