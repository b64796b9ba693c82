"""Which recordings are compared with which: across signers only, and no more pairs than time allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .dataset import LabelledClip

MAX_PAIRS = 200_000
"""Pairs that are scored in all."""
MAX_SAMPLED_REFERENCES = 500
MAX_SEARCHED_PAIRS, MAX_SEARCHED_REFERENCES = 1_500_000, 2_000
"""Pairs among which the nearest signs are sought by distance alone, and references of them."""
SEED = 20
"""Fixed, so that the same file gives the same figures."""


@dataclass(frozen=True, slots=True)
class Material:
    """The clips that take part. ``unshared`` labels are left out: nobody else's recording shows the same sign.

    ``sampled`` tells whether there were more than the allowed number of pairs.
    """

    attempts: tuple[LabelledClip, ...]
    references: tuple[LabelledClip, ...]
    unshared: tuple[str, ...]
    sampled: bool

    @property
    def pairs(self) -> int:
        """Pairs of an attempt and another signer's reference."""
        return _across(self.attempts, self.references)


def choose_material(
    clips: Sequence[LabelledClip],
    references: Sequence[LabelledClip] | None = None,
    max_pairs: int = MAX_PAIRS,
    most_references: int = MAX_SAMPLED_REFERENCES,
) -> Material:
    """Attempts and references for an evaluation of ``clips``.

    Without ``references`` the clips are compared among themselves, and only labels that two signers share take part.
    With them, all of them are the library, and the attempts are those whose label another signer has in it. Beyond
    ``max_pairs``, a seeded sample takes the labels and signers in turn, so that no signer or label crowds out others.
    """
    library = clips if references is None else references
    signers = defaultdict(set)
    for reference in library:
        signers[reference.label].add(reference.signer)
    attempts = [clip for clip in clips if signers[clip.label] - {clip.signer}]
    if references is None:
        library = attempts
    shared = {clip.label for clip in attempts}
    unshared = tuple(sorted({clip.label for clip in clips} - shared))
    if _across(attempts, library) <= max_pairs:
        return Material(tuple(attempts), tuple(library), unshared, sampled=False)
    library = in_turn(library)[:most_references]
    attempts = _within(in_turn(attempts), library, max_pairs)
    return Material(tuple(attempts), tuple(library), unshared, sampled=True)


def choose_searched(clips: Sequence[LabelledClip], references: Sequence[LabelledClip] | None = None) -> Material:
    """As many attempts and references as can be searched for the nearest signs: mostly all of them."""
    return choose_material(clips, references, MAX_SEARCHED_PAIRS, MAX_SEARCHED_REFERENCES)


def in_turn(clips: Sequence[LabelledClip]) -> list[LabelledClip]:
    """A seeded order in which every prefix holds each label of each signer about equally often."""
    rng = np.random.default_rng(SEED)
    turns: dict[tuple[str, str], int] = defaultdict(int)
    keyed = []
    for index in rng.permutation(len(clips)):
        clip = clips[index]
        keyed.append((turns[clip.label, clip.signer], len(keyed), clip))
        turns[clip.label, clip.signer] += 1
    return [clip for _, _, clip in sorted(keyed, key=lambda item: item[:2])]


def _within(attempts: Sequence[LabelledClip], references: Sequence[LabelledClip], max_pairs: int) -> list[LabelledClip]:
    """As many of the first attempts as ``max_pairs`` allows."""
    by_signer = _count_by_signer(references)
    chosen, pairs = [], 0
    for attempt in attempts:
        pairs += len(references) - by_signer[attempt.signer]
        if pairs > max_pairs:
            break
        chosen.append(attempt)
    return chosen


def _across(attempts: Sequence[LabelledClip], references: Sequence[LabelledClip]) -> int:
    by_signer = _count_by_signer(references)
    return sum(len(references) - by_signer[attempt.signer] for attempt in attempts)


def _count_by_signer(clips: Sequence[LabelledClip]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for clip in clips:
        counts[clip.signer] += 1
    return counts
