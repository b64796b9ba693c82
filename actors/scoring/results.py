"""What the scorer hands out: values without behaviour, ready for the wire."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

SCORER_VERSION = "1.2"
"""Stands with every mark; a change of what is measured or said is a new one."""
ROUND_DIGITS = 4


def rounded(value: float | None) -> float | None:
    """Marks leave the scorer with four digits."""
    return None if value is None else round(float(value), ROUND_DIGITS)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was off, right, or could not be judged; ``hand`` is the learner's own, ``size`` in ``unit``.

    ``joints`` are MediaPipe's points 0..20 of ``hand`` (of each hand where it is ``both``) that were off,
    ``face_region`` the part of the face that was.
    """

    code: str
    kind: str
    parameter: str | None
    hand: str | None
    sign_index: int | None
    gloss: str | None
    start_ms: int
    end_ms: int
    size: float | None
    unit: str | None
    severity: str
    text: str
    joints: tuple[int, ...] = ()
    face_region: str | None = None


@dataclass(frozen=True, slots=True)
class SignJudgement:
    """One sign of the sentence; frames count the pushed ones. ``reference_id`` is the reference that it came
    nearest to.
    """

    sign_index: int
    gloss: str
    reference_id: str
    start_ms: int
    end_ms: int
    start_frame: int
    end_frame: int
    score: float
    confidence: float
    hand_used: str
    parameters: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The mark of one attempt. Where ``judged`` is False all marks are None and a ``cannot_judge`` finding says why."""

    judged: bool
    score: float | None
    accuracy: float | None
    confidence: float | None
    fluency: float | None
    success: bool
    parameters: dict[str, float | None]
    signs: tuple[SignJudgement, ...]
    findings: tuple[Finding, ...]
    scorer_version: str
    calibration_version: str

    def as_dict(self) -> dict[str, Any]:
        """JSON types only; the same attempt gives the same bytes."""
        document = asdict(self)
        document["signs"] = list(document["signs"])
        document["findings"] = list(document["findings"])
        return document


class ProvisionalMarks(NamedTuple):
    """How the attempt stands while it is signed: lossy, unrepeatable, never stored. ``hint`` is a finding code."""

    through_ms: int
    sign_index: int
    gloss: str
    progress: float
    overall: float | None
    parameters: dict[str, float | None]
    left_hand_seen: bool
    right_hand_seen: bool
    body_seen: bool
    hint: str | None
