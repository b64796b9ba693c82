"""Figures of merit of a scorer, from scores alone. Higher scores mean "more alike"; NaN means "not compared"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BEST_REFERENCES = 3
"""A gloss's score for an attempt is the mean of this many of its best references, so that one odd one cannot decide."""


@dataclass(frozen=True, slots=True)
class HardPair:
    """Two glosses that are easily confused: attempts at either against references of either."""

    a: str
    b: str
    auc: float


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """How one label fares; ``auc`` and ``top1`` are None where no other signer has it."""

    label: str
    attempts: int
    signers: int
    auc: float | None
    top1: float | None
    same_median: float | None
    other_median: float | None
    taken_for: str | None


def midranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1 of ``values`` ``(n,)``; equal values share the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2.0)[inverse]


def auc(same: np.ndarray, different: np.ndarray) -> float | None:
    """Probability that a same-sign pair scores above a different-sign pair, ties counting half.

    The area under the ROC curve by the rank-sum statistic (Mann & Whitney 1947; Hanley & McNeil 1982). None where
    either side is empty.
    """
    same, different = np.ravel(same), np.ravel(different)
    if not len(same) or not len(different):
        return None
    ranks = midranks(np.concatenate([same, different]))
    excess = ranks[: len(same)].sum() - len(same) * (len(same) + 1) / 2.0
    return float(excess / (len(same) * len(different)))


def equal_error_rate(same: np.ndarray, different: np.ndarray) -> float | None:
    """Share of wrong decisions at the threshold where as many same-sign pairs fall below as different ones reach it.

    Between the two thresholds where the rates cross, both are interpolated linearly. None where either side is empty.
    """
    same, different = np.sort(np.ravel(same)), np.sort(np.ravel(different))
    if not len(same) or not len(different):
        return None
    thresholds = np.append(np.unique(np.concatenate([same, different])), np.inf)
    rejected = np.searchsorted(same, thresholds, side="left") / len(same)
    accepted = 1.0 - np.searchsorted(different, thresholds, side="left") / len(different)
    after = int(np.argmax(rejected >= accepted))
    if after == 0:
        return float((rejected[0] + accepted[0]) / 2.0)
    gap_before, gap_after = accepted[after - 1] - rejected[after - 1], rejected[after] - accepted[after]
    share = gap_before / (gap_before + gap_after)
    return float(rejected[after - 1] + share * (rejected[after] - rejected[after - 1]))


def gloss_scores(scores: np.ndarray, gloss_of: np.ndarray, glosses: int, best: int = BEST_REFERENCES) -> np.ndarray:
    """``(attempts, glosses)`` from ``scores`` ``(attempts, references)``: the mean of the ``best`` references of each.

    ``gloss_of`` ``(references,)`` numbers the references' glosses. References that score NaN do not count; a gloss
    without any has NaN.
    """
    result = np.full((len(scores), glosses), np.nan)
    for gloss in range(glosses):
        columns = scores[:, gloss_of == gloss]
        if not columns.shape[1]:
            continue
        ordered = -np.sort(-columns, axis=1)[:, :best]
        counted = np.isfinite(ordered)
        sums, numbers = np.where(counted, ordered, 0.0).sum(axis=1), counted.sum(axis=1)
        result[:, gloss] = np.where(numbers > 0, sums / np.maximum(numbers, 1), np.nan)
    return result


def nearest_gloss(by_gloss: np.ndarray) -> np.ndarray:
    """``(attempts,)`` number of the gloss that scores highest, -1 where an attempt was compared with none.

    The first of equals is not chosen silently: an attempt whose best score two glosses share has no nearest (-1).
    """
    filled = np.where(np.isfinite(by_gloss), by_gloss, -np.inf)
    if not filled.size:
        return np.full(len(filled), -1)
    best = filled.max(axis=1)
    unique = (filled == best[:, None]).sum(axis=1) == 1
    return np.where(unique & np.isfinite(best), filled.argmax(axis=1), -1)


def top1(nearest: np.ndarray, truth: np.ndarray, answerable: np.ndarray) -> float | None:
    """Share of the ``answerable`` attempts whose nearest gloss is the true one; None where there is none to ask."""
    return float((nearest == truth)[answerable].mean()) if answerable.any() else None


def confusion(nearest: np.ndarray, truth: np.ndarray, answerable: np.ndarray, glosses: int) -> np.ndarray:
    """``(glosses, glosses + 1)`` counts: rows are the true gloss, columns the nearest, the last one "none"."""
    counts = np.zeros((glosses, glosses + 1), np.int64)
    columns = np.where(nearest < 0, glosses, nearest)
    np.add.at(counts, (truth[answerable], columns[answerable]), 1)
    return counts


def hard_pairs(
    scores: np.ndarray, attempt_gloss: np.ndarray, gloss_of: np.ndarray, names: Sequence[str], most: int = 10
) -> list[HardPair]:
    """The ``most`` pairs of glosses that the scores tell apart worst, hardest first.

    For glosses a and b: same-sign pairs within a or within b against attempts at one scored against references of the
    other.
    """
    within: list[np.ndarray] = []
    across: dict[tuple[int, int], np.ndarray] = {}
    for a in range(len(names)):
        rows = scores[attempt_gloss == a]
        for b in range(len(names)):
            values = rows[:, gloss_of == b].ravel()
            across[a, b] = values[np.isfinite(values)]
        within.append(across[a, a])
    pairs = []
    for a in range(len(names)):
        for b in range(a + 1, len(names)):
            value = auc(np.concatenate([within[a], within[b]]), np.concatenate([across[a, b], across[b, a]]))
            if value is not None:
                pairs.append(HardPair(names[a], names[b], value))
    return sorted(pairs, key=lambda pair: (pair.auc, pair.a, pair.b))[:most]


def label_table(
    scores: np.ndarray,
    attempt_gloss: np.ndarray,
    gloss_of: np.ndarray,
    names: Sequence[str],
    signers_of: Sequence[int],
    asked: np.ndarray,
    nearest: np.ndarray,
) -> list[LabelFigures]:
    """How each label fares as the true gloss of attempts; ``signers_of`` counts the people who sign it. ``asked`` and
    ``nearest`` are true and nearest gloss of the attempts whose nearest gloss was sought.
    """
    table = []
    for gloss, name in enumerate(names):
        mine = attempt_gloss == gloss
        same = _finite(scores[mine][:, gloss_of == gloss])
        other = _finite(scores[mine][:, gloss_of != gloss])
        found = nearest[asked == gloss]
        wrong = found[(found != gloss) & (found >= 0)]
        table.append(
            LabelFigures(
                label=name,
                attempts=len(found),
                signers=signers_of[gloss],
                auc=auc(same, other),
                top1=float((found == gloss).mean()) if len(same) and len(found) else None,
                same_median=float(np.median(same)) if len(same) else None,
                other_median=float(np.median(other)) if len(other) else None,
                taken_for=names[int(np.bincount(wrong).argmax())] if len(same) and len(wrong) else None,
            )
        )
    return table


def _finite(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values)]
