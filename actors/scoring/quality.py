"""Tracking quality: how much of the signer the camera saw, and when that is too little to judge by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from protocol.landmarks import Block, LandmarkClip

from .canonical import CanonicalClip
from .resample import GRID_STEP_MS

LEAST_ATTEMPT_MS = 200.0
LEAST_FRAMES_HZ = 3.0
"""At 3 and 4 frames a second marks stay as they are at 15 (mean change at most 0.022, ``docs/scoring.md``); slower,
the gaps between frames are too long to be filled."""
LEAST_HAND_SEEN = 0.5
LEAST_BODY_SEEN = 0.5
SMALLEST_SHOULDERS = 0.08
"""Shoulder width in picture heights below which fingers are a few pixels (38 pixels of 480)."""


@dataclass(frozen=True, slots=True)
class TrackingQuality:
    """Shares 0..1 over the active span: ``hands_seen`` (any hand found), ``steadiness`` (found hands not lost
    again), ``body_seen``.
    """

    hands_seen: float
    steadiness: float
    body_seen: float

    @property
    def overall(self) -> float:
        """One figure: a mark is worth what was seen."""
        return self.hands_seen * (0.5 + 0.5 * self.steadiness) * (0.5 + 0.5 * self.body_seen)


def tracking_quality(clip: CanonicalClip, start: int, stop: int) -> TrackingQuality:
    """Quality over moments ``start:stop``; a layout without a pose has a body as far as it needs one."""
    seen = clip.seen[:, start:stop].any(axis=0).tolist()
    detected = _detected(clip, start, stop).tolist()
    losses = [_lost(track) for track in detected if sum(track) >= LEAST_HAND_SEEN * max(len(track), 1)]
    has_pose = clip.body is not None and clip.body.from_pose
    return TrackingQuality(
        hands_seen=sum(seen) / len(seen) if seen else 0.0,
        steadiness=1.0 - max(losses, default=0.0),
        body_seen=clip.pose_seen if has_pose else 1.0,
    )


def reason_not_to_judge(
    raw: LandmarkClip, clip: CanonicalClip, start: int, stop: int, still: bool = True
) -> str | None:
    """Code of the finding that says why no mark can be given; None where there is enough evidence. A single picture is
    enough only where every asked sign is ``still``: its references are pictures too.
    """
    if not len(clip) or not clip.seen.any():
        return "no_body" if _body_missing(raw, clip) else _where_hands_went(clip)
    if _body_missing(raw, clip):
        return "no_body"
    if len(raw.times_ms) / max(len(clip) * GRID_STEP_MS, 1.0) * 1000.0 < LEAST_FRAMES_HZ:
        return "too_few_frames"
    if stop == start:
        return "hands_at_rest"
    if _too_far(clip):
        return "too_far"
    if len(raw.times_ms) == 1 and still:
        return None
    length_ms = (stop - start) * GRID_STEP_MS
    if length_ms < LEAST_ATTEMPT_MS:
        return "too_short"
    if _detected(clip, start, stop).any(axis=0).mean() < LEAST_HAND_SEEN:
        return _where_hands_went(clip)
    return None


def _detected(clip: CanonicalClip, start: int, stop: int) -> np.ndarray:
    """Which hands ``(2, n)`` were found in the recorded frames of moments ``start:stop``. Frames, not moments: how long
    a gap lasts, and so whether it is filled, hangs on the tempo.
    """
    begin, end = clip.times_ms[start], clip.times_ms[max(stop - 1, start)]
    first = clip.frame_times_ms.searchsorted(begin - GRID_STEP_MS)
    last = clip.frame_times_ms.searchsorted(end + GRID_STEP_MS, side="right")
    return clip.detected[:, first:last]


def _lost(track: Sequence[bool]) -> float:
    """Share of the frames from the first to the last one with the hand in which it was not found."""
    found = [index for index, seen in enumerate(track) if seen]
    return 1.0 - len(found) / (found[-1] + 1 - found[0]) if found else 0.0


def _body_missing(raw: LandmarkClip, clip: CanonicalClip) -> bool:
    return raw.layout.slice(Block.POSE) is not None and len(clip) > 0 and clip.pose_seen < LEAST_BODY_SEEN


def _too_far(clip: CanonicalClip) -> bool:
    return clip.body is not None and clip.body.from_pose and clip.body.unit < SMALLEST_SHOULDERS


def _where_hands_went(clip: CanonicalClip) -> str:
    """Wrists that the pose puts above the waist while no hand is found: the picture is bad. Else the hands are out
    of view.
    """
    with np.errstate(invalid="ignore"):
        raised = (clip.wrists[:, :, 1] < _WAIST).any(axis=0) if len(clip) else np.zeros(0, bool)
    return "hands_unclear" if raised.any() and raised.mean() > LEAST_HAND_SEEN else "no_hands"


_WAIST = 1.2
