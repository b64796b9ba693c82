"""One way in for every kind of recording: the name decides which reader is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from protocol.landmarks import HANDS_POSE, Block, LandmarkClip, Layout
from server.clips.arrays import read_holistic_arrays, read_sequence
from server.clips.errors import ClipError
from server.clips.pose_file import read_pose_file
from server.clips.video import Progress, extract_video

VIDEO_SUFFIXES = frozenset({".avi", ".m4v", ".mjpeg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".webm"})

Note = Callable[[str], None]
"""Is told in a sentence what had to be assumed, because the recording does not say it."""


def read_clip(
    spec: str,
    *,
    layout: Layout = HANDS_POSE,
    models_dir: Path | None = None,
    note: Note | None = None,
    progress: Progress | None = None,
) -> LandmarkClip:
    """Reads ``FILE.pose``, ``FILE.npz#INDEX`` (sequence format), ``FILE.holistic.npz`` or a video.

    Points that the recording lacks are NaN in the clip. ``models_dir`` holds the MediaPipe models for videos (default:
    the configured one); ``progress`` is called with the frames done and the frames in all (0: unknown) of a video.
    Raises ClipError, and ModelError where a video needs a model that is not there.
    """
    note = note or (lambda _: None)
    of_sequence = ".npz#" in spec
    path = Path(spec.rpartition("#")[0] if of_sequence else spec)
    if not path.is_file():
        raise ClipError("missing", f"There is no file {path}.")
    suffix = path.suffix.lower()
    if suffix == ".pose":
        clip = read_pose_file(path, layout)
    elif suffix == ".npz":
        clip = read_sequence(spec, layout, note) if of_sequence else read_holistic_arrays(path, layout, note)
    elif suffix in VIDEO_SUFFIXES:
        clip = extract_video(path, layout, models_dir, progress)
    else:
        raise ClipError(
            "unsupported",
            f"{path.name} is of no known kind: a recording is a .pose file, FILE.npz#INDEX, FILE.holistic.npz or a "
            f"video ({', '.join(sorted(VIDEO_SUFFIXES))}).",
        )
    return _with_hands(clip, spec)


def _with_hands(clip: LandmarkClip, spec: str) -> LandmarkClip:
    if not len(clip.times_ms):
        raise ClipError("no_frames", f"{spec} has no frames.")
    hands = (clip.block(Block.LEFT_HAND), clip.block(Block.RIGHT_HAND))
    if not any(hand is not None and np.isfinite(hand[..., :2]).any() for hand in hands):
        raise ClipError("no_hands", f"No hands are to be seen in {spec}: nothing in it can be scored.")
    return clip
