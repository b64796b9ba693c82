"""Fitting the calibration: from distances between recordings of different people to marks, and how well that transfers.

A calibration is fitted to several files at once, each weighing the same. How it serves people and signs that it has not
seen is told by leaving each file out in turn.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from actors.scoring.calibrate import Calibration, Curve, calibration, fit_curve, fit_typical, to_json
from actors.scoring.comparison import Asked, compare_signs
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.judge import SUCCESS, overall_score
from actors.scoring.movement import with_movement
from actors.scoring.parameters import Parameter
from actors.scoring.references import Library, Reference

from .dataset import LabelledClip
from .libraries import Track, prepare_references, untracked
from .material import choose_material
from .metrics import auc
from .pairs import PairScorer, PreparedAttempt, prepare_attempt

PAIRS_PER_FILE = 40_000
PARAMETER_PAIRS_PER_ATTEMPT = 2
SCORED_PAIRS_PER_ATTEMPT = 4
COHORT_WEIGHTS = tuple(weight / 10 for weight in range(6))
"""At most half of a mark's yardstick may be the rest of the library: a signing is worth about the same anywhere."""
SEED = 5
_DIGITS = 5


@dataclass(frozen=True, slots=True, eq=False)
class PairSample:
    """Distances of one file's pairs across signers.

    ``same`` ``(n,)`` bool; ``closed`` and ``open`` ``(n, 3)`` as in ``Evidence``;
    ``parameters``: for each parameter the distances of some same-sign and of some different-sign pairs. ``scored`` are
    the places of the pairs whose overall score can be had, and ``performance`` ``(3, s)`` their tracking quality,
    fluency, and how much of the movement was made.
    """

    name: str
    same: np.ndarray
    closed: np.ndarray
    open: np.ndarray
    parameters: Mapping[str, tuple[np.ndarray, np.ndarray]]
    scored: np.ndarray
    performance: np.ndarray


@dataclass(frozen=True, slots=True)
class Transfer:
    """Marks in a file that the fit has not seen: AUC of accuracy (true sign known, and not), and for pairs of the same
    and of different signs the median accuracy, the median overall score, and the share that is a success.
    """

    name: str
    pair_auc: float | None
    pair_auc_open: float | None
    accuracies: tuple[float, float]
    scores: tuple[float, float]
    successes: tuple[float, float]


def sample_pairs(
    name: str, clips: Sequence[LabelledClip], embedder: HandshapeEmbedder, track: Track = untracked
) -> PairSample | None:
    """Measures pairs of ``clips`` across signers; None where there are no same-sign ones."""
    material = choose_material(clips, max_pairs=PAIRS_PER_FILE)
    references = prepare_references(material.references, embedder, track).references
    scorer, rng = PairScorer(references, calibration()), np.random.default_rng(SEED)
    glosses = np.array([reference.gloss for reference in references])
    rows: list[tuple[np.ndarray, ...]] = []
    parameters: dict[str, tuple[list[float], list[float]]] = {name.value: ([], []) for name in Parameter}
    scored, performance = [], []
    for attempt in track(material.attempts, f"Measuring pairs of {name}"):
        ready = prepare_attempt(attempt, embedder)
        if ready is None:
            continue
        found = scorer.evidence(ready, attempt.label, attempt.signer)
        other, same = np.isfinite(found.closed[:, 0]), glosses == attempt.label
        before = sum(len(row[0]) for row in rows)
        rows.append((same[other], found.closed[other], found.open[other]))
        for side, indices in enumerate((np.flatnonzero(other & same), np.flatnonzero(other & ~same))):
            drawn = rng.permutation(indices)
            some = drawn[:SCORED_PAIRS_PER_ATTEMPT].tolist()
            scored.append(before + np.searchsorted(np.flatnonzero(other), some))
            quality = np.full(len(some), ready.quality)
            performance.append(np.stack([quality, *scorer.performance(ready, found, some)]))
            for index in drawn[:PARAMETER_PAIRS_PER_ATTEMPT]:
                for parameter, distance in _parameter_distances(ready, references[index]).items():
                    parameters[parameter][side].append(distance)
    if not rows or not any(row[0].any() for row in rows):
        return None
    lists = {name: (np.array(same), np.array(other)) for name, (same, other) in parameters.items() if same and other}
    evidence = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    return PairSample(name, *evidence, lists, np.concatenate(scored), np.concatenate(performance, axis=1))


