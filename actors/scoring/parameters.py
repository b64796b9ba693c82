"""The parameters of a sign, measured per moment and hand: which feature blocks there are, and what they are worth.

A *block* is a vector of one or more measurements of one hand at one moment; two moments differ in it by the Euclidean
length of the difference. ``docs/scoring.md`` has the ablation: ``weight`` is the block's worth in the sum; each
measurement's ``scale`` is the typical length of its differences between unlike signs and makes them comparable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from .canonical import CanonicalClip
from .embedder import EMBEDDING_SIZE, HandshapeEmbedder
from .hand_measures import (
    finger_touch,
    joint_angles,
    palm_centres,
    palm_normals,
    proximity,
    tip_distances,
    tips_from_nose,
)
from .nonmanual import face_measures
from .resample import zero_for_nan


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

_IN_PLANE = np.array([1, 1, 0], np.float32)
"""The embedder is given no depth: MediaPipe's is noise to it (measured on letters: top-1 0.92 with it, 0.94
without)."""


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
