"""Several signs at once, each beside some references of its own: the costs of ``compare`` for a whole attempt in a few
large operations instead of a few dozen for every sign.

What makes it quick: hands that are seen on neither side are left out, only mirrors that can be meant are looked at, and
only the cells that the warping may enter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .align import cell_distances, cells
from .compare import (
    FARTHEST,
    FIRST_ROWS,
    HAND,
    KIND,
    LEAST_EVIDENCE,
    PER_MISS,
    ROWS,
    WRIST,
    meant_mirrors,
    presence,
    term,
    weights_of,
)
from .parameters import BLOCKS, Features

_DOUBLED = np.float32(-2.0) * PER_MISS * PER_MISS
_ROWS = tuple(ROWS.values())
_BOTH = slice(0, 2)


@dataclass(frozen=True, slots=True, eq=False)
class Signs:
    """Signs of ``T`` moments: ``S`` in a row, or ``R`` references for each ``(S, R)``, or the same for all ``(1, R)``.

    ``values`` of each, one after the other, ``(2, T, NUMBERS)``; ``squares`` ``(6, …, 2, T)``: each block's squared
    length in misses; ``sketch`` ``(4, …, 2, T)``: how far wrists and hands are there (``WRIST``, ``HAND``), and the
    wrists' places in misses; ``has_body`` ``(…)``.
    """

    values: Sequence[np.ndarray]
    squares: np.ndarray
    sketch: np.ndarray
    has_body: np.ndarray

    def at(self, moments: Sequence[int]) -> Signs:
        """Some of the moments."""
        which = list(moments)
        values = [each[:, which] for each in self.values]
        return Signs(values, self.squares[..., which], self.sketch[..., which], self.has_body)

    def take(self, places: Sequence[int]) -> Signs:
        """Some signs of a row."""
        which = list(places)
        values = [self.values[place] for place in which]
        return Signs(values, self.squares[:, which], self.sketch[:, which], self.has_body[which])

    def together(self) -> Signs:
        """Signs of a row as references that are the same for all."""
        return Signs(self.values, self.squares[:, None], self.sketch[:, None], self.has_body[None])


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What is compared with what: sign ``sign`` in ``mirror`` with its ``reference``; each ``(B,)``."""

    mirror: np.ndarray
    sign: np.ndarray
    reference: np.ndarray

    def place(self, mirror: int, sign: int, reference: int) -> int:
        """Where this comparison stands."""
        return int(((self.mirror == mirror) & (self.sign == sign) & (self.reference == reference)).argmax())


def laid_out(signs: Sequence[Features]) -> Signs:
    """Signs of equal length in a row."""
    values = np.array([sign.values for sign in signs])
    in_misses = values * PER_MISS
    there = [[sign.wrist_there for sign in signs], [sign.hand_there for sign in signs]]
    return Signs(
        values,
        np.add.reduceat(np.square(in_misses), FIRST_ROWS, axis=-1).transpose(3, 0, 1, 2),
        np.concatenate((there, in_misses[..., ROWS["wrist"]].transpose(3, 0, 1, 2))),
        np.array([sign.has_body for sign in signs]),
    )


def warped(own: Signs, references: Signs) -> tuple[np.ndarray, Columns, np.ndarray]:
    """Warped distances ``(2 mirrors, S, R)``, infinite where the mirror cannot be meant; what was compared for that,
    and its costs ``(n, B)`` at the ``cells`` of the warping.
    """
    possible = meant_mirrors(own.sketch[HAND].mean(axis=2)[:, None], references.sketch[HAND].mean(axis=3))
    columns = Columns(*np.nonzero(possible))
    moments = own.sketch.shape[-1]
    costs = costs_at(own, references, columns, *cells(moments))
    found = np.full(possible.shape, np.inf, np.float32)
    found[possible] = cell_distances(costs, moments)
    return found, columns, costs


def costs_at(
    own: Signs, references: Signs, columns: Columns, shown: np.ndarray, wanted: np.ndarray, count: int = len(BLOCKS)
) -> np.ndarray:
    """Evidence-normalised costs ``(n, B)`` by the first ``count`` blocks of ``n`` pairs of moments: ``shown`` of the
    sign, ``wanted`` of the reference.
    """
    weights = weights_of(own.has_body[:, None] & references.has_body)[:count]
    hands = _HandsApart(own, references, weights[1:])
    totals = np.array((weights[0], weights[1:].sum(axis=0)))[:, columns.sign, columns.reference]
    evidence = common = missed = np.float32(0.0)
    for slot in (0, 1):
        of_set = columns.sign % len(references.has_body)
        a = _at(own.sketch[:, columns.sign, columns.mirror ^ slot], totals, shown)
        c = _at(references.sketch[:, of_set, columns.reference, slot], totals, wanted)
        shared = np.minimum(a[:2], c[:2])
        evidence, common = evidence + (a[:2] + c[:2]), common + shared
        apart = np.square(a[2:] - c[2:])
        missed = missed + shared[WRIST] * np.minimum(np.sqrt(apart[0] + apart[1]), np.float32(FARTHEST))
        if hands.looked_at(slot):
            missed += shared[HAND] * hands.at(columns, slot, shown, wanted)
    shared, below = common[0] + common[1], evidence[0] + evidence[1]
    below -= shared
    return (below - shared + missed) / np.maximum(below, np.float32(LEAST_EVIDENCE))


