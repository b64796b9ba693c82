"""What the store holds, as the domain sees it: plain immutable records, no SQL.

Ids are 16 random bytes. Times are Unix time in whole milliseconds, UTC. Marks are 0..1 with four decimals, so that
their sums are exact integers in units of 1/10,000 and aggregates can be rebuilt without rounding drift.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, NamedTuple, TypeVar

Id = bytes
T = TypeVar("T")
SessionType = Literal["individual", "collaborative", "assessment", "practice"]
Role = Literal["learner", "educator"]
"""Educators may look at the progress of every learner of their tenant."""
SessionStatus = Literal["created", "active", "paused", "completed", "abandoned"]
DEFAULT_TENANT = "default"
GENERAL_SKILL_AREA = "general"
"""Where the attempts of a session count that names no skill area of its own."""
MARK_UNITS = 10_000
"""Marks are whole numbers of these units in the store: four exact decimals."""


def new_id() -> Id:
    """A random 16-byte id: spreads over the regions of a distributed store, tells nothing, cannot be guessed."""
    return uuid.uuid4().bytes


def id_text(value: Id) -> str:
    """The id as 32 hex digits."""
    return value.hex()


def id_from_text(text: str) -> Id:
    """Reads 32 hex digits (dashes allowed). Raises ValueError."""
    return uuid.UUID(text).bytes


@dataclass(frozen=True, slots=True)
class Learner:
    """Somebody who practises. ``token_hash`` is the SHA-256 of the bearer token; the token itself is never kept."""

    id: Id
    tenant_id: str
    display_name: str
    time_zone: str
    token_hash: bytes
    landmark_consent: bool
    created_at_ms: int
    role: Role = "learner"


@dataclass(frozen=True, slots=True)
class StorySentence:
    """One sentence and the glosses that make it."""

    text: str
    glosses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A text to practise, sentence by sentence. ``difficulty_level`` 1..5."""

    id: str
    tenant_id: str
    title: str
    difficulty_level: int
    skill_areas: tuple[str, ...]
    sentences: tuple[StorySentence, ...]


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A practice session. ``epoch`` counts its incarnations, ``stored_through`` is the durable watermark."""

    id: Id
    tenant_id: str
    user_id: Id
    story_id: str | None
    session_type: SessionType
    session_name: str
    sentences: tuple[StorySentence, ...]
    difficulty_level: int
    skill_areas: tuple[str, ...]
    status: SessionStatus
    epoch: int
    stored_through: int
    overall_score: float | None
    sentences_completed: int
    started_at_ms: int | None
    completed_at_ms: int | None
    duration_seconds: int
    session_data: Mapping[str, Any]
    performance_metrics: Mapping[str, Any]
    created_at_ms: int
    updated_at_ms: int


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One judged (or unjudgeable) attempt. ``result`` is the whole AttemptResult as JSON types.

    ``landmark_blob`` is None where the learner gave no consent or the store left it out of the answer.
    """

    session_id: Id
    attempt_no: int
    sentence_index: int
    target_sentence: str
    judged: bool
    score: float | None
    confidence: float | None
    accuracy: float | None
    fluency: float | None
    is_successful: bool
    gesture_sequence: tuple[Mapping[str, Any], ...]
    detected_errors: tuple[Mapping[str, Any], ...]
    suggestions: tuple[str, ...]
    result: Mapping[str, Any]
    attempted_at_ms: int
    duration_ms: int
    video_start_frame: int
    video_end_frame: int
    scorer_version: str
    calibration_version: str
    landmark_blob: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AttemptSums:
    """What one attempt adds to the sums of its session, its day and its skill areas.

    Marks are in units of 1/10,000, 0 where the attempt could not be judged. ``signs``: gloss and score of each judged
    sign; ``findings``: code, parameter and gloss of each correction.
    """

    attempted_at_ms: int
    duration_ms: int
    sentence_index: int
    judged: bool
    is_successful: bool
    score: int
    confidence: int
    accuracy: int
    fluency: int
    signs: tuple[tuple[str, int], ...] = ()
    findings: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AttemptEntry:
    """An attempt as it goes to the store: checked and written out, see ``storage.entries``.

    ``row`` is what the tables will hold of it, so that the store need not look into it again.
    """

    attempt_no: int
    row: tuple[Any, ...]
    sums: AttemptSums
    landmark_blob: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class UnfitAttempt:
    """An attempt that can never be a row, why, and all of it but its landmarks as ASCII text."""

    attempt_no: int
    reason: str
    payload: str = field(repr=False)


