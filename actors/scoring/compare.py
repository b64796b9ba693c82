"""How unlike two signs are: block by block and moment by moment, for one attempt against many references at once.

The local cost is *evidence-normalised*: with u = min(‖Δ‖ / miss, 3) for a block that both have, and 1 where one alone
has the hand, cost = Σ W·(min(a, c)·u + |a − c|) / max(Σ W·max(a, c), ε) over blocks and hands, a and c being how far
the hand is there in attempt and reference. Without the denominator moments without hands would match everything
(measured: AUC 0.969 → 0.928).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from .align import symmetric_distances
from .parameters import BLOCKS, Features

MISS_SHARE = 0.7
"""A hand that is absent from one side costs as much as a difference of this share of the block's scale."""
FARTHEST = 3.0
"""Differences count up to this many misses: one wild moment must not outweigh a sign."""
LEAST_EVIDENCE = 0.143
"""Smallest denominator, in block weights: moments without any hand cost nothing and tell nothing."""

MIRROR_MARGIN = 0.3
"""A mirror in which the hands in use agree worse than in the other by this share is not what the signer meant."""

Number = TypeVar("Number", float, np.ndarray)


ROWS: dict[str, slice] = {}
"""Where each block's numbers lie among those of all blocks, one under the other in the order of ``BLOCKS``."""
for _block in BLOCKS:
    _first = sum(each.stop - each.start for each in ROWS.values())
    ROWS[_block.name] = slice(_first, _first + _block.size)
FIRST_ROWS = [rows.start for rows in ROWS.values()]
PER_MISS = np.concatenate([block.factors for block in BLOCKS]) / np.float32(MISS_SHARE)
_AT_ONCE = 64
"""References that are compared in one go: more would not stay in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """Sign features of ``R`` references laid side by side for matrix products.

    ``values`` ``(276, 2, T, R)``: all blocks, one under the other (``ROWS``), each in misses; ``squares`` ``(6, 2, T,
    R)``: each block's squared length; ``there`` ``(2, 2, T, R)``: how far the wrists and the hands are there;
    ``has_body`` and ``still`` ``(R,)``.
    """

    values: np.ndarray
    squares: np.ndarray
    there: np.ndarray
    has_body: np.ndarray
    still: np.ndarray

    def __len__(self) -> int:
        return len(self.still)

    @property
    def hand_there(self) -> np.ndarray:
        """How far the hands are there ``(2, T, R)``."""
        return self.there[HAND]

    def take(self, indices: Sequence[int] | np.ndarray | slice) -> Pack:
        """The pack of some of its references."""
        index = np.arange(len(self))[indices] if isinstance(indices, slice) else np.asarray(indices, np.intp)
        arrays = (self.values, self.squares, self.there, self.has_body, self.still)
        return Pack(*(each.take(index, axis=-1) for each in arrays))

    def first_moment(self) -> Pack:
        """The pack of still references without their repetition in time."""
        return Pack(
            np.ascontiguousarray(self.values[:, :, :1]),
            self.squares[:, :, :1],
            self.there[:, :, :1],
            self.has_body,
            self.still,
        )


def pack(signs: Sequence[Features]) -> Pack:
    """Sign features of equal length, packed; blocks that a sign lacks (no body) are zeros that ``has_body`` masks."""
    frames = len(signs[0]) if signs else 0
    values = np.empty((len(PER_MISS), 2, frames, len(signs)), np.float32)
    for index, sign in enumerate(signs):
        values[..., index] = (sign.values * PER_MISS).transpose(2, 0, 1)
    return Pack(
        values,
        np.add.reduceat(values**2, FIRST_ROWS, axis=0),
        np.stack([presence(sign) for sign in signs], axis=-1) if signs else np.zeros((2, 2, 0, 0), np.float32),
        np.array([sign.has_body for sign in signs], bool),
        np.array([sign.still for sign in signs], bool),
    )


def presence(sign: Features) -> np.ndarray:
    """How far wrists and hands are there ``(2, 2, T)``, in the order of ``WRIST`` and ``HAND``."""
    return np.array((sign.wrist_there, sign.hand_there))


WRIST, HAND = 0, 1


def block_distances(sign: Features, references: Pack, count: int = len(BLOCKS)) -> np.ndarray:
    """How unlike moments are in the first ``count`` blocks, ``(count, 2, Ta, 2, Tr, R)`` in misses, at most
    ``FARTHEST``: each hand slot of the attempt against each of the references.
    """
    moments = len(sign)
    own = (sign.values * PER_MISS).reshape(2 * moments, -1)
    squares = np.add.reduceat(own**2, FIRST_ROWS, axis=1).T[:count]
    own *= np.float32(-2.0)
    others = references.values.reshape(len(PER_MISS), -1)
    unlike = np.empty((count, 2 * moments, others.shape[1]), np.float32)
    for index, rows in zip(range(count), ROWS.values(), strict=False):
        np.matmul(own[:, rows], others[rows], out=unlike[index])
    unlike += squares[:, :, None]
    unlike += references.squares[:count].reshape(count, 1, -1)
    np.maximum(unlike, 0, out=unlike)
    np.sqrt(unlike, out=unlike)
    np.minimum(unlike, np.float32(FARTHEST), out=unlike)
    return unlike.reshape(count, 2, moments, 2, *references.hand_there.shape[1:])


def block_weights(sign: Features, references: Pack, count: int = len(BLOCKS)) -> np.ndarray:
    """What each of the first ``count`` blocks weighs beside each reference ``(count, R)``: less, or nothing, where one
    of both has no body.
    """
    return weights_of(references.has_body & sign.has_body)[:count]


def weights_of(have_bodies: np.ndarray) -> np.ndarray:
    """What each block weighs ``(6, …)`` where both signs have, or have not, a body."""
    shape = (-1, *[1] * have_bodies.ndim)
    return np.where(have_bodies, _WEIGHTS.reshape(shape), _WEIGHTS_WITHOUT_BODY.reshape(shape))


_WEIGHTS = np.array([block.weight for block in BLOCKS], np.float32)
_WEIGHTS_WITHOUT_BODY = np.array(
    [0.0 if block.needs_body else block.weight * block.share_without_body for block in BLOCKS], np.float32
)
KIND = np.array([HAND if block.of_hand else WRIST for block in BLOCKS])
assert KIND.tolist() == [WRIST] + [HAND] * (len(BLOCKS) - 1), "the wrist's block stands first"


def term(weight: Number, unlike: Number, a: Number, c: Number) -> tuple[Number, Number]:
    """What one block adds to numerator and denominator of a cost: numbers or arrays alike."""
    apart = abs(a - c)
    shared = (a + c - apart) / 2
    return weight * (unlike * shared + apart), weight * (shared + apart)


def local_costs(
    sign: Features, references: Pack, count: int = len(BLOCKS), weights: np.ndarray | None = None
) -> np.ndarray:
    """Evidence-normalised costs ``(2 mirrors, Ta, Tr, R)`` by the first ``count`` blocks, with ``weights`` as
    ``costs_of`` takes them.
    """
    if len(references) > _AT_ONCE:
        parts = []
        for start in range(0, len(references), _AT_ONCE):
            which = slice(start, start + _AT_ONCE)
            own = None if weights is None else weights[:, which]
            parts.append(local_costs(sign, references.take(which), count, own))
        return np.concatenate(parts, axis=3)
    return costs_of(block_distances(sign, references, count), sign, references, weights)


def costs_of(
    unlike: np.ndarray, sign: Features, references: Pack, weights: np.ndarray | None = None
) -> np.ndarray:
    """Evidence-normalised costs ``(2 mirrors, Ta, Tr, R)`` from ``block_distances``; ``weights`` ``(b, R)`` are those
    of the blocks (``block_weights``), unless the evaluation tries others.
    """
    if weights is None:
        weights = block_weights(sign, references, len(unlike))
    total = np.array((weights[0], weights[1:].sum(axis=0)))[:, None, None, None, None]
    a, c = presence(sign)[..., None, None, None], references.there[:, None, None]
    shared = np.minimum(a, c)
    below = total * (a + c - shared)
    above = below - total * shared
    above[WRIST] += weights[0] * unlike[0] * shared[WRIST]
    above[HAND] += _weighted(unlike[1:], weights[1:]) * shared[HAND]
    above, below = above.sum(axis=0), below.sum(axis=0)
    straight, crossed = above[:, :, 0] + above[::-1, :, 1], below[:, :, 0] + below[::-1, :, 1]
    return straight / np.maximum(crossed, np.float32(LEAST_EVIDENCE))


def _weighted(unlike: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum over the blocks ``(b, …, R)`` by their weights ``(b, R)``: one matrix product where all references
    have, or all lack, a body.
    """
    if weights.shape[1] and (weights == weights[:, :1]).all():
        return (weights[:, 0] @ unlike.reshape(len(unlike), -1)).reshape(unlike.shape[1:])
    return np.einsum("bijklr,br->ijklr", unlike, weights)


