"""Fluency of located signs: pace and standstills against the reference that each came nearest to."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .comparison import SignComparison
from .fluency import (
    HESITATION_MS,
    STILL_SPEED,
    SignFluency,
    hesitation_mark,
    hesitations,
    smoothness_mark,
    spectral_arc_length,
    speeds,
    standstills,
    tempo_mark,
)
from .parameters import Features
from .references import Library, Reference
from .resample import GRID_STEP_MS, median, stretch


def sign_fluency(attempt: Features, found: SignComparison, library: Library) -> SignFluency:
    """Fluency of one sign: the attempt's moments ``found.start:found.stop`` beside its reference at the same rate."""
    duration_ms = (found.stop - found.start) * GRID_STEP_MS
    references = [reference for reference in library.references_of(found.reference.gloss) if not reference.still]
    if found.reference.still or not references or found.stop - found.start < 2:
        return SignFluency(None, None, 1.0, ())
    signed = slice(found.start, found.stop)
    speed = hand_speed(attempt.hand_there[:, signed], attempt.hands[:, signed])
    own, arc = _pace(found.reference)
    stood = any(stop - start >= _LEAST_HESITATION for start, stop in standstills(speed))
    stops = hesitations(speed, still_beside(own, found.path, len(speed), len(found.sign))) if stood else []
    return SignFluency(
        tempo=tempo_mark(duration_ms, [reference.duration_ms for reference in references]),
        smoothness=smoothness_mark(spectral_arc_length(speed), arc),
        steadiness=hesitation_mark(stops),
        hesitations=tuple(stops),
    )


@lru_cache(maxsize=64)
def _pace(reference: Reference) -> tuple[np.ndarray, float | None]:
    """A reference's speed and the arc length of its spectrum; the same few are asked for attempt after attempt."""
    speed = reference_speed(reference)
    return speed, reference_arc(speed)


def reference_arc(speed: np.ndarray) -> float | None:
    """The arc length that an attempt's is held against; None where the reference stands still for half of the sign:
    a held hand has no course, and the spectrum of its tremor says nothing about smoothness.
    """
    return spectral_arc_length(speed) if float(median(speed)) >= STILL_SPEED else None


_LEAST_HESITATION = HESITATION_MS / GRID_STEP_MS


def hand_speed(hand_there: np.ndarray, hands: np.ndarray) -> np.ndarray:
    """Speed ``(T,)`` of the faster hand: mean over its 21 points, so that opening the hand counts as moving; 0
    where none is seen.
    """
    return (speeds(hands[..., :2]) * (hand_there > 0)).max(axis=0)


def reference_speed(reference: Reference) -> np.ndarray:
    """Speed of a reference at 30 Hz, from its 20 moments and its duration."""
    count = max(int(round(reference.duration_ms / GRID_STEP_MS)), 2)
    sign = reference.sign
    hands = np.stack([stretch(hand, count) for hand in sign.hands])
    there = stretch(sign.hand_there, count, axis=1)
    return hand_speed(there, hands)


def still_beside(speed: np.ndarray, path: np.ndarray, attempt_moments: int, sign_moments: int) -> np.ndarray:
    """For each 30 Hz moment of the attempt, how long (ms) the reference stands still at the place aligned with it."""
    still_ms = np.zeros(len(speed))
    for start, stop in standstills(speed):
        still_ms[start:stop] = (stop - start) * GRID_STEP_MS
    place = np.linspace(0, sign_moments - 1, attempt_moments)
    first, last = np.full(sign_moments, sign_moments), np.zeros(sign_moments, int)
    np.minimum.at(first, path[:, 0], path[:, 1])
    np.maximum.at(last, path[:, 0], path[:, 1])
    begin = (first[np.floor(place).astype(int)] / sign_moments * len(speed)).astype(int)
    end = np.ceil((last[np.ceil(place).astype(int)] + 1) / sign_moments * len(speed)).astype(int)
    windows = np.stack([begin, end], axis=1).ravel()
    return np.maximum.reduceat(np.append(still_ms, 0.0), windows)[::2]
