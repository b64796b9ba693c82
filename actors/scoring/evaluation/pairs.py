"""Overall scores of attempts against single references of other signers, by the scorer's own parts, many at a time.

A pair's score is what ``Scorer.judge`` gives a one-sign attempt if its library held, of the wanted gloss, that one
reference alone, and of the other glosses all that other signers signed (``closed``), or these without the attempt's
true gloss (``open``: the learner signed something that the library does not know). Only the rounding is left out. What
depends on one recording is measured once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actors.scoring.align import symmetric_path
from actors.scoring.calibrate import COHORT, Calibration, calibration
from actors.scoring.canonical import canonicalise
from actors.scoring.compare import distances, local_costs
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.fluency import (
    HESITATION_MS,
    SignFluency,
    hesitation_mark,
    hesitations,
    smoothness_mark,
    spectral_arc_length,
    standstills,
    tempo_mark,
)
from actors.scoring.judge import overall_score
from actors.scoring.parameters import Features, measure, sign_features
from actors.scoring.quality import reason_not_to_judge, tracking_quality
from actors.scoring.references import SIGN_FRAMES, USUAL_DISTANCE, Library, Reference, relative
from actors.scoring.resample import GRID_STEP_MS
from actors.scoring.segment import active_span
from actors.scoring.tempo import hand_speed, reference_speed, still_beside

from .dataset import LabelledClip
from .figures import PairScores
from .libraries import References, Track, untracked
from .material import Material


@dataclass(frozen=True, slots=True, eq=False)
class PreparedAttempt:
    """What is measured on an attempt before it is compared."""

    sign: Features
    duration_ms: float
    quality: float
    speed: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Against ``R`` references: ``distance`` ``(R,)``, NaN for the signer's own, and the ``mirror`` ``(R,)`` it is in.

    ``closed`` and ``open`` ``(R, 2)``: mean distance to the nearest other glosses (the cohort) and to the nearest one,
    with the attempt's true gloss among them and without it; NaN where there are no other glosses.
    """

    distance: np.ndarray
    mirror: np.ndarray
    closed: np.ndarray
    open: np.ndarray


def prepare_attempt(clip: LabelledClip, embedder: HandshapeEmbedder) -> PreparedAttempt | None:
    """The attempt as the judge sees it; None where it would not judge."""
    canonical = canonicalise(clip.clip)
    features = measure(canonical, embedder)
    start, stop = active_span(features)
    if reason_not_to_judge(clip.clip, canonical, start, stop) is not None:
        return None
    return PreparedAttempt(
        sign=sign_features(features, start, stop, SIGN_FRAMES),
        duration_ms=(stop - start) * GRID_STEP_MS,
        quality=tracking_quality(canonical, start, stop).overall,
        speed=hand_speed(features.cut(start, stop)),
    )


def score_pairs(
    material: Material, references: References, embedder: HandshapeEmbedder, track: Track = untracked
) -> PairScores:
    """Scores every attempt of ``material`` against every reference, made of its references, by another signer."""
    shape = (len(material.attempts), len(material.references))
    closed, open_ = np.full(shape, np.nan), np.full(shape, np.nan)
    columns = np.array(references.clip_indices, np.intp)
    scorer = PairScorer(references.references, calibration())
    not_judged = 0
    for row, attempt in enumerate(track(material.attempts, "Scoring pairs")):
        ready = prepare_attempt(attempt, embedder)
        if ready is None:
            not_judged += 1
        elif len(columns):
            closed[row, columns], open_[row, columns] = scorer.scores(ready, attempt.label, attempt.signer)
    return PairScores(closed, open_, not_judged)


