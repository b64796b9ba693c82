"""The final judgement of an attempt: signs located, each compared with its references, marks and findings derived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from protocol.landmarks import LandmarkClip

from .calibrate import Calibration
from .canonical import CanonicalClip, canonicalise, frame_of
from .comparison import Asked, SignComparison, beside, compare_signs
from .diagnose import diagnose, least_hold_ms, praise
from .embedder import HandshapeEmbedder
from .findings import MAJOR, MINOR, make_finding
from .fluency import SignFluency
from .locate import SignSpan, locate_signs
from .movement import movement_made, with_movement
from .nonmanual import CURVE, with_face
from .paired import Clock, sign_finding
from .parameters import Features, Parameter, measure
from .quality import reason_not_to_judge, tracking_quality
from .references import SIGN_FRAMES, Library
from .repeats import single_signs
from .results import Finding, Judgement, SignJudgement, rounded
from .segment import active_span, raised
from .sign_cut import signs_features
from .tempo import sign_fluency

ACCURACY_SHARE, CONFIDENCE_SHARE, FLUENCY_SHARE = 0.4, 0.3, 0.3
SUCCESS = 0.70
LEAST_MADE = 0.5
"""``movement_made`` below which the movement is another one."""
MARK_BESIDE = {MINOR: 0.75, MAJOR: 0.5}
"""The highest mark of a parameter beside a correction of it: who is told to change something sees that it was off. The
mark alone need not show it, since it is of the mean over the whole sign, by what two people differ."""
LEAST_ACCURACY = 0.5
"""Accuracy below which an attempt that comes nearer to another sign is told so."""


def overall_score(accuracy: float, confidence: float, fluency: float) -> float:
    """The attempt's score; ``fluency`` counts signing only as far as it was the asked sign (it comes in times its
    accuracy).
    """
    return ACCURACY_SHARE * accuracy + CONFIDENCE_SHARE * confidence + FLUENCY_SHARE * fluency


def judge_clip(
    clip: LandmarkClip,
    glosses: Sequence[str],
    library: Library,
    embedder: HandshapeEmbedder,
    fit: Calibration,
    version: str,
) -> Judgement:
    """Judges ``clip`` as the sentence ``glosses`` (all in ``library``). Deterministic; never raises on poor
    tracking.
    """
    canonical = canonicalise(clip)
    features = measure(canonical, embedder)
    start, stop = active_span(features)
    still = all(reference.still for gloss in glosses for reference in library.references_of(gloss))
    reason = reason_not_to_judge(clip, canonical, start, stop, still)
    if reason is not None:
        return refused(reason, canonical, fit, version)
    mirror, spans = _spans(features, start, stop, glosses, library)
    if not spans:
        return refused("sentence_not_found", canonical, fit, version)
    asked = [
        Asked(span.sign_index, glosses[span.sign_index], signings)
        for span, signings in zip(spans, _signings(features, spans), strict=True)
    ]
    compared = compare_signs(asked, library, mirror)
    return _Verdict(canonical, features, compared, glosses, library, fit, version).judgement()


def refused(reason: str, clip: CanonicalClip, fit: Calibration, version: str) -> Judgement:
    """No mark, and the finding that says why."""
    times = clip.frame_times_ms
    finding = make_finding(reason, times[0] if len(times) else 0.0, times[-1] if len(times) else 0.0)
    marks: dict[str, float | None] = {parameter.value: None for parameter in Parameter}
    return Judgement(False, None, None, None, None, False, marks, (), (finding,), version, fit.version)


def _spans(
    features: Features, start: int, stop: int, glosses: Sequence[str], library: Library
) -> tuple[int | None, list[SignSpan]]:
    """Signs of the sentence; a sentence of one sign is all that lies between the rests."""
    if len(glosses) == 1:
        return None, [SignSpan(0, start, stop)]
    sentence = library.laid_out(np.array([[library.typical[gloss] for gloss in glosses]]))
    part = features.cut(start, stop)
    mirror, spans = locate_signs(part, ~raised(part), sentence)
    return mirror, [SignSpan(span.sign_index, span.start + start, span.stop + start) for span in spans]


def _signings(features: Features, spans: Sequence[SignSpan]) -> list[list[tuple[int, int, Features]]]:
    """Each span as one sign; where it was repeated also each repetition."""
    cuts = [single_signs(features, span.start, span.stop) for span in spans]
    signs = iter(signs_features(features, [cut for each in cuts for cut in each], SIGN_FRAMES))
    return [[(*cut, next(signs)) for cut in each] for each in cuts]


class _Verdict:
    """Marks of one attempt, sign by sign and together."""

    def __init__(
        self,
        clip: CanonicalClip,
        features: Features,
        compared: Sequence[SignComparison],
        glosses: Sequence[str],
        library: Library,
        fit: Calibration,
        version: str,
    ) -> None:
        self._clip, self._features, self._compared = clip, features, compared
        self._glosses, self._library, self._fit, self._version = glosses, library, fit, version
        self._made = {
            found.sign_index: movement_made(found.sign, found.reference.sign, found.path, found.mirror)
            for found in compared
        }

    def judgement(self) -> Judgement:
        fluencies = [sign_fluency(self._features, found, self._library) for found in self._compared]
        corrections = [self._corrections(*each) for each in zip(self._compared, fluencies, strict=True)]
        signs = tuple(self._sign(*each) for each in zip(self._compared, corrections, strict=True))
        fluency = sum(f.mark * sign.score for f, sign in zip(fluencies, signs, strict=True)) / len(self._glosses)
        accuracy = sum(sign.score for sign in signs) / len(self._glosses)
        confidence = sum(sign.confidence for sign in signs) / len(self._glosses)
        score = rounded(overall_score(accuracy, confidence, fluency))
        return Judgement(
            judged=True,
            score=score,
            accuracy=rounded(accuracy),
            confidence=rounded(confidence),
            fluency=rounded(fluency),
            success=score >= SUCCESS,
            parameters=self._parameters(signs),
            signs=signs,
            findings=tuple(self._findings(corrections, signs)),
            scorer_version=self._version,
            calibration_version=self._fit.version,
        )

    def _sign(self, found: SignComparison, corrections: Sequence[Finding]) -> SignJudgement:
        clip = self._clip
        quality = tracking_quality(clip, found.start, found.stop)
        marks = self._marks(found)
        accuracy = with_face(self._fit.accuracy(found.distance, found.cohort), marks[Parameter.NONMANUAL.value])
        accuracy = with_movement(accuracy, self._made[found.sign_index])
        return SignJudgement(
            sign_index=found.sign_index,
            gloss=found.reference.gloss,
            reference_id=found.reference.reference_id,
            start_ms=round(clip.times_ms[found.start]),
            end_ms=round(clip.times_ms[found.stop - 1]),
            start_frame=frame_of(clip, found.start),
            end_frame=frame_of(clip, found.stop - 1),
            score=rounded(accuracy),
            confidence=rounded(self._fit.certainty(found.distance, found.nearest_other) * quality.overall),
            hand_used=hand_used(found.sign),
            parameters=beside_corrections(marks, corrections),
        )

    def _marks(self, found: SignComparison) -> dict[str, float | None]:
        marks: dict[str, float | None] = {}
        for parameter in Parameter:
            distance = found.parameter_distance(parameter)
            curve = CURVE if parameter is Parameter.NONMANUAL else self._fit.parameters.get(parameter.value)
            still = parameter is Parameter.MOVEMENT and (found.reference.still or len(self._clip) == 1)
            made = self._made[found.sign_index] if parameter is Parameter.MOVEMENT else 1.0
            marks[parameter.value] = (
                None if distance is None or curve is None or still else rounded(curve.mark(distance) * made)
            )
        return marks

    def _parameters(self, signs: Sequence[SignJudgement]) -> dict[str, float | None]:
        """Means over the signs in which a parameter could be judged."""
        means: dict[str, float | None] = {}
        for parameter in Parameter:
            known = [sign.parameters[parameter.value] for sign in signs if sign.parameters[parameter.value] is not None]
            means[parameter.value] = rounded(sum(known) / len(known)) if known else None
        return means

    def _findings(
        self, corrections: Sequence[Sequence[Finding]], signs: Sequence[SignJudgement]
    ) -> list[Finding]:
        times = self._clip.times_ms
        findings: list[Finding] = []
        for found, said, sign in zip(self._compared, corrections, signs, strict=True):
            findings += [*said, *praise(found, self._clock(found), sign.parameters, said)]
        signed = {found.sign_index for found in self._compared}
        for index, gloss in enumerate(self._glosses):
            if index not in signed:
                findings.append(make_finding("sign_missing", times[0], times[-1], sign_index=index, gloss=gloss))
        return findings

    def _corrections(self, found: SignComparison, fluency: SignFluency) -> list[Finding]:
        clock = self._clock(found)
        corrections = _agreed(found, clock) + self._holds(found, fluency)
        return corrections + self._of_whole_sign(found, clock, corrections)

    def _clock(self, found: SignComparison) -> Clock:
        times = self._clip.times_ms
        return Clock(times[found.start], times[found.stop - 1], SIGN_FRAMES)

    def _of_whole_sign(self, found: SignComparison, clock: Clock, corrections: Sequence[Finding]) -> list[Finding]:
        """What is wrong with the sign as a whole, where nothing more exact says it."""
        told = any(each.parameter in ("movement", "location") for each in corrections)
        if self._made[found.sign_index] < LEAST_MADE and not told and _made_beside_none(found):
            return [sign_finding("movement_differs", found, clock.whole, hand=hand_used(found.sign))]
        looks_other = found.nearest_other is not None and found.nearest_other < found.distance
        doubtful = self._fit.accuracy(found.distance, found.cohort) < LEAST_ACCURACY
        if looks_other and doubtful and not corrections:
            return [sign_finding("looks_like_other", found, clock.whole, what=found.other_gloss or "")]
        return []

    def _holds(self, found: SignComparison, fluency: SignFluency) -> list[Finding]:
        times = self._clip.times_ms[found.start : found.stop]
        least_ms = least_hold_ms(found) if fluency.hesitations else 0.0
        return [
            sign_finding(
                "hold_inserted",
                found,
                (times[stop.start], times[stop.stop - 1]),
                hand=hand_used(found.sign),
                size=stop.excess_ms,
            )
            for stop in fluency.hesitations
            if stop.excess_ms >= least_ms
        ]


def _agreed(found: SignComparison, clock: Clock) -> list[Finding]:
    """Corrections that other references of the gloss call for as well; what one of them allows is right."""
    corrections = diagnose(found, clock)
    if not corrections:
        return []
    opinions = [
        {(finding.parameter, finding.hand) for finding in diagnose(other, clock)}
        for other in beside(found, found.next_nearest)
    ]
    return [finding for finding in corrections if all((finding.parameter, finding.hand) in o for o in opinions)]


def beside_corrections(
    marks: Mapping[str, float | None], corrections: Sequence[Finding]
) -> dict[str, float | None]:
    """``marks`` by parameter, none higher than its corrections leave it (``MARK_BESIDE``)."""
    shown = dict(marks)
    for finding in corrections:
        mark = shown.get(finding.parameter or "")
        if mark is not None:
            shown[finding.parameter] = min(mark, MARK_BESIDE[finding.severity])
    return shown


def _made_beside_none(found: SignComparison) -> bool:
    """Whether the movement was not made by other references of the gloss either."""
    return all(
        movement_made(other.sign, other.reference.sign, other.path, other.mirror) < LEAST_MADE
        for other in beside(found, found.next_nearest)
    )


def hand_used(sign: Features) -> str:
    """Which of the learner's hands the sign was signed with."""
    right, left = sign.hand_there.mean(axis=1)
    if min(right, left) >= 0.5 * max(right, left):
        return "both"
    return "right" if right >= left else "left"
