"""The parameters of a sign, measured per moment and hand: which feature blocks there are, what they are worth, how
they are computed.

A *block* is a vector of one or more measurements of one hand at one moment; two moments differ in it by the Euclidean
length of the difference. ``docs/scoring.md`` has the ablation: ``weight`` is the block's worth in the sum; each
measurement's ``scale`` is the typical length of its differences between unlike signs and makes them comparable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np

from .canonical import INDEX_KNUCKLE, LITTLE_KNUCKLE, MIDDLE_KNUCKLE, PALM, TIPS, WRIST, CanonicalClip
from .embedder import EMBEDDING_SIZE, HandshapeEmbedder
from .nonmanual import face_measures
from .resample import between, lengths, stretch, zero_for_nan


class Parameter(StrEnum):
    """The parameters of a sign (Stokoe 1960; Battison 1978 added orientation; Liddell & Johnson 1989)."""

    HANDSHAPE = "handshape"
    ORIENTATION = "orientation"
    LOCATION = "location"
    MOVEMENT = "movement"
    NONMANUAL = "nonmanual"


@dataclass(frozen=True, slots=True)
class Measurement:
    """``size`` numbers per hand and moment (``Features.of``); ``scale``: the typical length of their difference between
    unlike signs. ``share``: how much it counts beside the others of its block.
    """

    name: str
    size: int
    scale: float
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class FeatureBlock:
    """Measurements that are compared as one vector, each in its own scale; ``needs_body`` where it makes no sense
    without a pose; ``share_without_body`` is how much of its weight is left there: a palm's direction means less when
    nothing tells the camera's roll.
    """

    name: str
    parameter: Parameter
    weight: float
    measurements: tuple[Measurement, ...]
    needs_body: bool
    of_hand: bool = True
    share_without_body: float = 1.0

    @property
    def size(self) -> int:
        """Numbers per hand and moment."""
        return sum(each.size for each in self.measurements)

    @property
    def factors(self) -> np.ndarray:
        """What each number is multiplied with ``(size,)``, so that the block's differences between unlike signs have a
        length of about 1.
        """
        whole = float(np.sqrt(sum(each.share**2 for each in self.measurements)))
        return np.concatenate(
            [np.full(each.size, each.share / whole / each.scale, np.float32) for each in self.measurements]
        )


EMBEDDING = Measurement("embedding", EMBEDDING_SIZE, 1.109)
TIP_DISTANCES = Measurement("tip_distances", 35, 0.408, 0.6)
JOINT_ANGLES = Measurement("joint_angles", 19, 0.7, 0.5)
FINGER_TOUCH = Measurement("finger_touch", 35, 0.311, 0.6)
PALM_NORMAL = Measurement("palm_normal", 3, 1.149)
TIPS_FROM_NOSE = Measurement("tips_from_nose", 15, 0.799)
PROXIMITY = Measurement("proximity", 36, 0.954)
WRIST_PLACE = Measurement("wrist_place", 2, 0.617)
PATH = Measurement("path", 3, 0.280)

BLOCKS = (
    FeatureBlock("wrist", Parameter.LOCATION, 0.15, (WRIST_PLACE,), True, of_hand=False),
    FeatureBlock("handshape", Parameter.HANDSHAPE, 1.8, (EMBEDDING, TIP_DISTANCES, JOINT_ANGLES, FINGER_TOUCH), False),
    FeatureBlock("palm", Parameter.ORIENTATION, 0.3, (PALM_NORMAL,), False, share_without_body=0.12),
    FeatureBlock("tips", Parameter.LOCATION, 0.3, (TIPS_FROM_NOSE,), True),
    FeatureBlock("proximity", Parameter.LOCATION, 0.5, (PROXIMITY,), True),
    FeatureBlock("path", Parameter.MOVEMENT, 0.3, (PATH,), False),
)
"""The wrist's block stands first, those of the hand behind it, and the path, which needs a whole sign, last."""
PLACED_BLOCKS = BLOCKS[:-1]
"""Blocks that a single moment has."""
MEASUREMENTS = tuple(each for block in BLOCKS for each in block.measurements)
NUMBERS = sum(each.size for each in MEASUREMENTS)
"""How many numbers are measured of one hand at one moment."""
_ENDS = np.cumsum([each.size for each in MEASUREMENTS]).tolist()
COLUMNS = {each.name: slice(end - each.size, end) for each, end in zip(MEASUREMENTS, _ENDS, strict=True)}
"""Where each measurement stands among them."""

PROXIMITY_REACH = 0.25
"""Shoulder widths at which nearness to a place of the body fades (standard deviation of its bell)."""
TOUCH_REACH = 0.25
"""Palm lengths at which the nearness of two fingers fades."""

