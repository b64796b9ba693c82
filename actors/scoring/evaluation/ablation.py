"""What each block and measurement is worth, and whether the shipped weights are what other sources would choose.

Every file is a *source*: other people, other signs, other recorders. Weights are chosen on all sources but one, from
equal weights on, and tried on that one; files that share recordings' sources are left out together. Nothing here knows
the shipped weights when it chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from actors.scoring.calibrate import calibration
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.references import Reference

from .dataset import LabelledClip
from .libraries import References, Track, TypicalOfOthers, prepare_references, untracked
from .material import choose_material, in_turn
from .metrics import auc, gloss_scores, nearest_gloss
from .pairs import PairScorer, PreparedAttempt, prepare_attempt
from .weighing import (
    KNOBS,
    PARTS,
    SHIPPED,
    WeighedScorer,
    Weighing,
    distances_by_block,
    equal_weighing,
    fisher_times,
    per_sign_changes,
    single_changes,
)

MOST_RECORDINGS = 104
"""Recordings of a source that take part, as attempts and as references, labels and signers in turn."""
MOST_STILL_RECORDINGS = 260
MOST_LEARNERS = 12
"""Signers up to which what is learnt from the others' references is learnt anew for each."""
SEED = 17
DRAWS = 30
FACTORS = (0.0, 0.5, 2.0)
"""What each weight is multiplied with in turn, after the best of the random draws was found."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One file's recordings, measured once. ``chooses``: weights may be chosen by it (its labels are right)."""

    name: str
    recorders: frozenset[str]
    attempts: tuple[tuple[PreparedAttempt, str, str], ...]
    references: References
    typical: TypicalOfOthers
    chooses: bool

    @property
    def signers(self) -> tuple[str, ...]:
        """Who signs the attempts."""
        return tuple(dict.fromkeys(signer for _, _, signer in self.attempts))


@dataclass(frozen=True, slots=True)
class Worth:
    """How one weighing fares in one source: AUC with the true sign in the library and not, and top-1."""

    closed: float
    open: float
    top1: float

    @property
    def mean(self) -> float:
        """What weights are chosen by."""
        return (self.closed + self.open + self.top1) / 3.0


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One source under the shipped weights, equal ones, and those ``chosen`` without it."""

    name: str
    shipped: Worth
    equal: Worth
    chosen: Worth
    weighing: Weighing


Judge = Callable[[Weighing, Source], Worth | None]


def measure_source(
    name: str, clips: Sequence[LabelledClip], embedder: HandshapeEmbedder, chooses: bool, track: Track = untracked
) -> Source | None:
    """Measures some of ``clips``; None where no sign is by two people."""
    most = MOST_STILL_RECORDINGS if all(len(clip.clip.times_ms) == 1 for clip in clips) else MOST_RECORDINGS
    chosen = choose_material(in_turn(choose_material(clips, max_pairs=len(clips) ** 2).attempts)[:most])
    if not chosen.pairs:
        return None
    made = prepare_references(chosen.references, embedder, track)
    ready = [(prepare_attempt(clip, embedder), clip.label, clip.signer) for clip in track(chosen.attempts, "Measuring")]
    return Source(
        name,
        frozenset(clip.source for clip in clips),
        tuple((attempt, label, signer) for attempt, label, signer in ready if attempt is not None),
        made,
        TypicalOfOthers(made.references),
        chooses,
    )


def worth(weighing: Weighing, source: Source) -> Worth | None:
    """How ``weighing`` tells the signs of ``source`` apart, across signers, by distance and cohort as accuracy is made
    of them; None where it would have to be learnt anew for too many signers.
    """
    learnt = bool(weighing.by_sign or weighing.spread)
    if learnt and len(source.signers) > MOST_LEARNERS:
        return None
    scorer_of = _learnt_scorers(weighing, source) if learnt else _one_scorer(weighing, source)
    sides: dict[bool, list[np.ndarray]] = {True: [], False: []}
    strange: dict[bool, list[np.ndarray]] = {True: [], False: []}
    right = []
    for attempt, label, signer in source.attempts:
        references, scorer = scorer_of(signer)
        found = scorer.evidence(replace(attempt, sign=weighing.reweighed(attempt.sign)), label, signer)
        glosses = np.array([reference.gloss for reference in references])
        closed, open_ = (_likeness(rows) for rows in (found.closed, found.open))
        for side in (True, False):
            which = (glosses == label) == side
            sides[side].append(closed[which & np.isfinite(closed)])
            strange[side].append(open_[which & np.isfinite(open_)])
        right.append(_is_nearest(closed, glosses, label))
    areas = [auc(*(np.concatenate(each[side]) for side in (True, False))) for each in (sides, strange)]
    answered = [each for each in right if each is not None]
    if None in areas or not answered:
        return None
    return Worth(*areas, float(np.mean(answered)))


def ablation(
    sources: Sequence[Source], judge: Judge, track: Track = untracked
) -> list[tuple[Weighing, tuple[Worth | None, ...]]]:
    """The shipped weighing, equal weights, every single change, and what a sign's own weights and calibration bring."""
    weighings = [SHIPPED, equal_weighing(), *single_changes(), *per_sign_changes()]
    return [
        (weighing, tuple(judge(weighing, source) for source in sources))
        for weighing in track(weighings, "Leaving out and doubling")
    ]


