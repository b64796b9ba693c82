"""What one reference of a gloss allows is right: also of a sign's movement as a whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.evaluation.alterations import Span, hand_shape, handshape_swapped, place_moved
from actors.scoring.references import Library, Reference, prepare_reference
from actors.scoring.scorer import Scorer
from protocol.landmarks import Block, LandmarkClip
from server.models import GESTURE_EMBEDDER
from tests.support.scoring_material import letter


def test_a_movement_that_another_reference_makes_is_not_corrected(letter_clips: Path, models_dir: Path) -> None:
    """J backwards, by a J, and by a second J that goes backwards too but is farther in place and hand shape."""
    embedder = HandshapeEmbedder(models_dir / GESTURE_EMBEDDER)

    def reference(clip: LandmarkClip, gloss: str, signer: str) -> Reference:
        return prepare_reference(
            clip, reference_id=signer, gloss=gloss, signer=signer, variant="", embedder=embedder
        )

    j, b = letter(letter_clips, "J"), letter(letter_clips, "B")
    backwards = replace(j, landmarks=np.ascontiguousarray(j.landmarks[::-1]))
    whole = Span(int(j.times_ms[0]), int(j.times_ms[-1]))
    unlike = place_moved(backwards, Block.RIGHT_HAND, whole, -0.8, 0.8)
    unlike = handshape_swapped(unlike, Block.RIGHT_HAND, whole, hand_shape(b, Block.RIGHT_HAND, 8))
    references = [reference(b, "B", "other sign"), reference(j, "J", "one")]
    alone, both = (
        Scorer(Library(library), embedder).judge(backwards, ["J"])
        for library in (references, [*references, reference(unlike, "J", "two")])
    )
    assert alone.score == both.score and not both.success
    codes = [{finding.code for finding in judgement.findings} for judgement in (alone, both)]
    assert "movement_differs" in codes[0] and "movement_differs" not in codes[1]
