"""Findings about both hands, and how much a departure is allowed, by a sign of two hands made of real letters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actors.scoring.comparison import Asked, compare_signs
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.evaluation.alterations import Span, hand_delayed, palm_turned, path_copied, place_moved
from actors.scoring.evaluation.transforms import POSE_MIRROR, mirrored, noisy
from actors.scoring.findings import CORRECTION
from actors.scoring.paired import COPIED, Tolerance, pair_hand
from actors.scoring.parameters import Parameter
from actors.scoring.references import Library, prepare_reference
from actors.scoring.results import Finding
from actors.scoring.scorer import Scorer
from protocol.landmarks import Block, LandmarkClip
from server.models import GESTURE_EMBEDDER
from tests.support.scoring_material import letter, letter_library

LEFT, RIGHT = Block.LEFT_HAND, Block.RIGHT_HAND
WHOLE = Span(0, 10_000)
LEFT_ARM = [13, 15, 17, 19, 21]


@pytest.fixture(scope="module")
def embedder(models_dir: Path) -> HandshapeEmbedder:
    return HandshapeEmbedder(models_dir / GESTURE_EMBEDDER)


def two_handed(clip: LandmarkClip, apart: float = 0.0) -> LandmarkClip:
    """The left hand as the right one's mirror image about the middle of the shoulders; hands ``apart`` pictures farther
    from each other.
    """
    pose = clip.layout.slice(Block.POSE)
    shoulders = clip.block(Block.POSE)[:, (11, 12), 0].mean(axis=1)[:, None]
    landmarks = clip.landmarks.copy()
    landmarks[:, clip.layout.slice(RIGHT), 0] -= apart / 2
    right = landmarks[:, clip.layout.slice(RIGHT)].copy()
    right[..., 0] = 2 * shoulders - right[..., 0]
    landmarks[:, clip.layout.slice(LEFT)] = right
    arm = [POSE_MIRROR[point] + pose.start for point in LEFT_ARM]
    mirrored_arm = landmarks[:, arm].copy()
    mirrored_arm[..., 0] = 2 * shoulders - mirrored_arm[..., 0]
    landmarks[:, [point + pose.start for point in LEFT_ARM]] = mirrored_arm
    return replace(clip, landmarks=landmarks)


def base_handed(clip: LandmarkClip) -> LandmarkClip:
    """The left hand stays where it is in the middle of the recording."""
    clip = two_handed(clip)
    landmarks, pose = clip.landmarks.copy(), clip.layout.slice(Block.POSE)
    stays = [*range(*clip.layout.slice(LEFT).indices(len(landmarks[0]))), *(point + pose.start for point in LEFT_ARM)]
    landmarks[:, stays] = landmarks[len(landmarks) // 2, stays]
    return replace(clip, landmarks=landmarks)


def corrections(reference: LandmarkClip, attempt: LandmarkClip, embedder: HandshapeEmbedder) -> list[Finding]:
    made = prepare_reference(
        reference, reference_id="two", gloss="TWO", signer="one", variant="", embedder=embedder
    )
    findings = Scorer(Library([made]), embedder).judge(attempt, ["TWO"]).findings
    return [finding for finding in findings if finding.kind == CORRECTION]


def test_hands_that_should_move_alike_and_do_not_are_named(embedder: HandshapeEmbedder, letter_clips: Path) -> None:
    clip = two_handed(letter(letter_clips, "Z"))
    assert corrections(clip, clip, embedder) == []
    late = hand_delayed(clip, LEFT, int(clip.times_ms[-1]) // 4)
    for attempt in (late, mirrored(late)):
        found = {finding.code: finding for finding in corrections(clip, attempt, embedder)}
        assert found["hands_not_alike"].hand == "both" and found["hands_not_alike"].parameter == "movement"
        assert not {"place_off", "movement_small", "movement_large", "movement_reversed"} & set(found)


@pytest.mark.parametrize("turn", [False, True], ids=["as the reference", "left-handed"])
def test_a_base_hand_that_moves_is_named(turn: bool, embedder: HandshapeEmbedder, letter_clips: Path) -> None:
    clip = base_handed(letter(letter_clips, "Z"))
    moving = path_copied(clip, LEFT, RIGHT)
    found = {finding.code: finding for finding in corrections(clip, mirrored(moving) if turn else moving, embedder)}
    assert found["base_hand_moves"].hand == ("right" if turn else "left")
    assert "still" in found["base_hand_moves"].text and "movement_large" not in found


def test_contact_that_is_missing_is_named_though_each_hand_is_nearly_in_place(
    embedder: HandshapeEmbedder, letter_clips: Path
) -> None:
    clip = two_handed(letter(letter_clips, "B"))
    gap = float(clip.block(LEFT)[..., 0].min() - clip.block(RIGHT)[..., 0].max())
    touching = two_handed(letter(letter_clips, "B"), apart=-gap)
    apart = place_moved(place_moved(touching, LEFT, WHOLE, 0.17, 0.0), RIGHT, WHOLE, -0.17, 0.0)
    assert corrections(touching, touching, embedder) == []
    (finding,) = corrections(touching, apart, embedder)
    assert (finding.code, finding.hand, finding.unit) == ("contact_missing", "both", "shoulder widths")
    assert finding.size == pytest.approx(0.34, abs=0.06)


def test_one_handed_signs_are_asked_nothing_of_both_hands(embedder: HandshapeEmbedder, letter_clips: Path) -> None:
    clip = letter(letter_clips, "Z")
    codes = {finding.code for finding in corrections(clip, two_handed(clip), embedder)}
    assert codes == {"hand_extra"}


def test_joints_are_those_of_what_was_off(embedder: HandshapeEmbedder, letter_clips: Path) -> None:
    clip = letter(letter_clips, "B")
    (turned,) = corrections(clip, palm_turned(clip, RIGHT, WHOLE, 80), embedder)
    assert turned.joints == (0, 1, 5, 9, 13, 17) and turned.face_region is None
    scorer = Scorer(letter_library(letter_clips, "AB", embedder), embedder)
    findings = scorer.judge(letter(letter_clips, "A"), ["B"]).findings
    shape = next(finding for finding in findings if finding.code == "handshape_differs")
    assert shape.joints and set(shape.joints) <= set(range(1, 21))
    assert all(not finding.joints for finding in findings if finding.kind != CORRECTION)


def test_a_tolerance_grows_with_the_signer_s_own_style() -> None:
    allowed = Tolerance(10.0, 30.0)
    assert [allowed.at(style) for style in (0.0, 0.5, 1.0)] == [10.0, 20.0, 30.0]


def test_a_departure_must_stand_out_from_the_rest(embedder: HandshapeEmbedder, letter_clips: Path) -> None:
    """The same shift of place is a correction of a copy, and none of a signer whose hand differs all over."""
    clip = letter(letter_clips, "B")
    moved = place_moved(clip, RIGHT, WHOLE, 0.0, 0.35)
    assert [finding.code for finding in corrections(clip, moved, embedder)] == ["place_off"]
    rough = noisy(palm_turned(moved, RIGHT, WHOLE, 25), 0.1, np.random.default_rng(1))
    assert corrections(clip, rough, embedder) == []


def test_style_is_measured_on_the_other_parameters(embedder: HandshapeEmbedder, letter_clips: Path) -> None:
    references = {
        name: prepare_reference(clip, reference_id=name, gloss="B", signer=name, variant="", embedder=embedder)
        for name, clip in {
            "as it is": letter(letter_clips, "B"),
            "turned": palm_turned(letter(letter_clips, "B"), RIGHT, WHOLE, 40),
        }.items()
    }
    asked = Asked(0, "B", [(0, 0, references["turned"].sign)])
    pair = pair_hand(compare_signs([asked], Library([references["as it is"]]), None)[0], 0)
    assert pair.departs[Parameter.ORIENTATION] > 1.0 > COPIED > pair.departs[Parameter.HANDSHAPE]
    assert pair.style(Parameter.ORIENTATION) == 0.0 and pair.style(Parameter.HANDSHAPE) == 1.0
