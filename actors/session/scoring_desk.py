"""Where a session's frames meet the scorer: provisional marks while an attempt runs, its judgement at the end."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from actors.scoring.results import Judgement, ProvisionalMarks
from actors.scoring.scorer import Scorer
from actors.scoring.stream import AttemptScoring
from actors.session.events import Judge, ScoreFrames, StartScoring
from protocol.codec import to_float
from protocol.landmarks import LAYOUTS, LandmarkClip, Layout, VideoFormat
from protocol.messages import AttemptResult, Feedback, Hello, Sentence

_log = logging.getLogger(__name__)


class ScoringDesk:
    """Follows one attempt at a time. A fault of the scorer costs the marks, never the attempt or the session."""

    def __init__(self, scorer: Scorer, sentences: Sequence[Sentence]) -> None:
        self._scorer = scorer
        self._sentences = sentences
        self._scoring: AttemptScoring | None = None
        self._layout: Layout | None = None
        self._video: VideoFormat | None = None

    @property
    def layout_name(self) -> str:
        """Layout of the attempt that was begun last."""
        assert self._layout is not None, "no attempt has begun"
        return self._layout.name

    def start(self, effect: StartScoring) -> None:
        """Begins to follow an attempt."""
        self._layout, self._video = LAYOUTS[effect.hello.layout], video_of(effect.hello)
        glosses = self._sentences[effect.sentence_index].glosses
        try:
            self._scoring = self._scorer.begin(glosses, self._layout, self._video)
        except Exception:
            _log.exception("the scorer could not begin attempt %d", effect.attempt_no)
            self._scoring = None

    def stop(self) -> None:
        """Forgets the attempt."""
        self._scoring = None

    def push(self, effect: ScoreFrames) -> Feedback | None:
        """Scores frames; provisional marks where they are due."""
        if self._scoring is None or self._layout is None:
            return None
        try:
            self._scoring.push(to_float(effect.points, self._layout), effect.times_ms)
            if effect.feedback_for_seq is None:
                return None
            return _feedback(self._scoring.marks(), effect.attempt_no, effect.feedback_for_seq)
        except Exception:
            _log.exception("the scorer failed in attempt %d", effect.attempt_no)
            self._scoring = None
            return None

    def judge(self, effect: Judge) -> AttemptResult:
        """Judges a finished attempt from all of its frames."""
        sentence = self._sentences[effect.sentence_index]
        duration_ms = int(effect.times_ms[-1] - effect.times_ms[0]) if len(effect.times_ms) else 0
        judgement = self._judgement(effect, sentence.glosses)
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
        if self._scoring is not None:
            return self._scoring.judge()
        assert self._layout is not None and self._video is not None, "an attempt is judged after it has begun"
        clip = LandmarkClip(to_float(effect.points, self._layout), effect.times_ms, self._layout, self._video)
        return self._scorer.judge(clip, glosses)


def video_of(hello: Hello) -> VideoFormat:
    """The picture that a client announced."""
    return VideoFormat(hello.width, hello.height, hello.mirrored, hello.fps)


def _feedback(marks: ProvisionalMarks, attempt_no: int, seq: int) -> Feedback:
    return Feedback(
        a=attempt_no,
        q=seq,
        i=marks.sign_index,
        g=marks.gloss,
        p=marks.progress,
        o=marks.overall,
        m=marks.parameters,
        seen=(marks.left_hand_seen, marks.right_hand_seen, marks.body_seen),
        hint=marks.hint,
    )
