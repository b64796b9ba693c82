"""Known faults put into a recording: one parameter of one hand, changed by a known amount over a known time span.

Every alteration leaves the other parameters of the hand as they are, as far as the body allows: a swapped handshape
keeps wrist, size and palm; a turned palm keeps wrist, shape and path; a moved hand takes its arm along. Arithmetic in
square units (see ``transforms``). ``Span`` bounds are inclusive, in the clip's own milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from protocol.landmarks import Block, LandmarkClip

from .transforms import square_scale

WRIST, INDEX_KNUCKLE, MIDDLE_KNUCKLE, LITTLE_KNUCKLE = 0, 5, 9, 17
LEFT_SHOULDER, RIGHT_SHOULDER = 11, 12
_ARM = {Block.LEFT_HAND: ((13,), (15, 17, 19, 21)), Block.RIGHT_HAND: ((14,), (16, 18, 20, 22))}
_WORLD = {Block.LEFT_HAND: Block.LEFT_HAND_WORLD, Block.RIGHT_HAND: Block.RIGHT_HAND_WORLD}
_ELBOW_SHARE = 0.5
_LEAST_STEP = 0.05
PALM_LENGTHS_PER_SHOULDER_WIDTH = 2.2


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment of a clip to another."""

    start_ms: int
    end_ms: int

    def overlap(self, other: Span) -> float:
        """Intersection over union, 0..1; two equal moments overlap wholly."""
        shared = min(self.end_ms, other.end_ms) - max(self.start_ms, other.start_ms)
        union = max(self.end_ms, other.end_ms) - min(self.start_ms, other.start_ms)
        return 1.0 if union == 0 else max(shared, 0) / union


def shoulder_width(clip: LandmarkClip) -> float:
    """Median distance of the shoulders in square units; by the palm (× 2.2) without a pose; NaN with neither."""
    scale = square_scale(clip)[:2]
    pose = clip.block(Block.POSE)
    if pose is not None:
        between = (pose[:, LEFT_SHOULDER, :2] - pose[:, RIGHT_SHOULDER, :2]) * scale
        widths = np.linalg.norm(between, axis=1)
        if np.isfinite(widths).any():
            return float(np.nanmedian(widths))
    hands = np.stack([clip.block(Block.LEFT_HAND), clip.block(Block.RIGHT_HAND)])[..., :2] * scale
    palms = np.linalg.norm(hands[:, :, MIDDLE_KNUCKLE] - hands[:, :, WRIST], axis=2)
    return PALM_LENGTHS_PER_SHOULDER_WIDTH * float(np.nanmedian(palms)) if np.isfinite(palms).any() else float("nan")


def handshape_swapped(clip: LandmarkClip, hand: Block, span: Span, donor: np.ndarray) -> LandmarkClip:
    """The fingers of ``donor`` ``(21, 3)`` (square units, a hand of the same side) on the palm of ``hand``.

    The donor is turned and scaled so that its palm (wrist, index, middle and little knuckles) lies on the hand's.
    """
    points, inside = _square(clip, hand), _inside(clip, hand, span)
    donor_axes, donor_size = _palm_frames(donor[None])
    axes, size = _palm_frames(points[inside])
    shape = (donor - donor[WRIST]) @ donor_axes[0] / donor_size[0]
    points[inside] = points[inside][:, :1] + size[:, None, None] * (shape @ axes.transpose(0, 2, 1))
    return _put(clip, hand, points, inside)


def palm_turned(clip: LandmarkClip, hand: Block, span: Span, degrees: float) -> LandmarkClip:
    """The hand turned by ``degrees`` about its own length, wrist to middle knuckle, as the forearm turns it."""
    points, inside = _square(clip, hand), _inside(clip, hand, span)
    axes, _ = _palm_frames(points[inside])
    along = axes[:, None, :, 0]
    relative = points[inside] - points[inside][:, :1]
    angle = np.deg2rad(degrees)
    lengthwise = (relative * along).sum(axis=2, keepdims=True) * along
    turned = relative * np.cos(angle) + np.cross(along, relative) * np.sin(angle) + lengthwise * (1 - np.cos(angle))
    points[inside] = points[inside][:, :1] + turned
    return _put(clip, hand, points, inside)


