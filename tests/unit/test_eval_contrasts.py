"""What one parameter alone tells of two signs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.evaluation.alterations import Span, palm_turned, place_moved
from actors.scoring.evaluation.contrasts import PARAMETERS, Contrast, contrasts
from actors.scoring.evaluation.dataset import LabelledClip
from actors.scoring.evaluation.transforms import rerecorded
from actors.scoring.parameters import Parameter
from protocol.landmarks import Block
from server import models
from tests.support.scoring_material import letter


@pytest.fixture(scope="module")
def embedder(models_dir: Path) -> HandshapeEmbedder:
    return HandshapeEmbedder(models.model_path(models_dir, models.GESTURE_EMBEDDER))


def test_the_parameter_in_which_two_signs_differ_is_found(letter_clips: Path, embedder: HandshapeEmbedder) -> None:
    """Three people sign one letter as it is, and lower, with another name."""
    rng, clip = np.random.default_rng(4), letter(letter_clips, "B")
    whole = Span(int(clip.times_ms[0]), int(clip.times_ms[-1]))
    moved = place_moved(clip, Block.RIGHT_HAND, whole, -0.6, 0.6)
    clips = [
        LabelledClip(rerecorded(each, rng), label, signer, "made", index)
        for index, (label, each, signer) in enumerate(
            (label, each, signer) for label, each in (("B", clip), ("LOW-B", moved)) for signer in "xyz"
        )
    ]
    (found,) = contrasts(clips, embedder)
    assert (found.a, found.b) == ("B", "LOW-B") and found.whole == 1.0
    assert found.by_parameter[PARAMETERS.index(Parameter.LOCATION)] == 1.0
    assert found.ranked[0] == (1.0, Parameter.LOCATION)
    turned = palm_turned(clip, Block.RIGHT_HAND, whole, 90.0)
    clips = [replace(each, clip=rerecorded(turned, rng)) if each.label != "B" else each for each in clips]
    (found,) = contrasts(clips, embedder)
    assert found.by_parameter[PARAMETERS.index(Parameter.ORIENTATION)] == 1.0
    assert contrasts([replace(each, signer="x") for each in clips], embedder) == []


@pytest.mark.parametrize(
    ("areas", "parameter"),
    [
        ((0.95, 0.5, 0.7, 0.6), Parameter.HANDSHAPE),
        ((0.6, 0.95, None, None), Parameter.ORIENTATION),
        ((0.95, 0.5, 0.8, 0.6), None),
        ((0.85, 0.5, 0.5, 0.6), None),
    ],
)
def test_signs_differ_in_one_parameter_if_it_alone_tells_them_apart(
    areas: tuple[float | None, ...], parameter: Parameter | None
) -> None:
    assert Contrast("A", "B", 0.99, areas).parameter is parameter
