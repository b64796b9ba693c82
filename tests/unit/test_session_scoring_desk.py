"""Where frames meet the scorer: they wait for the next marks; a fault of the scorer costs a mark, not an attempt."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.scorer import Scorer
from actors.session.events import Judge, ScoreFrames, StartScoring
from actors.session.scoring_desk import ScoringDesk
from protocol.codec import to_points
from protocol.messages import Hello, Sentence
from server.library.starter import starter_records
from server.models import GESTURE_EMBEDDER
from server.reference_library import clip_of, prepare_library

SENTENCES = (Sentence(text="a", glosses=["A"]),)


@pytest.fixture(scope="module")
def attempt(models_dir: Path):
    record = next(record for record in starter_records(models_dir, now_ms=0) if record.gloss == "A")
    clip = clip_of(record)
    hello = Hello(v=1, layout=clip.layout.name, width=clip.video.width, height=clip.video.height)
    return hello, clip.times_ms, to_points(clip.landmarks, clip.layout)


@pytest.fixture(scope="module")
def scorer(models_dir: Path) -> Scorer:
    embedder_path = models_dir / GESTURE_EMBEDDER
    records = [record for record in starter_records(models_dir, now_ms=0) if record.gloss in "AB"]
    return Scorer(prepare_library(records, embedder_path), HandshapeEmbedder(embedder_path))


def practise(desk: ScoringDesk, attempt, feedback_every: int):
    hello, times_ms, points = attempt
    desk.start(StartScoring(1, 0, hello))
    feedback = []
    for index in range(len(times_ms)):
        due = index if index % feedback_every == feedback_every - 1 else None
        here = slice(index, index + 1)
        feedback.append(desk.push(ScoreFrames(1, times_ms[here], points[here], due)))
    return [one for one in feedback if one], desk.judge(Judge(1, 0, times_ms, points))


def test_how_often_marks_are_due_changes_nothing_in_the_result(scorer: Scorer, attempt):
    often, of_each = practise(ScoringDesk(scorer, SENTENCES), attempt, feedback_every=1)
    seldom, of_four = practise(ScoringDesk(scorer, SENTENCES), attempt, feedback_every=4)
    assert of_each == of_four and of_each.judged and of_each.success
    assert len(often) == len(attempt[1]) and len(seldom) == len(attempt[1]) // 4
    assert [one.q for one in seldom] == [4 * index + 3 for index in range(len(seldom))]
    assert [one.o for one in seldom] == pytest.approx([often[one.q].o for one in seldom], abs=1e-6)


def test_when_the_scorer_fails_the_attempt_is_kept_without_a_mark(scorer: Scorer, attempt, caplog):
    hello, times_ms, points = attempt
    desk = ScoringDesk(scorer, SENTENCES)
    desk.start(StartScoring(1, 0, hello))
    broken = points[:, :5]
    assert desk.push(ScoreFrames(1, times_ms, broken, len(times_ms) - 1)) is None
    result = desk.judge(Judge(1, 0, times_ms, broken))
    assert (result.judged, result.score, result.success, result.frames) == (False, None, False, len(times_ms))
    assert [finding.code for finding in result.findings] == ["scorer_failed"]
    assert "could not judge attempt 1" in caplog.text


def test_an_attempt_without_frames_is_not_judged_and_says_why(scorer: Scorer, attempt):
    hello, times_ms, points = attempt
    desk = ScoringDesk(scorer, SENTENCES)
    desk.start(StartScoring(1, 0, hello))
    result = desk.judge(Judge(1, 0, np.empty(0, np.int64), np.empty((0, *points.shape[1:]), np.int16)))
    assert not result.judged and result.findings[0].kind == "cannot_judge"
