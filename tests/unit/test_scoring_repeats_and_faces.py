"""Repeated signing is one sign, whatever moment a recording starts at; faces count where the reference moves them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actors.scoring.canonical import canonicalise
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.nonmanual import (
    FACE_SHARE,
    face_advice,
    face_distance,
    face_measures,
    paired_difference,
    with_face,
)
from actors.scoring.parameters import measure
from actors.scoring.references import Library, prepare_reference
from actors.scoring.repeats import period, single_signs
from actors.scoring.scorer import Scorer
from protocol.landmarks import HOLISTIC, Block, LandmarkClip
from server.models import GESTURE_EMBEDDER
from tests.support.scoring_material import letter, letter_library

CYCLE = 18


@pytest.fixture(scope="module")
def embedder(models_dir: Path) -> HandshapeEmbedder:
    return HandshapeEmbedder(models_dir / GESTURE_EMBEDDER)


def _circling(clip: LandmarkClip, cycles: float, phase: float = 0.0, backwards: bool = False) -> LandmarkClip:
    """A hand of ``clip`` carried round a bent path, ``cycles`` times, from ``phase`` of the way on."""
    count = round(cycles * CYCLE)
    turn = 2 * np.pi * (np.arange(count) / CYCLE + phase) * (-1 if backwards else 1)
    aside, down = 0.12 * np.cos(turn) + 0.05 * np.cos(2 * turn + 1), 0.10 * np.sin(turn)
    offset = np.stack([aside, down, np.zeros(count)], axis=1).astype(np.float32)
    landmarks = np.repeat(clip.landmarks[12:13], count, axis=0)
    for block in (Block.RIGHT_HAND,):
        landmarks[:, clip.layout.slice(block)] += offset[:, None]
    return replace(clip, landmarks=landmarks, times_ms=np.round(np.arange(count) * 40).astype(np.int64))


def test_the_period_of_repeated_signing_is_found(letter_clips: Path, embedder: HandshapeEmbedder) -> None:
    features = measure(canonicalise(_circling(letter(letter_clips, "B"), 3)), embedder)
    assert period(features, 0, len(features)) * 1000 / 30 == pytest.approx(CYCLE * 40, abs=40)
    whole, *cycles = single_signs(features, 0, len(features))
    assert whole == (0, len(features)) and len(cycles) == 4


@pytest.mark.parametrize("gloss", ["B", "J", "Z"])
def test_what_does_not_repeat_is_left_whole(gloss: str, letter_clips: Path, embedder: HandshapeEmbedder) -> None:
    features = measure(canonicalise(letter(letter_clips, gloss)), embedder)
    assert single_signs(features, 2, len(features)) == [(2, len(features))]


def test_a_recording_that_starts_in_mid_cycle_matches_and_order_still_counts(
    letter_clips: Path, embedder: HandshapeEmbedder
) -> None:
    clip = letter(letter_clips, "B")
    names = {"signer": "", "variant": "", "embedder": embedder}
    forth = prepare_reference(_circling(clip, 1), reference_id="forth", gloss="FORTH", **names)
    back = prepare_reference(_circling(clip, 3, backwards=True), reference_id="back", gloss="BACK", **names)
    assert back.duration_ms == pytest.approx(CYCLE * 40, abs=40)
    scorer = Scorer(Library([forth, back]), embedder)
    attempt = _circling(clip, 2.5, phase=0.5)
    own, other = scorer.judge(attempt, ["FORTH"]), scorer.judge(attempt, ["BACK"])
    assert own.accuracy > other.accuracy + 0.2
    assert own.parameters["movement"] > 0.8 > other.parameters["movement"]


def _smiling(clip: LandmarkClip, widths: float) -> LandmarkClip:
    """Mouth corners drawn apart by ``widths`` (picture widths) in the second half of the recording."""
    landmarks = clip.landmarks.copy()
    start = clip.layout.slice(Block.FACE).start
    half = len(landmarks) // 2
    landmarks[half:, start + 61, 0] -= widths
    landmarks[half:, start + 291, 0] += widths
    return replace(clip, landmarks=landmarks)


def test_a_face_that_stays_still_where_the_reference_moves_it_is_named(
    letter_clips: Path, embedder: HandshapeEmbedder
) -> None:
    plain = letter(letter_clips, "B", HOLISTIC)
    smiling = _smiling(plain, 0.04)
    names = {"reference_id": "smiled", "gloss": "B", "signer": "", "variant": ""}
    asks = Scorer(Library([prepare_reference(smiling, embedder=embedder, **names)]), embedder)
    right, wrong = asks.judge(smiling, ["B"]), asks.judge(plain, ["B"])
    assert right.parameters["nonmanual"] > 0.9
    assert wrong.parameters["nonmanual"] < 0.5
    (finding,) = [found for found in wrong.findings if found.kind == "correction"]
    assert finding.code == "face_differs" and finding.parameter == "nonmanual" and "mouth" in finding.text
    assert right.accuracy > wrong.accuracy > (1 - FACE_SHARE) * right.accuracy


def test_a_face_that_was_not_seen_takes_nothing_from_the_mark(letter_clips: Path, embedder: HandshapeEmbedder) -> None:
    plain = letter(letter_clips, "B", HOLISTIC)
    unseen = replace(plain, landmarks=plain.landmarks.copy())
    unseen.landmarks[:, plain.layout.slice(Block.FACE)] = np.nan
    names = {"reference_id": "smiled", "gloss": "B", "signer": "", "variant": ""}
    asks = Scorer(Library([prepare_reference(_smiling(plain, 0.04), embedder=embedder, **names)]), embedder)
    neutral = Scorer(letter_library(letter_clips, "B", embedder, HOLISTIC), embedder)
    found = asks.judge(unseen, ["B"])
    assert found.parameters["nonmanual"] is None
    assert found.accuracy == neutral.judge(unseen, ["B"]).accuracy


def test_a_right_face_makes_no_wrong_sign_better() -> None:
    assert with_face(0.1, 1.0) == with_face(0.1, None) == 0.1
    assert with_face(1.0, 0.0) == pytest.approx(1 - FACE_SHARE)


def test_a_neutral_reference_asks_nothing_of_the_face(letter_clips: Path, embedder: HandshapeEmbedder) -> None:
    scorer = Scorer(letter_library(letter_clips, "B", embedder), embedder)
    assert scorer.judge(letter(letter_clips, "B"), ["B"]).parameters["nonmanual"] is None


def test_a_mirrored_face_is_compared_with_its_mirror_image() -> None:
    reference = np.zeros((10, 8), np.float32)
    reference[5:, 2] = 0.5
    attempt = np.zeros((10, 8), np.float32)
    attempt[5:, 3] = 0.5
    path = np.stack([np.arange(10), np.arange(10)], axis=1)
    same = paired_difference(attempt, reference, path, mirror=1)
    assert face_distance(*same) == 0.0
    other = paired_difference(attempt * 0, reference, path[5:], mirror=1)
    assert face_advice(*other, mirror=1)[0] == "raise the left eyebrow"
    assert paired_difference(None, reference, path, 0) is None


def test_faces_that_were_not_seen_have_no_measures() -> None:
    assert np.isnan(face_measures(np.full((4, 468, 3), np.nan, np.float32))).all()
