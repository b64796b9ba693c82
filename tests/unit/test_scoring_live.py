"""Provisional marks: the measurements and costs that they come from, and what they say while a learner signs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from actors.scoring.calibrate import calibration
from actors.scoring.canonical import BodyFrame, canonicalise, find_body, slot_wrists, square_blocks
from actors.scoring.compare import FARTHEST, LEAST_EVIDENCE, MISS_SHARE, term
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.evaluation.dataset import read_sequences
from actors.scoring.evaluation.libraries import as_reference
from actors.scoring.evaluation.metrics import auc
from actors.scoring.evaluation.transforms import mirrored, rolled
from actors.scoring.live import STATES_A_SIGN, LiveMarks, SentenceStates
from actors.scoring.moment import AMOUNTS, LIVE_BLOCKS, Moment, PictureReader
from actors.scoring.parameters import WRIST_PLACE, Features, measure
from actors.scoring.references import Library
from actors.scoring.results import ProvisionalMarks
from actors.scoring.scorer import Scorer
from protocol.codec import to_float, to_points
from protocol.landmarks import HANDS, HANDS_POSE, HOLISTIC, Block, LandmarkClip, Layout
from server.models import GESTURE_EMBEDDER
from tests.support.scoring_material import joined, letter, letter_library


@pytest.fixture(scope="module")
def embedder(models_dir: Path) -> HandshapeEmbedder:
    return HandshapeEmbedder(models_dir / GESTURE_EMBEDDER)


@pytest.fixture(scope="module")
def library(embedder: HandshapeEmbedder, letter_clips: Path) -> Library:
    return letter_library(letter_clips, "ABCLOSV", embedder)


@pytest.fixture(scope="module")
def scorer(library: Library, embedder: HandshapeEmbedder) -> Scorer:
    return Scorer(library, embedder)


def _seen_in_a_mirror(clip: LandmarkClip) -> LandmarkClip:
    """The same signing, its picture flipped as a selfie view is."""
    landmarks = clip.landmarks.copy()
    landmarks[..., 0] = 1 - landmarks[..., 0]
    return replace(clip, landmarks=landmarks, video=replace(clip.video, mirrored=True))


def _misnamed(clip: LandmarkClip) -> LandmarkClip:
    """The hands under each other's name."""
    landmarks = clip.landmarks.copy()
    right, left = clip.layout.slice(Block.RIGHT_HAND), clip.layout.slice(Block.LEFT_HAND)
    landmarks[:, right], landmarks[:, left] = clip.landmarks[:, left], clip.landmarks[:, right]
    return replace(clip, landmarks=landmarks)


def _flat(clip: LandmarkClip) -> LandmarkClip:
    """Recorded without depth."""
    landmarks = clip.landmarks.copy()
    landmarks[..., 2] = np.nan
    return replace(clip, landmarks=landmarks)


def _two_hands(clip: LandmarkClip) -> LandmarkClip:
    other = mirrored(clip).landmarks
    return replace(clip, landmarks=np.where(np.isnan(clip.landmarks), other, clip.landmarks))


def _measured(features: Features, moment: int) -> np.ndarray:
    """What is measured of live marks' blocks at a moment of a clip ``(2, LIVE_NUMBERS)``."""
    measurements = [each for block in LIVE_BLOCKS for each in block.measurements]
    return np.concatenate([features.of(each)[:, moment] for each in measurements], axis=1)


@pytest.mark.parametrize("layout", [HANDS, HANDS_POSE, HOLISTIC], ids=lambda layout: layout.name)
@pytest.mark.parametrize("change", [lambda clip: clip, _seen_in_a_mirror, _flat, lambda clip: rolled(clip, 12.0)])
def test_a_picture_is_measured_as_a_clip_of_one_frame_is(
    layout: Layout, change, letter_clips: Path, embedder: HandshapeEmbedder
) -> None:
    _check_against_measure(change(letter(letter_clips, "J", layout)), embedder)


@pytest.mark.parametrize("change", [_two_hands, _misnamed])
def test_hands_are_told_apart_as_in_a_clip(change, letter_clips: Path, embedder: HandshapeEmbedder) -> None:
    _check_against_measure(change(letter(letter_clips, "J")), embedder)


