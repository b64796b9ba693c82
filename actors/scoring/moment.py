"""One picture of the signer, measured for the live marks.

The numbers are those of ``parameters.measure`` (a test holds them to it) as far as live marks need them, got in another
way: a session wakes ten times a second and finds nothing of itself in the processor's caches, so that code costs by its
variety and hardly by its amount. One matrix makes every difference between two places of hand and body, another
turns them into the body's frame, and a handful of operations on all of them at once does the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from protocol.codec import IMAGE_STEPS, MISSING
from protocol.landmarks import COORDINATES, HAND_POINTS, Block, Layout, VideoFormat

from .canonical import (
    ANCHORS,
    EXCHANGE_MARGIN,
    INDEX_KNUCKLE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    LITTLE_KNUCKLE,
    MIDDLE_KNUCKLE,
    PALM,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    TIPS,
    WRIST,
    BodyFrame,
    palm_frame,
    shoulder_frame,
    slot_anchors,
    square,
    square_blocks,
)
from .hand_measures import KNUCKLES, MEASURED_PAIRS, PROXIMITY_REACH, TOUCH_REACH, TOUCHING
from .parameters import BLOCKS, FINGER_TOUCH, PROXIMITY, TIP_DISTANCES, WRIST_PLACE

_NAMED = {block.name: block for block in BLOCKS}
_HANDSHAPE = replace(_NAMED["handshape"], measurements=(TIP_DISTANCES, FINGER_TOUCH))
"""The embedder's weights would come from memory anew for each picture, and the angles of the joints bring nothing
here."""
LIVE_BLOCKS = (_HANDSHAPE, *(_NAMED[name] for name in ("proximity", "palm", "tips", "wrist")))
"""What live marks are made of: blocks of the hand, and at last that of the pose's wrist."""
LIVE_NUMBERS = sum(block.size for block in LIVE_BLOCKS)

_POSE_WRIST, _SHOULDER, _HAND = 0, 1, 2
_NOSE = _HAND + HAND_POINTS
_ORIGIN = _NOSE + len(ANCHORS)
_NODES = _ORIGIN + 1
"""A slot's places: wrist and shoulder of the pose, the hand's points, the body's ``ANCHORS`` and its origin."""


def _differences() -> list[np.ndarray]:
    """Matrices ``(n, _NODES)`` that make differences between places: between wrist and knuckles, those of
    ``tip_distances``, of ``proximity``, of ``tips_from_nose``, the pose's wrist from the origin, and three of the palm:
    across it, along it, and its centre from the origin.
    """
    places = np.eye(_NODES, dtype=np.float32)
    hand, anchors, origin = places[_HAND:_NOSE], places[_NOSE:_ORIGIN], places[_ORIGIN]
    return [
        hand[WRIST] - hand[list(KNUCKLES)],
        np.array([hand[a] - hand[b] for a, b in MEASURED_PAIRS]),
        np.concatenate([point - anchors for point in TOUCHING @ hand]),
        hand[list(TIPS)] - places[_NOSE],
        (places[_POSE_WRIST] - origin)[None],
        np.array(
            [
                hand[INDEX_KNUCKLE] - hand[LITTLE_KNUCKLE],
                hand[MIDDLE_KNUCKLE] - hand[WRIST],
                hand[list(PALM)].mean(axis=0) - origin,
            ]
        ),
    ]