def fit_calibration(samples: Sequence[PairSample], provenance: Mapping[str, Any]) -> Calibration:
    """The calibration that suits all ``samples``, each weighing the same; its version is a digest of its numbers.

    The cohort's weight is the one with the best mean AUC, true sign in the library and not; curves are logistic ones of
    greatest likelihood (``fit_curve``).
    """
    weight = max(COHORT_WEIGHTS, key=lambda candidate: _mean_auc(samples, candidate))
    offset = float(np.mean([np.nanmean(sample.closed[:, 1]) for sample in samples]))
    overall = _curve([_excess(sample.closed, weight, offset) for sample in samples], samples)
    margin = _curve([sample.closed[:, 0] - sample.closed[:, 2] for sample in samples], samples)
    names = sorted({name for sample in samples for name in sample.parameters})
    fitted = replace(
        calibration(),
        version="",
        overall=overall,
        margin=margin,
        cohort_weight=weight,
        cohort_offset=round(offset, _DIGITS),
        parameters={name: _parameter_curve(name, samples) for name in names},
        provenance=provenance,
    )
    digest = hashlib.sha256(json.dumps(to_json(fitted), sort_keys=True).encode()).hexdigest()
    return replace(fitted, version=digest[:8])


def leave_one_out(samples: Sequence[PairSample]) -> list[Transfer]:
    """For each sample, how the calibration of all the others serves it."""
    found = []
    for held_out in samples:
        fit = fit_calibration([sample for sample in samples if sample is not held_out], {})
        marks = [
            fit.overall.mark(_excess(context, fit.cohort_weight, fit.cohort_offset))
            for context in (held_out.closed, held_out.open)
        ]
        areas = (auc(mark[held_out.same], mark[~held_out.same]) for mark in marks)
        scores, same = pair_scores(held_out, fit), held_out.same[held_out.scored]
        found.append(
            Transfer(
                held_out.name,
                *areas,
                accuracies=_of_both(np.median, marks[0], held_out.same),
                scores=_of_both(np.median, scores, same),
                successes=_of_both(np.mean, scores >= SUCCESS, same),
            )
        )
    return found


def pair_scores(sample: PairSample, fit: Calibration) -> np.ndarray:
    """Overall scores ``(s,)`` of the pairs that can have one, as ``PairScorer`` makes them."""
    distance, cohort, nearest = sample.closed[sample.scored].T
    quality, fluency, made = sample.performance
    accuracy = with_movement(fit.accuracy(distance, cohort), made)
    return overall_score(accuracy, fit.certainty(distance, nearest) * quality, accuracy * fluency)


def _of_both(figure: Callable[[np.ndarray], float], values: np.ndarray, same: np.ndarray) -> tuple[float, float]:
    """A figure of the pairs of the same sign, and of those of different ones."""
    return float(figure(values[same])), float(figure(values[~same]))


def _parameter_distances(attempt: PreparedAttempt, reference: Reference) -> dict[str, float]:
    asked = Asked(0, reference.gloss, [(0, 0, attempt.sign)])
    found = compare_signs([asked], Library([reference]), None)[0]
    distances = {parameter.value: found.parameter_distance(parameter) for parameter in Parameter}
    return {name: distance for name, distance in distances.items() if distance is not None}


def _excess(context: np.ndarray, weight: float, offset: float) -> np.ndarray:
    """The distance less what the cohort explains of it, as ``Calibration.accuracy`` has it."""
    return context[:, 0] - weight * np.nan_to_num(context[:, 1] - offset, nan=0.0)


def _mean_auc(samples: Sequence[PairSample], weight: float) -> float:
    areas = []
    for sample in samples:
        for context in (sample.closed, sample.open):
            excess = -_excess(context, weight, 0.0)
            areas.append(auc(excess[sample.same], excess[~sample.same]))
    return float(np.mean([area for area in areas if area is not None]))


def _curve(distances: Sequence[np.ndarray], samples: Sequence[PairSample]) -> Curve:
    """One curve through all samples: the same number of quantiles of each, so that each weighs the same."""
    sides = []
    for side in (True, False):
        chosen = [values[sample.same == side] for values, sample in zip(distances, samples, strict=True)]
        sides.append(_levelled([values[np.isfinite(values)] for values in chosen]))
    return _rounded(fit_curve(*sides))


def _parameter_curve(name: str, samples: Sequence[PairSample]) -> Curve:
    known = [sample.parameters[name] for sample in samples if name in sample.parameters]
    return _rounded(fit_typical(_levelled([same for same, _ in known])))


def _levelled(parts: Sequence[np.ndarray], count: int = 1000) -> np.ndarray:
    shares = (np.arange(count) + 0.5) / count
    return np.concatenate([np.quantile(part, shares) for part in parts if len(part)])


def _rounded(curve: Curve) -> Curve:
    return Curve(round(curve.middle, _DIGITS), round(curve.width, _DIGITS))