def _check_against_measure(clip: LandmarkClip, embedder: HandshapeEmbedder) -> None:
    points = to_points(clip.landmarks, clip.layout)
    reader = PictureReader(clip.layout, clip.video)
    hands_seen = 0
    for frame in range(0, len(points), 7):
        picture = points[frame : frame + 1]
        reader.look(picture)
        moment = reader.moment(points[frame])
        alone = LandmarkClip(to_float(picture, clip.layout), np.zeros(1, int), clip.layout, clip.video)
        features = measure(canonicalise(alone), embedder)
        assert [float(there) for there in moment.hands] == features.hand_there[:, 0].tolist()
        assert moment.has_body == features.has_body
        wrists = _wrists(alone)
        assert moment.wrists == tuple((np.isfinite(wrists[:, 0]) & features.has_body).tolist())
        made = np.concatenate([np.full(each.size, features.has_body or not each.needs_body) for each in LIVE_BLOCKS])
        made[-WRIST_PLACE.size :] = False
        for slot in (0, 1):
            if moment.wrists[slot]:
                np.testing.assert_allclose(moment.values[slot, -WRIST_PLACE.size :], wrists[slot], atol=2e-4)
            if moment.hands[slot]:
                hands_seen += 1
                found, expected = moment.values[slot] * AMOUNTS, _measured(features, 0)[slot]
                np.testing.assert_allclose(found[made], expected[made], atol=2e-4)
                np.testing.assert_allclose(moment.centres[slot], features.centre[slot, 0], atol=2e-4)
    assert hands_seen


def _wrists(clip: LandmarkClip) -> np.ndarray:
    """The pose's wrists of a clip of one frame ``(2, 2)``; a clip's own measurements leave them out where any other
    point of the pose is missing.
    """
    blocks = square_blocks(clip.landmarks, clip.layout, clip.video)
    body = find_body(blocks, clip.video) or BodyFrame(np.zeros(2), 1.0, 0.0, False)
    return slot_wrists(blocks.get(Block.POSE), body, 1)[:, 0]


