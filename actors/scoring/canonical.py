"""The canonical signer: any recording as one upright body of one size, at 30 Hz, with each hand seen as if it were a
right hand.

*Body frame*: origin between the shoulders, unit = shoulder width, shoulders level (clip medians, so that the hands' own
movement stays). *Hand slots*: slot 0 is the signer's right hand, slot 1 the left hand **and its body mirrored**.
Everything measured in a slot therefore reads the same for both hands, and a mirrored signer is the same recording
with the slots exchanged. Layouts without a pose get a hand frame: unit = 2.2 palm lengths, and no location.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from protocol.landmarks import Block, LandmarkClip, Layout, VideoFormat

from .resample import GRID_STEP_MS, grid_times, lengths, median, resample_track, zero_for_nan

RIGHT_SLOT, LEFT_SLOT = 0, 1
PALM_LENGTHS_PER_SHOULDER_WIDTH = 2.2
WRIST, INDEX_KNUCKLE, MIDDLE_KNUCKLE, LITTLE_KNUCKLE = 0, 5, 9, 17
PALM = (0, 1, 5, 9, 13, 17)
TIPS = (4, 8, 12, 16, 20)

NOSE, LEFT_EAR, RIGHT_EAR, LEFT_MOUTH, RIGHT_MOUTH = 0, 7, 8, 9, 10
LEFT_EYE, RIGHT_EYE = 2, 5
LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_WRIST, RIGHT_WRIST = 11, 12, 15, 16
ANCHORS = ("nose", "mouth", "forehead", "near ear", "far ear", "neck", "chest", "near shoulder", "far shoulder")
"""Places on the body, seen from a hand: *near* is the hand's own side."""


@dataclass(frozen=True, slots=True, eq=False)
class BodyFrame:
    """Where a body stands in the picture: ``origin`` ``(2,)`` and ``unit`` in square units (picture heights),
    ``roll_rad``.

    ``from_pose`` is False where the unit had to be taken from the palms.
    """

    origin: np.ndarray
    unit: float
    roll_rad: float
    from_pose: bool


@dataclass(frozen=True, slots=True, eq=False)
class CanonicalClip:
    """A recording in the canonical frame; ``T`` moments of 30 Hz, ``F`` recorded frames.

    ``hands`` ``(2, T, 21, 3)`` by slot, NaN where not seen; z is relative to the wrist. ``seen`` ``(2, T)``.
    ``wrists`` ``(2, T, 2)``: the pose's wrists (NaN without a pose). ``anchors`` ``(2, 9, 2)``: clip medians of
    ``ANCHORS``. ``face`` ``(T, 468, 3)`` in square units about the nose, or None. ``detected`` ``(2, F)``: what was
    there before gaps were filled.
    """

    times_ms: np.ndarray
    hands: np.ndarray
    seen: np.ndarray
    wrists: np.ndarray
    anchors: np.ndarray
    face: np.ndarray | None
    body: BodyFrame | None
    frame_times_ms: np.ndarray
    detected: np.ndarray
    pose_seen: float

    def __len__(self) -> int:
        return len(self.times_ms)


def canonicalise(clip: LandmarkClip) -> CanonicalClip:
    """The canonical form of ``clip``; never raises on poor tracking (``body`` is None where no body or hand was
    ever found).
    """
    times_ms = np.asarray(clip.times_ms, np.float64)
    blocks = square_blocks(clip.landmarks, clip.layout, clip.video)
    grid_ms = grid_times(times_ms)
    body = find_body(blocks, clip.video)
    hand_tracks = [resample_track(blocks[block], times_ms, grid_ms) for block in (Block.RIGHT_HAND, Block.LEFT_HAND)]
    pose = blocks.get(Block.POSE)
    pose_track = None if pose is None else resample_track(pose, times_ms, grid_ms)
    face = blocks.get(Block.FACE)
    frame = body or BodyFrame(np.zeros(2), 1.0, 0.0, False)
    detected = np.stack([np.isfinite(blocks[b][:, :, 0]).all(axis=1) for b in (Block.RIGHT_HAND, Block.LEFT_HAND)])
    return CanonicalClip(
        times_ms=grid_ms,
        hands=slot_hands(hand_tracks[RIGHT_SLOT].points, hand_tracks[LEFT_SLOT].points, frame),
        seen=np.stack([track.seen for track in hand_tracks]),
        wrists=slot_wrists(None if pose_track is None else pose_track.points, frame, len(grid_ms)),
        anchors=slot_anchors(pose, frame),
        face=None if face is None else resample_track(face, times_ms, grid_ms).points,
        body=body,
        frame_times_ms=times_ms,
        detected=detected,
        pose_seen=0.0 if pose is None or not len(pose) else float(np.isfinite(pose[:, LEFT_SHOULDER, 0]).mean()),
    )


