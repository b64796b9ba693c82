"""What tells two signs apart? For each two signs of real recordings, how well each parameter alone does across
signers.

Two signs that one parameter alone tells apart are a minimal pair of the language (Stokoe 1960), such as H and U of the
ASL alphabet, which differ in how the palm is turned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from actors.scoring.align import symmetric_distances, symmetric_paths
from actors.scoring.compare import local_costs, possible_mirrors
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.parameters import BLOCKS, Features, Parameter
from actors.scoring.references import Library
from actors.scoring.side_by_side import block_terms

from .dataset import LabelledClip
from .libraries import Track, prepare_references, untracked
from .material import choose_material, in_turn
from .metrics import auc
from .pairs import prepare_attempt, readings_of

MOST_RECORDINGS = 208
PARAMETERS = (Parameter.HANDSHAPE, Parameter.ORIENTATION, Parameter.LOCATION, Parameter.MOVEMENT)
_OF_PARAMETER = [np.array([block.parameter is each for block in BLOCKS]) for each in PARAMETERS]
TELLS, ALIKE = 0.9, 0.75
"""AUC from which a parameter tells two signs apart, and up to which it does not."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """How well signs ``a`` and ``b`` are told apart: AUC by the distance as a whole, and by each of ``PARAMETERS``
    alone (None where neither sign shows it).
    """

    a: str
    b: str
    whole: float
    by_parameter: tuple[float | None, ...]

    @property
    def ranked(self) -> list[tuple[float, Parameter]]:
        """The parameters that the signs show, the one that tells most first."""
        known = [(area, each) for area, each in zip(self.by_parameter, PARAMETERS, strict=True) if area is not None]
        return sorted(known, key=lambda item: -item[0])

    @property
    def parameter(self) -> Parameter | None:
        """The one parameter in which the signs differ; None where it is not one alone."""
        (best, parameter), *others = self.ranked
        return parameter if best >= TELLS and all(area <= ALIKE for area, _ in others) else None

    @property
    def lead(self) -> float:
        """How much more the best parameter tells than any other."""
        (best, _), *others = self.ranked
        return best - max((area for area, _ in others), default=0.5)


def contrasts(
    clips: Sequence[LabelledClip], embedder: HandshapeEmbedder, track: Track = untracked
) -> list[Contrast]:
    """Every two signs of ``clips``, those first in which one parameter stands out most; of ``MOST_RECORDINGS``."""
    material = choose_material(in_turn(choose_material(clips, max_pairs=len(clips) ** 2).attempts)[:MOST_RECORDINGS])
    made = prepare_references(material.references, embedder, track)
    library = Library(made.references)
    glosses = np.array([reference.gloss for reference in made.references])
    signers = np.array([reference.signer for reference in made.references])
    rows, asked = [], []
    for attempt in track(material.attempts, "Comparing each parameter"):
        ready = prepare_attempt(attempt, embedder)
        if ready is not None:
            found = _apart(readings_of(ready.sign), library)
            found[:, signers == attempt.signer] = np.nan
            rows.append(found)
            asked.append(attempt.label)
    if not rows:
        return []
    apart, truth = np.stack(rows, axis=1), np.array(asked)
    pairs = [_contrast(a, b, apart, truth, glosses) for a, b in combinations(sorted(set(asked)), 2)]
    return sorted((each for each in pairs if each is not None), key=lambda each: -each.lead)


def _apart(readings: Sequence[Features], library: Library) -> np.ndarray:
    """Distances ``(1 + parameters, R)`` as a whole and by parameter, each reference in the reading and mirror that is
    nearest to it; NaN where neither side shows a parameter.
    """
    found = [_apart_as_read(sign, library) for sign in readings]
    nearest = np.argmin([each[0] for each in found], axis=0)
    return np.stack(found)[nearest, :, np.arange(len(library))].T


def _apart_as_read(sign: Features, library: Library) -> np.ndarray:
    packed = library.packed
    costs = local_costs(sign, packed)
    moments, every = len(sign), np.arange(len(library))
    far = symmetric_distances(costs.transpose(1, 2, 0, 3).reshape(moments, moments, -1)).reshape(2, -1)
    far = np.where(possible_mirrors(sign, packed), far, np.inf)
    mirror = far.argmin(axis=0)
    paths = symmetric_paths(costs[mirror, :, :, every].transpose(1, 2, 0))
    ways = zip(library.references, paths, mirror.tolist(), strict=True)
    terms = np.array(block_terms([(sign, reference.sign, path, way) for reference, path, way in ways]))
    rows = [far.min(axis=0)]
    for mine in _OF_PARAMETER:
        above, below = terms[:, mine].sum(axis=1).T
        rows.append(np.where(below > 0, above / np.maximum(below, 1e-9), np.nan))
    return np.stack(rows)


def _contrast(a: str, b: str, apart: np.ndarray, truth: np.ndarray, glosses: np.ndarray) -> Contrast | None:
    """``apart`` ``(1 + parameters, attempts, R)``: within a or within b against from one to the other."""
    rows, columns = np.isin(truth, (a, b)), np.isin(glosses, (a, b))
    same = truth[rows][:, None] == glosses[columns]
    areas = []
    for values in apart[:, rows][:, :, columns]:
        known = np.isfinite(values)
        areas.append(auc(-values[known & same], -values[known & ~same]))
    whole, *by_parameter = areas
    return None if whole is None else Contrast(a, b, whole, tuple(by_parameter))
