"""Finds the landmarks of a video, as a process: ``python -m server.clips.extract VIDEO OUT.npz LAYOUT MODELS``.

MediaPipe takes 110 MB and threads of its own, and writes to stderr as it likes: none of it belongs in a server or a
session. Lines on stdout: ``progress DONE TOTAL`` (0: unknown), at last ``done``, or ``unreadable REASON``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import mediapipe
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision

from protocol.landmarks import BLOCK_POINTS, FACE_POINTS, LAYOUTS, Block, Layout
from server.clips.hands import DetectedHand, assign_hands
from server.models import FACE_LANDMARKER, HAND_LANDMARKER, POSE_LANDMARKER

PROGRESS_EVERY_FRAMES = 5
_DEFAULT_FRAME_RATE_HZ = 30.0
_HAND_BLOCKS = {
    "left": (Block.LEFT_HAND, Block.LEFT_HAND_WORLD),
    "right": (Block.RIGHT_HAND, Block.RIGHT_HAND_WORLD),
}


@dataclass(slots=True)
class Detectors:
    """MediaPipe's landmark models in video mode: each follows what it found in the frame before."""

    hands: Any
    pose: Any
    face: Any | None

    def find(self, picture: np.ndarray, time_ms: int) -> dict[Block, np.ndarray]:
        """The blocks that are in ``picture`` ``(height, width, 3)``, RGB bytes; times must ascend."""
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)
        height, width = picture.shape[:2]
        blocks: dict[Block, np.ndarray] = {}
        bodies = self.pose.detect_for_video(image, time_ms).pose_landmarks
        if bodies:
            blocks[Block.POSE] = _points(bodies[0])
        found = self.hands.detect_for_video(image, time_ms)
        hands = [
            DetectedHand(_points(points), _points(world), _right_probability(labels[0]))
            for points, world, labels in zip(
                found.hand_landmarks, found.hand_world_landmarks, found.handedness, strict=True
            )
        ]
        for side, hand in assign_hands(hands, blocks.get(Block.POSE), width / height).items():
            image_block, world_block = _HAND_BLOCKS[side]
            blocks |= {image_block: hand.points, world_block: hand.world}
        if self.face is not None and (faces := self.face.detect_for_video(image, time_ms).face_landmarks):
            blocks[Block.FACE] = _points(faces[0])[:FACE_POINTS]
        return blocks


def _points(landmarks: Any) -> np.ndarray:
    return np.array([(point.x, point.y, point.z) for point in landmarks], np.float32)


def _right_probability(label: Any) -> float:
    """The Tasks API names a hand as the signer would, in a picture that is not mirrored."""
    return label.score if label.category_name == "Right" else 1.0 - label.score


def _open_detectors(models: Path, layout: Layout, stack: ExitStack) -> Detectors:
    mode = vision.RunningMode.VIDEO

    def base(name: str) -> BaseOptions:
        return BaseOptions(model_asset_path=str(models / name))

    hands = vision.HandLandmarkerOptions(base_options=base(HAND_LANDMARKER), running_mode=mode, num_hands=2)
    pose = vision.PoseLandmarkerOptions(base_options=base(POSE_LANDMARKER), running_mode=mode)
    face = None
    if Block.FACE in layout.blocks:
        options = vision.FaceLandmarkerOptions(base_options=base(FACE_LANDMARKER), running_mode=mode)
        face = stack.enter_context(vision.FaceLandmarker.create_from_options(options))
    return Detectors(
        stack.enter_context(vision.HandLandmarker.create_from_options(hands)),
        stack.enter_context(vision.PoseLandmarker.create_from_options(pose)),
        face,
    )


def _frames(container: Any) -> Iterator[tuple[np.ndarray, int]]:
    """Upright RGB pictures and their times in ms from 0, strictly ascending."""
    stream = container.streams.video[0]
    rate_hz = float(stream.average_rate or 0)
    rate_hz = rate_hz if 0 < rate_hz < 1000 else _DEFAULT_FRAME_RATE_HZ
    first_s: float | None = None
    last_ms = -1
    for number, frame in enumerate(container.decode(stream)):
        time_s = number / rate_hz if frame.time is None else frame.time
        first_s = time_s if first_s is None else first_s
        time_ms = round((time_s - first_s) * 1000)
        if time_ms <= last_ms:
            continue
        last_ms = time_ms
        # A telephone records lying down and notes how to turn the picture.
        yield np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))), time_ms


@dataclass(slots=True)
class Recording:
    """What has been found so far, frame by frame."""

    blocks: tuple[Block, ...]
    found: list[dict[Block, np.ndarray]] = field(default_factory=list)
    times_ms: list[int] = field(default_factory=list)
    size: tuple[int, int] = (0, 0)

    def save(self, path: Path) -> None:
        """Writes ``times_ms`` ``(T,)``, ``size`` and every block ``(T, n, 3)``."""
        arrays = {
            str(block): np.stack(
                [frame.get(block, np.full((BLOCK_POINTS[block], 3), np.nan, np.float32)) for frame in self.found]
            )
            for block in self.blocks
        }
        np.savez(path, times_ms=np.array(self.times_ms, np.int64), size=np.array(self.size, np.int64), **arrays)


def extract(video: Path, layout: Layout, models: Path) -> Recording:
    """Finds the landmarks of every frame. Raises av.FFmpegError, ValueError where it is no video or has no frame."""
    recording = Recording(layout.blocks)
    with ExitStack() as stack:
        container = stack.enter_context(av.open(str(video)))
        if not container.streams.video:
            raise ValueError("it has no picture")
        total = container.streams.video[0].frames
        detectors = _open_detectors(models, layout, stack)
        for picture, time_ms in _frames(container):
            recording.found.append(detectors.find(picture, time_ms))
            recording.times_ms.append(time_ms)
            recording.size = (picture.shape[1], picture.shape[0])
            if len(recording.found) % PROGRESS_EVERY_FRAMES == 0:
                print("progress", len(recording.found), max(total, 0), flush=True)
    if not recording.found:
        raise ValueError("it has no frame")
    return recording


def main(video: str, output: str, layout_name: str, models: str) -> int:
    """Exit status 0: done, 2: the video cannot be read."""
    try:
        recording = extract(Path(video), LAYOUTS[layout_name], Path(models))
    except (av.FFmpegError, ValueError) as error:
        print("unreadable", " ".join(str(error).split()), flush=True)
        return 2
    recording.save(Path(output))
    print("done", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
