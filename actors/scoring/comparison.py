"""One signed sign against the references of its gloss: the nearest one, how far it is, and where along the way the
parameters part."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations

import numpy as np

from .align import cell_paths, cells
from .calibrate import COHORT
from .nonmanual import face_distance, paired_difference
from .parameters import BLOCKS, Features, Parameter
from .references import SIGN_FRAMES, Library, Reference
from .side_by_side import Columns, Signs, block_terms, costs_at, laid_out

MEASURED_OTHERS = 6
"""Other glosses that a sign is compared with in full, after a rough look at all of them."""
SECOND_OPINIONS = 4
"""Other references of a gloss that must agree with a correction."""


@dataclass(frozen=True, slots=True, eq=False)
class SignComparison:
    """A located sign (moments ``start:stop`` of the attempt) against its nearest ``reference``.

    ``path`` ``(n, 2)`` pairs attempt and reference moments (both 0..19). ``terms`` are numerator and denominator of
    each block's share of its cost; hand ``slot`` of the reference is slot ``slot ^ mirror`` of the attempt. ``face``:
    differences of the face's measures and which of them count (``nonmanual``). ``cohort`` and ``nearest_other`` are
    distances to other glosses (None in a library of one gloss). ``next_nearest``: the gloss's other references, of each
    other signer the nearest first, ``SECOND_OPINIONS`` of them at most. ``place_spread``: how far these and
    ``reference`` are from one another in place (shoulder widths), a mean over those by two people; None without such.
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
    terms: tuple[tuple[float, float], ...]
    face: tuple[np.ndarray, np.ndarray] | None
    next_nearest: tuple[Reference, ...]
    place_spread: float | None

    def parameter_distance(self, parameter: Parameter) -> float | None:
        """Evidence-normalised distance of one parameter along the path; None where neither side shows it."""
        if parameter is Parameter.NONMANUAL:
            return None if self.face is None else face_distance(*self.face)
        mine = [term for block, term in zip(BLOCKS, self.terms, strict=True) if block.parameter is parameter]
        below = sum(below for _, below in mine)
        return sum(above for above, _ in mine) / below if below > 0 else None


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A sign of the sentence, and the signings ``(start, stop, features)`` of which one is to be it."""

    sign_index: int
    gloss: str
    signings: Sequence[tuple[int, int, Features]]


@dataclass(frozen=True, slots=True, eq=False)
class _Nearest:
    """One signing, how far it is from its gloss's references ``own`` and from ``others`` (``(2 mirrors, …)``), and its
    ``costs`` ``(n,)`` beside the nearest one at the ``cells`` of the warping.
    """

    start: int
    stop: int
    sign: Features
    far: np.ndarray
    others: np.ndarray
    other_glosses: Sequence[str]
    best: int
    mirror: int
    costs: np.ndarray

    @property
    def distance(self) -> float:
        return float(self.far[self.mirror, self.best])


def compare_signs(asked: Sequence[Asked], library: Library, mirror: int | None) -> list[SignComparison]:
    """Compares each asked sign, in the signing that comes nearest to its gloss, with the gloss's references and with
    the rest of the library; in ``mirror`` if that is given.
    """
    found = [min(each, key=lambda nearest: nearest.distance) for each in _nearest_ones(asked, library, mirror)]
    chosen = [library.references_of(each.gloss)[near.best] for each, near in zip(asked, found, strict=True)]
    paths = cell_paths(np.array([near.costs for near in found]).T, SIGN_FRAMES)
    ways = [
        (near.sign, reference.sign, path, near.mirror)
        for near, reference, path in zip(found, chosen, paths, strict=True)
    ]
    return [
        _comparison(each, near, library, path, terms)
        for each, near, path, terms in zip(asked, found, paths, block_terms(ways), strict=True)
    ]


def beside(found: SignComparison, references: Sequence[Reference]) -> list[SignComparison]:
    """The same signing along other references of its gloss; distances stay those to the nearest one."""
    if not references:
        return []
    sign, mirror, count = found.sign, found.mirror, len(references)
    columns = Columns(np.full(count, mirror), np.zeros(count, np.intp), np.arange(count))
    others = laid_out([reference.sign for reference in references]).together()
    paths = cell_paths(costs_at(laid_out([sign]), others, columns, *cells(SIGN_FRAMES)), SIGN_FRAMES)
    ways = [(sign, reference.sign, path, mirror) for reference, path in zip(references, paths, strict=True)]
    return [
        replace(found, reference=reference, path=path, terms=terms, face=_face(sign, reference, path, mirror))
        for reference, path, terms in zip(references, paths, block_terms(ways), strict=True)
    ]


def _comparison(
    asked: Asked, near: _Nearest, library: Library, path: np.ndarray, terms: tuple[tuple[float, float], ...]
) -> SignComparison:
    own, others = library.references_of(asked.gloss), near.others.min(axis=0)
    reference = own[near.best]
    next_nearest = tuple(own[place] for place in _second_opinions(own, near))
    nearest = int(np.argmin(others)) if len(others) else None
    return SignComparison(
        sign_index=asked.sign_index,
        start=near.start,
        stop=near.stop,
        mirror=near.mirror,
        reference=reference,
        sign=near.sign,
        distance=near.distance,
        nearest_other=None if nearest is None else float(others[nearest]),
        other_gloss=None if nearest is None else near.other_glosses[nearest],
        cohort=None if nearest is None else float(np.sort(others)[:COHORT].mean()),
        path=path,
        terms=terms,
        face=_face(near.sign, reference, path, near.mirror),
        next_nearest=next_nearest,
        place_spread=_place_spread([reference, *next_nearest]),
    )


def _place_spread(references: Sequence[Reference]) -> float | None:
    apart = [
        math.dist(_usual_place(one), _usual_place(other))
        for one, other in combinations(references, 2)
        if one.signer != other.signer
    ]
    return sum(apart) / len(apart) if apart else None


@lru_cache(maxsize=512)
def _usual_place(reference: Reference) -> tuple[float, float]:
    """Where the palm of the hand that is seen more is on average, from that hand's own side."""
    there = reference.sign.hand_there
    slot = int(there.sum(axis=1).argmax())
    x, y, _ = (there[slot] @ reference.sign.centre[slot] / max(float(there[slot].sum()), 1e-9)).tolist()
    return x, y


