"""Known changes of real recordings, judged: what must not matter does not, and what is wrong is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actors.scoring.calibrate import calibration
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.evaluation.alterations import Span
from actors.scoring.evaluation.dataset import LabelledClip, read_dataset
from actors.scoring.evaluation.fault_cases import FaultCase, donor_shapes, fault_cases
from actors.scoring.evaluation.faults import fault_table, is_true
from actors.scoring.evaluation.fit import fit_calibration, leave_one_out, pair_scores, sample_pairs
from actors.scoring.evaluation.invariance import MOST_CHANGE, TRANSFORMS, invariance_table
from actors.scoring.evaluation.libraries import prepare_references
from actors.scoring.evaluation.material import choose_material, in_turn
from actors.scoring.evaluation.pairs import PairScorer, prepare_attempt
from actors.scoring.results import Finding, Judgement, SignJudgement
from server import models


@pytest.fixture(scope="module")
def embedder(models_dir: Path) -> HandshapeEmbedder:
    return HandshapeEmbedder(models.model_path(models_dir, models.GESTURE_EMBEDDER))


@pytest.fixture(scope="module")
def some_words(shared_data: Path) -> list[LabelledClip]:
    """One recording of each word by each signer."""
    return in_turn(read_dataset(shared_data / "ksl_words.npz"))[:52]


@pytest.mark.slow
def test_what_must_not_matter_does_not(some_words: list[LabelledClip], embedder: HandshapeEmbedder) -> None:
    rows = invariance_table(some_words[:4], prepare_references(some_words, embedder), embedder)
    assert [row.transform for row in rows] == [name for name, _ in TRANSFORMS]
    assert all(row.attempts == 4 and row.not_judged == 0 and row.mean_change <= MOST_CHANGE for row in rows)


def test_an_attempt_nobody_else_signs_or_that_shows_nothing_has_no_part(
    some_words: list[LabelledClip], embedder: HandshapeEmbedder
) -> None:
    stranger = replace(some_words[0], label="UNHEARD-OF")
    blank = replace(some_words[0].clip, landmarks=np.full_like(some_words[0].clip.landmarks, np.nan))
    nothing = replace(some_words[0], clip=blank)
    rows = invariance_table([stranger, nothing], prepare_references(some_words, embedder), embedder)
    assert {(row.attempts, row.mean_change, row.holds) for row in rows} == {(0, None, False)}


@pytest.mark.slow
def test_large_alterations_are_named(some_words: list[LabelledClip], embedder: HandshapeEmbedder) -> None:
    clips = some_words[:6]
    table = fault_table(clips, prepare_references(some_words, embedder), embedder)
    kinds = {row.kind.split()[0] for row in table.rows}
    assert kinds >= {"handshape", "palm", "place", "movement", "hold"}
    assert table.unchanged == table.by_others.unchanged == len(clips)
    assert table.named >= 0.9 and table.clean >= 0.8
    assert table.by_others.clean >= 0.8 and table.by_others.named is None
    gross = {row.size: row.named for row in table.by_others.rows if row.kind == "place moved throughout"}
    assert gross["1.00 widths"] >= 0.8 and gross["1.00 widths"] >= gross["0.50 widths"]
    smallest = [row for row in table.rows if row.kind == "palm turned throughout" and row.size == "30°"]
    assert not smallest[0].above_threshold


def test_every_case_says_what_it_changed(some_words: list[LabelledClip], embedder: HandshapeEmbedder) -> None:
    clip = some_words[0].clip
    donors = [shape for label, shape in donor_shapes(some_words) if label != some_words[0].label]
    cases = list(fault_cases(clip, donors, embedder, np.random.default_rng(0)))
    assert {case.parameter for case in cases} == {"handshape", "orientation", "location", "movement"}
    for case in cases:
        outside = (clip.times_ms < case.span.start_ms) | (clip.times_ms > case.span.end_ms)
        if case.hand is not None:
            np.testing.assert_allclose(case.clip.landmarks[outside], clip.landmarks[outside], atol=1e-6)
        assert len(case.clip.times_ms) != len(clip.times_ms) or not np.array_equal(
            case.clip.landmarks, clip.landmarks, equal_nan=True
        )


def _finding(parameter: str, hand: str, start_ms: int, end_ms: int) -> Finding:
    return Finding("", "correction", parameter, hand, 0, "A", start_ms, end_ms, None, None, "major", "")


@pytest.mark.parametrize(
    ("finding", "true"),
    [
        (_finding("orientation", "left", 500, 1000), True),
        (_finding("orientation", "left", 700, 1000), True),
        (_finding("orientation", "left", 800, 1000), False),
        (_finding("orientation", "left", 200, 1500), False),
        (_finding("orientation", "right", 500, 1000), False),
        (_finding("location", "left", 500, 1000), False),
    ],
)
def test_a_finding_is_true_if_parameter_hand_and_time_are(
    some_words: list[LabelledClip], finding: Finding, true: bool
) -> None:
    """The alteration lasts from 300 to 1000 ms, of which the judged sign has the part from 500 on."""
    case = FaultCase("", "", True, "orientation", "left", Span(300, 1000), some_words[0].clip)
    sign = SignJudgement(0, "A", "", 500, 1500, 0, 0, 1.0, 1.0, "left", {})
    judgement = Judgement(True, 1.0, 1.0, 1.0, 1.0, True, {}, (sign,), (), "", "")
    assert is_true(finding, case, judgement) is true


@pytest.mark.slow
def test_a_calibration_is_repeatable_and_transfers(shared_data: Path, embedder: HandshapeEmbedder) -> None:
    samples = []
    for name in ("ksl_words.npz", "asl_digits_static.npz"):
        clips = in_turn(choose_material(read_dataset(shared_data / name)).attempts)[:30]
        samples.append(sample_pairs(name, clips, embedder))
    fitted = fit_calibration(samples, {"made": "in a test"})
    assert fitted == fit_calibration(samples, {"made": "in a test"})
    assert fitted.provenance == {"made": "in a test"}
    assert fitted.overall.width > 0 and {"handshape", "orientation"} <= fitted.parameters.keys()
    for transfer in leave_one_out(samples):
        assert transfer.pair_auc > 0.9
        assert transfer.accuracies[0] > 0.6 > 0.4 > transfer.accuracies[1]
        assert transfer.scores[0] > 0.7 > 0.3 > transfer.scores[1]
        assert transfer.successes[0] > 0.7 > 0.1 > transfer.successes[1]


@pytest.mark.slow
def test_scores_by_another_calibration_are_those_of_the_pair_scorer(
    some_words: list[LabelledClip], embedder: HandshapeEmbedder
) -> None:
    clips = some_words[:16]
    sample = sample_pairs("words", clips, embedder)
    references = prepare_references(choose_material(clips).references, embedder).references
    scorer = PairScorer(references, calibration())
    every = [
        scores[np.isfinite(scores)]
        for clip in choose_material(clips).attempts
        for scores, _ in [scorer.scores(prepare_attempt(clip, embedder), clip.label, clip.signer)]
    ]
    np.testing.assert_allclose(pair_scores(sample, calibration()), np.concatenate(every)[sample.scored], atol=5e-4)


def test_a_file_of_one_signer_cannot_be_fitted_to(some_words: list[LabelledClip], embedder: HandshapeEmbedder) -> None:
    alone = [replace(clip, signer="one") for clip in some_words[:6]]
    assert sample_pairs("alone", alone, embedder) is None
