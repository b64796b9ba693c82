"""Scoring while the learner signs: the frames of a push measured together, provisional marks at any moment, the final
judgement at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

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
BODY_EVERY, BODY_EVERY_AT_FIRST = 10, 3
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
        self._ways = OnlineAlignment((2, states))
        self._frames: list[np.ndarray] = []
        self._times: list[int] = []
        self._body: BodyFrame | None = None
        self._anchors = np.full((2, len(ANCHORS), 2), np.nan, np.float32)
        self._moments = 0
        self._state = 0
        self._seen = (False, False)

    def push(self, landmarks: np.ndarray, times_ms: np.ndarray) -> None:
        """Takes frames ``(N, P, 3)`` (NaN where missing) at ``times_ms`` ``(N,)``, ascending over the whole attempt."""
        room = LONGEST_ATTEMPT_FRAMES - len(self._frames)
        frames, times = np.asarray(landmarks, np.float32)[:room], np.asarray(times_ms, np.int64)[:room]
        before = len(self._frames)
        looks = [index for index in range(before, before + len(frames)) if _looks_for_the_body(index)]
        ends = [look - before for look in looks if look > before] + [len(frames)]
        for start, end in pairwise([0, *ends]):
            self._frames.extend(frames[start:end])
            self._times.extend(times[start:end].tolist())
            if _looks_for_the_body(before + start):
                self._find_body(before + start)
            self._follow(frames[start:end])

    def marks(self) -> ProvisionalMarks:
        """How the attempt stands now."""
        fit = calibration()
        sign = min(self._state // (SIGN_FRAMES + 1), len(self._glosses) - 1)
        overall, parameters = self._live.marks(sign, fit)
        right, left = self._seen
        return ProvisionalMarks(
            through_ms=self._times[-1] if self._times else 0,
            sign_index=sign,
            gloss=self._glosses[sign],
            progress=rounded(self._state / ((SIGN_FRAMES + 1) * len(self._glosses))),
            overall=rounded(overall),
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

    def _find_body(self, index: int) -> None:
        """Where the body is by the frames up to and with the one at ``index``."""
        recent = np.stack(self._frames[max(index + 1 - BODY_FRAMES, 0) : index + 1])
        blocks = square_blocks(recent, self._layout, self._video, face=False)
        self._body = find_body(blocks, self._video)
        if self._body is not None:
            self._anchors = slot_anchors(blocks.get(Block.POSE), self._body)

    def _follow(self, frames: np.ndarray) -> None:
        """Advances the live alignment by as many grid moments as the latest ``frames`` ``(n, P, 3)`` stand for."""
        since_ms = np.array(self._times[-len(frames) :]) - self._times[0]
        through = np.maximum.accumulate(np.maximum((since_ms / GRID_STEP_MS + 1e-6).astype(int) + 1, self._moments))
        due = np.diff(through, prepend=self._moments)
        self._moments = int(through[-1])
        frames, due = frames[due > 0], due[due > 0]
        if not len(due):
            return
        features = self._measure(frames)
        resting = ~raised(features)
        tables = np.stack([state_costs(cost, resting) for cost in self._live.costs(features)], axis=1)
        places = []
        for row, steps in zip(tables, np.minimum(due, LONGEST_STEP).tolist(), strict=True):
            for _ in range(steps):
                self._ways.push(row)
            places.append(int(self._ways.totals.argmin()))
        mirrors, states = np.divmod(np.array(places), tables.shape[2])
        self._state = int(states[-1])
        self._live.remember(features, mirrors, states)

    def _measure(self, frames: np.ndarray) -> Features:
        """Features of ``frames``, in the body frame that the latest frames show."""
        blocks = square_blocks(frames, self._layout, self._video, face=False)
        body = self._body or BodyFrame(np.zeros(2), 1.0, 0.0, False)
        hands = slot_hands(blocks[Block.RIGHT_HAND], blocks[Block.LEFT_HAND], body)
        seen = np.isfinite(hands[..., :2]).all(axis=(2, 3))
        self._seen = (bool(seen[RIGHT_SLOT, -1]), bool(seen[LEFT_SLOT, -1]))
        has_body = body.from_pose and bool(np.isfinite(self._anchors).all())
        wrists = slot_wrists(blocks.get(Block.POSE), body, len(frames))
        return measure_hands(zero_for_nan(hands), seen, wrists, self._anchors, self._embedder, has_body)


def _looks_for_the_body(index: int) -> bool:
    """Whether the body is looked for at a frame: often at first, then every ``BODY_EVERY`` frames. It hangs on the
    frame's number alone, so that marks do not depend on how the frames were cut into pushes.
    """
    return index % (BODY_EVERY if index >= BODY_EVERY else BODY_EVERY_AT_FIRST) == 0