def square_blocks(landmarks: np.ndarray, layout: Layout, video: VideoFormat) -> dict[Block, np.ndarray]:
    """Image blocks ``(T, n, 3)`` of ``landmarks`` in square units, un-mirrored, hands exchanged where the pose's
    wrists say so.
    """
    blocks = {}
    for block in (Block.POSE, Block.FACE, Block.RIGHT_HAND, Block.LEFT_HAND):
        where = layout.slice(block)
        if where is not None:
            blocks[block] = square(landmarks[:, where], video)
    if Block.POSE in blocks:
        _exchange_misnamed_hands(blocks)
    return blocks


def square(points: np.ndarray, video: VideoFormat) -> np.ndarray:
    """``points`` ``(…, 3)`` of a picture in square units, un-mirrored."""
    aspect = video.width / video.height
    points = points * np.array([aspect, 1.0, aspect], np.float32)
    if video.mirrored:
        points[..., 0] = aspect - points[..., 0]
    return points


def find_body(blocks: dict[Block, np.ndarray], video: VideoFormat) -> BodyFrame | None:
    """The body frame of a stretch of frames: by the shoulders, else by the palms; None where neither was ever seen."""
    body = shoulder_frame(blocks[Block.POSE]) if Block.POSE in blocks else None
    return body or palm_frame(blocks, video)


def shoulder_frame(pose: np.ndarray) -> BodyFrame | None:
    """The body frame of some poses ``(T, n, 2 or 3)`` in square units; None where the shoulders were never seen."""
    shoulders = pose[:, (LEFT_SHOULDER, RIGHT_SHOULDER), :2]
    shoulders = shoulders[np.isfinite(shoulders).all(axis=(1, 2))]
    if not len(shoulders):
        return None
    left, right = median(shoulders).astype(np.float64)
    across = left - right
    roll = float(np.arctan2(across[1], across[0])) if across[0] > 0 else 0.0
    widths = lengths(shoulders[:, 0] - shoulders[:, 1])
    unit = max(float(median(widths)), 1e-6)
    return BodyFrame((left + right) / 2.0, unit, roll, True)


def palm_frame(blocks: dict[Block, np.ndarray], video: VideoFormat) -> BodyFrame | None:
    """A frame in the middle of the picture, its unit from the palms; None where no hand was ever seen."""
    unit = _palm_unit(blocks)
    if unit is None:
        return None
    return BodyFrame(np.array([video.width / video.height, 1.0]) / 2.0, unit, 0.0, False)


def to_body(points: np.ndarray, body: BodyFrame) -> np.ndarray:
    """``points`` ``(…, 2 or 3)`` in square units, moved, turned and scaled into the body frame."""
    cosine, sine = math.cos(body.roll_rad) / body.unit, math.sin(body.roll_rad) / body.unit
    moved = np.empty(points.shape, np.float32)
    moved[..., :2] = (points[..., :2] - body.origin) @ np.array([[cosine, -sine], [sine, cosine]])
    if points.shape[-1] > 2:  # apart: a missing depth must not make the place missing
        np.divide(points[..., 2], body.unit, out=moved[..., 2], casting="same_kind")
    return moved


def slot_wrists(pose: np.ndarray | None, body: BodyFrame, count: int) -> np.ndarray:
    """Pose wrists ``(2, count, 2)`` by slot; NaN without a pose."""
    if pose is None:
        return np.full((2, count, 2), np.nan, np.float32)
    return _in_slots(to_body(pose[:, (RIGHT_WRIST, LEFT_WRIST), :2].transpose(1, 0, 2), body))


def slot_hands(right: np.ndarray, left: np.ndarray, body: BodyFrame) -> np.ndarray:
    """Hands ``(2, T, 21, 3)`` by slot from square units; z is relative to the wrist already."""
    return _in_slots(to_body(np.array((right, left)), body))