def place_moved(clip: LandmarkClip, hand: Block, span: Span, right: float, down: float) -> LandmarkClip:
    """The hand and its arm held elsewhere, by shoulder widths to the right and down in the picture."""
    inside = (clip.times_ms >= span.start_ms) & (clip.times_ms <= span.end_ms)
    offset = np.zeros((len(clip.times_ms), 3), np.float32)
    offset[inside] = np.array([right, down, 0.0]) * shoulder_width(clip)
    return _displaced(clip, hand, offset)


def movement_scaled(clip: LandmarkClip, hand: Block, span: Span, factors: tuple[float, float]) -> LandmarkClip:
    """The path of the hand about its mean place stretched by a factor across and one down the picture.

    0 stands still, 0.3 is a small movement, −1 is the mirrored one. A hand not seen in the whole span stays as it is;
    in gaps the arm goes on as between the frames around them.
    """
    seen = _inside(clip, hand, span)
    offset = np.zeros((len(clip.times_ms), 3), np.float32)
    if seen.any():
        path = _square(clip, hand)[seen].mean(axis=1)
        change = (path - path.mean(axis=0)) * np.array([factors[0] - 1.0, factors[1] - 1.0, 0.0])
        inside = (clip.times_ms >= span.start_ms) & (clip.times_ms <= span.end_ms)
        for axis in (0, 1):
            offset[inside, axis] = np.interp(clip.times_ms[inside], clip.times_ms[seen], change[:, axis])
    return _displaced(clip, hand, offset)


def hand_delayed(clip: LandmarkClip, hand: Block, delay_ms: int) -> LandmarkClip:
    """The hand and its arm do everything ``delay_ms`` later than the rest of the signer; at first they wait."""
    earlier = np.clip(np.searchsorted(clip.times_ms, clip.times_ms - delay_ms), 0, len(clip.times_ms) - 1)
    landmarks = clip.landmarks.copy()
    pose = clip.layout.slice(Block.POSE)
    points = [np.arange(clip.layout.points)[clip.layout.slice(block)] for block in (hand, _WORLD[hand])]
    if pose is not None:
        points += [np.array(part) + pose.start for part in _ARM[hand]]
    moved = np.concatenate(points)
    landmarks[:, moved] = clip.landmarks[earlier][:, moved]
    return replace(clip, landmarks=landmarks)


def path_copied(clip: LandmarkClip, hand: Block, other: Block) -> LandmarkClip:
    """``hand`` makes the mirror image of the other hand's path about its own mean place, added to what it does.

    Where the other hand is not seen its path goes on as between the frames around.
    """
    whole = Span(int(clip.times_ms[0]), int(clip.times_ms[-1]))
    seen = _inside(clip, other, whole)
    offset = np.zeros((len(clip.times_ms), 3), np.float32)
    if seen.any():
        path = _square(clip, other)[seen].mean(axis=1)
        path = (path - path.mean(axis=0)) * np.array([-1.0, 1.0, 0.0])
        for axis in (0, 1):
            offset[:, axis] = np.interp(clip.times_ms, clip.times_ms[seen], path[:, axis])
    return _displaced(clip, hand, offset)


def hold_inserted(clip: LandmarkClip, at_ms: int, hold_ms: int) -> LandmarkClip:
    """The whole signer stands still for ``hold_ms`` from the first frame at or after ``at_ms`` on."""
    frame = int(np.clip(np.searchsorted(clip.times_ms, at_ms), 0, len(clip.times_ms) - 1))
    step_ms = 1000.0 / clip.video.frame_rate_hz
    held_ms = clip.times_ms[frame] + np.round(np.arange(step_ms, hold_ms, step_ms)).astype(np.int64)
    held = np.repeat(clip.landmarks[frame : frame + 1], len(held_ms), axis=0)
    landmarks = np.concatenate([clip.landmarks[: frame + 1], held, clip.landmarks[frame + 1 :]])
    times_ms = np.concatenate([clip.times_ms[: frame + 1], held_ms, clip.times_ms[frame + 1 :] + hold_ms])
    return replace(clip, landmarks=landmarks, times_ms=times_ms)


