"""Following an attempt while it is signed: frames in, provisional marks at any moment. The final judgement is another
matter: nothing of this counts for it, and no frame is kept here."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from protocol.landmarks import Layout, VideoFormat

from .align import OnlineAlignment
from .calibrate import calibration
from .live import STATES_A_SIGN, LiveMarks, SentenceStates, hint
from .moment import PictureReader
from .resample import GRID_STEP_MS
from .results import ProvisionalMarks, rounded

FOLLOWED_EVERY_MS = 90
"""Provisional marks follow the newest frame of a push and, back from there, one in so many milliseconds: measuring a
hand costs most of them, and ten pictures a second tell them enough. The judgement is of every frame."""
BODY_FRAMES = 10
"""Latest followed frames that tell where the body is."""
BODY_EVERY, BODY_AT_FIRST = 16, (1, 4)
"""Followed frames after which the body is looked for again, and at which it is looked for at first."""
LONGEST_STEP = 15
"""Grid moments that one frame may stand for: after a longer silence the learner has been away."""


class AttemptScoring:
    """One attempt under way. Bounded memory and work; never raises on bad tracking."""

    def __init__(
        self, glosses: Sequence[str], layout: Layout, video: VideoFormat, sentence: SentenceStates
    ) -> None:
        """``sentence`` are the states of ``glosses``."""
        self._glosses = tuple(glosses)
        self._reader = PictureReader(layout, video)
        self._live = LiveMarks(sentence, calibration())
        self._ways = OnlineAlignment(2, sentence.count)
        self._states = sentence.count
        self._first_ms: int | None = None
        self._last_ms = 0
        self._followed: deque[np.ndarray] = deque(maxlen=BODY_FRAMES)
        self._looks = 0
        self._moments = 0
        self._state = 0
        self._seen = (False, False)

    def push(self, points: np.ndarray, times_ms: Sequence[int]) -> None:
        """Takes frames ``(N, P, 3)`` as they travel (int16, ``protocol.codec``) at ``times_ms``, ascending over the
        whole attempt.
        """
        for index in _to_follow(times_ms):
            self._follow(points[index], times_ms[index])

    def marks(self) -> ProvisionalMarks:
        """How the attempt stands now."""
        sign = min(self._state // STATES_A_SIGN, len(self._glosses) - 1)
        overall, parameters = self._live.marks(sign)
        right, left = self._seen
        return ProvisionalMarks(
            through_ms=self._last_ms,
            sign_index=sign,
            gloss=self._glosses[sign],
            progress=rounded(self._state / (STATES_A_SIGN * len(self._glosses))),
            overall=rounded(overall),
            parameters={name: rounded(mark) for name, mark in parameters.items()},
            left_hand_seen=left,
            right_hand_seen=right,
            body_seen=self._reader.body_seen,
            hint=hint(parameters),
        )

    def _follow(self, picture: np.ndarray, time_ms: int) -> None:
        """Advances the live alignment by as many grid moments as the ``picture`` ``(P, 3)`` stands for."""
        self._followed.append(picture)
        self._looks += 1
        if self._looks % BODY_EVERY == 0 or self._looks in BODY_AT_FIRST:
            self._reader.look(np.array(self._followed))
        if self._first_ms is None:
            self._first_ms = time_ms
        self._last_ms = time_ms
        moment = self._reader.moment(picture)
        self._seen = moment.hands
        costs = self._live.costs(moment)
        through = int((time_ms - self._first_ms) / GRID_STEP_MS + 1e-6) + 1
        for _ in range(min(through - self._moments, LONGEST_STEP)):
            self._ways.push(costs)
        self._moments = max(self._moments, through)
        mirror, self._state = divmod(int(self._ways.totals.argmin()), self._states)
        self._live.remember(moment, mirror, self._state)


def _to_follow(times: Sequence[int]) -> list[int]:
    """Indices of those frames of a push that the marks follow."""
    due_before = times[-1] + 1 if times else 0
    chosen: list[int] = []
    for index in reversed(range(len(times))):
        if times[index] < due_before:
            chosen.append(index)
            due_before = times[index] - FOLLOWED_EVERY_MS + 1
    return chosen[::-1]