class PairScorer:
    """Scores attempts against each reference; remembers what belongs to a reference or to a signer's library."""

    def __init__(self, references: Sequence[Reference], fit: Calibration) -> None:
        self._library = Library(references)
        self._fit = fit
        self._signers = np.array([reference.signer for reference in references])
        self._speeds = [None if reference.still else reference_speed(reference) for reference in references]
        self._arcs = [None if speed is None else spectral_arc_length(speed) for speed in self._speeds]
        self._libraries: dict[str, tuple[dict[str, int], np.ndarray]] = {}

    def scores(self, attempt: PreparedAttempt, label: str, signer: str) -> tuple[np.ndarray, np.ndarray]:
        """Closed and open scores ``(R,)``; NaN for the signer's own references."""
        found = self.evidence(attempt, label, signer)
        closed, open_ = np.full(len(found.distance), np.nan), np.full(len(found.distance), np.nan)
        for index in np.flatnonzero(np.isfinite(found.distance)):
            fluency = self._fluency(attempt, int(index), int(found.mirror[index]))
            closed[index] = self._score(attempt, found.distance[index], found.closed[index], fluency)
            open_[index] = self._score(attempt, found.distance[index], found.open[index], fluency)
        return closed, open_

    def evidence(self, attempt: PreparedAttempt, label: str, signer: str) -> Evidence:
        """What the marks are made of, for every reference by another signer."""
        typical, isolation = self._others(signer)
        both = relative(distances(attempt.sign, self._library.packed), isolation)
        nearest = both.min(axis=0).astype(np.float64)
        others = {gloss: float(nearest[index]) for gloss, index in typical.items()}
        distance = np.where(self._signers != signer, nearest, np.nan)
        closed, open_ = np.full((len(nearest), 2), np.nan), np.full((len(nearest), 2), np.nan)
        for gloss in others:
            indices = list(self._library.indices_of(gloss))
            closed[indices] = _context([far for other, far in others.items() if other != gloss])
            open_[indices] = _context([far for other, far in others.items() if other not in (gloss, label)])
        return Evidence(distance, both.argmin(axis=0), closed, open_)

    def _score(self, attempt: PreparedAttempt, distance: float, context: np.ndarray, fluency: float) -> float:
        cohort, nearest = (None if np.isnan(value) else float(value) for value in context)
        accuracy = self._fit.accuracy(float(distance), cohort)
        confidence = self._fit.certainty(float(distance), nearest) * attempt.quality
        return overall_score(accuracy, confidence, accuracy * fluency)

    def _fluency(self, attempt: PreparedAttempt, index: int, mirror: int) -> float:
        """Fluency beside one reference; the way through it is only sought where the attempt stands still at all."""
        own = self._speeds[index]
        if own is None or len(attempt.speed) < 2:
            return SignFluency(None, None, 1.0, ()).mark
        stops = []
        if any((stop - start) * GRID_STEP_MS >= HESITATION_MS for start, stop in standstills(attempt.speed)):
            single = self._library.packed.take([index])
            path = symmetric_path(local_costs(attempt.sign, single)[mirror, :, :, 0].astype(np.float64))
            stops = hesitations(attempt.speed, still_beside(own, path, len(attempt.speed), len(attempt.sign)))
        return SignFluency(
            tempo_mark(attempt.duration_ms, [self._library.references[index].duration_ms]),
            smoothness_mark(attempt.speed, self._arcs[index]),
            hesitation_mark(stops),
            tuple(stops),
        ).mark

    def _others(self, signer: str) -> tuple[dict[str, int], np.ndarray]:
        """Of the library of all other people: each gloss's typical reference, by its place among all references, and
        the isolation ``(R,)`` of each reference in it (that of the signer's own is not known, and not used).
        """
        if signer not in self._libraries:
            places = np.flatnonzero(self._signers != signer)
            others = Library([self._library.references[place] for place in places])
            isolation = np.full(len(self._signers), USUAL_DISTANCE, np.float32)
            isolation[places] = others.isolation
            typical = {gloss: int(places[index]) for gloss, index in others.typical.items()}
            self._libraries[signer] = (typical, isolation)
        return self._libraries[signer]


def _context(others: Sequence[float]) -> tuple[float, float]:
    """Cohort distance and nearest distance of other glosses."""
    ordered = sorted(others)
    return (float(np.mean(ordered[:COHORT])), ordered[0]) if ordered else (np.nan, np.nan)