_MADE = np.concatenate(_differences())
_PAIRS, _NEAR, _TIPS, _, _PALM = np.cumsum([len(each) for each in _differences()[:-1]]).tolist()
"""Where among the differences each kind begins."""
_PAIR_COUNT, _BELLS = _NEAR - _PAIRS, _TIPS - _PAIRS
_REACHES = np.repeat(np.array([TOUCH_REACH, PROXIMITY_REACH], np.float32), (_PAIR_COUNT, PROXIMITY.size))
_FADES = -1 / (2 * _REACHES**2)
_NORMAL = _PAIR_COUNT + _BELLS
_OFFSETS = _NORMAL + COORDINATES
"""Where among a moment's numbers the palm's normal stands, and tips and wrist."""
AMOUNTS = np.concatenate(
    [
        np.full(2 * _PAIR_COUNT, 1 / math.sqrt(_PAIR_COUNT)),
        np.full(PROXIMITY.size, 0.5),
        np.ones(COORDINATES),
        np.full(COORDINATES * len(TIPS), 1 / math.sqrt(len(TIPS))),
        np.ones(WRIST_PLACE.size),
    ]
).astype(np.float32)
"""What a moment's numbers are multiplied with to be those of ``Features``."""
_IN_SLOTS = np.array([[[1.0, 1.0, 1.0]], [[-1.0, 1.0, 1.0]]])
"""The left side is seen in a mirror."""
_TINY = np.float32(1e-12)
"""The smallest square of a palm's length: all points of a hand may lie in one place."""


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """One picture, by slots: ``values`` ``(2, LIVE_NUMBERS)`` in the order of ``LIVE_BLOCKS``, valid until the next
    moment and only where the hand, or the wrist, is there; which ``hands`` and pose's ``wrists`` are there; ``centres``
    of the palms. ``has_body`` tells whether location was measurable.
    """

    values: np.ndarray
    hands: Sequence[bool]
    wrists: Sequence[bool]
    centres: Sequence[Sequence[float]]
    has_body: bool


class PictureReader:
    """Measures pictures of one layout and format, in the body frame that it found when it looked last: it has to look
    first.
    """

    def __init__(self, layout: Layout, video: VideoFormat) -> None:
        self._layout, self._video, self._aspect = layout, video, video.width / video.height
        self._has_pose = layout.slice(Block.POSE) is not None
        self._rows = _rows(layout)
        self._nodes = np.zeros((2, _NODES, COORDINATES), np.float32)
        self._values = np.zeros((2, LIVE_NUMBERS + 1), np.float32)
        self._turns = np.empty(0, np.float32)
        self.body_seen = self._has_body = False

    def look(self, pictures: np.ndarray) -> None:
        """Finds the body in some pictures ``(N, P, 3)``."""
        where = self._layout.slice(Block.POSE)
        pose = None if where is None else square(_landmarks(pictures[:, where]), self._video)
        body = None if pose is None else shoulder_frame(pose)
        if body is None:
            body = palm_frame(square_blocks(_landmarks(pictures), self._layout, self._video), self._video)
        self._stand(body, pose)

    def _stand(self, body: BodyFrame | None, pose: np.ndarray | None) -> None:
        """Prepares the way from steps of the picture into the body's frame, and puts the body's places into steps."""
        self.body_seen = body is not None and body.from_pose
        body = body or BodyFrame(np.zeros(2), 1.0, 0.0, False)
        places = np.zeros((2, len(ANCHORS) + 1, 2), np.float32)
        places[:, :-1] = slot_anchors(pose, body)
        self._has_body = self.body_seen and bool(np.isfinite(places).all())
        if not self._has_body:
            places[:] = 0.0
        mirrored = self._video.mirrored
        steps = np.array([-self._aspect if mirrored else self._aspect, 1.0, self._aspect]) / IMAGE_STEPS
        cosine, sine = math.cos(body.roll_rad), math.sin(body.roll_rad)
        turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
        self._turns = (steps[:, None] * turn / body.unit * _IN_SLOTS).astype(np.float32)
        corner = np.array([self._aspect if mirrored else 0.0, 0.0])
        in_picture = (places * _IN_SLOTS[..., :2]) @ turn[:2, :2].T * body.unit + body.origin
        self._nodes[:, _NOSE:, :2] = (in_picture - corner) / steps[:2]

    def moment(self, picture: np.ndarray) -> Moment:
        """Measures one picture ``(P, 3)`` as it travels: int16, ``MISSING`` where nothing was seen."""
        nodes, values = self._nodes, self._values
        nodes[:, :_NOSE] = picture.take(self._rows, axis=0)
        hands, wrists = self._there()
        differences = (_MADE @ nodes) @ self._turns
        differences[:, _NEAR:_TIPS, 2] = 0.0
        squares = np.vecdot(differences[:, :_TIPS], differences[:, :_TIPS])
        squares[:, _PAIRS:_NEAR] /= np.maximum.reduce(squares[:, :_PAIRS], axis=1, keepdims=True, initial=_TINY)
        np.sqrt(squares[:, _PAIRS:_NEAR], out=values[:, :_PAIR_COUNT])
        squares = squares[:, _PAIRS:]
        squares *= _FADES
        np.exp(squares, out=values[:, _PAIR_COUNT:_NORMAL])
        values[:, _OFFSETS:] = differences[:, _TIPS:_PALM].reshape(2, -1)
        (right, left) = differences[:, _PALM:].tolist()
        values[:, _NORMAL:_OFFSETS] = _normal(*right[:2]), _normal(*left[:2])
        return Moment(values[:, :LIVE_NUMBERS], hands, wrists, (right[2], left[2]), self._has_body)

    def _there(self) -> tuple[tuple[bool, bool], tuple[bool, bool]]:
        """Which hands and wrists are there, by slot; puts hands right whose names were exchanged."""
        nodes = self._nodes
        right, left = np.minimum.reduce(nodes[:, _HAND:_NOSE], axis=1).tolist()
        hands = MISSING not in right[:2], MISSING not in left[:2]
        if (hands[0] and right[2] == MISSING) or (hands[1] and left[2] == MISSING):
            depths = nodes[:, _HAND:_NOSE, 2]
            depths[depths == MISSING] = 0.0
        if not self._has_pose:
            return hands, (False, False)
        sides = nodes[:, : _HAND + 1, :2].tolist()
        if self._misnamed(*sides):
            nodes[:, _HAND:_NOSE] = nodes[::-1, _HAND:_NOSE]
            hands = hands[::-1]
        wrists = self._has_body and MISSING not in sides[0][0], self._has_body and MISSING not in sides[1][0]
        return hands, wrists

    def _misnamed(self, right: list[list[float]], left: list[list[float]]) -> bool:
        """Whether hands are named as the other one: as ``canonical`` finds it for a clip, from the pose's wrist, its
        shoulder, and the hand's wrist of each side.
        """
        width = self._apart(right[1], left[1])
        named = self._apart(right[0], right[2]) + self._apart(left[0], left[2])
        exchanged = self._apart(left[0], right[2]) + self._apart(right[0], left[2])
        return width > 0 and named > exchanged + EXCHANGE_MARGIN * width

    def _apart(self, one: list[float], other: list[float]) -> float:
        """How far apart two points of the picture are, in steps of its height; 0 where one is missing."""
        if MISSING in one or MISSING in other:
            return 0.0
        return math.hypot((one[0] - other[0]) * self._aspect, one[1] - other[1])