def distances(sign: Features, references: Pack) -> np.ndarray:
    """Warped distances ``(2 mirrors, R)`` of one sign to every reference; infinite where the mirror cannot be meant.

    Where the kind of the hands is unknown, of both readings the nearer one.
    """
    readings = [sign] if sign.flipped is None else [replace(sign, flipped=None), sign.flipped]
    return np.minimum.reduce([warped_distances(reading, references) for reading in readings])


def possible_mirrors(sign: Features, references: Pack) -> np.ndarray:
    """Which mirrors ``(2, R)`` can be meant."""
    return meant_mirrors(sign.hand_there.mean(axis=1), references.hand_there.mean(axis=1).T)


def meant_mirrors(shown: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Which mirrors ``(2, …)`` can be meant by hands that are there for such shares of the sign ``(…, 2)``: those in
    use agree about as well in it as in the other, as the shared over the total presence, so that a wrong handshape of
    one hand is not taken for the other hand being missing.
    """
    match = np.array(
        [
            np.minimum(each, wanted).sum(axis=-1) / np.maximum(np.maximum(each, wanted).sum(axis=-1), 1e-6)
            for each in (shown, shown[..., ::-1])
        ]
    )
    return match >= match.max(axis=0) - MIRROR_MARGIN


def warped_distances(sign: Features, references: Pack, weights: np.ndarray | None = None) -> np.ndarray:
    """``distances`` of one reading of a sign; ``weights``: see ``costs_of``."""
    possible = possible_mirrors(sign, references)
    if sign.still and len(references) and references.still.all():
        sign, references = sign.cut(0, 1), references.first_moment()
    costs = local_costs(sign, references, weights=weights).transpose(1, 2, 0, 3)
    far = symmetric_distances(costs.reshape(*costs.shape[:2], -1)).reshape(2, -1)
    return np.where(possible, far, np.float32(np.inf))
