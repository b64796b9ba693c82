"""Other weighings: as shipped they are the scorer's own; weights are chosen without the source they are tried on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actors.scoring.compare import distances
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.evaluation.ablation import Source, Worth, choose, held_out, measure_source, worth
from actors.scoring.evaluation.dataset import LabelledClip, read_dataset
from actors.scoring.evaluation.libraries import References, TypicalOfOthers
from actors.scoring.evaluation.weighing import (
    KNOBS,
    SHIPPED,
    Weighing,
    distances_by_block,
    equal_weighing,
    fisher_times,
    single_changes,
    weighed_distances,
)
from actors.scoring.parameters import BLOCKS
from actors.scoring.references import Library
from server import models

FEW = 4


@pytest.fixture(scope="module")
def words(shared_data: Path, models_dir: Path) -> Source:
    """One recording of each of four words by each signer."""
    embedder = HandshapeEmbedder(models.model_path(models_dir, models.GESTURE_EMBEDDER))
    first: dict[tuple[str, str], LabelledClip] = {}
    for clip in read_dataset(shared_data / "ksl_words.npz"):
        first.setdefault((clip.label, clip.signer), clip)
    labels = sorted({label for label, _ in first})[:FEW]
    found = measure_source("words", [clip for (label, _), clip in first.items() if label in labels], embedder, True)
    assert found is not None and len(found.attempts) == 4 * FEW
    return found


def test_shipped_weights_give_the_scorers_own_distances(words: Source) -> None:
    packed = Library(words.references.references).packed
    times = np.ones((len(BLOCKS), len(packed)), np.float32)
    for attempt, _, _ in words.attempts[:3]:
        weighed = weighed_distances(attempt.sign, packed, times)
        np.testing.assert_allclose(weighed, distances(attempt.sign, packed), 1e-5)
        np.testing.assert_allclose(SHIPPED.reweighed(attempt.sign).values, attempt.sign.values, 1e-6)


def test_blocks_together_weigh_what_they_did_and_shares_keep_their_length() -> None:
    shipped = np.array([block.weight for block in BLOCKS])
    for weighing in (SHIPPED, equal_weighing(), *single_changes()):
        assert weighing.block_times @ shipped == pytest.approx(shipped.sum(), rel=1e-5)
    doubled = SHIPPED.with_knob("palm", 2.0)
    assert doubled.block_times[2] / doubled.block_times[0] == pytest.approx(2.0)
    equal = equal_weighing().block_times * shipped
    np.testing.assert_allclose(equal, equal[0], rtol=1e-5)
    without = SHIPPED.with_knob("embedding", 0.0).number_factors
    assert (without == 0).sum() == 128 and without.max() > 1.0


def test_what_tells_nothing_fares_worse(words: Source) -> None:
    shipped, palm_alone = worth(SHIPPED, words), SHIPPED
    for block in BLOCKS:
        palm_alone = palm_alone if block.name == "palm" else palm_alone.with_knob(block.name, 0.0)
    assert shipped.closed > 0.95 and shipped.top1 > 0.8
    assert worth(palm_alone, words).mean < shipped.mean - 0.05
    assert worth(replace(SHIPPED, by_sign=1.0), words).closed > 0.9
    assert worth(replace(SHIPPED, spread=0.5), words).closed > 0.9


def test_a_block_that_tells_a_sign_weighs_more_for_it(words: Source) -> None:
    references = words.references.references
    far = np.full((len(BLOCKS), len(references), len(references)), 0.5, np.float32)
    glosses = np.array([each.gloss for each in references])
    far[1] = np.where(glosses[:, None] == glosses, 0.1, 0.9)
    times = fisher_times(far, references, 1.0)
    assert (times[1] > 1.0).all() and (np.delete(times, 1, axis=0) < 1.0).all()
    alone = [replace(each, signer="one") for each in references]
    assert (fisher_times(far, alone, 1.0) == 1.0).all()
    measured = distances_by_block(references[:2])
    assert measured.shape == (len(BLOCKS), 2, 2) and np.diagonal(measured, axis1=1, axis2=2).max() < 0.05


def _source(name: str, recorder: str, chooses: bool = True) -> Source:
    return Source(name, frozenset({recorder}), (), References((), (), 0), TypicalOfOthers(()), chooses)


def test_weights_are_chosen_by_other_recorders_alone() -> None:
    asked: list[str] = []

    def judge(weighing: Weighing, source: Source) -> Worth:
        """The palm is all that counts, and a source says when it is looked at."""
        asked.append(source.name)
        share = float(weighing.block_times[KNOBS.index("palm")])
        return Worth(share, share, share)

    sources = [_source("a", "x"), _source("b", "y"), _source("b, with noise", "y", chooses=False)]
    chosen = choose(sources[:1], judge)
    assert set(asked) == {"a"} and chosen.block_times[KNOBS.index("palm")] > SHIPPED.block_times[KNOBS.index("palm")]
    rows = held_out(sources, judge)
    assert [row.name for row in rows] == ["a", "b", "b, with noise"]
    assert all(row.chosen.mean > max(row.shipped.mean, row.equal.mean) for row in rows)
    asked.clear()
    held_out(sources[1:], judge)
    assert set(asked) == {"b", "b, with noise"} and len(asked) == 2 * 3