def test_costs_are_those_of_two_moments_by_every_block(library: Library, letter_clips: Path) -> None:
    """Against the formula of ``compare``, one pair of moments after the other."""
    signs = [library.references_of(gloss)[0].sign for gloss in "AB"]
    signs[1] = replace(signs[1], hand_there=signs[1].hand_there * np.float32(0.5))
    live = LiveMarks(SentenceStates(signs), calibration())
    clip = letter(letter_clips, "C")
    points = to_points(clip.landmarks, clip.layout)
    reader = PictureReader(clip.layout, clip.video)
    reader.look(points[:5])
    moment = reader.moment(points[len(points) // 2])
    costs = live.costs(moment)
    assert any(moment.hands) and not all(moment.hands), "a hand that is not there costs, too"
    for mirror in (0, 1):
        for index, sign in enumerate(signs):
            for place in (0, 7, 19):
                expected = _cost(moment, sign, place, mirror)
                assert costs[mirror, index * STATES_A_SIGN + 1 + place] == pytest.approx(expected, abs=2e-3)


def _cost(moment: Moment, sign: Features, place: int, mirror: int) -> float:
    above = below = 0.0
    goal, start = _measured(sign, place), 0
    for block in LIVE_BLOCKS:
        columns = slice(start, start := start + block.size)
        for slot in (0, 1):
            own = slot ^ mirror
            there, wanted = (moment.hands, sign.hand_there) if block.of_hand else (moment.wrists, sign.wrist_there)
            off = (moment.values[own] * AMOUNTS - goal[slot])[columns] * block.factors
            terms = term(block.weight, min(np.linalg.norm(off) / MISS_SHARE, FARTHEST), there[own], wanted[slot, place])
            above, below = above + terms[0], below + terms[1]
    return above / max(below, LEAST_EVIDENCE)


def _followed(scorer: Scorer, glosses: Sequence[str], clip: LandmarkClip, size: int = 3) -> list[ProvisionalMarks]:
    """Marks after each message of ``size`` frames."""
    attempt = scorer.begin(glosses, clip.layout, clip.video)
    points, times_ms = to_points(clip.landmarks, clip.layout), clip.times_ms.tolist()
    found = [attempt.marks()]
    assert found[0].overall is None
    for start in range(0, len(points), size):
        attempt.push(points[start : start + size], times_ms[start : start + size])
        found.append(attempt.marks())
    return found[1:]


def test_live_marks_follow_the_sentence(letter_clips: Path, scorer: Scorer) -> None:
    found = _followed(scorer, "ASL", joined([letter(letter_clips, gloss) for gloss in "ASL"]))
    progress, last = [each.progress for each in found], found[-1]
    assert list(dict.fromkeys(each.gloss for each in found)) == ["A", "S", "L"]
    assert min(np.diff(progress)) > -0.05 and progress[-1] > 0.85
    assert last.overall > 0.9 and last.hint is None
    assert last.right_hand_seen and last.body_seen and not last.left_hand_seen


def test_the_end_is_the_same_however_an_attempt_is_cut(letter_clips: Path, scorer: Scorer) -> None:
    clip = joined([letter(letter_clips, gloss) for gloss in "CAB"])
    ends = [_followed(scorer, "CAB", clip, size)[-1] for size in (1, 3, 200)]
    assert len({(each.gloss, each.through_ms, each.right_hand_seen, each.hint) for each in ends}) == 1
    for name in ("handshape", "orientation", "location", "movement"):
        found = [each.parameters[name] for each in ends]
        assert max(found) - min(found) < 0.1, (name, found)


@pytest.mark.parametrize(("asked", "signed"), [("A", "L"), ("B", "S"), ("V", "O"), ("C", "L")])
@pytest.mark.parametrize("left_handed", [False, True])
def test_live_marks_of_another_letter_are_low_while_it_is_signed(
    asked: str, signed: str, left_handed: bool, letter_clips: Path, scorer: Scorer
) -> None:
    clip = letter(letter_clips, signed)
    marks = _followed(scorer, asked, mirrored(clip) if left_handed else clip, 200)[-1]
    assert marks.overall is not None and marks.overall < 0.7
    assert marks.parameters["handshape"] < 0.6


@pytest.mark.parametrize(("asked", "signed"), [("A", "A"), ("A", "L"), ("V", "O")])
def test_either_hand_gets_the_same_marks(asked: str, signed: str, letter_clips: Path, scorer: Scorer) -> None:
    clip = letter(letter_clips, signed)
    for one, other in zip(_followed(scorer, asked, clip), _followed(scorer, asked, mirrored(clip)), strict=True):
        assert (one.overall is None) == (other.overall is None)
        assert one.overall is None or one.overall == pytest.approx(other.overall, abs=0.02)


@pytest.mark.parametrize(("before", "after"), [("L", "A"), ("B", "S"), ("O", "V")])
def test_the_mark_rises_when_a_held_sign_is_mended(
    before: str, after: str, letter_clips: Path, scorer: Scorer
) -> None:
    found = _followed(scorer, after, joined([letter(letter_clips, before), letter(letter_clips, after)]))
    wrong = found[len(letter(letter_clips, before).times_ms) // 3 - 1]
    assert wrong.overall is not None and found[-1].overall > wrong.overall + 0.15


def test_live_marks_tell_the_signs_of_other_people_apart(shared_data: Path, embedder: HandshapeEmbedder) -> None:
    clips = read_sequences(shared_data / "ksl_words.npz")
    first = {(each.label, each.signer): each for each in reversed(clips)}
    references = [each for (_, signer), each in first.items() if signer == "ksl_0"]
    glosses = [each.label for each in references]
    scorer = Scorer(Library([as_reference(each, embedder) for each in references]), embedder)
    right, wrong = [], []
    for each in (each for (_, signer), each in first.items() if signer != "ksl_0"):
        other = glosses[glosses.index(each.label) - 1]
        right.append(_followed(scorer, [each.label], each.clip, 2)[-1].overall or 0.0)
        wrong.append(_followed(scorer, [other], each.clip, 2)[-1].overall or 0.0)
    assert len(right) == 39
    assert auc(np.array(right), np.array(wrong)) > 0.95
    assert np.median(right) > 0.7 and np.median(wrong) < 0.5
