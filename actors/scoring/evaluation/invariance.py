"""What must not change a mark: recordings are judged as they are and seen otherwise, by other signers' references."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.references import Library
from actors.scoring.scorer import Scorer
from protocol.landmarks import LandmarkClip

from .dataset import LabelledClip
from .libraries import References, Track, untracked
from .transforms import mirrored, resampled, retimed, rolled, scaled, shifted

MOST_CHANGE = 0.03
"""Mean change of the overall score that a transform may cause."""

Transform = Callable[[LandmarkClip], LandmarkClip]

TRANSFORMS: tuple[tuple[str, Transform], ...] = (
    ("mirrored (other dominant hand)", mirrored),
    ("scaled × 0.5", lambda clip: scaled(clip, 0.5)),
    ("scaled × 0.75", lambda clip: scaled(clip, 0.75)),
    ("scaled × 1.5", lambda clip: scaled(clip, 1.5)),
    ("scaled × 2", lambda clip: scaled(clip, 2.0)),
    ("moved right and down", lambda clip: shifted(clip, 0.2, 0.1)),
    ("moved left and up", lambda clip: shifted(clip, -0.2, -0.1)),
    ("rolled +15°", lambda clip: rolled(clip, 15.0)),
    ("rolled −15°", lambda clip: rolled(clip, -15.0)),
    ("15 frames a second", lambda clip: resampled(clip, 15.0)),
    ("30 frames a second", lambda clip: resampled(clip, 30.0)),
    ("60 frames a second", lambda clip: resampled(clip, 60.0)),
    ("tempo × 0.75", lambda clip: retimed(clip, 0.75)),
    ("tempo × 1.33", lambda clip: retimed(clip, 1.33)),
)


@dataclass(frozen=True, slots=True)
class InvarianceRow:
    """What one transform did to the overall score of ``attempts`` recordings that are judged as they are.

    ``mean_change`` is the mean of the absolute changes, ``drift`` that of the signed ones, both over the recordings
    that are still judged; ``not_judged`` counts the others.
    """

    transform: str
    attempts: int
    mean_change: float | None
    drift: float | None
    worst_change: float | None
    not_judged: int

    @property
    def holds(self) -> bool:
        """Whether the transform leaves the marks alone."""
        return self.mean_change is not None and self.mean_change <= MOST_CHANGE and self.not_judged == 0


def invariance_table(
    attempts: Sequence[LabelledClip], references: References, embedder: HandshapeEmbedder, track: Track = untracked
) -> list[InvarianceRow]:
    """Judges each attempt that can be judged, and its transformed copies, by the references of the other signers."""
    changes: list[list[float | None]] = [[] for _ in TRANSFORMS]
    library_for = lru_cache(maxsize=1)(lambda signer: Library(references.of_others(signer)))
    for attempt in track(sorted(attempts, key=lambda clip: clip.signer), "Judging transformed copies"):
        library = library_for(attempt.signer)
        scorer = Scorer(library, embedder)
        before = scorer.judge(attempt.clip, [attempt.label]).score if library.references_of(attempt.label) else None
        if before is None:
            continue
        for (_, transform), found in zip(TRANSFORMS, changes, strict=True):
            after = scorer.judge(transform(attempt.clip), [attempt.label]).score
            found.append(None if after is None else after - before)
    return [_row(name, found) for (name, _), found in zip(TRANSFORMS, changes, strict=True)]


def _row(name: str, found: Sequence[float | None]) -> InvarianceRow:
    known = np.array([change for change in found if change is not None])
    if not len(known):
        return InvarianceRow(name, len(found), None, None, None, len(found))
    worst = float(known[np.argmax(np.abs(known))])
    return InvarianceRow(
        name, len(found), float(np.abs(known).mean()), float(known.mean()), worst, len(found) - len(known)
    )
