"""Synthetic learners: reference signs, signed with a known skill by a body, a camera and a hand that are known too.

Each of the four parameters has a true skill in 0..1, and falls short of the reference by what is missing to 1: the
fingers come as close to the hand shape, the palm is turned, the place is missed, the path is shrunk by that share of
the largest fault. What must not change a mark (hand, build, camera, frame rate, tempo, tremor) is drawn independently
of it. Everything follows from seeds, so that a run can be repeated and its marks be compared with the truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from actors.scoring.evaluation import alterations, transforms
from protocol.landmarks import BLOCK_POINTS, Block, LandmarkClip

PARAMETERS = ("handshape", "orientation", "location", "movement")
FRAME_RATES_HZ = (15.0, 24.0, 30.0, 60.0)
STUDIO_RATE_HZ = 30.0
"""Rate at which sentences are put together, before the learner's own camera records them."""

LARGEST_TURN_DEGREES = 90.0
LARGEST_MISS_SHOULDER_WIDTHS = 0.6
TRANSITION_MS = 260
TREMOR_HZ = 6.0
DROPOUT_MS = 120

_HANDS = (Block.LEFT_HAND, Block.RIGHT_HAND)
_WORLD = {Block.LEFT_HAND: Block.LEFT_HAND_WORLD, Block.RIGHT_HAND: Block.RIGHT_HAND_WORLD}


@dataclass(frozen=True, slots=True)
class Signer:
    """A person at a camera. ``skill`` by parameter, 0..1; the rest should not matter to a mark.

    ``tempo`` 1 is the reference's own; ``tremor`` is a share of the palm's length; ``build`` the width of the body
    beside the reference's; ``distance`` its size in the picture (below 1: farther away); ``dropout_share`` of the time
    the tracker loses the hand.
    """

    skill: Mapping[str, float]
    tempo: float
    tremor: float
    left_handed: bool
    build: float
    distance: float
    roll_degrees: float
    frame_rate_hz: float
    dropout_share: float

    @property
    def overall_skill(self) -> float:
        """Mean of the four skills."""
        return float(np.mean([self.skill[name] for name in PARAMETERS]))


def draw_signer(rng: np.random.Generator, frame_rate_hz: float | None = None) -> Signer:
    """A person drawn at random; skills lie about one talent, so that there are good learners and poor ones."""
    talent = rng.uniform(0.0, 1.0)
    skill = {name: float(np.clip(talent + rng.normal(0.0, 0.2), 0.0, 1.0)) for name in PARAMETERS}
    return Signer(
        skill=skill,
        tempo=float(rng.uniform(0.8, 1.25)),
        tremor=float(rng.uniform(0.0, 0.02)),
        left_handed=bool(rng.random() < 0.5),
        build=float(rng.uniform(0.88, 1.12)),
        distance=float(rng.uniform(0.6, 1.2)),
        roll_degrees=float(rng.uniform(-12.0, 12.0)),
        frame_rate_hz=frame_rate_hz or float(rng.choice(FRAME_RATES_HZ)),
        dropout_share=float(rng.choice([0.0, 0.0, 0.05])),
    )


def sign_sentence(
    signer: Signer, references: Sequence[LandmarkClip], donors: Sequence[LandmarkClip], rng: np.random.Generator
) -> LandmarkClip:
    """One attempt at a sentence: ``references`` in turn as this person signs them; times from 0.

    ``donors`` are recordings of other signs, one for each reference: the wrong hand shape that an unskilled hand makes.
    """
    signs = [
        _sign(signer, transforms.resampled(reference, STUDIO_RATE_HZ), donor, rng)
        for reference, donor in zip(references, donors, strict=True)
    ]
    clip = transforms.retimed(joined(signs), signer.tempo)
    clip = trembling(clip, signer.tremor, rng)
    if signer.left_handed:
        clip = transforms.mirrored(clip)
    clip = widened(clip, signer.build)
    clip = transforms.scaled(clip, signer.distance)
    clip = transforms.rolled(clip, signer.roll_degrees)
    clip = transforms.resampled(clip, signer.frame_rate_hz)
    return without_tracking(clip, signer.dropout_share, rng)


