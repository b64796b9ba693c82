"""Scoring while the learner signs: the frames of a push measured together, provisional marks at any moment, the final
judgement at the end."""

from __future__ import annotations

from collections import deque
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
from .live import LiveMarks, hint
from .locate import state_costs
from .parameters import EMBEDDING, Features, measure_hands
from .references import SIGN_FRAMES, Library
from .resample import GRID_STEP_MS, zero_for_nan
from .results import Judgement, ProvisionalMarks, rounded
from .segment import raised

LONGEST_ATTEMPT_FRAMES = 3600
"""Frames kept for the final judgement: two minutes at 30 Hz. What comes after is not scored."""
FOLLOWED_EVERY_MS = 90
"""Provisional marks follow the newest frame of a push and, back from there, one in so many milliseconds: measuring a
hand costs most of them, and ten pictures a second tell them enough. The judgement is of every frame."""
BODY_FRAMES = 10
"""Latest followed frames that tell where the body is."""
BODY_EVERY, BODY_EVERY_AT_FIRST = 20, 2
"""Followed frames after which the body is looked for again."""
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
        judge: Callable[[LandmarkClip, Sequence[str]], Judgement],
    ) -> None:
        self._glosses, self._layout, self._video, self._judge = tuple(glosses), layout, video, judge
        typical = [library.typical[gloss] for gloss in self._glosses]
        goals = np.stack([library.references[index].sign.centre for index in typical])
        self._live = LiveMarks(library.packed.take(typical).without(EMBEDDING), goals)
        states = len(self._glosses) * (SIGN_FRAMES + 1) + 1
        self._ways = OnlineAlignment((2, states))
        self._pushed: list[np.ndarray] = []
        self._times: list[int] = []
        self._followed: deque[np.ndarray] = deque(maxlen=BODY_FRAMES)
        self._looks = 0
        self._body: BodyFrame | None = None
        self._anchors = np.full((2, len(ANCHORS), 2), np.nan, np.float32)
        self._has_body = False
        self._moments = 0
        self._state = 0
        self._seen = (False, False)

    def push(self, landmarks: np.ndarray, times_ms: np.ndarray) -> None:
        """Takes frames ``(N, P, 3)`` (NaN where missing) at ``times_ms`` ``(N,)``, ascending over the whole attempt."""
        room = LONGEST_ATTEMPT_FRAMES - len(self._times)
        frames, times = np.asarray(landmarks, np.float32)[:room], np.asarray(times_ms)[:room].tolist()
        followed = self._to_follow(times)
        self._pushed.append(frames)
        self._times.extend(times)
        for start in range(0, len(followed), BODY_EVERY_AT_FIRST):
            chosen = followed[start : start + BODY_EVERY_AT_FIRST]
            self._follow(frames[chosen], [times[index] for index in chosen])

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
        landmarks = np.concatenate([np.empty((0, self._layout.points, 3), np.float32), *self._pushed])
        clip = LandmarkClip(landmarks, np.array(self._times, np.int64), self._layout, self._video)
        return self._judge(clip, self._glosses)

    def _to_follow(self, times: Sequence[int]) -> list[int]:
        """Indices of those frames of a push that the marks follow."""
        due_before = times[-1] + 1 if times else 0
        chosen: list[int] = []
        for index in reversed(range(len(times))):
            if times[index] < due_before:
                chosen.append(index)
                due_before = times[index] - FOLLOWED_EVERY_MS + 1
        return chosen[::-1]

    def _follow(self, frames: np.ndarray, times: Sequence[int]) -> None:
        """Advances the live alignment by as many grid moments as ``frames`` ``(n, P, 3)`` stand for."""
        self._find_body(frames)
        through = [int((time - self._times[0]) / GRID_STEP_MS + 1e-6) + 1 for time in times]
        features = self._measure(frames)
        up = raised(features)
        tables = state_costs(self._live.costs(features), ~up)
        mirrors: list[int] = []
        states: list[int] = []
        for row, moments in enumerate(through):
            for _ in range(min(moments - self._moments, LONGEST_STEP)):
                self._ways.push(tables[:, row])
            self._moments = max(self._moments, moments)
            mirror, state = divmod(int(self._ways.totals.argmin()), tables.shape[2])
            mirrors.append(mirror)
            states.append(state)
        self._state = states[-1]
        self._live.remember(features, mirrors, states, up.tolist())

    def _find_body(self, frames: np.ndarray) -> None:
        """Where the body is by the latest frames: looked for often at first, then now and then."""
        self._followed.extend(frames)
        self._looks += 1
        if self._looks % (BODY_EVERY if self._looks > BODY_FRAMES else BODY_EVERY_AT_FIRST) != 1:
            return
        blocks = square_blocks(np.array(self._followed), self._layout, self._video, face=False)
        self._body = find_body(blocks, self._video)
        if self._body is not None:
            self._anchors = slot_anchors(blocks.get(Block.POSE), self._body)
            self._has_body = self._body.from_pose and bool(np.isfinite(self._anchors).all())

    def _measure(self, frames: np.ndarray) -> Features:
        """Features of ``frames``, in the body frame that the latest frames show."""
        blocks = square_blocks(frames, self._layout, self._video, face=False)
        body = self._body or BodyFrame(np.zeros(2), 1.0, 0.0, False)
        hands = slot_hands(blocks[Block.RIGHT_HAND], blocks[Block.LEFT_HAND], body)
        seen = np.isfinite(hands[..., :2]).all(axis=(2, 3))
        self._seen = (bool(seen[RIGHT_SLOT, -1]), bool(seen[LEFT_SLOT, -1]))
        wrists = slot_wrists(blocks.get(Block.POSE), body, len(frames))
        return measure_hands(zero_for_nan(hands), seen, wrists, self._anchors, None, self._has_body)