def path_extent(clip: LandmarkClip, hand: Block, span: Span) -> np.ndarray:
    """``(2,)``: how far the hand's middle goes across and down, 5th to 95th centile, in shoulder widths."""
    inside = _inside(clip, hand, span)
    if not inside.any():
        return np.zeros(2)
    path = _square(clip, hand)[inside].mean(axis=1)[:, :2]
    return (np.percentile(path, 95, axis=0) - np.percentile(path, 5, axis=0)) / shoulder_width(clip)


def path_length(clip: LandmarkClip, hand: Block, span: Span) -> float:
    """How far the hand's middle goes in all, in shoulder widths, by steps of at least a twentieth of one."""
    inside = _inside(clip, hand, span)
    if not inside.any():
        return 0.0
    path = _square(clip, hand)[inside].mean(axis=1)[:, :2] / shoulder_width(clip)
    length, last = 0.0, path[0]
    for place in path[1:]:
        step = float(np.linalg.norm(place - last))
        if step >= _LEAST_STEP:
            length, last = length + step, place
    return length


def fastest_moment(clip: LandmarkClip, hand: Block, span: Span) -> tuple[int, float]:
    """When in the span the hand's middle moves fastest (ms), and how fast (shoulder widths a second; 0 if unseen)."""
    seen = np.flatnonzero(_inside(clip, hand, span))
    if len(seen) < 3:
        return span.start_ms, 0.0
    path = _square(clip, hand)[seen].mean(axis=1)[:, :2] / shoulder_width(clip)
    steps = np.linalg.norm(path[2:] - path[:-2], axis=1) * 1000.0 / (clip.times_ms[seen[2:]] - clip.times_ms[seen[:-2]])
    fastest = int(np.argmax(steps))
    return int(clip.times_ms[seen[fastest + 1]]), float(steps[fastest])


def hand_shape(clip: LandmarkClip, hand: Block, frame: int) -> np.ndarray:
    """``(21, 3)`` of one frame in square units: a donor for ``handshape_swapped``."""
    return _square(clip, hand)[frame]


def _square(clip: LandmarkClip, hand: Block) -> np.ndarray:
    return clip.block(hand) * square_scale(clip)


def _inside(clip: LandmarkClip, hand: Block, span: Span) -> np.ndarray:
    """``(T,)``: frames of the span in which the hand is seen."""
    seen = np.isfinite(clip.block(hand)).all(axis=(1, 2))
    return seen & (clip.times_ms >= span.start_ms) & (clip.times_ms <= span.end_ms)


def _palm_frames(hands: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Axes ``(n, 3, 3)`` in columns (along, across, out of the palm) and palm lengths ``(n,)`` of ``(n, 21, 3)``."""
    along = hands[:, MIDDLE_KNUCKLE] - hands[:, WRIST]
    size = np.maximum(np.linalg.norm(along, axis=1), 1e-6)
    along = along / size[:, None]
    out = np.cross(along, hands[:, INDEX_KNUCKLE] - hands[:, LITTLE_KNUCKLE])
    out = out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
    return np.stack([along, np.cross(out, along), out], axis=2), size


def _put(clip: LandmarkClip, hand: Block, points: np.ndarray, changed: np.ndarray) -> LandmarkClip:
    """The clip with ``hand`` at ``points`` (square units); its world points, which no longer fit, are missing there."""
    landmarks = clip.landmarks.copy()
    landmarks[changed, clip.layout.slice(hand)] = points[changed] / square_scale(clip)
    landmarks[changed, clip.layout.slice(_WORLD[hand])] = np.nan
    return replace(clip, landmarks=landmarks)


def _displaced(clip: LandmarkClip, hand: Block, offset: np.ndarray) -> LandmarkClip:
    """The hand, its wrist and (by half) its elbow moved by ``offset`` ``(T, 3)`` in square units."""
    landmarks = clip.landmarks.copy()
    offset = (offset / square_scale(clip))[:, None]
    landmarks[:, clip.layout.slice(hand)] += offset
    pose = clip.layout.slice(Block.POSE)
    if pose is not None:
        elbow, wrist = (np.array(points) + pose.start for points in _ARM[hand])
        landmarks[:, wrist] += offset
        landmarks[:, elbow] += offset * _ELBOW_SHARE
    return replace(clip, landmarks=landmarks)
