"""The alterations that suit a recording: which hand, which span, which size, and what a finding has to say about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from actors.scoring.canonical import RIGHT_SLOT, canonicalise
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.parameters import measure
from actors.scoring.references import SIGN_FRAMES
from actors.scoring.segment import active_span
from actors.scoring.sign_cut import sign_features
from actors.scoring.two_hands import TwoHanded, two_handed
from protocol.landmarks import Block, LandmarkClip

from .alterations import (
    Span,
    fastest_moment,
    hand_delayed,
    hand_shape,
    handshape_swapped,
    hold_inserted,
    movement_scaled,
    palm_turned,
    path_copied,
    path_extent,
    path_length,
    place_moved,
)
from .dataset import LabelledClip
from .transforms import square_scale

HANDSHAPE_THRESHOLD = 0.9
"""Distance of the hands' embeddings (0..2) from which a swapped handshape must be found."""
PALM_TURNS_DEG, PALM_THRESHOLD_DEG = (30.0, 45.0, 60.0, 90.0), 60.0
PLACE_MOVES, PLACE_THRESHOLD = (0.2, 0.35, 0.5, 0.8), 0.35
"""Shoulder widths."""
GROSS_TURNS_DEG, GROSS_MOVES = (90.0, 120.0), (0.5, 0.8, 1.0)
MOVEMENT_THRESHOLD = 0.4
"""Shoulder widths that the hand must travel along an axis before its path is shrunk or mirrored there."""
MOVEMENT_SHRUNK = 0.25
HOLDS_MS, HOLD_THRESHOLD_MS = (400, 700, 1000), 700
LEAST_HELD_SPEED = 0.5
"""Shoulder widths a second: a hold shows only where the hand would otherwise be moving."""
LEAST_SEEN = 0.8
LATE_SHARE = 0.25
"""Share of the recording by which one of two hands that move alike is late."""
THERE_AND_BACK = 1.8
"""Extents that a hand must cover in all: a single stroke that is late is told as a place that is off."""
TOUCHING, APART = 0.5, 0.4
"""Share of the sign in which hands touch that are then held apart by so many shoulder widths."""
_DONORS_TRIED = 8
_DIRECTIONS = ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0))
_HANDS = {Block.LEFT_HAND: "left", Block.RIGHT_HAND: "right"}
_OTHER = {Block.LEFT_HAND: Block.RIGHT_HAND, Block.RIGHT_HAND: Block.LEFT_HAND}


@dataclass(frozen=True, slots=True, eq=False)
class FaultCase:
    """An altered copy: ``parameter`` of ``hand`` (None: the whole signer) is wrong in ``span``; ``size`` in words."""

    kind: str
    size: str
    above_threshold: bool
    parameter: str
    hand: str | None
    span: Span
    clip: LandmarkClip


