"""Attempts at real letters: their marks, what must not change them, sentences, live marks and refusals."""

from __future__ import annotations

import json
import string
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from actors.scoring.compare import distances
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.evaluation.transforms import (
    mirrored,
    noisy,
    rerecorded,
    resampled,
    retimed,
    rolled,
    scaled,
    shifted,
)
from actors.scoring.follower import UnknownGloss
from actors.scoring.references import Library, ReferenceRejected, prepare_reference
from actors.scoring.results import Judgement
from actors.scoring.scorer import Scorer
from protocol.landmarks import HANDS, HANDS_POSE, Block, LandmarkClip, VideoFormat
from server.models import GESTURE_EMBEDDER
from tests.support.scoring_material import joined, letter, letter_library

LOOK_ALIKES = 3


@pytest.fixture(scope="module")
def embedder(models_dir: Path) -> HandshapeEmbedder:
    return HandshapeEmbedder(models_dir / GESTURE_EMBEDDER)


@pytest.fixture(scope="module")
def library(letter_clips: Path, embedder: HandshapeEmbedder) -> Library:
    return letter_library(letter_clips, string.ascii_uppercase, embedder)


@pytest.fixture(scope="module")
def scorer(library: Library, embedder: HandshapeEmbedder) -> Scorer:
    return Scorer(library, embedder)


def _bytes(judgement: Judgement) -> bytes:
    return json.dumps(judgement.as_dict(), sort_keys=True, allow_nan=False).encode()


def _corrections(judgement: Judgement) -> list[str]:
    return [finding.code for finding in judgement.findings if finding.kind == "correction"]


def test_embeddings_are_unit_vectors_that_ignore_place_and_size(
    letter_clips: Path, embedder: HandshapeEmbedder
) -> None:
    hands = letter(letter_clips, "A").block(Block.RIGHT_HAND)[5:8]
    vectors = embedder.embed(hands)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(embedder.embed(hands * 3 + 0.2), vectors, atol=1e-3)
    assert not embedder.embed(np.full((1, 21, 3), np.nan)).any()


def test_embeddings_are_those_of_the_model_file(models_dir: Path, embedder: HandshapeEmbedder) -> None:
    """The layers are run by the scorer; the file's own graph says what should come out."""
    hands = np.random.default_rng(2).normal(0.3, 0.2, (40, 21, 3)).astype(np.float32)
    graph = Interpreter(str(models_dir / GESTURE_EMBEDDER), num_threads=1)
    graph.allocate_tensors()
    wanted = []
    for hand in hands:
        graph.set_tensor(graph.get_input_details()[0]["index"], hand[None])
        graph.invoke()
        wanted.append(graph.get_tensor(graph.get_output_details()[0]["index"])[0].copy())
    lengths = np.linalg.norm(wanted, axis=1, keepdims=True)
    assert lengths.min() > 0
    np.testing.assert_allclose(embedder.embed(hands), wanted / lengths, atol=3e-6)


def test_another_model_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"not a model" * 100)
    with pytest.raises((ValueError, RuntimeError)):
        HandshapeEmbedder(tmp_path / "model")


@pytest.mark.parametrize("gloss", ["A", "G", "J", "Z"])
def test_a_letter_is_told_from_another(gloss: str, letter_clips: Path, scorer: Scorer) -> None:
    attempt = rerecorded(letter(letter_clips, gloss), np.random.default_rng(1))
    own, other = scorer.judge(attempt, [gloss]), scorer.judge(attempt, ["W"])
    assert own.judged and own.success and own.score > 0.85
    assert other.judged and not other.success and other.score < 0.3
    assert not _corrections(own)
    assert _corrections(other)


def test_altered_letters_score_above_the_letters_that_come_nearest(
    letter_clips: Path, library: Library, scorer: Scorer
) -> None:
    rng = np.random.default_rng(7)
    first = 0
    for number, gloss in enumerate(string.ascii_uppercase):
        attempt = mirrored(noisy(scaled(retimed(letter(letter_clips, gloss), 1.2), 0.8), 0.02, rng))
        far = distances(library.references[number].sign, library.packed).min(axis=0)
        likely = [library.glosses[place] for place in np.argsort(far)[: 1 + LOOK_ALIKES]]
        scores = {wanted: scorer.judge(attempt, [wanted]).score for wanted in likely}
        first += max(scores, key=scores.__getitem__) == gloss
    assert first >= 24


