"""Whatever a camera delivers, the scorer answers: it never raises, never gives a mark out of range, and repeats
itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.scorer import Scorer
from protocol.codec import to_points
from protocol.landmarks import HANDS, HANDS_POSE, HOLISTIC, LandmarkClip, Layout, VideoFormat
from server.models import GESTURE_EMBEDDER
from tests.support.scoring_material import letter, letter_library


@pytest.fixture(scope="module")
def scorers(models_dir: Path, letter_clips: Path) -> dict[str, Scorer]:
    embedder = HandshapeEmbedder(models_dir / GESTURE_EMBEDDER)
    return {
        layout.name: Scorer(letter_library(letter_clips, "ABZ", embedder, layout), embedder)
        for layout in (HANDS, HANDS_POSE, HOLISTIC)
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    layout=st.sampled_from([HANDS, HANDS_POSE, HOLISTIC]),
    glosses=st.lists(st.sampled_from("ABZ"), min_size=1, max_size=4),
    frames=st.integers(0, 40),
    lost=st.floats(0, 1),
    noise=st.sampled_from([0.0, 0.05, 3.0]),
)
def test_any_frames_get_an_answer(
    seed: int, layout: Layout, glosses: list[str], frames: int, lost: float, noise: float, scorers, letter_clips: Path
) -> None:
    rng = np.random.default_rng(seed)
    real = letter(letter_clips, "B", layout).landmarks
    landmarks = real[rng.integers(0, len(real), frames)] + rng.normal(0, noise, (frames, layout.points, 3))
    landmarks[rng.random(frames) < lost] = np.nan
    landmarks[:, rng.random(layout.points) < lost * 0.2] = np.nan
    times = np.cumsum(rng.integers(0, 400, frames))
    scorer, video = scorers[layout.name], VideoFormat(640, 480, mirrored=bool(seed % 2))
    clip = LandmarkClip(landmarks.astype(np.float32), times, layout, video)
    attempt, points = scorer.begin(glosses, layout, video), to_points(clip.landmarks, layout)
    for start in range(0, frames, 7):
        attempt.push(points[start : start + 7], times[start : start + 7].tolist())
        marks = attempt.marks()
        assert 0 <= marks.progress <= 1 and marks.gloss == glosses[marks.sign_index]
        assert all(mark is None or 0 <= mark <= 1 for mark in (marks.overall, *marks.parameters.values()))
    judgement = scorer.judge(clip, glosses)
    document = json.dumps(judgement.as_dict(), allow_nan=False)
    assert document == json.dumps(scorer.judge(clip, glosses).as_dict(), allow_nan=False)
    values = (judgement.score, judgement.accuracy, judgement.confidence, judgement.fluency)
    assert all((value is not None and 0 <= value <= 1) if judgement.judged else value is None for value in values)
    assert judgement.judged or [finding.kind for finding in judgement.findings] == ["cannot_judge"]
