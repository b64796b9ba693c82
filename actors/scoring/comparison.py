"""One signed sign against the references of its gloss: the nearest one, how far it is, and where along the way the parameters part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .align import symmetric_path
from .calibrate import COHORT
from .compare import block_terms, distances, local_costs, of_mirror, pack
from .parameters import BLOCKS, Features, Parameter
from .references import Library, Reference


@dataclass(frozen=True, slots=True, eq=False)
class SignComparison:
    """A located sign (moments ``start:stop`` of the attempt) against its nearest ``reference``.

    ``path`` ``(n, 2)`` pairs attempt and reference moments (both 0..19). ``unlike[name]`` and ``evidence[name]`` ``(2, n)``: numerator and
    denominator of a block's cost by the reference's hand slot along the path; hand ``slot`` of the reference is slot ``slot ^ mirror`` of
    the attempt. ``cohort`` and ``nearest_other`` are distances to other glosses (None in a library of one gloss).
    """

    sign_index: int
    start: int
    stop: int
    mirror: int
    reference: Reference
    sign: Features
    distance: float
    nearest_other: float | None
    other_gloss: str | None
    cohort: float | None
    path: np.ndarray
    unlike: Mapping[str, np.ndarray]
    evidence: Mapping[str, np.ndarray]

    def parameter_distance(self, parameter: Parameter) -> float | None:
        """Evidence-normalised distance of one parameter along the path; None where neither side shows it."""
        above = below = 0.0
        for block in BLOCKS:
            if block.parameter is parameter:
                above += block.weight * float(self.unlike[block.name].sum())
                below += block.weight * float(self.evidence[block.name].sum())
        return above / below if below > 0 else None


def nearest_reference(sign: Features, library: Library, gloss: str, mirror: int | None) -> tuple[Reference, int, float]:
    """The nearest reference of ``gloss``, its mirror and distance; ``mirror`` None tries both."""
    indices = library.indices_of(gloss)
    far = distances(sign, library.packed.take(indices))
    if mirror is not None:
        far[1 - mirror] = np.inf
    best = int(np.argmin(far))
    return library.references[indices[best % len(indices)]], best // len(indices), float(far.flat[best])


def compare_sign(
    sign: Features, span: tuple[int, int, int], library: Library, gloss: str, mirror: int | None
) -> SignComparison:
    """Compares ``sign`` with its gloss and with the rest of the library; ``span`` is (sign index, start, stop)."""
    reference, mirror, distance = nearest_reference(sign, library, gloss, mirror)
    others, cohort = other_glosses(sign, library, gloss)
    single = pack([reference.sign])
    path = symmetric_path(local_costs(sign, single)[mirror, :, :, 0].astype(np.float64))
    unlike, evidence = {}, {}
    for block in BLOCKS:
        above, below = block_terms(sign, single, block)
        unlike[block.name] = of_mirror(above, mirror)[:, path[:, 0], path[:, 1], 0]
        evidence[block.name] = of_mirror(below, mirror)[:, path[:, 0], path[:, 1], 0]
    nearest = min(others, key=others.__getitem__) if others else None
    return SignComparison(
        sign_index=span[0],
        start=span[1],
        stop=span[2],
        mirror=mirror,
        reference=reference,
        sign=sign,
        distance=distance,
        nearest_other=others[nearest] if nearest is not None else None,
        other_gloss=nearest,
        cohort=cohort,
        path=path,
        unlike=unlike,
        evidence=evidence,
    )


def other_glosses(sign: Features, library: Library, gloss: str) -> tuple[dict[str, float], float | None]:
    """Distance to each other gloss (by its typical reference) and the mean of the nearest ``COHORT`` of them."""
    glosses = [other for other in library.glosses if other != gloss]
    if not glosses:
        return {}, None
    far = distances(sign, library.packed.take([library.typical[other] for other in glosses])).min(axis=0)
    return dict(zip(glosses, far.tolist(), strict=True)), float(np.sort(far)[:COHORT].mean())
