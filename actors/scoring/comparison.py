"""One signed sign against the references of its gloss: the nearest one, how far it is, and where along the way the
parameters part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from .align import symmetric_path
from .calibrate import COHORT
from .compare import block_terms, normalised, of_mirror, pack
from .nonmanual import face_distance, paired_difference
from .parameters import BLOCKS, Features, Parameter
from .references import Library, Reference

MEASURED_OTHERS = 6
"""Other glosses that a sign is compared with in full, after a rough look at all of them."""


@dataclass(frozen=True, slots=True, eq=False)
class SignComparison:
    """A located sign (moments ``start:stop`` of the attempt) against its nearest ``reference``.

    ``path`` ``(n, 2)`` pairs attempt and reference moments (both 0..19). ``unlike[name]`` and ``evidence[name]``
    ``(2, n)``: numerator and denominator of a block's cost by the reference's hand slot along the path; hand ``slot``
    of the reference is slot ``slot ^ mirror`` of the attempt. ``face``: differences of the face's measures and which of
    them count (``nonmanual``). ``cohort`` and ``nearest_other`` are distances to other
    glosses (None in a library of one gloss).
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
    face: tuple[np.ndarray, np.ndarray] | None

    def parameter_distance(self, parameter: Parameter) -> float | None:
        """Evidence-normalised distance of one parameter along the path; None where neither side shows it."""
        if parameter is Parameter.NONMANUAL:
            return None if self.face is None else face_distance(*self.face)
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
    own, (glosses, places) = library.indices_of(gloss), _likely_others(sign, library, gloss)
    far = library.relative_distances(sign, [*own, *places])
    best, mirror = _nearest(far[:, : len(own)], mirror)
    reference, others = library.references[own[best]], far[:, len(own) :].min(axis=0)
    nearest = int(np.argmin(others)) if len(others) else None
    path, unlike, evidence = _along_the_way(sign, reference, mirror)
    return SignComparison(
        sign_index=span[0],
        start=span[1],
        stop=span[2],
        mirror=mirror,
        reference=reference,
        sign=sign,
        distance=float(far[mirror, best]),
        nearest_other=None if nearest is None else float(others[nearest]),
        other_gloss=None if nearest is None else glosses[nearest],
        cohort=None if nearest is None else float(np.sort(others)[:COHORT].mean()),
        path=path,
        unlike=unlike,
        evidence=evidence,
        face=paired_difference(sign.face, reference.sign.face, path, mirror),
    )


def beside(found: SignComparison, reference: Reference) -> SignComparison:
    """The same signing along another reference of its gloss; distances stay those to the nearest one."""
    path, unlike, evidence = _along_the_way(found.sign, reference, found.mirror)
    face = paired_difference(found.sign.face, reference.sign.face, path, found.mirror)
    return replace(found, reference=reference, path=path, unlike=unlike, evidence=evidence, face=face)


def next_nearest(found: SignComparison, library: Library, count: int) -> list[Reference]:
    """The nearest other references of the gloss, nearest first."""
    indices = library.indices_of(found.reference.gloss)
    far = library.relative_distances(found.sign, indices)[found.mirror]
    ordered = [library.references[indices[place]] for place in np.argsort(far, kind="stable")]
    return [reference for reference in ordered if reference is not found.reference][:count]


def _likelier_reading(sign: Features, library: Library, gloss: str) -> Features:
    """Of the two readings of hands whose kind is unknown, the one that is nearer to the gloss."""
    if sign.flipped is None:
        return sign
    readings = (replace(sign, flipped=None), sign.flipped)
    return min(readings, key=lambda reading: library.relative_distances(reading, library.indices_of(gloss)).min())


def _nearest(far: np.ndarray, mirror: int | None) -> tuple[int, int]:
    """The nearest of the distances ``(2 mirrors, n)``: its place and mirror; in ``mirror`` alone if that is given
    and possible.
    """
    if mirror is not None and np.isfinite(far[mirror]).any():
        return int(np.argmin(far[mirror])), mirror
    best = int(np.argmin(far))
    return best % far.shape[1], best // far.shape[1]


def _likely_others(sign: Features, library: Library, gloss: str) -> tuple[list[str], list[int]]:
    """Other glosses to compare with and their typical references; in a large library those that a rough look finds
    likely.
    """
    glosses = [other for other in library.glosses if other != gloss]
    places = [library.typical[other] for other in glosses]
    if len(places) <= MEASURED_OTHERS:
        return glosses, places
    rough = library.rough_distances(sign)[places]
    chosen = np.sort(np.argsort(rough, kind="stable")[:MEASURED_OTHERS]).tolist()
    return [glosses[index] for index in chosen], [places[index] for index in chosen]


def _along_the_way(
    sign: Features, reference: Reference, mirror: int
) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The warping path, and each block's terms along it."""
    single = pack([reference.sign])
    terms = {block.name: block_terms(sign, single, block) for block in BLOCKS}
    above = sum(np.float32(block.weight) * terms[block.name][0] for block in BLOCKS)
    below = sum(np.float32(block.weight) * terms[block.name][1] for block in BLOCKS)
    path = symmetric_path(normalised(above, below)[mirror, :, :, 0].astype(np.float64))
    unlike, evidence = {}, {}
    for name, (numerator, denominator) in terms.items():
        unlike[name] = of_mirror(numerator, mirror)[:, path[:, 0], path[:, 1], 0]
        evidence[name] = of_mirror(denominator, mirror)[:, path[:, 0], path[:, 1], 0]
    return path, unlike, evidence
