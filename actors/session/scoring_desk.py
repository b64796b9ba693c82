"""Where a session's frames meet the scorer: provisional marks while an attempt runs, all a judge needs at its end."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from actors.judging import JudgeRequest
from actors.scoring.follower import Follower
from actors.scoring.results import ProvisionalMarks
from actors.scoring.stream import AttemptScoring
from actors.session.events import Judge, ScoreFrames, StartScoring
from protocol.codec import unpack_points
from protocol.landmarks import LAYOUTS, Layout, VideoFormat
from protocol.messages import Hello, Sentence

_log = logging.getLogger(__name__)


class ScoringDesk:
    """Follows one attempt at a time. A fault of the scorer costs the marks, never the attempt or the session."""

    def __init__(self, follower: Follower, sentences: Sequence[Sentence]) -> None:
        self._follower = follower
        self._sentences = sentences
        self._scoring: AttemptScoring | None = None
        self._layout: Layout | None = None
        self._video: VideoFormat | None = None
        self._unscored_ms: list[int] = []
        self._unscored = b""

    def start(self, effect: StartScoring) -> None:
        """Begins to follow an attempt."""
        self._layout, self._video = LAYOUTS[effect.hello.layout], video_of(effect.hello)
        self._unscored_ms, self._unscored = [], b""
        glosses = self._sentences[effect.sentence_index].glosses
        try:
            self._scoring = self._follower.begin(glosses, self._layout, self._video)
        except Exception:
            _log.exception("the scorer could not begin attempt %d", effect.attempt_no)
            self._scoring = None

    def stop(self) -> None:
        """Forgets the attempt."""
        self._scoring = None

    def push(self, effect: ScoreFrames) -> dict[str, Any] | None:
        """Follows frames; provisional marks where they are due, as the fields of a ``Feedback``.

        Frames wait for the next marks, which need only the newest of them.
        """
        if self._scoring is None:
            return None
        self._unscored_ms += effect.times_ms
        self._unscored += effect.packed
        if effect.feedback_for_seq is None:
            return None
        try:
            self._follow(self._scoring)
            return feedback(self._scoring.marks(), effect.attempt_no, effect.feedback_for_seq)
        except Exception:
            _log.exception("the scorer failed in attempt %d", effect.attempt_no)
            self._scoring = None
            return None

    def _follow(self, scoring: AttemptScoring) -> None:
        assert self._layout is not None, "an attempt has begun"
        times_ms, packed = self._unscored_ms, self._unscored
        self._unscored_ms, self._unscored = [], b""
        scoring.push(unpack_points(packed, self._layout, len(times_ms)), times_ms)

    def request(self, effect: Judge, *, library: str, wants_blob: bool) -> JudgeRequest:
        """What a judge has to know of the attempt that was begun last."""
        assert self._layout is not None and self._video is not None, "an attempt is judged after it has begun"
        return JudgeRequest(
            library=library,
            attempt_no=effect.attempt_no,
            sentence_index=effect.sentence_index,
            sentence=self._sentences[effect.sentence_index],
            layout=self._layout.name,
            video=self._video,
            times_ms=effect.times_ms,
            packed=effect.packed,
            wants_blob=wants_blob,
        )


def video_of(hello: Hello) -> VideoFormat:
    """The picture that a client announced."""
    return VideoFormat(hello.width, hello.height, hello.mirrored, hello.fps)


def feedback(marks: ProvisionalMarks, attempt_no: int, seq: int) -> dict[str, Any]:
    """The fields of a ``Feedback``, in its order. Marks come rounded and within 0..1: no model need look at them."""
    return {
        "t": "feedback",
        "a": attempt_no,
        "q": seq,
        "i": marks.sign_index,
        "g": marks.gloss,
        "p": marks.progress,
        "o": marks.overall,
        "m": marks.parameters,
        "seen": (marks.left_hand_seen, marks.right_hand_seen, marks.body_seen),
        "hint": marks.hint,
    }
