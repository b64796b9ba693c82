"""The figures of an evaluation, from the scores of attempts against other signers' references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .material import Material
from .metrics import (
    HardPair,
    LabelFigures,
    auc,
    confusion,
    equal_error_rate,
    gloss_scores,
    hard_pairs,
    label_table,
    nearest_gloss,
    top1,
)

_DIGITS = 6


@dataclass(frozen=True, slots=True, eq=False)
class PairScores:
    """Overall scores ``(A, R)`` of attempts against single references; NaN where they were not compared.

    ``closed``: with the attempt's true gloss in the comparison library; ``open``: without it. Rows of attempts that the
    scorer would not judge are NaN; they are counted in ``not_judged``.
    """

    closed: np.ndarray
    open: np.ndarray
    not_judged: int


@dataclass(frozen=True, slots=True)
class Timing:
    """Processor time of the final judgement of one attempt and of one streamed frame; None where nothing was timed."""

    ms_per_attempt: float | None
    us_per_frame: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """All that an evaluation says. ``None`` stands where there is nothing to say it from, such as one signer alone."""

    names: tuple[str, ...]
    attempts: int
    pairs: int
    pair_auc: float | None
    pair_auc_open: float | None
    top1: float | None
    eer: float | None
    hard_pairs: tuple[HardPair, ...]
    table: tuple[LabelFigures, ...]
    confusion: np.ndarray
    same: np.ndarray
    different: np.ndarray

    def as_json(self, file: str, clips: int, labels: int, signers: int, timing: Timing) -> dict[str, Any]:
        """The machine-readable object; ``clips``, ``labels`` and ``signers`` count what is in ``file``."""
        return {
            "file": file,
            "n": clips,
            "labels": labels,
            "signers": signers,
            "pair_auc": _rounded(self.pair_auc),
            "pair_auc_open": _rounded(self.pair_auc_open),
            "top1": _rounded(self.top1),
            "eer": _rounded(self.eer),
            "hard_pairs": [{"a": pair.a, "b": pair.b, "auc": _rounded(pair.auc)} for pair in self.hard_pairs],
            "ms_per_attempt": _rounded(timing.ms_per_attempt),
            "us_per_frame": _rounded(timing.us_per_frame),
        }


def figures(material: Material, scores: PairScores) -> Figures:
    """Computes every figure of ``scores``, whose rows and columns are the attempts and references of ``material``."""
    names = tuple(sorted({clip.label for clip in (*material.attempts, *material.references)}))
    number = {name: index for index, name in enumerate(names)}
    truth = np.array([number[clip.label] for clip in material.attempts], np.intp)
    shown = np.array([number[clip.label] for clip in material.references], np.intp)
    same_sign = truth[:, None] == shown[None, :]
    compared = np.isfinite(scores.closed)
    same, different = scores.closed[compared & same_sign], scores.closed[compared & ~same_sign]
    nearest = nearest_gloss(gloss_scores(scores.closed, shown, len(names)))
    answerable = (compared & same_sign).any(axis=1)
    return Figures(
        names=names,
        attempts=int(compared.any(axis=1).sum()),
        pairs=int(compared.sum()),
        pair_auc=auc(same, different),
        pair_auc_open=auc(*(scores.open[np.isfinite(scores.open) & which] for which in (same_sign, ~same_sign))),
        top1=top1(nearest, truth, answerable),
        eer=equal_error_rate(same, different),
        hard_pairs=tuple(hard_pairs(scores.closed, truth, shown, names)),
        table=tuple(label_table(scores.closed, truth, shown, names, _signers(material, names), nearest)),
        confusion=confusion(nearest, truth, answerable, len(names)),
        same=same,
        different=different,
    )


def _signers(material: Material, names: tuple[str, ...]) -> list[int]:
    """How many people sign each label."""
    people: dict[str, set[str]] = {name: set() for name in names}
    for clip in (*material.attempts, *material.references):
        people[clip.label].add(clip.signer)
    return [len(people[name]) for name in names]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
