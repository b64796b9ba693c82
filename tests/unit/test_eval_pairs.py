"""Pairs are scored as the judge scores, and only across signers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import actors.scoring.evaluation.pairs as pairs_module
from actors.scoring.calibrate import calibration
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.evaluation.dataset import LabelledClip, read_dataset
from actors.scoring.evaluation.figures import Timing, figures
from actors.scoring.evaluation.libraries import prepare_references
from actors.scoring.evaluation.material import Material, choose_material
from actors.scoring.evaluation.metrics import gloss_scores, nearest_gloss
from actors.scoring.evaluation.pairs import (
    PairScorer,
    measure_scores,
    prepare_attempt,
    score_nearest,
    score_pairs,
)
from actors.scoring.references import Library
from actors.scoring.scorer import Scorer
from protocol.landmarks import HANDS_POSE, LandmarkClip, VideoFormat
from server import models

FEW_LABELS = {*"01234", "HELLO", "NO", "PLEASE", "YES"}


@pytest.fixture(scope="module")
def embedder(models_dir: Path) -> HandshapeEmbedder:
    return HandshapeEmbedder(models.model_path(models_dir, models.GESTURE_EMBEDDER))


def _some(clips: list[LabelledClip], labels: int, signers: int, each: int) -> list[LabelledClip]:
    """``each`` clips of some labels by some signers."""
    chosen: dict[tuple[str, str], list[LabelledClip]] = {}
    for clip in clips:
        chosen.setdefault((clip.label, clip.signer), []).append(clip)
    some_labels = sorted({label for label, _ in chosen})[:labels]
    some_signers = sorted({signer for _, signer in chosen})[:signers]
    return [clip for label in some_labels for signer in some_signers for clip in chosen.get((label, signer), [])[:each]]


@pytest.mark.parametrize("name", ["ksl_words.npz", "asl_letters_static.npz"])
def test_a_pair_scores_as_the_judge_scores_it(shared_data: Path, embedder: HandshapeEmbedder, name: str) -> None:
    """With one reference of each gloss by another signer, both see the same library."""
    clips = read_dataset(shared_data / name)
    mine = [clip for clip in clips if clip.signer == clips[0].signer]
    theirs = [clip for clip in clips if clip.signer != clips[0].signer]
    references = _some(theirs, labels=7, signers=1, each=1)
    shared = {clip.label for clip in references}
    attempts = _some([clip for clip in mine if clip.label in shared], labels=7, signers=1, each=1)
    made = prepare_references(references, embedder).references
    pairs, scorer = PairScorer(made, calibration()), Scorer(Library(made), embedder)
    for attempt in attempts:
        closed, open_ = pairs.scores(prepare_attempt(attempt, embedder), attempt.label, attempt.signer)
        without = Scorer(Library([each for each in made if each.gloss != attempt.label]), embedder)
        for reference, in_library, not_in_library in zip(made, closed, open_, strict=True):
            judged = scorer.judge(attempt.clip, [reference.gloss]).score
            assert in_library == pytest.approx(judged, abs=5e-4)
            if reference.gloss != attempt.label:
                judged = without.judge(attempt.clip, [reference.gloss]).score
            assert not_in_library == pytest.approx(judged, abs=5e-4)


def test_no_pair_is_of_one_signer_and_signs_are_told_apart(shared_data: Path, embedder: HandshapeEmbedder) -> None:
    clips = _some(read_dataset(shared_data / "ksl_words.npz"), labels=5, signers=3, each=2)
    measured, _ = measure_scores(clips, None, embedder)
    signers = np.array([clip.signer for clip in clips])
    np.testing.assert_array_equal(np.isnan(measured.pairs.closed), signers[:, None] == signers[None])
    found = figures(measured)
    assert found.pairs == measured.material.pairs and found.attempts == len(clips)
    assert found.pair_auc > 0.95 and found.pair_auc_open > 0.9 and found.top1 > 0.9
    assert np.median(found.same) > 0.7 > 0.4 > np.median(found.different)


def test_an_attempt_without_hands_has_no_mark_and_no_reference(shared_data: Path, embedder: HandshapeEmbedder) -> None:
    clips = _some(read_dataset(shared_data / "ksl_words.npz"), labels=2, signers=2, each=1)
    nothing = np.full((29, HANDS_POSE.points, 3), np.nan, np.float32)
    empty = LandmarkClip(nothing, np.arange(29) * 33, HANDS_POSE, VideoFormat(640, 480))
    blank = LabelledClip(empty, clips[0].label, "somebody", "", len(clips))
    no_frames = LandmarkClip(nothing[:0], np.arange(0), HANDS_POSE, VideoFormat(640, 480))
    short = LabelledClip(no_frames, clips[0].label, "somebody", "", len(clips) + 1)
    measured, made = measure_scores([*clips, blank, short], None, embedder)
    scores = measured.pairs
    assert made.refused == measured.refused == 2 and scores.not_judged == 2
    assert np.isnan(scores.closed[:, -2:]).all() and np.isnan(scores.closed[-2:]).all()
    assert figures(measured).attempts == len(clips)


@pytest.mark.parametrize(("name", "each"), [("asl_digits_static.npz", 1), ("asl_words.npz", 1)])
def test_the_nearest_references_decide_as_all_of_them_do(
    shared_data: Path, embedder: HandshapeEmbedder, name: str, each: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where tempo and movement, which count last, change which references are the best."""
    monkeypatch.setattr(pairs_module, "SCORED_AT_ONCE", 2)
    signed = [clip for clip in read_dataset(shared_data / name) if clip.label in FEW_LABELS]
    clips = _some(signed, labels=4, signers=12, each=each)
    material = choose_material(clips)
    made = prepare_references(material.references, embedder)
    every, nearest = (score(material, made, embedder).closed for score in (score_pairs, score_nearest))
    scored = np.isfinite(nearest)
    assert scored.sum() < np.isfinite(every).sum() / 2
    np.testing.assert_array_equal(nearest[scored], every[scored])
    names = sorted({clip.label for clip in clips})
    glosses = np.array([names.index(clip.label) for clip in material.references])
    found, truth = (nearest_gloss(gloss_scores(scores, glosses, len(names))) for scores in (nearest, every))
    np.testing.assert_array_equal(found, truth)


def test_a_sample_and_the_nearest_stay_within_the_bound_together(
    shared_data: Path, embedder: HandshapeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs_module, "MAX_PAIRS", 2_000)
    clips = _some(read_dataset(shared_data / "asl_digits_static.npz"), labels=4, signers=16, each=1)
    measured, _ = measure_scores(clips, None, embedder)
    counted = [int(np.isfinite(scores.closed).sum()) for scores in (measured.pairs, measured.nearest)]
    assert 1_800 < sum(counted) <= 2_000 and 3 * len(clips) <= counted[1] <= 1_000
    found = figures(measured)
    assert (found.attempts, found.pairs) == (len(clips), counted[0])
    assert found.top1 > 0.95 and sum(row.attempts for row in found.table) == len(clips)


def test_a_single_signer_gives_no_figures(embedder: HandshapeEmbedder) -> None:
    measured, _ = measure_scores([], None, embedder)
    found = figures(measured)
    document = found.as_json("words.npz", 3, 2, 1, Timing(None, None))
    assert measured.material == Material((), (), (), False)
    assert document == {
        "file": "words.npz", "n": 3, "labels": 2, "signers": 1, "pair_auc": None, "pair_auc_open": None, "top1": None,
        "eer": None, "hard_pairs": [], "ms_per_attempt": None, "us_per_frame": None,
    }