KNUCKLES = (5, 9, 13, 17)
_IN_PLANE = np.array([1, 1, 0], np.float32)
"""The embedder is given no depth: MediaPipe's is noise to it (measured on letters: top-1 0.92 with it, 0.94
without)."""
_FINGERTIPS_TO_KNUCKLES = [(tip, knuckle) for tip in TIPS for knuckle in KNUCKLES]
_TIP_PAIRS = [(a, b) for i, a in enumerate(TIPS) for b in TIPS[i + 1 :]]
MEASURED_PAIRS = _TIP_PAIRS + [(tip, WRIST) for tip in TIPS] + _FINGERTIPS_TO_KNUCKLES
_PAIRS = np.array(MEASURED_PAIRS + [(WRIST, knuckle) for knuckle in KNUCKLES]).T
_ROOT_OF_PAIRS = np.float32(np.sqrt(len(MEASURED_PAIRS)))
_FINGERS = [(0, 1, 2, 3, 4), (0, 5, 6, 7, 8), (0, 9, 10, 11, 12), (0, 13, 14, 15, 16), (0, 17, 18, 19, 20)]
_BONES = np.array([bone for finger in _FINGERS for bone in pairwise(finger)]).T
_BENDS = [(4 * finger + bone, 4 * finger + bone + 1) for finger in range(5) for bone in range(3)]
_SPREADS = [(4 * finger + 1, 4 * finger + 5) for finger in (1, 2, 3)] + [(2, 5)]
_JOINTS = np.array(_BENDS + _SPREADS).T
"""Pairs of bones between which an angle is measured: along each finger, from finger to finger, thumb to index."""
_ROOT_OF_JOINTS = np.float32(np.sqrt(_JOINTS.shape[1]))
TOUCHING = np.zeros((4, 21), np.float32)
"""Makes the points that touch of a hand's points: tips of thumb, index and middle finger, and the palm."""
TOUCHING[(0, 1, 2), (4, 8, 12)] = 1.0
TOUCHING[3, PALM] = 1.0 / len(PALM)
_FADED_OUT = 50.0


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What is measured at ``T`` moments: ``values`` ``(2, T, NUMBERS)`` by slot, all ``MEASUREMENTS`` side by side, 0
    where absent.

    ``hand_there`` and ``wrist_there`` ``(2, T)`` in 0..1; ``centre`` ``(2, T, 3)`` palm centres in the body frame;
    ``hands`` ``(2, T, 21, 3)``. ``has_body`` tells whether location was measurable; ``face`` ``(T, 8)`` are the
    face's measures, or None. Without a body nothing tells a
    right hand from the mirror image of a left one: ``flipped`` is then the same recording with every hand taken as
    the other kind.
    """

    values: np.ndarray
    hand_there: np.ndarray
    wrist_there: np.ndarray
    centre: np.ndarray
    hands: np.ndarray
    has_body: bool
    flipped: Features | None = None
    face: np.ndarray | None = None

    def __len__(self) -> int:
        return self.hand_there.shape[1]

    @property
    def still(self) -> bool:
        """Whether nothing at all moves: one picture, or one picture repeated."""
        return bool((self.hands == self.hands[:, :1]).all())

    def of(self, measurement: Measurement) -> np.ndarray:
        """One measurement ``(2, T, size)``, a view."""
        return self.values[..., COLUMNS[measurement.name]]

    def cut(self, start: int, stop: int) -> Features:
        """Moments ``start:stop`` as views."""
        return self._taken(slice(start, stop))

    def at(self, moments: Sequence[int]) -> Features:
        """Some of the moments."""
        return self._taken(list(moments))

    def _taken(self, which: slice | list[int]) -> Features:
        arrays = (self.values, self.hand_there, self.wrist_there, self.centre, self.hands)
        flipped = None if self.flipped is None else self.flipped._taken(which)
        face = None if self.face is None else self.face[which]
        return Features(*(each[:, which] for each in arrays), self.has_body, flipped, face)


def measure(clip: CanonicalClip, embedder: HandshapeEmbedder) -> Features:
    """All blocks at every moment of ``clip`` except ``path``, which is relative to a sign (``sign_features`` adds
    it).
    """
    has_body = clip.body is not None and clip.body.from_pose and bool(np.isfinite(clip.anchors).all())
    found = measure_hands(clip.hands, clip.seen, clip.wrists, clip.anchors, embedder, has_body)
    if clip.face is not None:
        found = replace(found, face=face_measures(clip.face))
    if has_body:
        return found
    other_kind = clip.hands * np.array([-1, 1, 1], np.float32)
    return replace(found, flipped=measure_hands(other_kind, clip.seen, clip.wrists, clip.anchors, embedder, has_body))


def measure_hands(
    hands: np.ndarray,
    seen: np.ndarray,
    wrists: np.ndarray,
    anchors: np.ndarray,
    embedder: HandshapeEmbedder,
    has_body: bool,
) -> Features:
    """``measure`` from its parts, for one or more moments: ``hands`` ``(2, T, 21, 3)``, ``seen`` ``(2, T)``,
    ``wrists`` ``(2, T, 2)``.
    """
    points = np.where(seen[:, :, None, None], hands, np.float32(0.0))
    found = Features(
        values=np.zeros((*seen.shape, NUMBERS), np.float32),
        hand_there=seen.astype(np.float32),
        wrist_there=(np.isfinite(wrists[..., 0]) & has_body).astype(np.float32),
        centre=palm_centres(points),
        hands=points,
        has_body=has_body,
    )
    found.of(EMBEDDING)[seen] = embedder.embed(points[seen] * _IN_PLANE)
    apart = tip_distances(points)
    found.of(TIP_DISTANCES)[:] = apart
    found.of(FINGER_TOUCH)[:] = finger_touch(apart)
    found.of(JOINT_ANGLES)[:] = joint_angles(points)
    found.of(PALM_NORMAL)[:] = palm_normals(points)
    if has_body:
        found.of(TIPS_FROM_NOSE)[:] = tips_from_nose(points, anchors)
        found.of(PROXIMITY)[:] = proximity(points, anchors)
    found.values[~seen] = 0.0
    if has_body:
        found.of(WRIST_PLACE)[:] = zero_for_nan(wrists)
    return found


def sign_features(whole: Features, start: int, stop: int, frames: int) -> Features:
    """Moments ``start:stop`` of a recording as one sign of ``frames`` moments, with its ``path`` block.

    A hand that is seen in less than ``RARELY_SEEN`` of the sign is absent from it: it only passed by.
    """
    return signs_features(whole, [(start, stop)], frames)[0]


def signs_features(whole: Features, spans: Sequence[tuple[int, int]], frames: int) -> list[Features]:
    """``sign_features`` of several ``spans``, cut out together."""
    between_moments, filled, kept = [], [], []
    for start, stop in spans:
        before, after, share = between(stop - start, frames)
        there = whole.hand_there[:, start:stop] > 0
        held = [hold_fill(each) for each in there]
        filled.append([(each[before] + start, each[after] + start) for each in held])
        between_moments.append((before + start, after + start, share))
        kept.append(whole.hand_there[:, start:stop].mean(axis=1) >= RARELY_SEEN)
    before, after, share = (np.concatenate(each) for each in zip(*between_moments, strict=True))
    nearest_before, nearest_after = np.array(filled, np.intp).transpose(2, 1, 0, 3).reshape(2, 2, -1)
    rows = np.arange(2)[:, None]

    def cut(values: np.ndarray) -> np.ndarray:
        part = share.reshape(-1, *[1] * (values.ndim - 2))
        return values[rows, nearest_before] * (1 - part) + values[rows, nearest_after] * part

    def cut_as_is(values: np.ndarray) -> np.ndarray:
        part = share.reshape(-1, *[1] * (values.ndim - 2))
        return values.take(before, axis=1) * (1 - part) + values.take(after, axis=1) * part

    values, centre, hands = cut(whole.values), cut(whole.centre), cut(whole.hands)
    presence = cut_as_is(whole.hand_there) * np.array(kept).T.repeat(frames, axis=1)
    together = Features(values, presence, cut_as_is(whole.wrist_there), centre, hands, whole.has_body)
    embedding = together.of(EMBEDDING)
    embedding /= np.maximum(lengths(embedding), np.float32(1e-9))[..., None]
    together.of(WRIST_PLACE)[:] = cut_as_is(whole.of(WRIST_PLACE))
    path = sign_path(centre.reshape(2, len(spans), frames, 3), presence.reshape(2, len(spans), frames))
    together.of(PATH)[:] = path.reshape(2, -1, 3)
    signs = [together.cut(first, first + frames) for first in range(0, len(spans) * frames, frames)]
    if whole.flipped is not None:
        others = signs_features(whole.flipped, spans, frames)
        signs = [replace(sign, flipped=other) for sign, other in zip(signs, others, strict=True)]
    if whole.face is not None:
        faces = [stretch(whole.face[start:stop], frames) for start, stop in spans]
        signs = [replace(sign, face=face) for sign, face in zip(signs, faces, strict=True)]
    return signs


RARELY_SEEN = 0.15


def sign_path(centre: np.ndarray, presence: np.ndarray) -> np.ndarray:
    """Palm centres ``(…, T, 3)`` less their mean over the moments where the hand is there."""
    total = presence.sum(axis=-1)[..., None, None]
    mean = (centre * presence[..., None]).sum(axis=-2, keepdims=True) / np.maximum(total, 1e-9)
    return ((centre - mean) * (presence > 0)[..., None]).astype(np.float32)


def tip_distances(hands: np.ndarray) -> np.ndarray:
    """35 distances in the hand ``(…, 35)`` (tip–tip, tip–wrist, tip–knuckle), by the longest wrist–knuckle one, over
    √35.

    They do not change when the hand turns, which the embedding does.
    """
    apart = lengths(hands.take(_PAIRS[0], axis=-2) - hands.take(_PAIRS[1], axis=-2))
    palm = apart[..., len(MEASURED_PAIRS) :].max(axis=-1, keepdims=True)
    return apart[..., : len(MEASURED_PAIRS)] / np.maximum(palm * _ROOT_OF_PAIRS, np.float32(1e-6))


def finger_touch(apart: np.ndarray) -> np.ndarray:
    """How near each two points of ``tip_distances`` ``(…, 35)`` are: exp(−d²/2r²), over √35. Which fingers touch tells
    6, 7, 8 and 9 apart, and 0 from 1; how far those that do not touch are apart tells little more.
    """
    faded = np.square(apart) * np.float32(-len(MEASURED_PAIRS) / (2 * TOUCH_REACH**2))
    return np.exp(np.maximum(faded, np.float32(-_FADED_OUT))) / _ROOT_OF_PAIRS


def joint_angles(hands: np.ndarray) -> np.ndarray:
    """Angles ``(…, 19)`` between neighbouring bones in radians, over √19: the three bends of each finger, the spread of
    neighbouring fingers, and that of the thumb from the index finger.
    """
    bones = hands.take(_BONES[1], axis=-2) - hands.take(_BONES[0], axis=-2)
    bones /= np.maximum(lengths(bones), np.float32(1e-9))[..., None]
    cosines = np.vecdot(bones.take(_JOINTS[0], axis=-2), bones.take(_JOINTS[1], axis=-2))
    return np.arccos(np.minimum(np.maximum(cosines, np.float32(-1.0)), np.float32(1.0))) / _ROOT_OF_JOINTS


def palm_normals(hands: np.ndarray) -> np.ndarray:
    """Unit normal of the palm ``(…, 3)``: across the knuckles (index − little) × along the hand (wrist → middle
    knuckle).
    """
    across = hands[..., INDEX_KNUCKLE, :] - hands[..., LITTLE_KNUCKLE, :]
    along = hands[..., MIDDLE_KNUCKLE, :] - hands[..., WRIST, :]
    normal = cross(across, along)
    return normal / np.maximum(lengths(normal), np.float32(1e-9))[..., None]


def palm_centres(hands: np.ndarray) -> np.ndarray:
    """Mean ``(…, 3)`` of wrist, thumb's base and knuckles."""
    return hands.take(PALM, axis=-2).sum(axis=-2) / np.float32(len(PALM))


