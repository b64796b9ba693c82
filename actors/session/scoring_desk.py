"""Where a session's frames meet the scorer: provisional marks while an attempt runs, its judgement at the end."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from actors.scoring.calibrate import calibration
from actors.scoring.results import Finding, Judgement, ProvisionalMarks
from actors.scoring.scorer import SCORER_VERSION, Scorer
from actors.scoring.stream import AttemptScoring
from actors.session.events import Judge, ScoreFrames, StartScoring
from protocol.codec import to_float, unpack_points
from protocol.landmarks import LAYOUTS, LandmarkClip, Layout, VideoFormat
from protocol.messages import AttemptResult, Hello, Sentence

_log = logging.getLogger(__name__)


class ScoringDesk:
    """Follows one attempt at a time. A fault of the scorer costs the marks, never the attempt or the session."""

    def __init__(self, scorer: Scorer, sentences: Sequence[Sentence]) -> None:
        self._scorer = scorer
        self._sentences = sentences
        self._scoring: AttemptScoring | None = None
        self._layout: Layout | None = None
        self._video: VideoFormat | None = None
        self._unscored_ms: list[int] = []
        self._unscored = b""

    @property
    def layout_name(self) -> str:
        """Layout of the attempt that was begun last."""
        assert self._layout is not None, "no attempt has begun"
        return self._layout.name

    def start(self, effect: StartScoring) -> None:
        """Begins to follow an attempt."""
        self._layout, self._video = LAYOUTS[effect.hello.layout], video_of(effect.hello)
        self._unscored_ms, self._unscored = [], b""
        glosses = self._sentences[effect.sentence_index].glosses
        try:
            self._scoring = self._scorer.begin(glosses, self._layout, self._video)
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

    def judge(self, effect: Judge) -> AttemptResult:
        """Judges a finished attempt from all of its frames."""
        sentence = self._sentences[effect.sentence_index]
        duration_ms = int(effect.times_ms[-1] - effect.times_ms[0]) if len(effect.times_ms) else 0
        try:
            judgement = self._judgement(effect, sentence.glosses)
        except Exception:
            _log.exception("the scorer could not judge attempt %d", effect.attempt_no)
            judgement = _not_judged(duration_ms)
        return AttemptResult(
            attempt_no=effect.attempt_no,
            sentence_index=effect.sentence_index,
            sentence=sentence.text,
            glosses=sentence.glosses,
            frames=len(effect.times_ms),
            duration_ms=duration_ms,
            **judgement.as_dict(),
        )

    def _judgement(self, effect: Judge, glosses: Sequence[str]) -> Judgement:
        assert self._layout is not None and self._video is not None, "an attempt is judged after it has begun"
        clip = LandmarkClip(to_float(effect.points, self._layout), effect.times_ms, self._layout, self._video)
        return self._scorer.judge(clip, glosses)


def _not_judged(duration_ms: int) -> Judgement:
    """The scorer failed: no mark, and the frames are kept, so that a mended scorer can judge them later."""
    text = "This attempt could not be judged: something went wrong here. It was not you; please try again."
    where = {"parameter": None, "hand": None, "sign_index": None, "gloss": None, "size": None, "unit": None}
    finding = Finding(
        "scorer_failed", "cannot_judge", start_ms=0, end_ms=duration_ms, severity="none", text=text, **where
    )
    marks = dict.fromkeys(("score", "accuracy", "confidence", "fluency"))
    versions = {"scorer_version": SCORER_VERSION, "calibration_version": calibration().version}
    return Judgement(False, **marks, success=False, parameters={}, signs=(), findings=(finding,), **versions)


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
