"""Other weighings of the same measurements, to see what each is worth: blocks and measurements left out, doubled,
equal, weighed by sign.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from actors.scoring.calibrate import COHORT, Calibration
from actors.scoring.compare import Pack, block_weights, pack, warped_distances
from actors.scoring.parameters import BLOCKS, Features
from actors.scoring.references import USUAL_DISTANCE, Reference

from .libraries import TypicalOfOthers
from .pairs import PairScorer

PARTS = tuple(each.name for block in BLOCKS if len(block.measurements) > 1 for each in block.measurements)
"""Measurements that share a block."""
KNOBS = (*(block.name for block in BLOCKS), *PARTS)
SIGN_WEIGHTS = (0.25, 4.0)
"""A sign's own weight of a block stays between these multiples of the weight for all signs."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """A way to weigh: ``times`` are multiples of the shipped block weights and measurement shares (``KNOBS``).

    ``isolation``: share of a reference's isolation that is taken off its distances. ``spread``: share of how far a
    sign's references by different people lie apart that is taken off (per-sign calibration). ``by_sign``: power of the
    Fisher ratios that a sign's own block weights are made of (0: the same weights for all signs).
    """

    name: str = field(compare=False)
    times: tuple[float, ...] = (1.0,) * len(KNOBS)
    isolation: float | None = None
    spread: float = 0.0
    by_sign: float = 0.0

    def with_knob(self, knob: str, factor: float) -> Weighing:
        """The same with one weight or share times ``factor``."""
        place = KNOBS.index(knob)
        return replace(self, times=(*self.times[:place], self.times[place] * factor, *self.times[place + 1 :]))

    @property
    def block_times(self) -> np.ndarray:
        """Multiples ``(blocks,)`` of the block weights, which together weigh what the shipped ones do."""
        shipped = np.array([block.weight for block in BLOCKS])
        times = np.array(self.times[: len(BLOCKS)])
        return (times * shipped.sum() / max(float(times @ shipped), 1e-9)).astype(np.float32)

    @property
    def multiples(self) -> tuple[float, ...]:
        """``KNOBS`` as they count: blocks against the weight of all, measurements against the strongest multiple."""
        parts = np.array(self.times[len(BLOCKS) :])
        return (*self.block_times.tolist(), *(parts / max(float(parts.max()), 1e-9)).tolist())

    @property
    def number_factors(self) -> np.ndarray:
        """What each of a moment's numbers ``(NUMBERS,)`` is multiplied with to change the shares inside the blocks."""
        times = dict(zip(KNOBS, self.times, strict=True))
        factors = []
        for block in BLOCKS:
            shares = np.array([each.share for each in block.measurements])
            changed = shares * [times.get(each.name, 1.0) if each.name in PARTS else 1.0 for each in block.measurements]
            ratios = changed / np.linalg.norm(changed) / (shares / np.linalg.norm(shares))
            factors += [np.full(each.size, ratio) for each, ratio in zip(block.measurements, ratios, strict=True)]
        return np.concatenate(factors).astype(np.float32)

    def reweighed(self, sign: Features) -> Features:
        """The sign with the shares inside the blocks changed."""
        flipped = None if sign.flipped is None else self.reweighed(sign.flipped)
        return replace(sign, values=sign.values * self.number_factors, flipped=flipped)


SHIPPED = Weighing("as shipped")


def equal_weighing() -> Weighing:
    """All blocks weigh the same, and all measurements inside a block."""
    weights = [block.weight for block in BLOCKS]
    shares = {each.name: each.share for block in BLOCKS for each in block.measurements}
    times = (*(1.0 / weight for weight in weights), *(1.0 / shares[name] for name in PARTS))
    return Weighing("all the same", times)


def single_changes() -> Iterator[Weighing]:
    """Each block and each measurement of the hand shape left out, doubled, or alone in its block."""
    for knob in KNOBS:
        yield replace(SHIPPED.with_knob(knob, 0.0), name=f"without {knob}")
        yield replace(SHIPPED.with_knob(knob, 2.0), name=f"{knob} doubled")
    for kept in PARTS:
        alone = SHIPPED
        for other in PARTS:
            alone = alone if other == kept else alone.with_knob(other, 0.0)
        yield replace(alone, name=f"{kept} alone for the hand shape")


def per_sign_changes() -> Iterator[Weighing]:
    """Calibration and block weights of each sign's own."""
    for isolation in (0.0, 1.0):
        yield replace(SHIPPED, name=f"isolation {isolation:g}", isolation=isolation)
    yield replace(SHIPPED, name="per-sign spread instead of isolation", isolation=0.0, spread=0.5)
    yield replace(SHIPPED, name="per-sign spread beside isolation", spread=0.5)
    yield replace(SHIPPED, name="per-sign block weights, root of Fisher ratio", by_sign=0.5)
    yield replace(SHIPPED, name="per-sign block weights, Fisher ratio", by_sign=1.0)