@cache
def _rows(layout: Layout) -> np.ndarray:
    """Which points of a frame are the first places of each slot ``(2, _NOSE)``; the hand's wrist for those of a pose
    that there is not.
    """
    pose, right, left = (layout.slice(block) for block in (Block.POSE, Block.RIGHT_HAND, Block.LEFT_HAND))
    sides = (((RIGHT_WRIST, RIGHT_SHOULDER), right.start), ((LEFT_WRIST, LEFT_SHOULDER), left.start))
    return np.array(
        [
            [*(hand if pose is None else pose.start + point for point in side), *range(hand, hand + HAND_POINTS)]
            for side, hand in sides
        ]
    )


def _landmarks(points: np.ndarray) -> np.ndarray:
    """Image points as floats, NaN for missing."""
    return np.where(points == MISSING, np.float32(np.nan), points / np.float32(IMAGE_STEPS))


def _normal(across: Sequence[float], along: Sequence[float]) -> tuple[float, float, float]:
    """Unit normal of a palm, as ``hand_measures.palm_normals``."""
    x = across[1] * along[2] - across[2] * along[1]
    y = across[2] * along[0] - across[0] * along[2]
    z = across[0] * along[1] - across[1] * along[0]
    length = math.hypot(x, y, z) or 1.0
    return x / length, y / length, z / length
