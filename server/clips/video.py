"""Landmarks of a video, found by MediaPipe in a process of its own (``server.clips.extract``)."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from protocol.landmarks import Block, LandmarkClip, Layout, VideoFormat
from server.clips.errors import ClipError
from server.clips.frames import clip_of_blocks
from server.config import Settings
from server.models import FACE_LANDMARKER, HAND_LANDMARKER, POSE_LANDMARKER, model_path

Progress = Callable[[int, int], None]
"""Called with the frames done and the frames in all; 0 where that is not known."""

_LAST_WORDS_LINES = 3


def extract_video(path: Path, layout: Layout, models_dir: Path | None, progress: Progress | None) -> LandmarkClip:
    """Every frame of the video. Raises ClipError (damaged, no_frames, extraction_failed) and ModelError."""
    models = models_dir or Settings.from_environment().models_dir
    wanted = [HAND_LANDMARKER, POSE_LANDMARKER, *([FACE_LANDMARKER] if Block.FACE in layout.blocks else [])]
    for name in wanted:
        model_path(models, name)
    with tempfile.TemporaryDirectory(prefix="storysign-clip-") as folder:
        output = Path(folder) / "landmarks.npz"
        _run(path, output, layout, models, progress)
        with np.load(output) as arrays:
            times_ms, (width, height) = arrays["times_ms"], arrays["size"].tolist()
            blocks = {block: arrays[block] for block in layout.blocks}
    video = VideoFormat(width, height, frame_rate_hz=_frame_rate_hz(times_ms))
    return clip_of_blocks(blocks, times_ms, layout, video)


def _run(path: Path, output: Path, layout: Layout, models: Path, progress: Progress | None) -> None:
    arguments = [str(path.resolve()), str(output), layout.name, str(models)]
    command = [sys.executable, "-P", "-m", "server.clips.extract", *arguments]
    unreadable = ""
    with tempfile.TemporaryFile("w+", errors="replace") as noise:
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        with subprocess.Popen(command, stdin=nothing, stdout=pipe, stderr=noise, text=True) as process:
            for line in process.stdout or ():
                word, _, rest = line.strip().partition(" ")
                if word == "progress" and progress is not None:
                    done, total = rest.split()
                    progress(int(done), int(total))
                elif word == "unreadable":
                    unreadable = rest
        if unreadable:
            raise ClipError("damaged", f"{path.name} is damaged or no video: {unreadable}.")
        if process.returncode:
            noise.seek(0)
            last_words = "\n".join(noise.read().splitlines()[-_LAST_WORDS_LINES:])
            raise ClipError(
                "extraction_failed",
                f"MediaPipe ended with status {process.returncode} while it read {path.name}:\n{last_words}",
            )


def _frame_rate_hz(times_ms: np.ndarray) -> float:
    span_ms = int(times_ms[-1] - times_ms[0])
    return round((len(times_ms) - 1) * 1000.0 / span_ms, 3) if span_ms else 1.0
