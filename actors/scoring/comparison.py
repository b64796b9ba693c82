"""One signed sign against the references of its gloss: the nearest one, how far it is, and where along the way the parameters part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from .align import symmetric_path
from .calibrate import COHORT
from .compare import block_terms, local_costs, of_mirror, pack
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


def compare_sign(
    sign: Features, span: tuple[int, int, int], library: Library, gloss: str, mirror: int | None
) -> SignComparison:
    """Compares ``sign`` with its gloss and with the rest of the library; ``span`` is (sign index, start, stop)."""
    sign = _likelier_reading(sign, library, gloss)
    reference, mirror, distance = _nearest_reference(sign, library, gloss, mirror)
    others = _other_glosses(sign, library, gloss)
    nearest = min(others, key=others.__getitem__) if others else None
    path, unlike, evidence = _along_the_way(sign, reference, mirror)
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
        cohort=float(np.mean(sorted(others.values())[:COHORT])) if others else None,
        path=path,
        unlike=unlike,
        evidence=evidence,
    )


def _likelier_reading(sign: Features, library: Library, gloss: str) -> Features:
    """Of the two readings of hands whose kind is unknown, the one that is nearer to the gloss."""
    if sign.flipped is None:
        return sign
    readings = (replace(sign, flipped=None), sign.flipped)
    return min(readings, key=lambda reading: library.relative_distances(reading, library.indices_of(gloss)).min())


def _nearest_reference(
    sign: Features, library: Library, gloss: str, mirror: int | None
) -> tuple[Reference, int, float]:
    """The nearest reference of ``gloss``, its mirror and distance; ``mirror`` None tries both."""
    indices = library.indices_of(gloss)
    far = library.relative_distances(sign, indices)
    if mirror is not None and np.isfinite(far[mirror]).any():
        far[1 ^ mirror] = np.inf
    best = int(np.argmin(far))
    return library.references[indices[best % len(indices)]], best // len(indices), float(far.flat[best])


def _other_glosses(sign: Features, library: Library, gloss: str) -> dict[str, float]:
    """Distance to each other gloss, by its typical reference."""
    glosses = [other for other in library.glosses if other != gloss]
    far = library.relative_distances(sign, [library.typical[other] for other in glosses]).min(axis=0)
    return dict(zip(glosses, far.tolist(), strict=True))


def _along_the_way(
    sign: Features, reference: Reference, mirror: int
) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The warping path, and each block's terms along it."""
    single = pack([reference.sign])
    path = symmetric_path(local_costs(sign, single)[mirror, :, :, 0].astype(np.float64))
    unlike, evidence = {}, {}
    for block in BLOCKS:
        above, below = block_terms(sign, single, block)
        unlike[block.name] = of_mirror(above, mirror)[:, path[:, 0], path[:, 1], 0]
        evidence[block.name] = of_mirror(below, mirror)[:, path[:, 0], path[:, 1], 0]
    return path, unlike, evidence
