"""The same signing seen otherwise: changes of a clip that must not change its mark, and a plain re-recording of it.

Image points are changed in *square units*, in which one unit is the picture's height on every axis (``x`` and ``z`` of
MediaPipe are shares of the width). World points are metres; distance and place do not touch them, roll and mirror do.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from protocol.landmarks import BLOCK_POINTS, Block, LandmarkClip, Layout

WORLD_BLOCKS = (Block.LEFT_HAND_WORLD, Block.RIGHT_HAND_WORLD)
POSE_MIRROR = (0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, *(i + 1 if i % 2 else i - 1 for i in range(11, 33)))
"""The pose point that each of MediaPipe's 33 becomes in a mirror: odd and even neighbours are left and right."""

_MIRRORED_BLOCK = {
    Block.LEFT_HAND: Block.RIGHT_HAND,
    Block.RIGHT_HAND: Block.LEFT_HAND,
    Block.LEFT_HAND_WORLD: Block.RIGHT_HAND_WORLD,
    Block.RIGHT_HAND_WORLD: Block.LEFT_HAND_WORLD,
    Block.POSE: Block.POSE,
}


def square_scale(clip: LandmarkClip) -> np.ndarray:
    """``(3,)``: what image coordinates are multiplied by to stand in square units."""
    aspect = clip.video.width / clip.video.height
    return np.array([aspect, 1.0, aspect], np.float32)


def image_points(layout: Layout) -> np.ndarray:
    """``(P,)`` bool: which points of a frame are image points rather than world points."""
    return np.repeat(
        [block not in WORLD_BLOCKS for block in layout.blocks], [BLOCK_POINTS[block] for block in layout.blocks]
    )


def mirrored(clip: LandmarkClip) -> LandmarkClip:
    """The clip signed by a person of the other dominant hand, as a mirror shows it.

    Raises ValueError for a layout with a face mesh, whose points have no simple mirror order.
    """
    if clip.layout.slice(Block.FACE) is not None:
        raise ValueError("a clip with a face mesh cannot be mirrored: use the layout hands+pose")
    landmarks = np.empty_like(clip.landmarks)
    for block in clip.layout.blocks:
        points = clip.block(block).copy()
        points[..., 0] = -points[..., 0] if block in WORLD_BLOCKS else 1.0 - points[..., 0]
        if block is Block.POSE:
            points = points[:, POSE_MIRROR]
        landmarks[:, clip.layout.slice(_MIRRORED_BLOCK[block])] = points
    return replace(clip, landmarks=landmarks)


def scaled(clip: LandmarkClip, factor: float) -> LandmarkClip:
    """The signer ``factor`` times as large in the picture, about its middle: nearer (> 1) or farther (< 1)."""
    middle = np.array([0.5, 0.5, 0.0], np.float32)
    return _with_image(clip, (clip.landmarks - middle) * np.float32(factor) + middle)


def shifted(clip: LandmarkClip, right: float, down: float) -> LandmarkClip:
    """The signer elsewhere in the picture, by shares of its width and height."""
    return _with_image(clip, clip.landmarks + np.array([right, down, 0.0], np.float32))


