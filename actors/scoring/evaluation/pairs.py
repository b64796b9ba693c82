"""Overall scores of attempts against single references of other signers, by the scorer's own parts, many at a time.

A pair's score is what ``Scorer.judge`` gives a one-sign attempt by the library of all other signers' references
(``closed``), or by that library without the attempt's true gloss (``open``: the learner signed something that it does
not know), if of the wanted gloss the one reference alone is compared. What depends on one recording is measured once;
there is no rounding, and fluency is left out where a plainly wrong sign makes it worth nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from actors.scoring.align import symmetric_paths
from actors.scoring.calibrate import COHORT, Calibration, calibration
from actors.scoring.canonical import canonicalise
from actors.scoring.compare import distances, local_costs
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.fluency import (
    SignFluency,
    hesitation_mark,
    hesitations,
    smoothness_mark,
    spectral_arc_length,
    tempo_mark,
)
from actors.scoring.judge import overall_score
from actors.scoring.movement import movement_made, with_movement
from actors.scoring.parameters import Features, measure
from actors.scoring.quality import reason_not_to_judge, tracking_quality
from actors.scoring.references import SIGN_FRAMES, USUAL_DISTANCE, Library, Reference, relative
from actors.scoring.resample import GRID_STEP_MS
from actors.scoring.segment import active_span
from actors.scoring.sign_cut import sign_features
from actors.scoring.tempo import hand_speed, reference_arc, reference_speed, still_beside

from .dataset import LabelledClip
from .figures import Measured, PairScores
from .libraries import References, Track, TypicalOfOthers, prepare_references, untracked
from .material import MAX_PAIRS, Material, choose_material, choose_searched
from .metrics import BEST_REFERENCES, gloss_scores

SCORED_AT_ONCE = 8
"""References of a gloss that are scored in one go while the nearest gloss is sought."""
LEAST_ACCURACY = 0.001
"""Below it fluency, which counts by accuracy, cannot move the score by 0.0003."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedAttempt:
    """What is measured on an attempt before it is compared."""

    sign: Features
    duration_ms: float
    quality: float
    speed: np.ndarray
    arc: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the marks of one attempt against ``R`` references are made of.

    ``closed`` and ``open`` ``(R, 3)``: distance, mean distance to the nearest other glosses (the cohort), and distance
    to the nearest of these, with the attempt's true gloss in the library and without it. NaN: a reference by the
    attempt's own signer, and cohort and nearest where there are no other glosses. ``reading`` and ``mirror`` ``(R,)``:
    how the attempt's hands were taken.
    """

    closed: np.ndarray
    open: np.ndarray
    reading: np.ndarray
    mirror: np.ndarray


def prepare_attempt(clip: LabelledClip, embedder: HandshapeEmbedder) -> PreparedAttempt | None:
    """The attempt as the judge sees it; None where it would not judge."""
    canonical = canonicalise(clip.clip)
    features = measure(canonical, embedder)
    start, stop = active_span(features)
    if reason_not_to_judge(clip.clip, canonical, start, stop) is not None:
        return None
    signed = features.cut(start, stop)
    speed = hand_speed(signed.hand_there, signed.hands)
    return PreparedAttempt(
        sign=sign_features(features, start, stop, SIGN_FRAMES),
        duration_ms=(stop - start) * GRID_STEP_MS,
        quality=tracking_quality(canonical, start, stop).overall,
        speed=speed,
        arc=spectral_arc_length(speed),
    )


def measure_scores(
    clips: Sequence[LabelledClip],
    references: Sequence[LabelledClip] | None,
    embedder: HandshapeEmbedder,
    track: Track = untracked,
) -> tuple[Measured, References]:
    """Scores of ``clips`` against each other, or against ``references``: all pairs, or beyond ``MAX_PAIRS`` a sample of
    them, and for every attempt the nearest signs; and the references that were made.
    """
    searched = choose_searched(clips, references)
    made = prepare_references(searched.references, embedder, track)
    if searched.pairs <= MAX_PAIRS:
        scores = score_pairs(searched, made, embedder, track)
        return Measured(searched, scores, searched, scores, made.refused), made
    nearest = score_nearest(searched, made, embedder, track)
    left = MAX_PAIRS - int(np.isfinite(nearest.closed).sum())
    material = choose_material(searched.attempts, searched.references, left)
    pairs = score_pairs(material, prepare_references(material.references, embedder, track), embedder, track)
    return Measured(material, pairs, searched, nearest, made.refused), made


def score_pairs(
    material: Material, references: References, embedder: HandshapeEmbedder, track: Track = untracked
) -> PairScores:
    """Scores every attempt of ``material`` against every reference, made of its references, by another signer."""
    return _scored(material, references, embedder, track, "Scoring pairs", None)


def score_nearest(
    material: Material, references: References, embedder: HandshapeEmbedder, track: Track = untracked
) -> PairScores:
    """Scores as many references by other signers as tell which gloss each attempt of ``material`` scores highest for:
    the same gloss as by all pairs (``gloss_scores``), for a small part of them. No score is higher than it would be
    were the sign made fluently and with all of its movement; references are scored in the order of that bound until
    no bound exceeds the best gloss (the threshold algorithm, Fagin, Lotem & Naor 2003), or half of ``MAX_PAIRS`` are.
    """
    most = MAX_PAIRS // 2 // max(len(material.attempts), 1)
    return _scored(material, references, embedder, track, "Finding the nearest signs", most)


def _scored(
    material: Material,
    references: References,
    embedder: HandshapeEmbedder,
    track: Track,
    what: str,
    most: int | None,
) -> PairScores:
    shape = (len(material.attempts), len(material.references))
    closed, open_ = np.full(shape, np.nan), np.full(shape, np.nan)
    columns = np.array(references.clip_indices, np.intp)
    scorer = PairScorer(references.references, calibration())
    not_judged = 0
    for row, attempt in enumerate(track(material.attempts, what)):
        ready = prepare_attempt(attempt, embedder)
        if ready is None:
            not_judged += 1
        elif len(columns):
            scores = scorer.scores(ready, attempt.label, attempt.signer, most)
            closed[row, columns], open_[row, columns] = scores
    return PairScores(closed, open_, not_judged)


class PairScorer:
    """Scores attempts against each reference; remembers what belongs to references and to the libraries of others."""

    def __init__(
        self, references: Sequence[Reference], fit: Calibration, typical: TypicalOfOthers | None = None
    ) -> None:
        self._library = Library(references)
        self._fit = fit
        self._signers = np.array([reference.signer for reference in references])
        self._glosses = np.array([reference.gloss for reference in references])
        self._numbers = np.array([self._library.glosses.index(gloss) for gloss in self._glosses], np.intp)
        self._typical = TypicalOfOthers(references) if typical is None else typical
        self._to_typical: dict[int, np.ndarray] = {}

    @cached_property
    def _speeds(self) -> list[np.ndarray | None]:
        return [None if each.still else reference_speed(each) for each in self._library.references]

    @cached_property
    def _arcs(self) -> list[float | None]:
        return [None if speed is None else reference_arc(speed) for speed in self._speeds]

    def scores(
        self, attempt: PreparedAttempt, label: str, signer: str, most: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Closed and open scores ``(R,)``; NaN for the signer's own references, and if ``most`` is given for all but
        those, hardly more than ``most``, that tell which gloss scores highest.
        """
        found = self.evidence(attempt, label, signer)
        marks = [self._marks(attempt, each) for each in (found.closed, found.open)]
        compared = np.isfinite(found.closed[:, 0])
        scores = np.full((2, len(compared)), np.nan)
        if most is None:
            asked = np.flatnonzero(compared)
            scores[:, asked] = self._overall(attempt, found, marks, asked)
            return scores[0], scores[1]
        accuracy, confidence = marks[0]
        estimate = np.where(compared, overall_score(accuracy, confidence, accuracy), np.nan)
        while (known := np.isfinite(scores[0])).sum() < most and len(asked := self._promising(estimate, known)):
            scores[:, asked] = self._overall(attempt, found, marks, asked)
            estimate[asked] = scores[0, asked]
        return scores[0], scores[1]

    def _promising(self, estimate: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Places of the references to score next, none where the gloss that scores highest is known.

        ``estimate`` ``(R,)`` is the score where it is ``known``, else what it is at most. The best references of the
        gloss that may score highest are asked for; once its best are known, no other gloss can score higher.
        """
        if not np.isfinite(estimate).any():
            return np.empty(0, np.intp)
        nearest = int(np.nanargmax(gloss_scores(estimate[None], self._numbers, len(self._library.glosses))))
        mine = np.flatnonzero((self._numbers == nearest) & np.isfinite(estimate))
        mine = mine[np.argsort(-estimate[mine], kind="stable")]
        return mine[:0] if known[mine[:BEST_REFERENCES]].all() else mine[~known[mine]][:SCORED_AT_ONCE]

    def _overall(
        self,
        attempt: PreparedAttempt,
        found: Evidence,
        marks: Sequence[tuple[np.ndarray, np.ndarray]],
        asked: np.ndarray,
    ) -> np.ndarray:
        """Closed and open scores ``(2, n)`` against the references ``asked`` ``(n,)``."""
        plausible = asked[np.fmax(marks[0][0], marks[1][0])[asked] >= LEAST_ACCURACY]
        fluency, made = np.zeros(len(self._glosses)), np.ones(len(self._glosses))
        fluency[plausible], made[plausible] = self.performance(attempt, found, plausible.tolist())
        overall = []
        for accuracy, confidence in marks:
            moved = with_movement(accuracy, made)
            overall.append(overall_score(moved, confidence, moved * fluency)[asked])
        return np.stack(overall)

    def performance(
        self, attempt: PreparedAttempt, found: Evidence, places: Sequence[int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Fluency ``(n,)`` beside each of some references, and how much of its movement was made ``(n,)``: what marks
        need beside ``evidence``, whatever the calibration.
        """
        moving = [index for index in places if self._speeds[index] is not None]
        paths = self._paths(attempt.sign, found, moving)
        fluency = [self._fluency(attempt, index, paths.get(index)) for index in places]
        made = [self._made(attempt.sign, found, index, paths[index]) if index in paths else 1.0 for index in places]
        return np.array(fluency, float), np.array(made, float)

    def evidence(self, attempt: PreparedAttempt, label: str, signer: str) -> Evidence:
        """What the marks are made of, for every reference by another signer."""
        typical = self._typical.of(signer)
        far = np.stack([self._distances(reading) for reading in readings_of(attempt.sign)])
        closed, reading, mirror = self._compared(far, typical)
        strange, _, _ = self._compared(far, {gloss: index for gloss, index in typical.items() if gloss != label})
        own = self._signers == signer
        closed[own] = np.nan
        open_ = np.where((self._glosses == label)[:, None], closed, strange)
        open_[own] = np.nan
        return Evidence(closed, open_, reading, mirror)

    def _compared(self, far: np.ndarray, typical: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows of ``Evidence`` for a library of the glosses ``typical``, and the reading and mirror of each.

        ``far`` ``(readings, 2 mirrors, R)``. As in the judge, the reading that is nearer to a reference decides how the
        hands are taken for the other glosses too.
        """
        corrected = self._corrected(far, typical)
        near = corrected.min(axis=1)
        reading = near.argmin(axis=0)
        every = np.arange(len(reading))
        cohort, nearest = _contexts(near[:, list(typical.values())])
        column = self._columns(typical)
        rows = np.stack([near[reading, every], cohort[reading, column], nearest[reading, column]], axis=1)
        return rows, reading, corrected[reading, :, every].argmin(axis=1)

    def _distances(self, sign: Features, places: Sequence[int] | None = None) -> np.ndarray:
        """Distances ``(2 mirrors, n)`` of a sign to all references, or to those at ``places``."""
        return distances(sign, self._library.packed if places is None else self._library.packed.take(places))

    def _corrected(self, far: np.ndarray, typical: Mapping[str, int]) -> np.ndarray:
        """Distances ``(readings, 2 mirrors, R)``, allowing for how alone each reference stands."""
        return relative(far, self._isolation(typical))

    def _columns(self, typical: Mapping[str, int]) -> np.ndarray:
        """Which of the glosses of ``typical`` each reference ``(R,)`` is of: one more than there are for none of them.
        """
        column = {gloss: index for index, gloss in enumerate(typical)}
        return np.array([column.get(gloss, len(column)) for gloss in self._library.glosses], np.intp)[self._numbers]

    def _isolation(self, typical: Mapping[str, int]) -> np.ndarray:
        """``Library.isolation`` ``(R,)`` of all references, in a library whose glosses have these ``typical`` ones."""
        self._measure_to(typical.values())
        if not typical:
            return np.full(len(self._glosses), USUAL_DISTANCE, np.float32)
        far = np.stack([self._to_typical[index] for index in typical.values()])
        far[np.arange(len(far))[:, None] == self._columns(typical)] = np.inf
        return np.nan_to_num(_nearest_mean(far.T), nan=USUAL_DISTANCE).astype(np.float32)

    def _measure_to(self, typical: Iterable[int]) -> None:
        """Sees to it that the distances of all references to the ``typical`` ones are known."""
        new = [index for index in typical if index not in self._to_typical]
        if new:
            far = np.stack([self._distances(each.sign, new).min(axis=0) for each in self._library.references])
            self._to_typical.update(zip(new, far.T, strict=True))

    def _marks(self, attempt: PreparedAttempt, contexts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Accuracies and confidences ``(R,)`` from rows of ``Evidence``."""
        distance, cohort, nearest = contexts.T
        return self._fit.accuracy(distance, cohort), self._fit.certainty(distance, nearest) * attempt.quality

    def _made(self, sign: Features, found: Evidence, index: int, path: np.ndarray) -> float:
        """How much of a reference's movement was made."""
        reading = readings_of(sign)[found.reading[index]]
        return movement_made(reading, self._library.references[index].sign, path, int(found.mirror[index]))

    def _paths(self, sign: Features, found: Evidence, indices: Sequence[int]) -> dict[int, np.ndarray]:
        """The way through the sign beside each of some references."""
        paths: dict[int, np.ndarray] = {}
        for number, reading in enumerate(readings_of(sign)):
            chosen = [index for index in indices if found.reading[index] == number]
            if not chosen:
                continue
            costs = local_costs(reading, self._library.packed.take(chosen))
            ways = symmetric_paths(costs[found.mirror[chosen], :, :, np.arange(len(chosen))].transpose(1, 2, 0))
            paths.update(zip(chosen, ways, strict=True))
        return paths

    def _fluency(self, attempt: PreparedAttempt, index: int, path: np.ndarray | None) -> float:
        own = self._speeds[index]
        if own is None or path is None or len(attempt.speed) < 2:
            return SignFluency(None, None, 1.0, ()).mark
        stops = hesitations(attempt.speed, still_beside(own, path, len(attempt.speed), len(attempt.sign)))
        return SignFluency(
            tempo_mark(attempt.duration_ms, [self._library.references[index].duration_ms]),
            smoothness_mark(attempt.arc, self._arcs[index]),
            hesitation_mark(stops),
            tuple(stops),
        ).mark


def readings_of(sign: Features) -> list[Features]:
    """The ways to take hands whose kind may be unknown."""
    return [sign] if sign.flipped is None else [replace(sign, flipped=None), sign.flipped]


def _contexts(far: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cohort distance and nearest distance of the *other* glosses ``(readings, G + 1)``, for wanting each of the ``G``
    glosses whose typical references are ``far`` ``(readings, G)``, and for wanting none of them; NaN without others.
    """
    count = far.shape[1]
    others = np.repeat(far[:, None].astype(np.float64), count + 1, axis=1)
    others[:, np.arange(count), np.arange(count)] = np.inf
    nearest = others.min(axis=2, initial=np.inf)
    return _nearest_mean(others), np.where(np.isfinite(nearest), nearest, np.nan)


def _nearest_mean(far: np.ndarray) -> np.ndarray:
    """Mean of the ``COHORT`` smallest of the last axis that are finite; NaN without any."""
    near = np.sort(far, axis=-1)[..., :COHORT]
    known = np.isfinite(near)
    count = known.sum(axis=-1)
    return np.where(count > 0, np.where(known, near, 0.0).sum(axis=-1) / np.maximum(count, 1), np.nan)
