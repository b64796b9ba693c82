"""What is not the sign gets no good mark: pictures, noise, wanderings, other signs, the sign backwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.evaluation.alterations import Span, movement_scaled
from actors.scoring.evaluation.transforms import mirrored
from actors.scoring.movement import movement_made
from actors.scoring.references import Library
from actors.scoring.scorer import Scorer
from protocol.landmarks import Block, LandmarkClip
from server.models import GESTURE_EMBEDDER
from tests.support.scoring_material import letter, letter_library

WHOLE = Span(0, 10_000)


@pytest.fixture(scope="module")
def library(models_dir: Path, letter_clips: Path) -> Library:
    return letter_library(letter_clips, "ABCDJLVYZ", HandshapeEmbedder(models_dir / GESTURE_EMBEDDER))


@pytest.fixture(scope="module")
def scorer(models_dir: Path, library: Library) -> Scorer:
    return Scorer(library, HandshapeEmbedder(models_dir / GESTURE_EMBEDDER))


def _still(clip: LandmarkClip) -> LandmarkClip:
    middle = len(clip.times_ms) // 2
    return replace(clip, landmarks=np.repeat(clip.landmarks[middle : middle + 1], len(clip.times_ms), axis=0))


def _backwards(clip: LandmarkClip) -> LandmarkClip:
    return replace(clip, landmarks=clip.landmarks[::-1].copy())


def _wandering_hand(clip: LandmarkClip) -> LandmarkClip:
    """The right handshape, going anywhere."""
    landmarks, hand = _still(clip).landmarks.copy(), clip.layout.slice(Block.RIGHT_HAND)
    steps = np.random.default_rng(1).normal(0, 0.02, (len(landmarks), 1, 3))
    landmarks[:, hand] += np.cumsum(steps, axis=0).astype(np.float32)
    return replace(clip, landmarks=landmarks)


def _wandering_points(clip: LandmarkClip) -> LandmarkClip:
    rng = np.random.default_rng(2)
    walk = rng.uniform(0.2, 0.8, (1, *clip.landmarks.shape[1:])) + np.cumsum(
        rng.normal(0, 0.01, clip.landmarks.shape), axis=0
    )
    return replace(clip, landmarks=walk.astype(np.float32))


def _noise(clip: LandmarkClip) -> LandmarkClip:
    return replace(clip, landmarks=np.random.default_rng(3).uniform(0, 1, clip.landmarks.shape).astype(np.float32))


@pytest.mark.parametrize("make", [_still, _backwards, _wandering_hand, _wandering_points, _noise])
@pytest.mark.parametrize("gloss", ["J", "Z"])
def test_what_is_not_the_movement_is_not_the_sign(
    make: Callable[[LandmarkClip], LandmarkClip], gloss: str, scorer: Scorer, letter_clips: Path
) -> None:
    clip = letter(letter_clips, gloss)
    judgement = scorer.judge(make(clip), [gloss])
    assert scorer.judge(clip, [gloss]).score > 0.95
    assert not judgement.success and judgement.score < 0.6 and judgement.accuracy <= 0.4
    assert any(finding.kind == "correction" for finding in judgement.findings), "the learner hears why"


@pytest.mark.parametrize("make", [_wandering_points, _noise])
@pytest.mark.parametrize("gloss", ["A", "B", "V"])
def test_points_at_random_are_no_letter(
    make: Callable[[LandmarkClip], LandmarkClip], gloss: str, scorer: Scorer, letter_clips: Path
) -> None:
    judgement = scorer.judge(make(letter(letter_clips, gloss)), [gloss])
    assert not judgement.success and judgement.score < 0.3 and judgement.accuracy < 0.05


@pytest.mark.parametrize("value", [0.0, 0.5, np.nan])
def test_one_number_everywhere_is_not_judged(value: float, scorer: Scorer, letter_clips: Path) -> None:
    clip = letter(letter_clips, "A")
    judgement = scorer.judge(replace(clip, landmarks=np.full_like(clip.landmarks, value)), ["A"])
    assert not judgement.judged and judgement.score is None
    assert [finding.kind for finding in judgement.findings] == ["cannot_judge"]


@pytest.mark.parametrize(("shown", "asked"), [("A", "Z"), ("Y", "J"), ("Z", "A"), ("J", "V"), ("B", "C"), ("L", "D")])
def test_another_letter_is_not_this_one(shown: str, asked: str, scorer: Scorer, letter_clips: Path) -> None:
    judgement = scorer.judge(letter(letter_clips, shown), [asked])
    assert not judgement.success and judgement.score < 0.3
    assert any(finding.kind == "correction" for finding in judgement.findings)


@pytest.mark.parametrize("gloss", ["A", "J", "Z"])
def test_the_other_hand_signs_as_well(gloss: str, scorer: Scorer, letter_clips: Path) -> None:
    clip = letter(letter_clips, gloss)
    assert scorer.judge(mirrored(clip), [gloss]).score == pytest.approx(scorer.judge(clip, [gloss]).score, abs=0.01)


@pytest.mark.parametrize(("factor", "made"), [(1.0, 1.0), (0.6, 1.0), (0.2, 0.5), (0.0, 0.0), (-1.0, 0.0)])
def test_movement_counts_from_two_fifths_of_the_reference_s(
    factor: float, made: float, library: Library, scorer: Scorer, letter_clips: Path
) -> None:
    """Beside itself, moment by moment, a path of another size shows its factor; from 0.4 on it is enough."""
    reference = library.references_of("Z")[0].sign
    mean = reference.hands.mean(axis=1, keepdims=True)
    path = np.repeat(np.arange(len(reference))[:, None], 2, axis=1)
    shown = replace(reference, hands=mean + (reference.hands - mean) * np.float32(factor))
    assert movement_made(shown, reference, path, 0) == pytest.approx(made, abs=0.02)


def test_a_held_sign_asks_for_no_movement(library: Library) -> None:
    reference = library.references_of("B")[0].sign
    path = np.repeat(np.arange(len(reference))[:, None], 2, axis=1)
    moving = library.references_of("Z")[0].sign
    assert movement_made(moving, reference, path, 0) == 1.0


def test_a_sign_shrunk_to_nothing_has_no_mark_for_its_movement(scorer: Scorer, letter_clips: Path) -> None:
    shrunk = scorer.judge(movement_scaled(letter(letter_clips, "Z"), Block.RIGHT_HAND, WHOLE, (0.0, 0.0)), ["Z"])
    assert shrunk.parameters["movement"] < 0.05 < 0.8 < shrunk.parameters["handshape"]
    assert "movement_small" in {finding.code for finding in shrunk.findings}