def held_out(sources: Sequence[Source], judge: Judge, track: Track = untracked) -> list[HeldOut]:
    """Every source under weights that were chosen without it and without files of the same recorders."""
    found = []
    for source in sources:
        others = [each for each in sources if each.chooses and not each.recorders & source.recorders]
        weighing = choose(others, judge, track, source.name) if others else equal_weighing()
        marks = [judge(each, source) for each in (SHIPPED, equal_weighing(), weighing)]
        found.append(HeldOut(source.name, *marks, weighing))
    return found


def choose(sources: Sequence[Source], judge: Judge, track: Track = untracked, name: str = "") -> Weighing:
    """The weighing with the best mean worth in ``sources``: the best of ``draws()``, and then each weight in turn left
    out, halved, doubled, where that is better.
    """

    def merit(weighing: Weighing) -> float:
        return float(np.mean([judge(weighing, source).mean for source in sources]))

    best = max(track(draws(), f"Drawing weights without {name}"), key=merit)
    for knob in track(KNOBS, f"Trying weights without {name}"):
        tries = [best.with_knob(knob, factor) for factor in FACTORS if _possible(best.with_knob(knob, factor))]
        best = max([best, *tries], key=merit)
    return replace(best, name=f"chosen without {name}")


@cache
def draws() -> tuple[Weighing, ...]:
    """Equal weights, and seeded draws of each between a quarter and four times as much."""
    rng, equal = np.random.default_rng(SEED), equal_weighing()
    factors = 2.0 ** rng.uniform(-2.0, 2.0, (DRAWS, len(KNOBS)))
    drawn = [tuple(float(each) for each in np.round(np.array(equal.times) * row, 3)) for row in factors]
    return (equal, *(Weighing(f"draw {number}", times) for number, times in enumerate(drawn)))


def _possible(weighing: Weighing) -> bool:
    """Whether something is left to compare hand shapes by."""
    times = dict(zip(KNOBS, weighing.times, strict=True))
    return times["handshape"] > 0 and any(times[name] > 0 for name in PARTS)


ScorerOf = Callable[[str], tuple[Sequence[Reference], PairScorer]]


def _one_scorer(weighing: Weighing, source: Source) -> ScorerOf:
    references = source.references.references
    scorer = WeighedScorer(references, calibration(), weighing, source.typical)
    return lambda signer: (references, scorer)


def _learnt_scorers(weighing: Weighing, source: Source) -> ScorerOf:
    """What is learnt from references is learnt without those by the attempt's own signer."""
    every = source.references.references
    far = distances_by_block(every) if weighing.by_sign else None

    @cache
    def scorer_of(signer: str) -> tuple[Sequence[Reference], PairScorer]:
        places = [place for place, each in enumerate(every) if each.signer != signer]
        others = [every[place] for place in places]
        times = None if far is None else fisher_times(far[:, places][:, :, places], others, weighing.by_sign)
        return others, WeighedScorer(others, calibration(), weighing, TypicalOfOthers(others), times)

    return scorer_of


def _likeness(rows: np.ndarray) -> np.ndarray:
    """What accuracy rises with ``(R,)``, from rows of ``Evidence``: the distance against what the cohort explains."""
    distance, cohort, _ = rows.T
    return calibration().cohort_weight * np.nan_to_num(cohort, nan=0.0) - distance


def _is_nearest(likeness: np.ndarray, glosses: np.ndarray, label: str) -> bool | None:
    """Whether the attempt's own gloss comes nearest; None where nobody else signs it."""
    names, numbers = np.unique(glosses, return_inverse=True)
    if not np.isfinite(likeness[glosses == label]).any():
        return None
    nearest = int(nearest_gloss(gloss_scores(likeness[None], numbers, len(names)))[0])
    return nearest >= 0 and names[nearest] == label