def _second_opinions(own: Sequence[Reference], near: _Nearest) -> list[int]:
    """Places of the references to ask after the nearest one: other signers first, since one signer's recordings hardly
    differ among themselves; of each the nearest.
    """
    asked = Counter([own[near.best].signer])
    turns: list[tuple[int, int, int]] = []
    for rank, place in enumerate(np.argsort(near.far[near.mirror], kind="stable").tolist()):
        if place != near.best:
            turns.append((asked[own[place].signer], rank, place))
            asked[own[place].signer] += 1
    return [place for *_, place in sorted(turns)[:SECOND_OPINIONS]]


def _nearest_ones(asked: Sequence[Asked], library: Library, mirror: int | None) -> list[list[_Nearest]]:
    """Every signing of every asked sign with its distances; all of them warped together."""
    tries = [
        (each.gloss, start, stop, _likelier_reading(sign, library, each.gloss))
        for each in asked
        for start, stop, sign in each.signings
    ]
    own = laid_out([sign for *_, sign in tries])
    likely = _likely_others(own, [gloss for gloss, *_ in tries], library)
    places = [
        [*library.indices_of(gloss), *others] for (gloss, *_), (_, others) in zip(tries, likely, strict=True)
    ]
    found: dict[int, _Nearest] = {}
    for length in {len(each) for each in places}:
        which = [index for index, each in enumerate(places) if len(each) == length]
        far, columns, costs = library.relative_distances(own.take(which), np.array([places[index] for index in which]))
        for row, index in enumerate(which):
            (_, start, stop, sign), (glosses, others) = tries[index], likely[index]
            mine, theirs = far[:, row, : length - len(others)], far[:, row, length - len(others) :]
            best, taken = _nearest(mine, mirror)
            chosen = costs[:, columns.place(taken, row, best)]
            found[index] = _Nearest(start, stop, sign, mine, theirs, glosses, best, taken, chosen)
    remaining = iter([found[index] for index in range(len(tries))])
    return [[next(remaining) for _ in each.signings] for each in asked]


def _likelier_reading(sign: Features, library: Library, gloss: str) -> Features:
    """Of the two readings of hands whose kind is unknown, the one that is nearer to the gloss."""
    if sign.flipped is None:
        return sign
    readings = (replace(sign, flipped=None), sign.flipped)
    own = library.indices_of(gloss)
    far, *_ = library.relative_distances(laid_out(readings), np.array([own, own]))
    return readings[int(far.min(axis=(0, 2)).argmin())]


def _nearest(far: np.ndarray, mirror: int | None) -> tuple[int, int]:
    """The nearest of the distances ``(2 mirrors, n)``: its place and mirror; in ``mirror`` alone if that is given
    and possible.
    """
    if mirror is not None and np.isfinite(far[mirror]).any():
        return int(np.argmin(far[mirror])), mirror
    best = int(np.argmin(far))
    return best % far.shape[1], best // far.shape[1]


def _likely_others(
    own: Signs, glosses: Sequence[str], library: Library
) -> list[tuple[list[str], list[int]]]:
    """For each sign the other glosses to compare it with and their typical references; in a large library those that
    a rough look finds likely.
    """
    every, places = list(library.typical), list(library.typical.values())
    if len(every) - 1 <= MEASURED_OTHERS:
        roughly = np.zeros((len(glosses), len(every)))
    else:
        roughly = library.rough_distances(own)
    found = []
    for gloss, rough in zip(glosses, roughly, strict=True):
        order = [place for place in np.argsort(rough, kind="stable").tolist() if every[place] != gloss]
        chosen = sorted(order[:MEASURED_OTHERS])
        found.append(([every[place] for place in chosen], [places[place] for place in chosen]))
    return found


def _face(
    sign: Features, reference: Reference, path: np.ndarray, mirror: int
) -> tuple[np.ndarray, np.ndarray] | None:
    return paired_difference(sign.face, reference.sign.face, path, mirror)