def _at(sketch: np.ndarray, totals: np.ndarray, moments: np.ndarray) -> np.ndarray:
    """``sketch`` ``(4, B, T)`` at some moments ``(4, n, B)``, how far something is there by what it weighs."""
    sketch[:2] *= totals[:, :, None]
    return sketch.transpose(0, 2, 1).copy().take(moments, axis=1)


def block_terms(
    ways: Sequence[tuple[Features, Features, np.ndarray, int]],
) -> list[tuple[tuple[float, float], ...]]:
    """For each sign, reference, path ``(n, 2)`` and mirror: what each block adds to numerator and denominator of the
    cost of the whole path.
    """
    ends = [
        (sign, path[:, 0], np.array([[mirror], [1 ^ mirror]]), reference, path[:, 1], np.array([[0], [1]]))
        for sign, reference, path, mirror in ways
    ]
    shown = np.concatenate([sign.values[slots, moments] for sign, moments, slots, *_ in ends], axis=1)
    wanted = np.concatenate([sign.values[slots, moments] for *_, sign, moments, slots in ends], axis=1)
    unlike = np.add.reduceat(np.square((shown - wanted) * PER_MISS), FIRST_ROWS, axis=2).transpose(2, 0, 1)
    unlike = np.minimum(np.sqrt(unlike), np.float32(FARTHEST))
    a = np.concatenate([presence(sign)[:, slots, moments] for sign, moments, slots, *_ in ends], axis=2)
    c = np.concatenate([presence(sign)[:, slots, moments] for *_, sign, moments, slots in ends], axis=2)
    have_bodies = np.array([sign.has_body and reference.has_body for sign, reference, *_ in ways])
    lengths = [len(path) for _, _, path, _ in ways]
    weights = weights_of(have_bodies).repeat(lengths, axis=1)[:, None]
    sums = np.array(term(weights, unlike, a[KIND], c[KIND])).sum(axis=2)
    starts = np.cumsum([0, *lengths[:-1]])
    above, below = np.add.reduceat(sums, starts, axis=2).transpose(0, 2, 1).tolist()
    return [tuple(zip(*each, strict=True)) for each in zip(above, below, strict=True)]


class _HandsApart:
    """How unlike the hands of two sides are: the blocks of a hand together, by their weights ``(blocks, S, R)``."""

    def __init__(self, own: Signs, references: Signs, weights: np.ndarray) -> None:
        self._mine, self._theirs = _slots(own), _slots(references)
        found = _unlike(own, references, len(weights), self._mine, self._theirs)
        weights = weights / weights.sum(axis=0)
        if (weights == weights[:, :1, :1]).all():
            self._far = (weights[:, 0, 0] @ found.reshape(len(found), -1)).reshape(found.shape[1:])
        else:
            self._far = np.einsum("bshtrou,bsr->shtrou", found, weights)

    def looked_at(self, slot: int) -> bool:
        """Whether any of the references has a hand in ``slot``."""
        return self._theirs.start <= slot < self._theirs.stop

    def at(self, columns: Columns, slot: int, shown: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Of ``n`` pairs of moments ``(n, B)``; of a hand that the sign lacks anything."""
        _, hands, moments, references, others, places = self._far.shape
        own_slot = (columns.mirror ^ slot) if hands == 2 else 0
        first = ((columns.sign * hands + own_slot) * moments * references + columns.reference) * others
        first += slot - self._theirs.start
        return self._far.ravel().take((shown * (references * others * places) + wanted)[:, None] + first * places)


def _slots(signs: Signs) -> slice:
    """The slots in which any of the signs has a hand; one at least."""
    right, left = signs.sketch[HAND].reshape(-1, *signs.sketch.shape[-2:]).any(axis=(0, 2)).tolist()
    return _BOTH if right and left else slice(1, 2) if left else slice(0, 1)


def _unlike(own: Signs, references: Signs, blocks: int, mine: slice, theirs: slice) -> np.ndarray:
    """How unlike moments are in the first ``blocks`` of the hand, ``(blocks, S, hands, Ta, R, hands, Tr)`` in misses,
    at most ``FARTHEST``.
    """
    sets, chosen = references.has_body.shape
    shown = np.array([each[mine] for each in own.values])
    wanted = np.array([each[theirs] for each in references.values])
    count, hands, moments = shown.shape[:3]
    others, places = wanted.shape[1:3]
    shown *= _DOUBLED
    shown = shown.reshape(count, hands * moments, -1)
    wanted = wanted.reshape(sets, chosen * others * places, -1).swapaxes(1, 2)
    found = np.empty((blocks, count, hands * moments, chosen * others * places), np.float32)
    for index, rows in zip(range(blocks), _ROWS[1:], strict=False):
        np.matmul(shown[:, :, rows], wanted[:, rows], out=found[index])
    found += own.squares[1 : 1 + blocks, :, mine].reshape(blocks, count, -1, 1)
    found += references.squares[1 : 1 + blocks, :, :, theirs].reshape(blocks, sets, 1, -1)
    np.maximum(found, np.float32(0.0), out=found)
    np.sqrt(found, out=found)
    np.minimum(found, np.float32(FARTHEST), out=found)
    return found.reshape(blocks, count, hands, moments, chosen, others, places)
