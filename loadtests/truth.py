"""Do marks follow skill, and are they fair across hands, bodies and cameras? Answers from attempts of known truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

Row = tuple[Mapping[str, Any], Mapping[str, Any]]
"""The truth about a signer (``Part.truth``) and the result of one attempt, both as JSON."""

_SKILLS: Mapping[str, Callable[[Mapping[str, Any]], float]] = {
    "overall": lambda truth: truth["overall_skill"],
    **{
        name: lambda truth, name=name: truth["skill"][name]
        for name in ("handshape", "orientation", "location", "movement")
    },
}
_GROUPS: Mapping[str, tuple[str, str, Callable[[Mapping[str, Any]], bool]]] = {
    "dominant hand": ("left", "right", lambda truth: truth["left_handed"]),
    "body": ("broad", "slight", lambda truth: truth["build"] > 1.0),
    "camera distance": ("near", "far", lambda truth: truth["distance"] > 0.9),
    "camera roll": ("tilted", "level", lambda truth: abs(truth["roll_degrees"]) > 6.0),
    "frame rate": ("30 and more", "below 30", lambda truth: truth["frame_rate_hz"] >= 30.0),
    "tempo": ("fast", "slow", lambda truth: truth["tempo"] > 1.0),
}
_CURVE = 3
"""Degree of the polynomial that says which mark a skill is worth on average."""


def marks_against_truth(rows: Sequence[Row]) -> dict[str, Any]:
    """``{"attempts", "not_judged", "rank_correlation": {mark: ρ}, "fairness": {group: {…}}}`` of the judged attempts.

    Fairness: marks minus what the skill is worth on average over everyone (a cubic), so that a group of better signers
    is not taken for a favoured one; ``difference`` is that of the two groups' means, ``error`` its standard error.
    """
    judged = [(truth, result) for truth, result in rows if result["judged"]]
    return {
        "attempts": len(rows),
        "not_judged": len(rows) - len(judged),
        "rank_correlation": {name: _correlation(judged, name) for name in _SKILLS},
        "fairness": _fairness(judged),
    }


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's ρ; None where there are fewer than three pairs or one side does not vary."""
    if len(first) < 3 or len(set(first)) < 2 or len(set(second)) < 2:
        return None
    return float(np.corrcoef(_ranks(np.asarray(first, float)), _ranks(np.asarray(second, float)))[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 0; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts) - 1
    return (last - (counts - 1) / 2)[inverse]


def _mark(result: Mapping[str, Any], name: str) -> float | None:
    return result["accuracy"] if name == "overall" else result["parameters"].get(name)


def _correlation(judged: Sequence[Row], name: str) -> float | None:
    pairs = [(_SKILLS[name](truth), _mark(result, name)) for truth, result in judged]
    seen = [(skill, mark) for skill, mark in pairs if mark is not None]
    found = rank_correlation([skill for skill, _ in seen], [mark for _, mark in seen])
    return None if found is None else round(found, 3)


def _fairness(judged: Sequence[Row]) -> dict[str, Any]:
    if len(judged) <= 2 * (_CURVE + 1):
        return {}
    skills = np.array([truth["overall_skill"] for truth, _ in judged])
    marks = np.array([result["score"] for _, result in judged])
    over = marks - np.polyval(np.polyfit(skills, marks, _CURVE), skills)
    found = {}
    for name, (yes, no, belongs) in _GROUPS.items():
        inside = np.array([belongs(truth) for truth, _ in judged])
        if min(inside.sum(), (~inside).sum()) < 2:
            continue
        difference = over[inside].mean() - over[~inside].mean()
        error = np.hypot(*(part.std(ddof=1) / np.sqrt(len(part)) for part in (over[inside], over[~inside])))
        found[name] = {
            "groups": [yes, no],
            "attempts": [int(inside.sum()), int((~inside).sum())],
            "difference": round(float(difference), 4),
            "error": round(float(error), 4),
        }
    return found
