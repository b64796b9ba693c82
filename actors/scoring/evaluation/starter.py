"""Does every recording of a library find itself? Changed copies of each, judged as each sign of the library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from actors.scoring.calibrate import calibration
from actors.scoring.embedder import HandshapeEmbedder

from .dataset import LabelledClip
from .libraries import Track, prepare_references, untracked
from .pairs import PairScorer, prepare_attempt
from .transforms import mirrored, noisy, retimed, scaled, warped

SEED = 26
COPY_SIGNER = "copy"


@dataclass(frozen=True, slots=True)
class SelfRank:
    """Rank (1: best) of a recording's own gloss among all for its changed copy; ``score`` its mark; the best other one.

    ``rank`` and ``score`` are None where the copy could not be judged.
    """

    label: str
    rank: int | None
    score: float | None
    best_other: str | None
    best_other_score: float | None


def changed_copies(clips: Sequence[LabelledClip]) -> list[LabelledClip]:
    """Each recording mirrored, 0.6 to 1.6 times as large, at 0.85 to 1.2 of its tempo, uneven in time, and jittered."""
    copies = []
    for number, clip in enumerate(clips):
        rng = np.random.default_rng((SEED, number))
        changed = scaled(mirrored(clip.clip), rng.uniform(0.6, 1.6))
        changed = noisy(warped(retimed(changed, rng.uniform(0.85, 1.2)), 0.15, rng), 0.02, rng)
        copies.append(replace(clip, clip=changed, signer=COPY_SIGNER))
    return copies


def self_ranks(
    clips: Sequence[LabelledClip], embedder: HandshapeEmbedder, track: Track = untracked
) -> list[SelfRank]:
    """Scores the changed copy of each of ``clips`` as every sign of the library that all of them make."""
    references = prepare_references(clips, embedder, track).references
    scorer, ranks = PairScorer(references, calibration()), []
    for copy in track(changed_copies(clips), "Scoring changed copies"):
        ready = prepare_attempt(copy, embedder)
        if ready is None:
            ranks.append(SelfRank(copy.label, None, None, None, None))
            continue
        scores, _ = scorer.scores(ready, copy.label, copy.signer)
        known = {reference.gloss: float(score) for reference, score in zip(references, scores, strict=True)}
        own = known.pop(copy.label, None)
        other = max(known, key=known.__getitem__, default=None)
        rank = None if own is None else 1 + sum(score >= own for score in known.values())
        ranks.append(SelfRank(copy.label, rank, own, other, known.get(other) if other else None))
    return ranks
