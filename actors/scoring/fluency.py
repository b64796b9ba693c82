"""Fluency: how smoothly and at what pace the signing went, apart from whether it was right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .resample import GRID_HZ, GRID_STEP_MS

NATURAL_TEMPO = (0.6, 1.7)
"""Durations, as a share of the references', that are as good as any: signers differ by this much among themselves."""
TEMPO_SPREAD = 0.35
"""Standard deviation, in natural logarithms, of the bell by which tempo outside the natural range loses."""
STILL_SPEED = 0.35
"""Shoulder widths per second below which a hand stands still (tracking jitter stays under it)."""
HESITATION_MS = 400.0
"""A standstill this much longer than the reference's own at that place is a hesitation."""
HESITATION_SPREAD_MS = 900.0
SMOOTH, ROUGH = -2.2, -5.0
"""Spectral arc lengths of one clean reach and of jerky movement, between which smoothness falls from 1 to 0."""
_PAD_LEVEL = 4
_CUTOFF_HZ = 10.0
_AMPLITUDE = 0.05


@dataclass(frozen=True, slots=True)
class Hesitation:
    """A standstill at moments ``start:stop`` of the sign, ``excess_ms`` longer than the reference's own."""

    start: int
    stop: int
    excess_ms: float


def tempo_mark(duration_ms: float, references_ms: Sequence[float]) -> float | None:
    """1 inside the natural range about the references' durations, a bell of the logarithm outside; None for still
    references.
    """
    known = [reference for reference in references_ms if reference > 0]
    if not known or duration_ms <= 0:
        return None
    slow = np.log(duration_ms / (NATURAL_TEMPO[1] * max(known)))
    fast = np.log(NATURAL_TEMPO[0] * min(known) / duration_ms)
    return float(np.exp(-0.5 * (max(slow, fast, 0.0) / TEMPO_SPREAD) ** 2))


def speeds(paths: np.ndarray) -> np.ndarray:
    """Mean speed ``(T,)`` in shoulder widths per second of points ``(T, n, 2)`` at 30 Hz, smoothed over three
    moments.
    """
    if len(paths) < 3:
        return np.zeros(len(paths))
    steps = np.gradient(paths.astype(np.float64), axis=0)
    speed = np.sqrt((steps**2).sum(axis=2)).mean(axis=1) * GRID_HZ
    padded = np.concatenate([speed[:1], speed, speed[-1:]])
    return (padded[:-2] + padded[1:-1] + padded[2:]) / 3.0


def spectral_arc_length(speed: np.ndarray) -> float | None:
    """SPARC of a speed profile at 30 Hz: minus the arc length of its normalised Fourier magnitude; nearer 0 is
    smoother.

    Balasubramanian, Melendez-Calderon, Roby-Brami & Burdet 2015, with their 10 Hz
    cut-off, amplitude threshold 0.05 and zero padding of four octaves. None for a profile without movement.
    """
    if len(speed) < 8 or speed.max() < STILL_SPEED:
        return None
    size = 2 ** (int(np.ceil(np.log2(len(speed)))) + _PAD_LEVEL)
    frequency = np.arange(size) * GRID_HZ / size
    magnitude = np.abs(np.fft.fft(speed, size))
    magnitude = magnitude / magnitude.max()
    inside = frequency <= _CUTOFF_HZ
    frequency, magnitude = frequency[inside], magnitude[inside]
    loud = np.flatnonzero(magnitude >= _AMPLITUDE)
    frequency, magnitude = frequency[loud[0] : loud[-1] + 1], magnitude[loud[0] : loud[-1] + 1]
    if len(frequency) < 2:
        return None
    across = np.diff(frequency) / (frequency[-1] - frequency[0])
    return float(-np.sqrt(across**2 + np.diff(magnitude) ** 2).sum())


def smoothness_mark(arc: float | None, reference_arc: float | None) -> float | None:
    """1 for spectral arc lengths as good as the reference's (or one clean reach), falling to 0 at ``ROUGH`` below it;
    None where either has none.
    """
    if arc is None or reference_arc is None:
        return None
    best = min(SMOOTH, reference_arc)
    return float(np.clip(1.0 - (best - arc) / (SMOOTH - ROUGH), 0.0, 1.0))


def hesitation_mark(hesitations: Sequence[Hesitation]) -> float:
    """1 without hesitations; falls with their summed excess."""
    return float(np.exp(-sum(found.excess_ms for found in hesitations) / HESITATION_SPREAD_MS))


def standstills(speed: np.ndarray) -> list[tuple[int, int]]:
    """Stretches ``[start, stop)`` of moments at which the hand stands still."""
    still = np.concatenate([[False], speed < STILL_SPEED, [False]])
    edges = np.flatnonzero(np.diff(still.astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def hesitations(speed: np.ndarray, reference_still_ms: np.ndarray) -> list[Hesitation]:
    """Standstills inside the sign that are longer than the reference's at the same place; to rest at either end is no
    hesitation.

    ``reference_still_ms`` ``(T,)``: for every moment of the attempt how long the reference stands still at the place
    aligned with it.
    """
    found = []
    for start, stop in standstills(speed):
        if start == 0 or stop == len(speed):
            continue
        excess = (stop - start) * GRID_STEP_MS - float(reference_still_ms[start:stop].max(initial=0.0))
        if excess >= HESITATION_MS:
            found.append(Hesitation(start, stop, excess))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class SignFluency:
    """Fluency of one sign: ``tempo``, ``smoothness`` (None where nothing moved) and ``steadiness`` 0..1, and its
    hesitations.
    """

    tempo: float | None
    smoothness: float | None
    steadiness: float
    hesitations: tuple[Hesitation, ...]

    @property
    def mark(self) -> float:
        """Geometric mean of what could be measured: being smooth does not make up for stopping."""
        known = [value for value in (self.tempo, self.smoothness, self.steadiness) if value is not None]
        return float(np.exp(np.mean(np.log(np.maximum(known, 1e-3)))))
