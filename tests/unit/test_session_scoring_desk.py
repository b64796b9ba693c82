"""A fault of the scorer costs the marks, never the attempt: the desk with scorers that fail at every step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from actors import judge as judge_module
from actors.scoring.results import Judgement, ProvisionalMarks
from actors.session.events import Judge, ScoreFrames, StartScoring
from actors.session.recording import Recording
from actors.session.scoring_desk import ScoringDesk, feedback
from protocol.codec import decode_server, encode, pack
from protocol.messages import Feedback
from tests.support.session_bench import HELLO, SENTENCES, frames

JUDGEMENT = Judgement(True, 0.5, 0.5, 0.5, 0.5, False, {}, (), (), "s1", "c1")


class Broken(Exception):
    """The scorer's fault."""


class Scoring:
    """One attempt; fails at the steps it is told to."""

    def __init__(self, fails: frozenset[str]) -> None:
        self._fails = fails
        self.pushed = 0

    def push(self, landmarks: np.ndarray, times_ms: np.ndarray) -> None:
        self._may_fail("push")
        self.pushed += len(times_ms)

    def marks(self) -> Any:
        self._may_fail("marks")

    def _may_fail(self, step: str) -> None:
        if step in self._fails:
            raise Broken(step)


class BrokenScorer:
    """A scorer that fails at the steps it is told to; ``clips`` are those it was given whole."""

    def __init__(self, *fails: str) -> None:
        self._fails = frozenset(fails)
        self.clips: list[int] = []

    def begin(self, *_: Any) -> Scoring:
        if "begin" in self._fails:
            raise Broken("begin")
        return Scoring(self._fails)

    def judge(self, clip: Any, glosses: Any) -> Judgement:
        if "whole" in self._fails:
            raise Broken("whole")
        self.clips.append(len(clip.times_ms))
        return JUDGEMENT


def judged(scorer: BrokenScorer) -> Any:
    desk = ScoringDesk(scorer, SENTENCES)  # type: ignore[arg-type]
    desk.start(StartScoring(1, 1, HELLO))
    recording = Recording(1, 1, 0, 6)
    for first in (0, 3):
        signed = frames(1, first, 3)
        recording.take(first, signed.times_ms, signed.packed)
        assert desk.push(ScoreFrames(1, signed.times_ms, signed.packed, first + 2)) is None
    request = desk.request(Judge(1, 1, *recording.frames()), library="", wants_blob=False)
    return judge_module.judged(scorer, request)  # type: ignore[arg-type]


@pytest.mark.parametrize("step", ["begin", "push", "marks"])
def test_where_live_scoring_failed_the_whole_attempt_is_judged_at_its_end(step: str):
    scorer = BrokenScorer(step)
    result = judged(scorer)
    assert (result.judged, result.score, scorer.clips) == (True, 0.5, [6])


@pytest.mark.parametrize("fails", [("begin", "whole"), ("marks", "whole")], ids=str)
def test_where_nothing_works_the_attempt_is_kept_without_a_mark_and_says_so(fails: tuple[str, ...]):
    result = judged(BrokenScorer(*fails))
    assert (result.judged, result.score, result.success, result.frames) == (False, None, False, 6)
    assert [finding.kind for finding in result.findings] == ["cannot_judge"]
    assert (result.sentence_index, result.sentence, result.duration_ms) == (1, "B C", 165)


@pytest.mark.parametrize("mark", [0.0, 0.7312, 1.0, None])
@pytest.mark.parametrize("hint", ["handshape_off", None])
def test_provisional_marks_travel_as_their_message_would(mark: float | None, hint: str | None):
    marks = ProvisionalMarks(900, 2, "HELLO", 0.25, mark, {"handshape": mark, "location": 0.5}, True, False, True, hint)
    packed = pack(feedback(marks, 3, 26))
    message = decode_server(packed)
    assert isinstance(message, Feedback) and encode(message) == packed
    assert (message.a, message.q, message.m["handshape"], message.seen) == (3, 26, mark, (True, False, True))
