"""The figures of an evaluation, from the scores of attempts against other signers' references."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .dataset import LabelledClip
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


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """An evaluation's scores. ``pairs``: every pair of ``material``, or of a sample of it; ``nearest``: attempts of
    ``searched`` against the references that are nearest to each, to say which gloss is. Both are the same where all
    pairs could be scored. ``refused``: clips of ``searched`` that are unfit as references.
    """

    material: Material
    pairs: PairScores
    searched: Material
    nearest: PairScores
    refused: int


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


def figures(measured: Measured) -> Figures:
    """Computes every figure of ``measured``."""
    material, scores = measured.material, measured.pairs
    names = tuple(sorted({clip.label for clip in (*measured.searched.attempts, *measured.searched.references)}))
    truth, shown = _numbers(material.attempts, names), _numbers(material.references, names)
    same_sign = truth[:, None] == shown[None, :]
    compared = np.isfinite(scores.closed)
    same, different = scores.closed[compared & same_sign], scores.closed[compared & ~same_sign]
    asked, nearest, answerable = _nearest(measured.searched, measured.nearest, names)
    return Figures(
        names=names,
        attempts=int(np.isfinite(measured.nearest.closed).any(axis=1).sum()),
        pairs=int(compared.sum()),
        pair_auc=auc(same, different),
        pair_auc_open=auc(*(scores.open[np.isfinite(scores.open) & which] for which in (same_sign, ~same_sign))),
        top1=top1(nearest, asked, answerable),
        eer=equal_error_rate(same, different),
        hard_pairs=tuple(hard_pairs(scores.closed, truth, shown, names)),
        table=tuple(
            label_table(scores.closed, truth, shown, names, _signers(measured.searched, names), asked, nearest)
        ),
        confusion=confusion(nearest, asked, answerable, len(names)),
        same=same,
        different=different,
    )


def _nearest(
    searched: Material, scores: PairScores, names: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each attempt the number of its gloss and of the nearest one, and whether it was compared with its own."""
    truth, shown = _numbers(searched.attempts, names), _numbers(searched.references, names)
    nearest = nearest_gloss(gloss_scores(scores.closed, shown, len(names)))
    signers = np.array([clip.signer for clip in searched.references])
    theirs = [
        bool((signers[shown == gloss] != clip.signer).any())
        for gloss, clip in zip(truth, searched.attempts, strict=True)
    ]
    judged = np.isfinite(scores.closed).any(axis=1)
    return truth, nearest, judged & np.array(theirs, bool)


def _numbers(clips: Sequence[LabelledClip], names: tuple[str, ...]) -> np.ndarray:
    number = {name: index for index, name in enumerate(names)}
    return np.array([number[clip.label] for clip in clips], np.intp)


def _signers(material: Material, names: tuple[str, ...]) -> list[int]:
    """How many people sign each label."""
    people: dict[str, set[str]] = {name: set() for name in names}
    for clip in (*material.attempts, *material.references):
        people[clip.label].add(clip.signer)
    return [len(people[name]) for name in names]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
