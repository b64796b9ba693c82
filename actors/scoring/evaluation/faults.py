"""Are findings true? One parameter of one hand of a recording is changed by a known amount in a known time span.

The reference is the recording as it is, together with other people's recordings of other signs; the attempt is the same
signing re-recorded (other size, place, tempo and pace, jitter), and then altered. So the alteration is all that a
finding may name. A finding is *true* if it is a correction of the right parameter and hand whose time span overlaps
the alteration's (intersection over union, within the judged sign) by half.

What learners meet is another person's reference. So every recording is also judged as it is by the references of the
other signers, where it should get no correction; and altered grossly, to see what is still named there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.references import Library, Reference
from actors.scoring.results import Finding, Judgement
from actors.scoring.scorer import Scorer
from protocol.landmarks import LandmarkClip

from .alterations import Span
from .dataset import LabelledClip
from .fault_cases import FaultCase, donor_shapes, fault_cases, gross_cases
from .libraries import References, Track, as_reference, untracked
from .transforms import rerecorded

LEAST_OVERLAP = 0.5
LEAST_TRUE = 0.95
LEAST_UNCORRECTED = 0.9
"""Share of correct recordings that other signers' references should leave without a correction."""
OTHER_SIGNS = 12
"""References of other glosses in the library: enough for a cohort, few enough to be quick."""
SEED = 3


@dataclass(frozen=True, slots=True)
class FaultRow:
    """How one alteration at one size fared: ``named`` is the share with a true finding, ``first`` with it at the top.

    ``parameter_only``: right parameter, but another hand or time. ``above_threshold``: sizes that must be found.
    """

    kind: str
    size: str
    above_threshold: bool
    cases: int
    named: float
    first: float
    parameter_only: float


@dataclass(frozen=True, slots=True)
class FaultTable:
    """``rows`` by kind and size; ``unchanged`` copies, and the share of them without any correction (``clean``).

    ``false_codes``: corrections that unchanged copies got, with their number. ``by_others``: the same recordings, and
    gross alterations of them, judged by other signers' references; None where nobody else signs them. ``by_signer``:
    each signer's number of unchanged recordings and the share of them without a correction.
    """

    rows: tuple[FaultRow, ...]
    unchanged: int
    clean: float
    false_codes: tuple[tuple[str, int], ...]
    by_signer: tuple[tuple[str, int, float], ...]
    by_others: FaultTable | None = None

    @property
    def named(self) -> float | None:
        """Share of the alterations above the threshold that were named; None without any."""
        rows = [row for row in self.rows if row.above_threshold]
        cases = sum(row.cases for row in rows)
        return sum(row.named * row.cases for row in rows) / cases if cases else None

    @property
    def holds(self) -> bool:
        """Whether findings are as true as they should be."""
        uncorrected = self.by_others is None or self.by_others.clean >= LEAST_UNCORRECTED
        return self.named is not None and self.named >= LEAST_TRUE and self.clean >= LEAST_TRUE and uncorrected


@dataclass(frozen=True, slots=True, eq=False)
class _Outcome:
    """What the scorer said to one case."""

    case: FaultCase
    corrections: tuple[Finding, ...]
    truths: tuple[bool, ...]


class _Tally:
    """What the scorer said to recordings as they are and altered."""

    def __init__(self) -> None:
        self.outcomes: list[_Outcome] = []
        self.unchanged: list[tuple[Finding, ...]] = []
        self.by_signer: dict[str, list[bool]] = {}

    def judge(self, scorer: Scorer, of: LabelledClip, clip: LandmarkClip, cases: Iterable[FaultCase]) -> None:
        """Judges ``clip``, the recording ``of`` somebody or a copy of it, and, where that can be judged, its altered
        copies.
        """
        plain = scorer.judge(clip, [of.label])
        if not plain.judged:
            return
        self.unchanged.append(_corrections(plain))
        self.by_signer.setdefault(of.signer, []).append(not self.unchanged[-1])
        for case in cases:
            judgement = scorer.judge(case.clip, [of.label])
            corrections = _corrections(judgement)
            truths = tuple(is_true(finding, case, judgement) for finding in corrections)
            self.outcomes.append(_Outcome(case, corrections, truths))

    def table(self) -> FaultTable:
        """The shares."""
        shares = ((signer, len(clean), sum(clean) / len(clean)) for signer, clean in sorted(self.by_signer.items()))
        return _table(self.outcomes, self.unchanged, tuple(shares))


