"""Signs that differ in one parameter only are told apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.evaluation.dataset import LabelledClip
from actors.scoring.evaluation.minimal_pairs import minimal_pairs
from server import models
from tests.support.scoring_material import letter


@pytest.fixture(scope="module")
def embedder(models_dir: Path) -> HandshapeEmbedder:
    return HandshapeEmbedder(models.model_path(models_dir, models.GESTURE_EMBEDDER))


def test_letters_altered_in_one_parameter_are_other_signs(letter_clips: Path, embedder: HandshapeEmbedder) -> None:
    clips = [LabelledClip(letter(letter_clips, name), name, "starter", name, i) for i, name in enumerate("ABZ")]
    found = {row.parameter: row for row in minimal_pairs(clips, embedder)}
    assert {name: row.pairs > 0 for name, row in found.items()} == {
        "handshape": True, "orientation": True, "location": True, "movement": True,
    }
    assert all(row.told_apart == row.pairs for row in found.values()), found