def slot_anchors(pose: np.ndarray | None, body: BodyFrame) -> np.ndarray:
    """Medians over the frames of ``ANCHORS`` by slot, ``(2, 9, 2)``; NaN without a pose."""
    if pose is None or not body.from_pose:
        return np.full((2, len(ANCHORS), 2), np.nan, np.float32)
    known = pose[np.isfinite(pose[:, :13, :2]).all(axis=(1, 2))]
    if not len(known):
        return np.full((2, len(ANCHORS), 2), np.nan, np.float32)
    points = to_body(median(known[:, :, :2]), body)
    mouth = (points[LEFT_MOUTH] + points[RIGHT_MOUTH]) / 2
    eyes = (points[LEFT_EYE] + points[RIGHT_EYE]) / 2
    forehead = eyes + (eyes - points[NOSE])
    neck, chest = np.zeros(2, np.float32), np.array([0.0, 0.5], np.float32)
    sides = ((RIGHT_EAR, LEFT_EAR, RIGHT_SHOULDER, LEFT_SHOULDER), (LEFT_EAR, RIGHT_EAR, LEFT_SHOULDER, RIGHT_SHOULDER))
    slots = [
        (
            points[NOSE],
            mouth,
            forehead,
            points[near_ear],
            points[far_ear],
            neck,
            chest,
            points[near_shoulder],
            points[far_shoulder],
        )
        for near_ear, far_ear, near_shoulder, far_shoulder in sides
    ]
    return _in_slots(np.array(slots, np.float32))


def frame_of(clip: CanonicalClip, moment: int) -> int:
    """The recorded frame that is nearest to a moment of the grid."""
    time = clip.times_ms[moment]
    after = int(np.clip(np.searchsorted(clip.frame_times_ms, time), 0, len(clip.frame_times_ms) - 1))
    before = max(after - 1, 0)
    return before if time - clip.frame_times_ms[before] <= clip.frame_times_ms[after] - time else after


def duration_ms(moments: int) -> float:
    """How long a number of grid moments lasts."""
    return moments * GRID_STEP_MS


def _in_slots(points: np.ndarray) -> np.ndarray:
    """``points`` ``(2, …)`` of the right and the left side, in place: slot 1 sees the left side in a mirror."""
    np.negative(points[LEFT_SLOT, ..., 0], out=points[LEFT_SLOT, ..., 0])
    return points


def _exchange_misnamed_hands(blocks: dict[Block, np.ndarray]) -> None:
    """Trackers that name hands by their look sometimes err; the nearer pose wrist decides, frame by frame."""
    pose, right, left = blocks[Block.POSE], blocks[Block.RIGHT_HAND], blocks[Block.LEFT_HAND]
    hands = np.array((right[:, WRIST, :2], left[:, WRIST, :2]))
    wrists = pose[:, (RIGHT_WRIST, LEFT_WRIST), :2].transpose(1, 0, 2)
    named, exchanged = (zero_for_nan(lengths(hands - each)).sum(axis=0) for each in (wrists, wrists[::-1]))
    width = lengths(pose[:, LEFT_SHOULDER, :2] - pose[:, RIGHT_SHOULDER, :2])
    wrong = named > exchanged + EXCHANGE_MARGIN * width
    if wrong.any():
        right[wrong], left[wrong] = left[wrong], right[wrong].copy()


EXCHANGE_MARGIN = 0.5
"""Shoulder widths by which the other name must fit better: crossing hands come near both wrists."""


def _palm_unit(blocks: dict[Block, np.ndarray]) -> float | None:
    palms = [
        np.linalg.norm(blocks[b][:, MIDDLE_KNUCKLE] - blocks[b][:, WRIST], axis=1)
        for b in (Block.RIGHT_HAND, Block.LEFT_HAND)
    ]
    flat = [
        np.linalg.norm((blocks[b][:, MIDDLE_KNUCKLE] - blocks[b][:, WRIST])[:, :2], axis=1)
        for b in (Block.RIGHT_HAND, Block.LEFT_HAND)
    ]
    sizes = np.concatenate(
        [np.where(np.isfinite(whole), whole, plane) for whole, plane in zip(palms, flat, strict=True)]
    )
    sizes = sizes[np.isfinite(sizes)]
    return max(PALM_LENGTHS_PER_SHOULDER_WIDTH * float(median(sizes)), 1e-6) if len(sizes) else None
