"""Which recordings are compared: never one's own, none without a counterpart, no more than allowed, and evenly."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np

from actors.scoring.evaluation.dataset import LabelledClip
from actors.scoring.evaluation.material import MAX_SAMPLED_REFERENCES, choose_material, in_turn
from protocol.landmarks import HANDS, LandmarkClip, VideoFormat

_NOTHING = LandmarkClip(np.empty((0, HANDS.points, 3), np.float32), np.empty(0, np.int64), HANDS, VideoFormat(4, 3))


def _clips(labels: str, signers: str, each: int) -> list[LabelledClip]:
    names = [(label, signer) for label, signer, _ in product(labels, signers, range(each))]
    return [LabelledClip(_NOTHING, label, signer, "", index) for index, (label, signer) in enumerate(names)]


def test_labels_of_one_signer_are_left_out_and_named() -> None:
    clips = [*_clips("AB", "xyz", 2), *_clips("C", "x", 5)]
    material = choose_material(clips)
    assert {clip.label for clip in material.attempts} == {clip.label for clip in material.references} == {"A", "B"}
    assert (material.unshared, material.sampled) == (("C",), False)
    assert material.pairs == 12 * 8


def test_a_single_signer_leaves_nothing() -> None:
    material = choose_material(_clips("AB", "x", 5))
    assert (material.attempts, material.references, material.unshared, material.pairs) == ((), (), ("A", "B"), 0)


def test_given_references_are_all_in_the_library() -> None:
    attempts, references = _clips("AB", "x", 2), [*_clips("A", "xy", 1), *_clips("C", "y", 3)]
    material = choose_material(attempts, references)
    assert {clip.label for clip in material.attempts} == {"A"}
    assert material.references == tuple(references)
    assert (material.unshared, material.pairs) == (("B",), 2 * 4)


def test_a_sample_is_even_repeatable_and_within_its_bound() -> None:
    clips = [*_clips("ABCD", "xyz", 60), *_clips("A", "w", 400)]
    material = choose_material(clips, max_pairs=20_000)
    assert material.sampled and 19_000 < material.pairs <= 20_000
    assert len(material.references) == MAX_SAMPLED_REFERENCES
    counts = Counter((clip.label, clip.signer) for clip in material.attempts)
    assert max(counts.values()) - min(counts.values()) <= 1 and len(counts) == 13
    again = choose_material(clips, max_pairs=20_000)
    assert [clip.index for clip in again.attempts] == [clip.index for clip in material.attempts]


def test_every_clip_has_its_turn_once() -> None:
    clips = _clips("ABC", "xy", 3)
    turns = in_turn(clips)
    assert sorted(clip.index for clip in turns) == list(range(18))
    assert len({(clip.label, clip.signer) for clip in turns[:6]}) == 6
