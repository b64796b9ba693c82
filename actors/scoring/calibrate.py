"""From distances to marks: curves fitted on real pairs of recordings across signers, kept as package data with
their provenance."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

_FILE = "calibration.json"
COHORT = 5
"""Nearest other glosses whose mean distance is the yardstick for how near is near."""


Distance = np.ndarray | float


@dataclass(frozen=True, slots=True)
class Curve:
    """A falling logistic: mark = 1 / (1 + exp((distance − middle) / width)); 0.5 where same and different are
    equally likely.
    """

    middle: float
    width: float

    def mark(self, distance: Distance) -> Distance:
        """Mark 0..1 of a distance ≥ 0; the smaller the distance the higher."""
        if isinstance(distance, float):
            return 1.0 / (1.0 + math.exp(min((distance - self.middle) / self.width, _FARTHEST_OUT)))
        return 1.0 / (1.0 + np.exp(np.minimum((distance - self.middle) / self.width, _FARTHEST_OUT)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """All fitted constants. ``cohort_weight``: how much of the distance is replaced by its excess over the cohort's
    mean distance.
    """

    version: str
    overall: Curve
    margin: Curve
    cohort_weight: float
    cohort_offset: float
    parameters: Mapping[str, Curve]
    provenance: Mapping[str, Any]

    def accuracy(self, distance: Distance, cohort: Distance | None) -> Distance:
        """Mark of a sign from its distance, corrected by how far the library's nearest other signs are (None or NaN: no
        other signs).
        """
        if cohort is None:
            return self.overall.mark(distance)
        if isinstance(cohort, float) and not math.isnan(cohort):
            return self.overall.mark(distance - self.cohort_weight * (cohort - self.cohort_offset))
        return self.overall.mark(distance - self.cohort_weight * np.nan_to_num(cohort - self.cohort_offset, nan=0.0))

    def certainty(self, distance: Distance, nearest_other: Distance | None) -> Distance:
        """How surely it was this sign and no other: a curve of the margin to the nearest other one; 1 without
        others (None or NaN).
        """
        if nearest_other is None:
            return 1.0
        if isinstance(nearest_other, float):
            return 1.0 if math.isnan(nearest_other) else self.margin.mark(distance - nearest_other)
        return np.where(np.isnan(nearest_other), 1.0, self.margin.mark(distance - nearest_other))


@cache
def calibration() -> Calibration:
    """The calibration that ships with this version of the scorer."""
    return from_json(json.loads(files(__package__).joinpath(_FILE).read_text("utf-8")))


def from_json(document: Mapping[str, Any]) -> Calibration:
    """Reads what ``to_json`` wrote; raises KeyError or TypeError for another document."""
    return Calibration(
        document["version"],
        Curve(**document["overall"]),
        Curve(**document["margin"]),
        document["cohort_weight"],
        document["cohort_offset"],
        {name: Curve(**curve) for name, curve in document["parameters"].items()},
        document["provenance"],
    )


def to_json(found: Calibration) -> dict[str, Any]:
    """The calibration as the JSON document that is shipped."""
    return {
        "version": found.version,
        "overall": {"middle": found.overall.middle, "width": found.overall.width},
        "margin": {"middle": found.margin.middle, "width": found.margin.width},
        "cohort_weight": found.cohort_weight,
        "cohort_offset": found.cohort_offset,
        "parameters": {name: {"middle": c.middle, "width": c.width} for name, c in found.parameters.items()},
        "provenance": dict(found.provenance),
    }


def fit_curve(same: np.ndarray, different: np.ndarray) -> Curve:
    """The logistic curve of greatest likelihood, both sides weighing the same (Platt 1999), by Newton's method.

    Targets are Platt's smoothed ones, so that separable sides give a finite slope.
    """
    distance = np.concatenate([same, different]).astype(np.float64)
    target = np.concatenate(
        [np.full(len(same), (len(same) + 1) / (len(same) + 2)), np.full(len(different), 1 / (len(different) + 2))]
    )
    weight = np.concatenate([np.full(len(same), 0.5 / len(same)), np.full(len(different), 0.5 / len(different))])
    design = np.stack([np.ones_like(distance), distance], axis=1)
    beta = np.zeros(2)
    for _ in range(100):
        fitted = 1.0 / (1.0 + np.exp(-np.clip(design @ beta, -30, 30)))
        gradient = design.T @ (weight * (target - fitted)) - _RIDGE * beta
        hessian = (design * (weight * fitted * (1 - fitted))[:, None]).T @ design + _RIDGE * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        beta = beta + step
        if np.abs(step).max() < 1e-9:
            break
    slope = min(float(beta[1]), -1e-6)
    return Curve(middle=-float(beta[0]) / slope, width=-1.0 / slope)


def fit_typical(same: np.ndarray) -> Curve:
    """The curve of one parameter: 0.9 at the median distance of correct signing by two people, 0.5 at its 90th
    percentile.

    Different signs share parameters, so that same against different
    says little about one parameter; how far people who sign correctly differ in it says what is off.
    """
    median, far = np.quantile(same, (0.5, _FAR_QUANTILE))
    width = max(float(far - median), 1e-6) / np.log(_TYPICAL_MARK / (1.0 - _TYPICAL_MARK))
    return Curve(middle=float(far), width=float(width))


_FARTHEST_OUT = 60.0
"""Widths beyond which a mark is 0: the exponential must not overflow."""
_RIDGE = 1e-6
_FAR_QUANTILE, _TYPICAL_MARK = 0.9, 0.9
