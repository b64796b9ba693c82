"""Findings: one parameter of one hand of a real letter is changed, and nothing else may be named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.evaluation.alterations import (
    Span,
    hand_shape,
    handshape_swapped,
    hold_inserted,
    movement_scaled,
    palm_turned,
    place_moved,
)
from actors.scoring.evaluation.transforms import mirrored
from actors.scoring.findings import CANNOT_JUDGE, CODES, CORRECTION, make_finding
from actors.scoring.handshape import describe_shape, finger_bends
from actors.scoring.parameters import Parameter
from actors.scoring.references import Library, prepare_reference
from actors.scoring.results import Finding
from actors.scoring.scorer import Scorer
from protocol.landmarks import Block
from server.models import GESTURE_EMBEDDER
from tests.support.scoring_material import joined, letter, letter_library

RIGHT = Block.RIGHT_HAND


@pytest.fixture(scope="module")
def scorer(models_dir: Path, letter_clips: Path) -> Scorer:
    embedder = HandshapeEmbedder(models_dir / GESTURE_EMBEDDER)
    return Scorer(letter_library(letter_clips, "ABCDGJLPVYZ", embedder), embedder)


def _only_correction(scorer: Scorer, clip, gloss: str) -> Finding:
    (finding,) = [found for found in scorer.judge(clip, [gloss]).findings if found.kind == CORRECTION]
    return finding


@pytest.mark.parametrize("gloss", ["B", "L", "V"])
def test_an_unchanged_letter_gets_praise_alone(gloss: str, scorer: Scorer, letter_clips: Path) -> None:
    kinds = {finding.kind for finding in scorer.judge(letter(letter_clips, gloss), [gloss]).findings}
    assert kinds == {"praise"}


def test_praise_is_placed_where_its_sign_was_signed(scorer: Scorer, letter_clips: Path) -> None:
    judgement = scorer.judge(joined([letter(letter_clips, gloss) for gloss in "BLV"], transition_ms=500), list("BLV"))
    praised = [finding for finding in judgement.findings if finding.kind == "praise"]
    assert {finding.sign_index for finding in praised} == {0, 1, 2}
    for finding in praised:
        sign = judgement.signs[finding.sign_index]
        assert (finding.gloss, finding.start_ms, finding.end_ms) == (sign.gloss, sign.start_ms, sign.end_ms)
    ends = [(sign.start_ms, sign.end_ms) for sign in judgement.signs]
    assert all(end < start for (_, end), (start, _) in zip(ends, ends[1:], strict=False)), "one after the other"


@pytest.mark.parametrize("degrees", [-80, 80])
def test_a_turned_palm_is_named_with_its_angle(degrees: float, scorer: Scorer, letter_clips: Path) -> None:
    clip = letter(letter_clips, "B")
    finding = _only_correction(scorer, palm_turned(clip, RIGHT, Span(0, 10_000), degrees), "B")
    assert (finding.code, finding.hand, finding.unit) == ("palm_turned", "right", "degrees")
    assert finding.size == pytest.approx(80, abs=8)


@pytest.mark.parametrize(
    ("right", "down", "advice"),
    [(0, 0.6, "higher"), (0, -0.6, "lower"), (0.6, 0, "to your right"), (-0.6, 0, "to your left")],
)
def test_a_moved_place_is_named_with_the_way_back(
    right: float, down: float, advice: str, scorer: Scorer, letter_clips: Path
) -> None:
    clip = letter(letter_clips, "V")
    finding = _only_correction(scorer, place_moved(clip, RIGHT, Span(0, 10_000), right, down), "V")
    assert (finding.code, finding.hand, finding.unit) == ("place_off", "right", "shoulder widths")
    assert finding.size == pytest.approx(0.6, abs=0.05)
    assert advice in finding.text


def test_advice_to_a_left_handed_learner_is_mirrored(scorer: Scorer, letter_clips: Path) -> None:
    clip = mirrored(place_moved(letter(letter_clips, "V"), RIGHT, Span(0, 10_000), 0.6, 0))
    finding = _only_correction(scorer, clip, "V")
    assert finding.hand == "left" and "to your left" in finding.text


def test_a_swapped_handshape_is_named_where_it_was_swapped(scorer: Scorer, letter_clips: Path) -> None:
    clip = letter(letter_clips, "B")
    donor = hand_shape(letter(letter_clips, "A"), RIGHT, 12)
    end_ms = int(clip.times_ms[-1])
    finding = _only_correction(scorer, handshape_swapped(clip, RIGHT, Span(end_ms // 2, end_ms), donor), "B")
    assert (finding.code, finding.hand) == ("handshape_differs", "right")
    assert abs(finding.start_ms - end_ms // 2) <= 120 and abs(finding.end_ms - end_ms) <= 120
    assert "straighten" in finding.text


def test_a_mirrored_and_a_small_movement_are_named(scorer: Scorer, letter_clips: Path) -> None:
    clip = letter(letter_clips, "Z")
    whole = Span(0, 10_000)
    assert _only_correction(scorer, movement_scaled(clip, RIGHT, whole, (-1.0, 1.0)), "Z").code == "movement_reversed"
    small = _only_correction(scorer, movement_scaled(clip, RIGHT, whole, (0.3, 0.3)), "Z")
    assert small.code == "movement_small" and small.size == pytest.approx(0.3, abs=0.1)


def test_a_stop_in_a_movement_is_named_with_its_length(scorer: Scorer, letter_clips: Path) -> None:
    clip = letter(letter_clips, "Z")
    held = hold_inserted(clip, int(clip.times_ms[len(clip.times_ms) // 2]), 1000)
    plain, judgement = scorer.judge(clip, ["Z"]), scorer.judge(held, ["Z"])
    (finding,) = [found for found in judgement.findings if found.code == "hold_inserted"]
    assert finding.unit == "ms" and finding.size == pytest.approx(1000, abs=200)
    assert judgement.fluency < plain.fluency - 0.2


def test_advice_names_the_fingers(letter_clips: Path) -> None:
    flat, fist = (hand_shape(letter(letter_clips, gloss), RIGHT, 12)[None] for gloss in "BA")
    assert (finger_bends(fist)[0, 1:] > 100).all() and (finger_bends(flat)[0, 1:] < 60).all()
    advice, degrees, joints = describe_shape(fist, flat)
    assert advice.count("straighten") == 2 and degrees > 60
    assert len(joints) == 8 and set(joints) <= set(range(5, 21)), "two fingers, and the thumb is none of them"
    assert "bend" in describe_shape(flat, fist)[0]


def test_every_code_has_a_text_that_fits_its_kind() -> None:
    for code, row in CODES.items():
        finding = make_finding(code, 0.4, 99.6, hand="both", gloss="A", size=0.5, what="this")
        assert (finding.start_ms, finding.end_ms) == (0, 100)
        assert (finding.severity == "none") == (row.kind != CORRECTION)
        assert row.parameter is None or row.parameter in {parameter.value for parameter in Parameter}
        assert len(finding.text) > 15 and "{" not in finding.text
    assert {row.kind for row in CODES.values()} == {CORRECTION, "praise", CANNOT_JUDGE}


def test_size_decides_how_grave_a_finding_is() -> None:
    assert make_finding("palm_turned", 0, 1, hand="left", size=50.0, what="up").severity == "minor"
    assert make_finding("palm_turned", 0, 1, hand="left", size=100.0, what="up").severity == "major"


def test_embedding_and_bends_agree_on_unlike_hands(letter_clips: Path, models_dir: Path) -> None:
    embedder = HandshapeEmbedder(models_dir / GESTURE_EMBEDDER)
    hands = np.stack([hand_shape(letter(letter_clips, gloss), RIGHT, 12) for gloss in "BAS"])
    vectors = embedder.embed(hands)
    assert np.linalg.norm(vectors[1] - vectors[2]) < np.linalg.norm(vectors[1] - vectors[0])


def test_what_another_reference_allows_is_not_corrected(models_dir: Path, letter_clips: Path) -> None:
    embedder = HandshapeEmbedder(models_dir / GESTURE_EMBEDDER)
    clip, whole = letter(letter_clips, "B"), Span(0, 10_000)
    moved = place_moved(clip, RIGHT, whole, 0.6, 0)
    donor = hand_shape(letter(letter_clips, "A"), RIGHT, 12)
    variants = {"plain": clip, "elsewhere": handshape_swapped(moved, RIGHT, whole, donor)}
    library = Library(
        [
            prepare_reference(of, reference_id=name, gloss="B", signer=name, variant=name, embedder=embedder)
            for name, of in variants.items()
        ]
    )
    scorer = Scorer(library, embedder)
    assert not [found for found in scorer.judge(moved, ["B"]).findings if found.kind == CORRECTION]
    turned = palm_turned(clip, RIGHT, whole, 90)
    assert _only_correction(scorer, turned, "B").code == "palm_turned"


@pytest.mark.parametrize("change", ["place", "palm"])
def test_a_correction_stands_beside_a_mark_that_shows_it(change: str, scorer: Scorer, letter_clips: Path) -> None:
    """A quarter of the sign is off: little of the mean, but the learner is told to change it."""
    clip = letter(letter_clips, "B")
    start, end = int(clip.times_ms[0]), int(clip.times_ms[-1])
    span = Span(start + (end - start) * 3 // 8, end - (end - start) * 3 // 8)
    wrong = place_moved(clip, RIGHT, span, 0.0, 0.45) if change == "place" else palm_turned(clip, RIGHT, span, 75.0)
    judgement = scorer.judge(wrong, ["B"])
    corrected = [finding for finding in judgement.findings if finding.kind == CORRECTION]
    assert corrected
    for finding in corrected:
        highest = {"minor": 0.75, "major": 0.5}[finding.severity]
        assert judgement.parameters[finding.parameter] <= highest
        assert judgement.signs[0].parameters[finding.parameter] <= highest


@pytest.mark.parametrize(
    ("places", "named"), [([0.0], False), ([0.0, 0.02, -0.02], True), ([0.0, 0.6, -0.6], False)], ids=str
)
def test_a_place_is_held_to_what_several_signers_agree_on(
    places: list[float], named: bool, letter_clips: Path, models_dir: Path
) -> None:
    """Somebody who turns the palm a little differs as people do: a place that is off then tells by one signer's
    reference no more than by those of signers who differ in it themselves, and by those who agree it does.
    """
    clip, embedder = letter(letter_clips, "B"), HandshapeEmbedder(models_dir / GESTURE_EMBEDDER)
    whole = Span(int(clip.times_ms[0]), int(clip.times_ms[-1]))
    library = Library(
        [
            prepare_reference(
                place_moved(clip, RIGHT, whole, across, 0.0),
                reference_id=f"{number}",
                gloss="B",
                signer=f"signer {number}",
                variant="",
                embedder=embedder,
            )
            for number, across in enumerate(places)
        ]
    )
    attempt = palm_turned(place_moved(clip, RIGHT, whole, 0.0, 0.4), RIGHT, whole, 25.0)
    judgement = Scorer(library, embedder).judge(attempt, ["B"])
    assert ("place_off" in [finding.code for finding in judgement.findings]) is named
