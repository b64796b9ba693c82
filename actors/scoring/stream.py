"""Scoring while the learner signs: one vector operation a frame, provisional marks at any moment, the final
judgement at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from protocol.landmarks import Block, LandmarkClip, Layout, VideoFormat

from .align import OnlineAlignment
from .calibrate import calibration
from .canonical import (
    ANCHORS,
    LEFT_SLOT,
    RIGHT_SLOT,
    BodyFrame,
    find_body,
    slot_anchors,
    slot_hands,
    slot_wrists,
    square_blocks,
)
from .embedder import HandshapeEmbedder
from .live import LiveMarks, hint
from .locate import state_costs
from .parameters import Features, measure_hands
from .references import SIGN_FRAMES, Library
from .resample import GRID_STEP_MS, zero_for_nan
from .results import Judgement, ProvisionalMarks, rounded
from .segment import raised

LONGEST_ATTEMPT_FRAMES = 3600
"""Frames kept for the final judgement: two minutes at 30 Hz. What comes after is not scored."""
BODY_FRAMES = 30
"""Latest frames that tell where the body is."""
BODY_EVERY = 10
LONGEST_STEP = 15
"""Grid moments that one frame may stand for: after a longer silence the learner has been away."""


class AttemptScoring:
    """One attempt under way. Bounded memory and work; never raises on bad tracking."""

    def __init__(
        self,
        glosses: Sequence[str],
        layout: Layout,
        video: VideoFormat,
        library: Library,
        embedder: HandshapeEmbedder,
        judge: Callable[[LandmarkClip, Sequence[str]], Judgement],
    ) -> None:
        self._glosses, self._layout, self._video, self._embedder, self._judge = (
            tuple(glosses),
            layout,
            video,
            embedder,
            judge,
        )
        typical = [library.typical[gloss] for gloss in self._glosses]
        goals = np.stack([library.references[index].sign.centre for index in typical])
        self._live = LiveMarks(library.packed.take(typical), goals)
        states = len(self._glosses) * (SIGN_FRAMES + 1) + 1
        self._ways = (OnlineAlignment(states), OnlineAlignment(states))
        self._frames: list[np.ndarray] = []
        self._times: list[int] = []
        self._body: BodyFrame | None = None
        self._anchors = np.full((2, len(ANCHORS), 2), np.nan, np.float32)
        self._body_age = 0
        self._moments = 0
        self._state = 0
        self._seen = (False, False)

    def push(self, landmarks: np.ndarray, times_ms: np.ndarray) -> None:
        """Takes frames ``(N, P, 3)`` (NaN where missing) at ``times_ms`` ``(N,)``, ascending over the whole attempt."""
        for frame, time_ms in zip(np.asarray(landmarks, np.float32), np.asarray(times_ms), strict=True):
            if len(self._frames) >= LONGEST_ATTEMPT_FRAMES:
                return
            self._frames.append(frame)
            self._times.append(int(time_ms))
            self._follow(frame)

    def marks(self) -> ProvisionalMarks:
        """How the attempt stands now."""
        fit = calibration()
        sign = min(self._state // (SIGN_FRAMES + 1), len(self._glosses) - 1)
        parameters = self._live.parameters(sign, fit)
        right, left = self._seen
        return ProvisionalMarks(
            through_ms=self._times[-1] if self._times else 0,
            sign_index=sign,
            gloss=self._glosses[sign],
            progress=rounded(self._state / ((SIGN_FRAMES + 1) * len(self._glosses))),
            overall=rounded(self._live.overall(sign, fit)),
            parameters={name: rounded(mark) for name, mark in parameters.items()},
            left_hand_seen=left,
            right_hand_seen=right,
            body_seen=self._body is not None and self._body.from_pose,
            hint=hint(parameters),
        )

    def judge(self) -> Judgement:
        """The final judgement of everything pushed."""
        points = self._layout.points
        landmarks = np.stack(self._frames) if self._frames else np.empty((0, points, 3), np.float32)
        clip = LandmarkClip(landmarks, np.array(self._times, np.int64), self._layout, self._video)
        return self._judge(clip, self._glosses)

    def _follow(self, frame: np.ndarray) -> None:
        """Advances the live alignment by as many grid moments as have passed since the last frame."""
        due = int((self._times[-1] - self._times[0]) / GRID_STEP_MS + 1e-6) + 1 - self._moments
        if due <= 0:
            return
        self._moments += due
        features = self._measure(frame)
        costs = self._live.costs(features)
        resting = ~raised(features)
        for way, cost in zip(self._ways, costs, strict=True):
            row = state_costs(cost, resting)[0]
            for _ in range(min(due, LONGEST_STEP)):
                way.push(row)
        ends = [way.totals.min() for way in self._ways]
        mirror = int(np.argmin(ends))
        self._state = int(np.argmin(self._ways[mirror].totals))
        self._live.remember(features, mirror, self._state)

    def _measure(self, frame: np.ndarray) -> Features:
        """Features of one frame, in the body frame that the latest frames show."""
        blocks = square_blocks(frame[None], self._layout, self._video)
        if self._body is None or self._body_age >= BODY_EVERY or len(self._frames) < BODY_EVERY:
            recent = square_blocks(np.stack(self._frames[-BODY_FRAMES:]), self._layout, self._video)
            self._body = find_body(recent, self._video)
            self._body_age = 0
            if self._body is not None:
                self._anchors = slot_anchors(recent.get(Block.POSE), self._body)
        self._body_age += 1
        body = self._body or BodyFrame(np.zeros(2), 1.0, 0.0, False)
        hands = slot_hands(blocks[Block.RIGHT_HAND], blocks[Block.LEFT_HAND], body)
        seen = np.isfinite(hands[..., :2]).all(axis=(2, 3))
        self._seen = (bool(seen[RIGHT_SLOT, 0]), bool(seen[LEFT_SLOT, 0]))
        has_body = body.from_pose and bool(np.isfinite(self._anchors).all())
        wrists = slot_wrists(blocks.get(Block.POSE), body, 1)
        return measure_hands(zero_for_nan(hands), seen, wrists, self._anchors, self._embedder, has_body)