def donor_shapes(clips: Sequence[LabelledClip]) -> list[tuple[str, np.ndarray]]:
    """One real hand of each clip that shows one, with its label, as a right hand ``(21, 3)`` in square units."""
    shapes = []
    for clip in clips:
        for hand in (Block.RIGHT_HAND, Block.LEFT_HAND):
            seen = np.flatnonzero(np.isfinite(clip.clip.block(hand)).all(axis=(1, 2)))
            if len(seen):
                shape = hand_shape(clip.clip, hand, int(seen[len(seen) // 2]))
                shapes.append((clip.label, _of_side(shape, hand)))
                break
    return shapes


def fault_cases(
    clip: LandmarkClip, donors: Sequence[np.ndarray], embedder: HandshapeEmbedder, rng: np.random.Generator
) -> Iterator[FaultCase]:
    """Altered copies of ``clip``, one by one; none where no hand is seen long enough.

    ``donors`` are right hands of other signs (see ``donor_shapes``). Palm, place and handshape are altered once in the
    whole recording and once in its middle half; movement in the whole; a hold is inserted where the hand moves fastest
    in the middle half.
    """
    hand = _leading_hand(clip)
    if hand is None:
        return
    start, end = int(clip.times_ms[0]), int(clip.times_ms[-1])
    whole, half = Span(start, end), Span(start + (end - start) // 4, end - (end - start) // 4)
    for span, where in ((whole, "throughout"), (half, "midway")):
        yield from _shape_cases(clip, hand, span, where, donors, embedder, rng)
        yield from _palm_cases(clip, hand, span, where, rng)
        if clip.layout.slice(Block.POSE) is not None:
            yield from _place_cases(clip, hand, span, where, rng)
    yield from _movement_cases(clip, hand, whole)
    yield from _hold_cases(clip, hand, half)
    yield from _relation_cases(clip, hand, whole, embedder)


def gross_cases(
    clip: LandmarkClip, donors: Sequence[np.ndarray], embedder: HandshapeEmbedder, rng: np.random.Generator
) -> Iterator[FaultCase]:
    """Alterations of the whole of ``clip`` that are large beside what people who sign correctly differ by. None of
    them is ``above_threshold``: whether they can be told depends on how far the two people differ as it is.
    """
    hand = _leading_hand(clip)
    if hand is None:
        return
    whole = Span(int(clip.times_ms[0]), int(clip.times_ms[-1]))
    cases = [
        *_shape_cases(clip, hand, whole, "throughout", donors, embedder, rng),
        *_palm_cases(clip, hand, whole, "throughout", rng, GROSS_TURNS_DEG),
    ]
    if clip.layout.slice(Block.POSE) is not None:
        cases += _place_cases(clip, hand, whole, "throughout", rng, GROSS_MOVES)
    yield from (replace(case, above_threshold=False) for case in cases)


def _shape_cases(
    clip: LandmarkClip,
    hand: Block,
    span: Span,
    where: str,
    donors: Sequence[np.ndarray],
    embedder: HandshapeEmbedder,
    rng: np.random.Generator,
) -> Iterator[FaultCase]:
    """The most unlike of a few donors."""
    tried = [donors[index] for index in rng.permutation(len(donors))[:_DONORS_TRIED]]
    copies = [handshape_swapped(clip, hand, span, _of_side(donor, hand)) for donor in tried]
    if not copies:
        return
    unlike = [_shape_distance(clip, copy, hand, span, embedder) for copy in copies]
    best = int(np.argmax(unlike))
    far = unlike[best] >= HANDSHAPE_THRESHOLD
    size = f"{'≥' if far else '<'} {HANDSHAPE_THRESHOLD:g}"
    yield FaultCase(f"handshape swapped {where}", size, far, "handshape", _HANDS[hand], span, copies[best])


def _palm_cases(
    clip: LandmarkClip,
    hand: Block,
    span: Span,
    where: str,
    rng: np.random.Generator,
    turns_deg: Sequence[float] = PALM_TURNS_DEG,
) -> Iterator[FaultCase]:
    for degrees in turns_deg:
        turned = palm_turned(clip, hand, span, degrees * rng.choice((-1.0, 1.0)))
        far = degrees >= PALM_THRESHOLD_DEG
        yield FaultCase(f"palm turned {where}", f"{degrees:.0f}°", far, "orientation", _HANDS[hand], span, turned)


def _place_cases(
    clip: LandmarkClip,
    hand: Block,
    span: Span,
    where: str,
    rng: np.random.Generator,
    widths: Sequence[float] = PLACE_MOVES,
) -> Iterator[FaultCase]:
    for width in widths:
        right, down = _DIRECTIONS[rng.integers(len(_DIRECTIONS))]
        moved = place_moved(clip, hand, span, right * width, down * width)
        far = width >= PLACE_THRESHOLD
        yield FaultCase(f"place moved {where}", f"{width:.2f} widths", far, "location", _HANDS[hand], span, moved)


def _movement_cases(clip: LandmarkClip, hand: Block, span: Span) -> Iterator[FaultCase]:
    extent = path_extent(clip, hand, span)
    far, size = _far_enough(clip, hand, span)
    changes = (
        (f"movement × {MOVEMENT_SHRUNK:g}", (MOVEMENT_SHRUNK, MOVEMENT_SHRUNK)),
        ("movement mirrored", (-1.0, 1.0) if np.argmax(extent) == 0 else (1.0, -1.0)),
    )
    for kind, factors in changes:
        changed = movement_scaled(clip, hand, span, factors)
        yield FaultCase(kind, size, far, "movement", _HANDS[hand], span, changed)


def _hold_cases(clip: LandmarkClip, hand: Block, span: Span) -> Iterator[FaultCase]:
    at_ms, speed = fastest_moment(clip, hand, span)
    if speed < LEAST_HELD_SPEED:
        return
    for hold_ms in HOLDS_MS:
        held = hold_inserted(clip, at_ms, hold_ms)
        far = hold_ms >= HOLD_THRESHOLD_MS
        yield FaultCase("hold inserted", f"{hold_ms} ms", far, "movement", None, Span(at_ms, at_ms + hold_ms), held)


def _relation_cases(
    clip: LandmarkClip, hand: Block, span: Span, embedder: HandshapeEmbedder
) -> Iterator[FaultCase]:
    """The other hand late, the base hand moving, the hands apart: whatever the sign has to lose. Where it is about both
    hands, ``hand`` is None: either may be named.
    """
    relation = _relation(clip, embedder)
    if relation is None:
        return
    other = _OTHER[hand]
    if relation.kind in ("symmetric", "alternating"):
        late = hand_delayed(clip, other, round(LATE_SHARE * (span.end_ms - span.start_ms)))
        far = path_length(clip, other, span) >= THERE_AND_BACK * np.hypot(*path_extent(clip, other, span))
        size = "to and fro" if far else "one stroke"
        yield FaultCase("one of two hands late", size, bool(far), "movement", None, span, late)
    if relation.base_slot is not None:
        base = Block.RIGHT_HAND if relation.base_slot == RIGHT_SLOT else Block.LEFT_HAND
        far, size = _far_enough(clip, _OTHER[base], span)
        moved = path_copied(clip, base, _OTHER[base])
        yield FaultCase("base hand moves", size, far, "movement", _HANDS[base], span, moved)
    if relation.contact >= TOUCHING:
        across, down = _from_to(clip, hand, other) * APART
        apart = place_moved(clip, other, span, float(across), float(down))
        yield FaultCase("contact lost", f"{APART:.2f} widths", True, "location", None, span, apart)


def _far_enough(clip: LandmarkClip, hand: Block, span: Span) -> tuple[bool, str]:
    """Whether a hand's path is long enough for what is wrong with it to be found, and that in words."""
    far = bool(path_extent(clip, hand, span).max() >= MOVEMENT_THRESHOLD)
    return far, f"path {'≥' if far else '<'} {MOVEMENT_THRESHOLD:g} widths"


def _relation(clip: LandmarkClip, embedder: HandshapeEmbedder) -> TwoHanded | None:
    """How the hands work together in the part of ``clip`` that is signing; None without a body to measure by."""
    features = measure(canonicalise(clip), embedder)
    start, stop = active_span(features)
    return two_handed(sign_features(features, start, stop, SIGN_FRAMES)) if stop > start and features.has_body else None


def _from_to(clip: LandmarkClip, hand: Block, other: Block) -> np.ndarray:
    """Unit vector ``(2,)`` from one hand's middle to the other's in the picture, on average."""
    way = np.nanmean((clip.block(other) - clip.block(hand))[..., :2] * square_scale(clip)[:2], axis=(0, 1))
    return way / max(float(np.linalg.norm(way)), 1e-9)


def _leading_hand(clip: LandmarkClip) -> Block | None:
    """The hand that is seen most, if that is nearly always."""
    shares = {hand: float(np.isfinite(clip.block(hand)).all(axis=(1, 2)).mean()) for hand in _HANDS}
    hand = max(shares, key=shares.__getitem__)
    return hand if shares[hand] >= LEAST_SEEN else None


def _shape_distance(
    before: LandmarkClip, after: LandmarkClip, hand: Block, span: Span, embedder: HandshapeEmbedder
) -> float:
    """Embedding distance of the hand in the frame nearest to the span's middle in which it is seen."""
    seen = np.flatnonzero(np.isfinite(before.block(hand)).all(axis=(1, 2)))
    frame = int(seen[np.argmin(np.abs(before.times_ms[seen] - (span.start_ms + span.end_ms) / 2))])
    shapes = [_of_side(hand_shape(clip, hand, frame), hand) for clip in (before, after)]
    vectors = embedder.embed(np.stack(shapes))
    return float(np.linalg.norm(vectors[0] - vectors[1]))


def _of_side(shape: np.ndarray, hand: Block) -> np.ndarray:
    """A right hand as one of the side of ``hand``, or the other way round: its mirror image for the left."""
    return shape if hand is Block.RIGHT_HAND else shape * np.array([-1.0, 1.0, 1.0], np.float32)