class Milestone(NamedTuple):
    """Something the learner reached, and when. A tuple, because its hash costs nothing: see ``rows``."""

    code: str
    reached_at_ms: int


class ProgressRecord(NamedTuple):
    """One learner's progress in one skill area. A tuple, because every attempt makes a new one.

    ``*_sum`` are integers in units of 1/10,000 over judged attempts, of which there are ``judged_attempts``; the
    averages are derived from them. ``practice_days`` live in a table of their own, see ``PracticeDay``.
    """

    user_id: Id
    skill_area: str
    skill_category: str = "signing"
    experience_points: float = 0.0
    current_level: float = 0.0
    practice_time_ms: int = 0
    total_sessions: int = 0
    total_attempts: int = 0
    judged_attempts: int = 0
    successful_attempts: int = 0
    score_sum: int = 0
    confidence_sum: int = 0
    accuracy_sum: int = 0
    fluency_sum: int = 0
    learning_streak: int = 0
    longest_streak: int = 0
    last_practice_date: dt.date | None = None
    current_difficulty: int = 1
    target_level: float = 10.0
    weekly_goal_minutes: int = 60
    milestones: tuple[Milestone, ...] = ()


class PracticeDay(NamedTuple):
    """What a learner did on one day of their own calendar; the sums are as in ``ProgressRecord``.

    All of it is sums over the day's attempts and sessions, so that the order in which they arrive changes nothing.
    """

    day: dt.date
    attempts: int = 0
    judged_attempts: int = 0
    successful_attempts: int = 0
    practice_ms: int = 0
    score_sum: int = 0
    confidence_sum: int = 0
    accuracy_sum: int = 0
    fluency_sum: int = 0
    sessions_completed: int = 0


@dataclass(frozen=True, slots=True)
class ReferenceRecord:
    """A recorded correct sign; ``landmark_blob`` is its clip (``storage.landmark_blob``)."""

    id: Id
    tenant_id: str
    gloss: str
    signer: str
    variant: str
    source: str
    layout: str
    width: int
    height: int
    mirrored: bool
    frame_rate_hz: float
    landmark_blob: bytes = field(repr=False)
    created_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class SessionFlush:
    """The attempts ``lo < attempt_no <= hi`` of one session, to be made durable exactly once.

    A number in the range without an attempt was cancelled by the learner (or lost with the client's own buffer).
    """

    session_id: Id
    epoch: int
    lo: int
    hi: int
    attempts: tuple[AttemptEntry | UnfitAttempt, ...]


@dataclass(frozen=True, slots=True)
class SessionClose:
    """The learner has completed or abandoned the session, whose attempts up to ``stored_through`` are durable."""

    session_id: Id
    epoch: int
    stored_through: int
    status: Literal["completed", "abandoned"]


@dataclass(frozen=True, slots=True)
class FlushOutcome:
    """What became of one SessionFlush.

    ``committed``: durable now, ``already``: durable before, ``fenced``: another incarnation owns the session,
    ``quarantined``: the watermark has moved, but rows that the store refuses for good are set aside in the quarantine
    table; ``detail`` names them and says why. ``progress`` is the learner's, after this flush.
    """

    session_id: Id
    kind: Literal["committed", "already", "fenced", "quarantined"]
    stored_through: int
    progress: tuple[ProgressRecord, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Activation:
    """What a new incarnation of a session starts from; ``session.epoch`` is already its own."""

    session: SessionRecord
    learner: Learner


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a listing; ``cursor`` asks for the next one, None at the end."""

    items: tuple[T, ...]
    cursor: str | None