def cross(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Cross product of vectors ``(…, 3)`` (``np.cross`` takes three times as long for a few of them)."""
    return one.take(_NEXT, axis=-1) * other.take(_LAST, axis=-1) - one.take(_LAST, axis=-1) * other.take(_NEXT, axis=-1)


_NEXT, _LAST = (1, 2, 0), (2, 0, 1)


def tips_from_nose(hands: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """Fingertips less the nose ``(2, T, 15)``, over √5; depth is the tip's before the wrist."""
    offsets = hands.take(TIPS, axis=2)
    offsets[..., :2] -= anchors[:, None, None, 0]
    return offsets.reshape(*hands.shape[:2], -1) / np.float32(np.sqrt(len(TIPS)))


def proximity(hands: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    """How near thumb, index, middle tip and palm are to each place of the body ``(2, T, 36)``: ½·exp(−d²/2r²)."""
    points = TOUCHING @ hands[..., :2]
    offsets = points[:, :, :, None] - anchors[:, None, None]
    faded = np.vecdot(offsets, offsets) / np.float32(-2 * PROXIMITY_REACH**2)
    return np.float32(0.5) * np.exp(np.maximum(faded, np.float32(-_FADED_OUT))).reshape(*hands.shape[:2], -1)


def hold_fill(there: np.ndarray) -> np.ndarray:
    """For every moment the nearest one at which the hand is ``there``, so that interpolation never mixes in zeros."""
    moments = np.arange(len(there))
    known = moments[there]
    if len(known) in (0, len(moments)):
        return moments
    after = np.minimum(np.searchsorted(known, moments), len(known) - 1)
    before = np.maximum(after - 1, 0)
    nearer = moments - known[before] <= np.abs(known[after] - moments)
    return np.where(nearer, known[before], known[after])
