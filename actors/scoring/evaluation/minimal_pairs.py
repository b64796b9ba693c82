"""Minimal pairs: two signs that differ in one parameter of one hand only, made by altering real recordings.

The library holds a recording and its altered copy as two signs; both are signed again (``rerecorded``). They are told
apart if each of the two is scored higher as itself than as the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.references import Library
from actors.scoring.scorer import Scorer
from protocol.landmarks import LandmarkClip

from .dataset import LabelledClip
from .fault_cases import donor_shapes, fault_cases
from .libraries import Track, as_reference, untracked
from .transforms import rerecorded

SEED = 11
_PARAMETERS = ("handshape", "orientation", "location", "movement")
_WHOLE = ("throughout", "movement")


@dataclass(frozen=True, slots=True)
class MinimalPairs:
    """How many of the ``pairs`` that differ in ``parameter`` alone were told apart."""

    parameter: str
    pairs: int
    told_apart: int


def minimal_pairs(
    clips: Sequence[LabelledClip], embedder: HandshapeEmbedder, track: Track = untracked
) -> list[MinimalPairs]:
    """Makes a pair of every clip and every alteration of the whole of it above the stated thresholds."""
    rng = np.random.default_rng(SEED)
    donors = donor_shapes(clips)
    told: dict[str, list[bool]] = {name: [] for name in _PARAMETERS}
    for clip in track(clips, "Telling pairs apart"):
        others = [shape for label, shape in donors if label != clip.label]
        for case in fault_cases(clip.clip, others, embedder, rng):
            if case.above_threshold and case.parameter in told and any(word in case.kind for word in _WHOLE):
                told[case.parameter].append(_told_apart(clip, case.clip, embedder, rng))
    return [MinimalPairs(name, len(results), sum(results)) for name, results in told.items()]


def _told_apart(
    clip: LabelledClip, altered: LandmarkClip, embedder: HandshapeEmbedder, rng: np.random.Generator
) -> bool:
    pair = (replace(clip, label="as it is"), replace(clip, clip=altered, label="altered"))
    references = [as_reference(each, embedder) for each in pair]
    if None in references:
        return False
    scorer = Scorer(Library([reference for reference in references if reference is not None]), embedder)
    for own, other in (pair, pair[::-1]):
        attempt = rerecorded(own.clip, rng)
        right, wrong = scorer.judge(attempt, [own.label]), scorer.judge(attempt, [other.label])
        if right.score is None or wrong.score is None or right.score <= wrong.score:
            return False
    return True