def rolled(clip: LandmarkClip, degrees: float) -> LandmarkClip:
    """The picture of a camera that was tilted by ``degrees``: all points turned about its middle."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]], np.float32)
    scale = square_scale(clip)
    middle = np.array([0.5, 0.5, 0.0], np.float32) * scale
    image = ((clip.landmarks * scale - middle) @ turn.T + middle) / scale
    landmarks = np.where(image_points(clip.layout)[:, None], image, clip.landmarks @ turn.T)
    return replace(clip, landmarks=landmarks.astype(np.float32))


def resampled(clip: LandmarkClip, frame_rate_hz: float) -> LandmarkClip:
    """The clip as a camera of another frame rate records it: points are interpolated linearly between frames.

    Where a point is missing in either neighbouring frame, the nearer frame's point stands, present or missing.
    """
    if len(clip.times_ms) < 2:
        return replace(clip, video=replace(clip.video, frame_rate_hz=frame_rate_hz))
    first, last = int(clip.times_ms[0]), int(clip.times_ms[-1])
    count = max(int((last - first) * frame_rate_hz / 1000.0) + 1, 2)
    times = first + np.arange(count) * 1000.0 / frame_rate_hz
    after = np.clip(np.searchsorted(clip.times_ms, times), 1, len(clip.times_ms) - 1)
    before_ms, after_ms = clip.times_ms[after - 1], clip.times_ms[after]
    share = np.clip((times - before_ms) / np.maximum(after_ms - before_ms, 1), 0.0, 1.0)
    share = share.astype(np.float32)[:, None, None]
    before_points, after_points = clip.landmarks[after - 1], clip.landmarks[after]
    between = before_points * (1 - share) + after_points * share
    landmarks = np.where(np.isnan(between), np.where(share < 0.5, before_points, after_points), between)
    video = replace(clip.video, frame_rate_hz=frame_rate_hz)
    return LandmarkClip(landmarks, np.round(times).astype(np.int64), clip.layout, video)


def retimed(clip: LandmarkClip, tempo: float) -> LandmarkClip:
    """The same signing ``tempo`` times as fast, recorded at the clip's own frame rate."""
    times_ms = clip.times_ms[:1] + np.round((clip.times_ms - clip.times_ms[:1]) / tempo).astype(np.int64)
    return resampled(replace(clip, times_ms=times_ms), clip.video.frame_rate_hz)


def noisy(clip: LandmarkClip, share_of_palm: float, rng: np.random.Generator) -> LandmarkClip:
    """Every image point jittered by a normal deviate of ``share_of_palm`` palm lengths, independently in each frame."""
    sigma = share_of_palm * palm_length(clip) / square_scale(clip)
    deviates = rng.standard_normal(clip.landmarks.shape).astype(np.float32)
    return _with_image(clip, clip.landmarks + deviates * sigma.astype(np.float32))


def warped(clip: LandmarkClip, share: float, rng: np.random.Generator) -> LandmarkClip:
    """The signing hurried here and delayed there: a smooth, monotone change of time by some ``share`` of its length."""
    if len(clip.times_ms) < 3:
        return clip
    elapsed = (clip.times_ms - clip.times_ms[0]).astype(float)
    length = elapsed[-1]
    swing = share * rng.uniform(0.5, 1.0) * rng.choice([-1.0, 1.0])
    moved = elapsed + swing * length / np.pi * np.sin(np.pi * elapsed / length)
    times_ms = clip.times_ms[0] + np.round(moved).astype(np.int64)
    return resampled(replace(clip, times_ms=times_ms), clip.video.frame_rate_hz)


def rerecorded(clip: LandmarkClip, rng: np.random.Generator) -> LandmarkClip:
    """The same signing once more: a little larger or smaller, elsewhere, faster or slower, uneven, and jittered."""
    clip = scaled(clip, rng.uniform(0.85, 1.15))
    clip = shifted(clip, *rng.uniform(-0.05, 0.05, 2))
    clip = warped(retimed(clip, rng.uniform(0.9, 1.1)), 0.1, rng)
    return noisy(clip, 0.01, rng)


def palm_length(clip: LandmarkClip) -> float:
    """Median wrist to middle knuckle of either hand in square units; 0 where no hand is seen."""
    scale = square_scale(clip)
    lengths = []
    for block in (Block.LEFT_HAND, Block.RIGHT_HAND):
        hand = clip.block(block)[..., :2] * scale[:2]
        length = np.linalg.norm(hand[:, 9] - hand[:, 0], axis=1)
        lengths.append(length[np.isfinite(length)])
    seen = np.concatenate(lengths)
    return float(np.median(seen)) if len(seen) else 0.0


def _with_image(clip: LandmarkClip, image: np.ndarray) -> LandmarkClip:
    """``image`` for the image points, the clip's own for the world points."""
    landmarks = np.where(image_points(clip.layout)[:, None], image, clip.landmarks)
    return replace(clip, landmarks=landmarks.astype(np.float32))
