"""Recordings that tests of the scorer are made of: letters, and sentences joined out of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.references import Library, prepare_reference
from protocol.landmarks import HANDS_POSE, LandmarkClip, Layout
from server.clips.pose_file import read_pose_file


def letter(folder: Path, gloss: str, layout: Layout = HANDS_POSE) -> LandmarkClip:
    """The starter recording of a letter."""
    return read_pose_file(folder / f"{gloss}.pose", layout)


def letter_library(folder: Path, glosses: str, embedder: HandshapeEmbedder, layout: Layout = HANDS_POSE) -> Library:
    """A library with the starter recording of each of ``glosses``."""
    return Library(
        [
            prepare_reference(
                letter(folder, gloss, layout),
                reference_id=f"starter-{gloss}",
                gloss=gloss,
                signer="starter",
                variant="",
                embedder=embedder,
            )
            for gloss in glosses
        ]
    )


def joined(clips: Sequence[LandmarkClip], transition_ms: int = 300) -> LandmarkClip:
    """Clips one after the other; between them the hands go straight from one to the next."""
    landmarks, times = [], []
    at_ms = 0
    for number, clip in enumerate(clips):
        step_ms = round(1000 / clip.video.frame_rate_hz)
        if number:
            count = transition_ms // step_ms
            share = (np.arange(1, count + 1) / (count + 1))[:, None, None]
            landmarks.append(landmarks[-1][-1] * (1 - share) + clip.landmarks[0] * share)
            times.append(at_ms + np.arange(count) * step_ms)
            at_ms += count * step_ms
        landmarks.append(clip.landmarks)
        times.append(at_ms + clip.times_ms - clip.times_ms[0])
        at_ms = int(times[-1][-1]) + step_ms
    return replace(
        clips[0],
        landmarks=np.concatenate(landmarks).astype(np.float32),
        times_ms=np.concatenate(times).astype(np.int64),
    )