def _sign(signer: Signer, clip: LandmarkClip, donor: LandmarkClip, rng: np.random.Generator) -> LandmarkClip:
    """One sign, short of its reference by what each skill lacks."""
    hand, lack = leading_hand(clip), {name: 1.0 - signer.skill[name] for name in PARAMETERS}
    span = alterations.Span(int(clip.times_ms[0]), int(clip.times_ms[-1]))
    clip = alterations.movement_scaled(clip, hand, span, (1.0 - lack["movement"],) * 2)
    angle = rng.uniform(0.0, 2.0 * np.pi)
    miss = lack["location"] * LARGEST_MISS_SHOULDER_WIDTHS
    clip = alterations.place_moved(clip, hand, span, miss * np.cos(angle), miss * np.sin(angle))
    turn = lack["orientation"] * LARGEST_TURN_DEGREES * rng.choice([-1.0, 1.0])
    clip = alterations.palm_turned(clip, hand, span, turn)
    donor_hand = leading_hand(donor)
    seen = np.flatnonzero(np.isfinite(donor.block(donor_hand)).all(axis=(1, 2)))
    shape = alterations.hand_shape(donor, donor_hand, int(seen[len(seen) // 2]))
    if donor_hand is not hand:
        shape = shape * np.array([-1.0, 1.0, 1.0])
    wrong = alterations.handshape_swapped(clip, hand, span, shape)
    where = clip.layout.slice(hand)
    landmarks = wrong.landmarks.copy()
    share = np.float32(lack["handshape"])
    landmarks[:, where] = clip.landmarks[:, where] * (1 - share) + wrong.landmarks[:, where] * share
    return replace(clip, landmarks=landmarks)


def leading_hand(clip: LandmarkClip) -> Block:
    """The hand that is seen in more frames."""
    return max(_HANDS, key=lambda hand: int(np.isfinite(clip.block(hand)).all(axis=(1, 2)).sum()))


def joined(clips: Sequence[LandmarkClip]) -> LandmarkClip:
    """Clips of one rate and picture one after the other, from 0 ms; the body glides from each to the next."""
    step_ms = 1000.0 / clips[0].video.frame_rate_hz
    between = max(int(TRANSITION_MS / step_ms) - 1, 0)
    shares = (np.arange(1, between + 1, dtype=np.float32) / (between + 1))[:, None, None]
    parts = [clips[0].landmarks]
    for earlier, later in zip(clips, clips[1:], strict=False):
        parts.append(earlier.landmarks[-1] * (1 - shares) + later.landmarks[0] * shares)
        parts.append(later.landmarks)
    landmarks = np.concatenate(parts).astype(np.float32)
    times_ms = np.round(np.arange(len(landmarks)) * step_ms).astype(np.int64)
    return replace(clips[0], landmarks=landmarks, times_ms=times_ms)


def trembling(clip: LandmarkClip, share_of_palm: float, rng: np.random.Generator) -> LandmarkClip:
    """Hands that shake as a whole at about ``TREMOR_HZ``, by a share of the palm's length."""
    seconds = clip.times_ms[:, None] / 1000.0
    rate_hz = TREMOR_HZ * rng.uniform(0.8, 1.2, 2)
    shake = np.sin(2.0 * np.pi * (seconds * rate_hz + rng.uniform(0.0, 1.0, 2)))
    size = share_of_palm * transforms.palm_length(clip) / transforms.square_scale(clip)[:2]
    landmarks = clip.landmarks.copy()
    for hand in _HANDS:
        landmarks[:, clip.layout.slice(hand), :2] += (shake * size)[:, None].astype(np.float32)
    return replace(clip, landmarks=landmarks)


def widened(clip: LandmarkClip, factor: float) -> LandmarkClip:
    """A broader or slighter person: the body about its middle; hands keep their shape and go where the wrists go."""
    landmarks = clip.landmarks.copy()
    pose = clip.layout.slice(Block.POSE)
    assert pose is not None, "a body is widened, so the layout has one"
    middle = np.float32(0.5)
    for hand in _HANDS:
        where = clip.layout.slice(hand)
        wrist = landmarks[:, where.start : where.start + 1, 0]
        landmarks[:, where, 0] += (wrist - middle) * np.float32(factor - 1.0)
    landmarks[:, pose, 0] = (landmarks[:, pose, 0] - middle) * np.float32(factor) + middle
    return replace(clip, landmarks=landmarks)


def without_tracking(clip: LandmarkClip, share: float, rng: np.random.Generator) -> LandmarkClip:
    """Hands that the tracker loses for about ``DROPOUT_MS`` at a time, for a ``share`` of the time in all."""
    frames = len(clip.times_ms)
    length = max(int(DROPOUT_MS * clip.video.frame_rate_hz / 1000.0), 1)
    landmarks = clip.landmarks.copy()
    for start in rng.integers(0, frames, int(share * frames / length)):
        for hand in _HANDS:
            for block in (hand, _WORLD[hand]):
                where = clip.layout.slice(block)
                landmarks[start : start + length, where.start : where.start + BLOCK_POINTS[block]] = np.nan
    return replace(clip, landmarks=landmarks)