class WeighedScorer(PairScorer):
    """Compares attempts by another weighing. ``sign_times`` ``(blocks, R)`` are each reference's own multiples."""

    def __init__(
        self,
        references: Sequence[Reference],
        fit: Calibration,
        weighing: Weighing,
        typical: TypicalOfOthers,
        sign_times: np.ndarray | None = None,
    ) -> None:
        reweighed = [replace(each, sign=weighing.reweighed(each.sign)) for each in references]
        super().__init__(reweighed, fit, typical)
        self._weighing = weighing
        times = np.repeat(weighing.block_times[:, None], len(references), axis=1)
        self._times = times if sign_times is None else times * sign_times
        self._spread = self._spreads() if weighing.spread else None

    def _distances(self, sign: Features, places: Sequence[int] | None = None) -> np.ndarray:
        if places is None:
            return weighed_distances(sign, self._library.packed, self._times)
        return weighed_distances(sign, self._library.packed.take(places), self._times[:, places])

    def _corrected(self, far: np.ndarray, typical: Mapping[str, int]) -> np.ndarray:
        share = self._weighing.isolation
        if share is None:
            corrected = super()._corrected(far, typical)
        else:
            corrected = far - np.float32(share) * (self._isolation(typical) - np.float32(USUAL_DISTANCE))
        return corrected if self._spread is None else corrected - np.float32(self._weighing.spread) * self._spread

    def _spreads(self) -> np.ndarray:
        """How much farther than usual each reference ``(R,)`` is from its sign's references by other people; 0 where
        there are none.
        """
        found = np.full(len(self._glosses), np.nan, np.float32)
        for place, reference in enumerate(self._library.references):
            others = np.flatnonzero((self._glosses == reference.gloss) & (self._signers != reference.signer))
            if len(others):
                found[place] = self._distances(reference.sign, others.tolist()).min(axis=0).mean()
        known = np.isfinite(found)
        usual = found[known].mean() if known.any() else 0.0
        return np.where(known, found - usual, 0.0).astype(np.float32)


def weighed_distances(sign: Features, references: Pack, times: np.ndarray) -> np.ndarray:
    """Warped distances ``(2 mirrors, R)`` with the block weights times ``times`` ``(blocks, R)``: what
    ``compare.distances`` gives with the shipped ones.
    """
    return warped_distances(sign, references, block_weights(sign, references) * times)


def distances_by_block(references: Sequence[Reference]) -> np.ndarray:
    """How far all references are from each other ``(blocks, R, R)`` in each block alone, each warped by itself."""
    packed = pack([each.sign for each in references])
    every = np.empty((len(BLOCKS), len(references), len(references)), np.float32)
    total = sum(block.weight for block in BLOCKS)
    for number, block in enumerate(BLOCKS):
        times = np.zeros((len(BLOCKS), len(references)), np.float32)
        times[number] = total / block.weight
        for place, reference in enumerate(references):
            every[number, place] = weighed_distances(reference.sign, packed, times).min(axis=0)
    return every


def fisher_times(far: np.ndarray, references: Sequence[Reference], power: float) -> np.ndarray:
    """Each reference's own multiples ``(blocks, R)`` of the block weights: its sign's Fisher ratio in that block (the
    squared distance of the means over the sum of the variances; Fisher 1936) to ``power``, over the blocks' mean.

    Same-sign pairs are of two people; different ones are with the ``COHORT`` glosses that look most alike. 1 where
    nobody else signs the sign.
    """
    glosses = np.array([each.gloss for each in references])
    signers = np.array([each.signer for each in references])
    others = signers[:, None] != signers
    weights = np.array([block.weight for block in BLOCKS])
    times = np.ones((len(BLOCKS), len(references)), np.float32)
    for gloss in np.unique(glosses):
        mine = glosses == gloss
        same = far[:, (mine[:, None] & mine) & others]
        if not same.shape[1]:
            continue
        alike = _look_alikes(np.tensordot(weights, far, 1)[mine], glosses, gloss)
        different = far[:, (mine[:, None] & np.isin(glosses, alike))]
        gap = np.maximum(different.mean(axis=1) - same.mean(axis=1), 0.0)
        ratio = (gap**2 / (same.var(axis=1) + different.var(axis=1) + _LEAST_VARIANCE)) ** power
        own = ratio / max(float(weights @ ratio / weights.sum()), 1e-9)
        times[:, mine] = np.clip(own, *SIGN_WEIGHTS)[:, None]
    return times


def _look_alikes(far: np.ndarray, glosses: np.ndarray, gloss: str) -> list[str]:
    """The other glosses that are nearest to one, whose references are ``far`` ``(n, R)`` from all."""
    means = {other: float(far[:, glosses == other].mean()) for other in np.unique(glosses).tolist() if other != gloss}
    return sorted(means, key=means.__getitem__)[:COHORT]


_LEAST_VARIANCE = 1e-4
