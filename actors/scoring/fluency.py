"""Fluency: how smoothly and at what pace the signing went, apart from whether it was right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .resample import GRID_HZ, GRID_STEP_MS, lengths
from .segment import true_runs

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
    slow = math.log(duration_ms / (NATURAL_TEMPO[1] * max(known)))
    fast = math.log(NATURAL_TEMPO[0] * min(known) / duration_ms)
    return math.exp(-0.5 * (max(slow, fast, 0.0) / TEMPO_SPREAD) ** 2)


def speeds(paths: np.ndarray) -> np.ndarray:
    """Mean speed ``(…, T)`` in shoulder widths per second of points ``(…, T, n, 2)`` at 30 Hz, smoothed over three
    moments.
    """
    moments = paths.shape[-3]
    if moments < 3:
        return np.zeros(paths.shape[:-2])
    paths = paths.astype(np.float64)
    steps = np.empty_like(paths)
    np.subtract(paths[..., 2:, :, :], paths[..., :-2, :, :], out=steps[..., 1:-1, :, :])
    steps[..., 1:-1, :, :] /= 2.0
    steps[..., 0, :, :] = paths[..., 1, :, :] - paths[..., 0, :, :]
    steps[..., -1, :, :] = paths[..., -1, :, :] - paths[..., -2, :, :]
    padded = np.empty((*paths.shape[:-3], moments + 2))
    speed = padded[..., 1:-1]
    np.multiply(lengths(steps).sum(axis=-1), GRID_HZ / paths.shape[-2], out=speed)
    padded[..., 0], padded[..., -1] = speed[..., 0], speed[..., -1]
    return (padded[..., :-2] + speed + padded[..., 2:]) / 3.0


def spectral_arc_length(speed: np.ndarray) -> float | None:
    """SPARC of a speed profile at 30 Hz: minus the arc length of its normalised Fourier magnitude; nearer 0 is
    smoother.

    Balasubramanian, Melendez-Calderon, Roby-Brami & Burdet 2015, with their 10 Hz
    cut-off, amplitude threshold 0.05 and zero padding of four octaves. None for a profile without movement.
    """
    if len(speed) < 8 or speed.max() < STILL_SPEED:
        return None
    size = 2 ** (math.ceil(math.log2(len(speed))) + _PAD_LEVEL)
    magnitude = np.abs(np.fft.rfft(speed, size))
    magnitude = magnitude[: int(_CUTOFF_HZ * size / GRID_HZ) + 1] / magnitude.max()
    loud = np.flatnonzero(magnitude >= _AMPLITUDE)
    magnitude = magnitude[loud[0] : loud[-1] + 1]
    steps = len(magnitude) - 1
    if not steps:
        return None
    rise = magnitude[1:] - magnitude[:-1]
    return -float(np.sqrt(rise * rise + 1.0 / steps**2).sum())


def smoothness_mark(arc: float | None, reference_arc: float | None) -> float | None:
    """1 for spectral arc lengths as good as the reference's (or one clean reach), falling to 0 at ``ROUGH`` below it;
    None where either has none.
    """
    if arc is None or reference_arc is None:
        return None
    best = min(SMOOTH, reference_arc)
    return min(max(1.0 - (best - arc) / (SMOOTH - ROUGH), 0.0), 1.0)


def hesitation_mark(hesitations: Sequence[Hesitation]) -> float:
    """1 without hesitations; falls with their summed excess."""
    return math.exp(-sum(found.excess_ms for found in hesitations) / HESITATION_SPREAD_MS)


def standstills(speed: np.ndarray) -> list[tuple[int, int]]:
    """Stretches ``[start, stop)`` of moments at which the hand stands still."""
    return true_runs(speed < STILL_SPEED)


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
        return math.exp(sum(math.log(max(value, 1e-3)) for value in known) / len(known))