@pytest.mark.parametrize(
    "change",
    [
        mirrored,
        lambda c: scaled(c, 0.5),
        lambda c: scaled(c, 2.0),
        lambda c: shifted(c, 0.2, -0.1),
        lambda c: rolled(c, 15.0),
    ]
    + [lambda c: resampled(c, 15.0), lambda c: resampled(c, 60.0), lambda c: retimed(c, 1.3)],
    ids=["mirrored", "far", "near", "elsewhere", "rolled", "15 Hz", "60 Hz", "slower"],
)
def test_what_must_not_change_the_mark(change, letter_clips: Path, scorer: Scorer) -> None:
    for gloss in "BHR":
        clip = letter(letter_clips, gloss)
        assert scorer.judge(change(clip), [gloss]).score == pytest.approx(scorer.judge(clip, [gloss]).score, abs=0.04)


def test_a_left_handed_learner_is_told_about_the_left_hand(letter_clips: Path, scorer: Scorer) -> None:
    judgement = scorer.judge(mirrored(letter(letter_clips, "B")), ["A"])
    assert judgement.signs[0].hand_used == "left"
    assert {finding.hand for finding in judgement.findings if finding.kind == "correction"} == {"left"}


def test_the_same_input_gives_the_same_bytes(letter_clips: Path, library: Library, embedder: HandshapeEmbedder) -> None:
    clip = letter(letter_clips, "K")
    first = Scorer(library, embedder).judge(clip, ["P"])
    assert _bytes(first) == _bytes(Scorer(library, embedder).judge(clip, ["P"]))
    shared = Library.from_arrays(library.to_arrays())
    assert _bytes(first) == _bytes(Scorer(shared, embedder).judge(clip, ["P"]))


def test_signs_of_a_sentence_are_found_where_they_are(letter_clips: Path, scorer: Scorer) -> None:
    clips = [letter(letter_clips, gloss) for gloss in "WATER"]
    sentence = joined(clips, transition_ms=400)
    judgement = scorer.judge(sentence, list("WATER"))
    assert judgement.score > 0.9 and not _corrections(judgement)
    start_ms = 0
    for clip, sign in zip(clips, judgement.signs, strict=True):
        length = int(clip.times_ms[-1])
        assert abs(sign.start_ms - start_ms) <= 200 and abs(sign.end_ms - start_ms - length) <= 200
        assert sentence.times_ms[sign.start_frame] == pytest.approx(sign.start_ms, abs=25)
        start_ms += length + 40 + 400


def test_a_wrong_sign_in_a_sentence_is_the_one_that_is_marked_down(letter_clips: Path, scorer: Scorer) -> None:
    sentence = joined([letter(letter_clips, gloss) for gloss in "COW"])
    scores = {sign.gloss: sign.score for sign in scorer.judge(sentence, list("CIW")).signs}
    assert scores["C"] > 0.9 and scores["W"] > 0.9 and scores.get("I", 0.0) < 0.5


def test_a_sign_that_was_left_out_is_missed(letter_clips: Path, scorer: Scorer) -> None:
    judgement = scorer.judge(letter(letter_clips, "C"), list("CLVYB"))
    missed = {finding.gloss for finding in judgement.findings if finding.code == "sign_missing"}
    assert missed and "C" not in missed and not judgement.success


def test_unknown_signs_and_empty_sentences_are_refused(scorer: Scorer) -> None:
    with pytest.raises(UnknownGloss) as refusal:
        scorer.begin(["A", "NOWHERE"], HANDS_POSE, VideoFormat(640, 480))
    assert refusal.value.gloss == "NOWHERE"
    with pytest.raises(ValueError):
        scorer.begin([], HANDS_POSE, VideoFormat(640, 480))


def _without(clip: LandmarkClip, *blocks: Block) -> LandmarkClip:
    landmarks = clip.landmarks.copy()
    for block in blocks:
        landmarks[:, clip.layout.slice(block)] = np.nan
    return replace(clip, landmarks=landmarks)


