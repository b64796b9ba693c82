"""Where in a recording the signing is: trimming rest, and hands-free attempts from rest to rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .parameters import Features
from .resample import GRID_STEP_MS

REST_HEIGHT = 1.5
"""Shoulder widths below the shoulders at which a hand is at rest (the waist; the signing space ends there)."""
SHORTEST_SIGN_MS = 150.0
BRIEF_MS = 100.0
"""A hand that shows for less than this at either end of a recording is a flicker of the tracker."""


def raised(features: Features) -> np.ndarray:
    """``(T,)`` bool: moments at which a hand is in the signing space."""
    up = features.hand_there > 0
    if features.has_body:
        up = up & (features.centre[:, :, 1] < REST_HEIGHT)
    return up.any(axis=0)


def active_span(features: Features) -> tuple[int, int]:
    """First and one past the last moment of signing; (0, 0) where no hand was ever raised."""
    runs = [
        run for run in true_runs(raised(features)) if (run[1] - run[0]) * GRID_STEP_MS >= BRIEF_MS or len(features) == 1
    ]
    return (runs[0][0], runs[-1][1]) if runs else (0, 0)


def true_runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """``[start, stop)`` of every stretch of True."""
    edged = np.zeros(len(flags) + 2, bool)
    edged[1:-1] = flags
    edges = np.flatnonzero(edged[1:] != edged[:-1]).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


@dataclass(frozen=True, slots=True)
class AttemptSpan:
    """A hands-free attempt: when the hands left rest and when they came back to it."""

    start_ms: float
    end_ms: float


class RestToRest:
    """Finds attempts in an endless stream: one begins when a hand is raised and ends after ``rest_ms`` without one.

    Pure: moments come in with their times, finished attempts come out. Signing shorter than ``shortest_ms`` is no
    attempt.
    """

    def __init__(self, rest_ms: float = 700.0, shortest_ms: float = 300.0) -> None:
        self._rest_ms = rest_ms
        self._shortest_ms = shortest_ms
        self._began_ms: float | None = None
        self._last_raised_ms = 0.0

    @property
    def began_ms(self) -> float | None:
        """When the attempt under way began; None at rest."""
        return self._began_ms

    def push(self, time_ms: float, hand_raised: bool) -> AttemptSpan | None:
        """Takes the next moment; returns the attempt that it shows to be over."""
        if hand_raised:
            if self._began_ms is None:
                self._began_ms = time_ms
            self._last_raised_ms = time_ms
            return None
        if self._began_ms is None or time_ms - self._last_raised_ms < self._rest_ms:
            return None
        span = AttemptSpan(self._began_ms, self._last_raised_ms)
        self._began_ms = None
        return span if span.end_ms - span.start_ms >= self._shortest_ms else None