def fault_table(
    clips: Sequence[LabelledClip], references: References, embedder: HandshapeEmbedder, track: Track = untracked
) -> FaultTable:
    """Alters each of ``clips`` in every way that suits it, and judges it; ``references`` lend the other signs."""
    copies, by_others = _Tally(), _Tally()
    donors = donor_shapes(clips)
    library_of = lru_cache(maxsize=None)(lambda signer: Library(references.of_others(signer)))
    for number, clip in enumerate(track(clips, "Judging altered copies")):
        rng = np.random.default_rng((SEED, number))
        shapes = [shape for label, shape in donors if label != clip.label]
        own = as_reference(clip, embedder)
        if own is not None:
            scorer = Scorer(Library([own, *_other_signs(references, clip, rng)]), embedder)
            copy = rerecorded(clip.clip, rng)
            copies.judge(scorer, clip, copy, fault_cases(copy, shapes, embedder, rng))
        if library_of(clip.signer).references_of(clip.label):
            scorer = Scorer(library_of(clip.signer), embedder)
            by_others.judge(scorer, clip, clip.clip, gross_cases(clip.clip, shapes, embedder, rng))
    return replace(copies.table(), by_others=by_others.table() if by_others.unchanged else None)


def is_true(finding: Finding, case: FaultCase, judgement: Judgement) -> bool:
    """Whether a finding names what was altered: its parameter, its hand, and (by half) when.

    What lies outside the sign that was judged (rest before and after it) is not counted to the alteration's span.
    """
    span = case.span
    if judgement.signs:
        sign = judgement.signs[0]
        span = Span(max(span.start_ms, sign.start_ms), min(span.end_ms, sign.end_ms))
    overlap = Span(finding.start_ms, finding.end_ms).overlap(span)
    hand_right = case.hand is None or finding.hand == case.hand
    return finding.parameter == case.parameter and hand_right and overlap >= LEAST_OVERLAP


def _other_signs(references: References, clip: LabelledClip, rng: np.random.Generator) -> list[Reference]:
    """One reference each of some other glosses, by other people."""
    others = [reference for reference in references.of_others(clip.signer) if reference.gloss != clip.label]
    found: dict[str, Reference] = {}
    for index in rng.permutation(len(others)):
        found.setdefault(others[index].gloss, others[index])
    return list(found.values())[:OTHER_SIGNS]


def _corrections(judgement: Judgement) -> tuple[Finding, ...]:
    return tuple(finding for finding in judgement.findings if finding.kind == "correction")


def _table(
    outcomes: Sequence[_Outcome],
    unchanged: Sequence[tuple[Finding, ...]],
    by_signer: tuple[tuple[str, int, float], ...],
) -> FaultTable:
    groups: dict[tuple[str, str, bool], list[_Outcome]] = {}
    for outcome in outcomes:
        case = outcome.case
        groups.setdefault((case.kind, case.size, case.above_threshold), []).append(outcome)
    false_codes = Counter(finding.code for corrections in unchanged for finding in corrections)
    clean = sum(not corrections for corrections in unchanged) / len(unchanged) if unchanged else 0.0
    kinds = list(dict.fromkeys(kind for kind, _, _ in groups))
    ordered = sorted(groups, key=lambda key: (kinds.index(key[0]), key[2]))
    rows = tuple(_row(*key, groups[key]) for key in ordered)
    return FaultTable(rows, len(unchanged), clean, tuple(false_codes.most_common()), by_signer)


def _row(kind: str, size: str, above_threshold: bool, found: Sequence[_Outcome]) -> FaultRow:
    named = sum(any(outcome.truths) for outcome in found)
    first = sum(outcome.truths[:1] == (True,) for outcome in found)
    parameter_only = sum(
        not any(outcome.truths) and any(finding.parameter == outcome.case.parameter for finding in outcome.corrections)
        for outcome in found
    )
    count = len(found)
    return FaultRow(kind, size, above_threshold, count, named / count, first / count, parameter_only / count)