def _cut(clip: LandmarkClip, frames: int) -> LandmarkClip:
    return replace(clip, landmarks=clip.landmarks[:frames], times_ms=clip.times_ms[:frames])


@pytest.mark.parametrize(
    ("spoil", "reasons"),
    [
        (lambda c: _without(c, Block.LEFT_HAND, Block.RIGHT_HAND), {"no_hands", "hands_unclear"}),
        (lambda c: _without(c, Block.POSE), {"no_body"}),
        (lambda c: scaled(c, 0.1), {"too_far"}),
        (lambda c: _cut(c, 4), {"too_short"}),
        (lambda c: _cut(c, 1), {"too_short"}),
        (lambda c: _cut(c, 0), {"no_hands"}),
        (lambda c: replace(c, times_ms=c.times_ms * 15), {"too_few_frames"}),
        (lambda c: resampled(c, 4.0), set()),
        (lambda c: shifted(c, 0.0, 0.0), set()),
    ],
    ids=["no hands", "no body", "far away", "short", "one picture", "empty", "slide show", "slow device", "nothing"],
)
def test_poor_tracking_gets_a_reason_and_no_mark(spoil, reasons: set[str], letter_clips: Path, scorer: Scorer) -> None:
    judgement = scorer.judge(spoil(letter(letter_clips, "L")), ["L"])
    assert judgement.judged == (not reasons)
    if reasons:
        assert {judgement.score, judgement.accuracy, judgement.confidence, judgement.fluency} == {None}
        assert not judgement.success and not judgement.signs and set(judgement.parameters.values()) == {None}
        (finding,) = judgement.findings
        assert finding.kind == "cannot_judge" and finding.code in reasons and len(finding.text) > 20
        json.dumps(judgement.as_dict(), allow_nan=False)


def test_fingerspelling_needs_no_body(letter_clips: Path, embedder: HandshapeEmbedder) -> None:
    scorer = Scorer(letter_library(letter_clips, "ABCLY", embedder, HANDS), embedder)
    for gloss in "ABCLY":
        clip = rerecorded(letter(letter_clips, gloss, HANDS), np.random.default_rng(2))
        own = scorer.judge(clip, [gloss])
        assert own.success and own.parameters["location"] is None
        assert max(scorer.judge(clip, [other]).score for other in "ABCLY" if other != gloss) < 0.5


def _picture(clip: LandmarkClip, frame: int) -> LandmarkClip:
    return replace(clip, landmarks=clip.landmarks[frame : frame + 1], times_ms=clip.times_ms[:1])


def test_one_picture_of_a_hand_is_enough_and_its_mirror_image_counts_the_same(
    letter_clips: Path, embedder: HandshapeEmbedder
) -> None:
    pictures = [
        prepare_reference(
            _picture(letter(letter_clips, gloss, HANDS), 10),
            reference_id=gloss,
            gloss=gloss,
            signer="",
            variant="",
            embedder=embedder,
        )
        for gloss in "ABCLY"
    ]
    scorer = Scorer(Library(pictures), embedder)
    still = _picture(letter(letter_clips, "Y", HANDS), 13)
    flipped = still.landmarks * np.array([-1, 1, 1], np.float32) + np.array([1, 0, 0], np.float32)
    for landmarks in (still.landmarks, flipped):
        judgement = scorer.judge(replace(still, landmarks=landmarks.astype(np.float32)), ["Y"])
        assert judgement.judged and judgement.accuracy > 0.9
        assert judgement.parameters["movement"] is None
    planar = still.landmarks.copy()
    planar[..., 2] = np.nan
    assert scorer.judge(replace(still, landmarks=planar), ["Y"]).accuracy > 0.8


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda c: _without(c, Block.LEFT_HAND, Block.RIGHT_HAND), "no_hands"),
        (lambda c: _cut(c, 4), "too_short"),
    ],
)
def test_poor_references_are_rejected(spoil, code: str, letter_clips: Path, embedder: HandshapeEmbedder) -> None:
    with pytest.raises(ReferenceRejected) as refusal:
        prepare_reference(
            spoil(letter(letter_clips, "L")), reference_id="x", gloss="L", signer="", variant="", embedder=embedder
        )
    assert refusal.value.code == code and refusal.value.message
