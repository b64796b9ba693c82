"""Records to rows and back. The only place that knows how a value is written in a table.

Marks are whole units of 1/10,000, experience points whole hundredths, booleans 0 or 1, days ISO text or a DATE, and
everything that has structure is compact JSON text.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from storage.plan import Row
from storage.records import (
    MARK_UNITS,
    AttemptRecord,
    Id,
    Learner,
    Milestone,
    PracticeDay,
    ProgressRecord,
    ReferenceRecord,
    SessionRecord,
    Story,
    StorySentence,
)

EXPERIENCE_UNITS = 100

LEARNER = ("id", "tenant_id", "display_name", "time_zone", "token_hash", "landmark_consent", "created_at", "role")
SESSION = (
    "id", "tenant_id", "user_id", "story_id", "session_type", "session_name", "session_data", "story_content",
    "overall_score", "sentences_completed", "total_sentences", "started_at", "completed_at", "duration_seconds",
    "performance_metrics", "status", "difficulty_level", "skill_areas", "created_at", "updated_at", "epoch",
    "stored_through",
)  # fmt: skip
ATTEMPT = (
    "session_id", "attempt_number", "sentence_index", "target_sentence", "gesture_sequence", "judged", "score",
    "confidence_score", "accuracy_score", "fluency_score", "ai_feedback", "suggestions", "detected_errors",
    "attempted_at", "duration_ms", "is_successful", "video_start_frame", "video_end_frame", "scorer_version",
    "calibration_version",
)  # fmt: skip
ATTEMPT_OWNED = (*ATTEMPT, "id", "tenant_id", "user_id", "practice_day", "progress_seq")
PROGRESS = (
    "user_id", "skill_area", "skill_category", "experience_points", "current_level", "total_practice_time",
    "total_sessions", "total_attempts", "judged_attempts", "successful_attempts", "score_sum", "confidence_sum",
    "accuracy_sum", "fluency_sum", "learning_streak", "longest_streak", "last_practice_date", "current_difficulty",
    "target_level", "weekly_goal_minutes", "milestones",
)  # fmt: skip
"""In the order of the fields of ``ProgressRecord``."""
PROGRESS_OWNED = (
    *PROGRESS, "tenant_id", "average_score", "average_confidence", "average_accuracy", "average_fluency",
    "created_at", "updated_at",
)  # fmt: skip
DAY = (
    "user_id", "day", "attempts", "judged_attempts", "successful_attempts", "practice_ms", "score_sum",
    "confidence_sum", "accuracy_sum", "fluency_sum", "sessions_completed",
)  # fmt: skip
DAY_OWNED = (*DAY, "tenant_id")
STORY = ("tenant_id", "id", "title", "difficulty_level", "skill_areas", "sentences")
REFERENCE = (
    "id", "tenant_id", "gloss", "signer", "variant", "source", "layout", "width", "height", "mirrored",
    "frame_rate_hz", "landmark_data", "created_at",
)  # fmt: skip


_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def to_json(value: Any) -> str:
    """Compact JSON. Raises ValueError or TypeError for what JSON has no form for (NaN, bytes)."""
    return _ENCODER.encode(value)


def mark_units(mark: float | None) -> int | None:
    """A mark in whole units of 1/10,000."""
    return None if mark is None else round(mark * MARK_UNITS)


def _mark(units: int | None) -> float | None:
    return None if units is None else units / MARK_UNITS


def to_day(value: dt.date | str) -> dt.date:
    """A day as its database gives it: SQLite text, MySQL a date."""
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)


def utc_text(at_ms: int) -> str:
    """A moment as ``YYYY-MM-DD HH:MM:SS``, UTC: text that sorts by time, and what a DATETIME column takes."""
    return dt.datetime.fromtimestamp(at_ms // 1000, dt.UTC).strftime("%Y-%m-%d %H:%M:%S")


def sentences_json(sentences: Sequence[StorySentence]) -> str:
    """Sentences as ``[{"text":…,"glosses":[…]}]``."""
    return to_json([{"text": sentence.text, "glosses": list(sentence.glosses)} for sentence in sentences])


def _sentences(text: str) -> tuple[StorySentence, ...]:
    return tuple(StorySentence(entry["text"], tuple(entry["glosses"])) for entry in json.loads(text))


def learner_row(learner: Learner) -> Row:
    """In the order of ``LEARNER``."""
    return (
        learner.id,
        learner.tenant_id,
        learner.display_name,
        learner.time_zone,
        learner.token_hash,
        int(learner.landmark_consent),
        learner.created_at_ms,
        learner.role,
    )


def to_learner(row: Row) -> Learner:
    """From the columns ``LEARNER``."""
    learner_id, tenant_id, name, time_zone, token_hash, consent, created_at_ms, role = row
    return Learner(bytes(learner_id), tenant_id, name, time_zone, bytes(token_hash), bool(consent), created_at_ms, role)


def session_row(session: SessionRecord) -> Row:
    """In the order of ``SESSION``."""
    return (
        session.id,
        session.tenant_id,
        session.user_id,
        session.story_id,
        session.session_type,
        session.session_name,
        to_json(dict(session.session_data)),
        sentences_json(session.sentences),
        mark_units(session.overall_score),
        session.sentences_completed,
        len(session.sentences),
        session.started_at_ms,
        session.completed_at_ms,
        session.duration_seconds,
        to_json(dict(session.performance_metrics)),
        session.status,
        session.difficulty_level,
        to_json(list(session.skill_areas)),
        session.created_at_ms,
        session.updated_at_ms,
        session.epoch,
        session.stored_through,
    )


def to_session(row: Row) -> SessionRecord:
    """From the columns ``SESSION``."""
    field = dict(zip(SESSION, row, strict=True))
    return SessionRecord(
        id=bytes(field["id"]),
        tenant_id=field["tenant_id"],
        user_id=bytes(field["user_id"]),
        story_id=field["story_id"],
        session_type=field["session_type"],
        session_name=field["session_name"],
        sentences=_sentences(field["story_content"]),
        difficulty_level=field["difficulty_level"],
        skill_areas=to_skill_areas(field["skill_areas"]),
        status=field["status"],
        epoch=field["epoch"],
        stored_through=field["stored_through"],
        overall_score=_mark(field["overall_score"]),
        sentences_completed=field["sentences_completed"],
        started_at_ms=field["started_at"],
        completed_at_ms=field["completed_at"],
        duration_seconds=field["duration_seconds"],
        session_data=json.loads(field["session_data"]),
        performance_metrics=json.loads(field["performance_metrics"]),
        created_at_ms=field["created_at"],
        updated_at_ms=field["updated_at"],
    )


def attempt_id(session_id: Id, attempt_no: int) -> Id:
    """The attempt's own 16-byte id, the same however often it is sent."""
    return hashlib.blake2b(session_id + attempt_no.to_bytes(8, "big"), digest_size=16).digest()


def attempt_row(attempt: AttemptRecord) -> Row:
    """In the order of ``ATTEMPT``; without the landmarks, which have a table of their own."""
    return (
        attempt.session_id,
        attempt.attempt_no,
        attempt.sentence_index,
        attempt.target_sentence,
        to_json([dict(entry) for entry in attempt.gesture_sequence]),
        int(attempt.judged),
        mark_units(attempt.score),
        mark_units(attempt.confidence),
        mark_units(attempt.accuracy),
        mark_units(attempt.fluency),
        to_json(dict(attempt.result)),
        to_json(list(attempt.suggestions)),
        to_json([dict(entry) for entry in attempt.detected_errors]),
        attempt.attempted_at_ms,
        attempt.duration_ms,
        int(attempt.is_successful),
        attempt.video_start_frame,
        attempt.video_end_frame,
        attempt.scorer_version,
        attempt.calibration_version,
    )


def to_attempt(row: Row) -> AttemptRecord:
    """From the columns ``ATTEMPT``; its ``landmark_blob`` is None."""
    field = dict(zip(ATTEMPT, row, strict=True))
    return AttemptRecord(
        session_id=bytes(field["session_id"]),
        attempt_no=field["attempt_number"],
        sentence_index=field["sentence_index"],
        target_sentence=field["target_sentence"],
        judged=bool(field["judged"]),
        score=_mark(field["score"]),
        confidence=_mark(field["confidence_score"]),
        accuracy=_mark(field["accuracy_score"]),
        fluency=_mark(field["fluency_score"]),
        is_successful=bool(field["is_successful"]),
        gesture_sequence=tuple(json.loads(field["gesture_sequence"])),
        detected_errors=tuple(json.loads(field["detected_errors"])),
        suggestions=tuple(json.loads(field["suggestions"])),
        result=json.loads(field["ai_feedback"]),
        attempted_at_ms=field["attempted_at"],
        duration_ms=field["duration_ms"],
        video_start_frame=field["video_start_frame"],
        video_end_frame=field["video_end_frame"],
        scorer_version=field["scorer_version"],
        calibration_version=field["calibration_version"],
    )


# A learner's milestones and a session's skill areas are the same text in flush after flush.
@lru_cache(maxsize=4096)
def _milestones_json(milestones: tuple[Milestone, ...]) -> str:
    return to_json([{"code": entry.code, "reached_at_ms": entry.reached_at_ms} for entry in milestones])


@lru_cache(maxsize=4096)
def _milestones(text: str) -> tuple[Milestone, ...]:
    return tuple(Milestone(entry["code"], entry["reached_at_ms"]) for entry in json.loads(text))


@lru_cache(maxsize=4096)
def to_skill_areas(text: str) -> tuple[str, ...]:
    """Skill areas as they are kept: a JSON list."""
    return tuple(json.loads(text))


def _average(total: int, count: int) -> int | None:
    return round(total / count) if count else None


def progress_row(progress: ProgressRecord, tenant_id: str, now_ms: int) -> Row:
    """In the order of ``PROGRESS_OWNED``; averages are derived here, for those who read the table."""
    judged = progress.judged_attempts
    return (
        progress.user_id,
        progress.skill_area,
        progress.skill_category,
        round(progress.experience_points * EXPERIENCE_UNITS),
        progress.current_level,
        progress.practice_time_ms,
        progress.total_sessions,
        progress.total_attempts,
        judged,
        progress.successful_attempts,
        progress.score_sum,
        progress.confidence_sum,
        progress.accuracy_sum,
        progress.fluency_sum,
        progress.learning_streak,
        progress.longest_streak,
        None if progress.last_practice_date is None else progress.last_practice_date.isoformat(),
        progress.current_difficulty,
        progress.target_level,
        progress.weekly_goal_minutes,
        _milestones_json(progress.milestones),
        tenant_id,
        _average(progress.score_sum, judged),
        _average(progress.confidence_sum, judged),
        _average(progress.accuracy_sum, judged),
        _average(progress.fluency_sum, judged),
        now_ms,
        now_ms,
    )


def to_progress(row: Row) -> ProgressRecord:
    """From the columns ``PROGRESS``."""
    user_id, area, category, points, *counts, last_day, difficulty, target, goal, milestones = row
    return ProgressRecord(
        bytes(user_id),
        area,
        category,
        points / EXPERIENCE_UNITS,
        *counts,
        None if last_day is None else to_day(last_day),
        difficulty,
        target,
        goal,
        _milestones(milestones),
    )


def day_row(user_id: Id, day: PracticeDay, tenant_id: str) -> Row:
    """In the order of ``DAY_OWNED``."""
    return (
        user_id,
        day.day.isoformat(),
        day.attempts,
        day.judged_attempts,
        day.successful_attempts,
        day.practice_ms,
        day.score_sum,
        day.confidence_sum,
        day.accuracy_sum,
        day.fluency_sum,
        day.sessions_completed,
        tenant_id,
    )


def to_practice_day(row: Row) -> tuple[Id, PracticeDay]:
    """From the columns ``DAY``: whose day, and the day."""
    user_id, day, *sums = row
    return bytes(user_id), PracticeDay(to_day(day), *sums)


def story_row(story: Story) -> Row:
    """In the order of ``STORY``."""
    return (
        story.tenant_id,
        story.id,
        story.title,
        story.difficulty_level,
        to_json(list(story.skill_areas)),
        sentences_json(story.sentences),
    )


def to_story(row: Row) -> Story:
    """From the columns ``STORY``."""
    tenant_id, story_id, title, difficulty_level, skill_areas, sentences = row
    return Story(story_id, tenant_id, title, difficulty_level, to_skill_areas(skill_areas), _sentences(sentences))


def reference_row(reference: ReferenceRecord) -> Row:
    """In the order of ``REFERENCE``."""
    return (
        reference.id,
        reference.tenant_id,
        reference.gloss,
        reference.signer,
        reference.variant,
        reference.source,
        reference.layout,
        reference.width,
        reference.height,
        int(reference.mirrored),
        reference.frame_rate_hz,
        reference.landmark_blob,
        reference.created_at_ms,
    )


def to_reference(row: Row) -> ReferenceRecord:
    """From the columns ``REFERENCE``."""
    field: Mapping[str, Any] = dict(zip(REFERENCE, row, strict=True))
    return ReferenceRecord(
        id=bytes(field["id"]),
        tenant_id=field["tenant_id"],
        gloss=field["gloss"],
        signer=field["signer"],
        variant=field["variant"],
        source=field["source"],
        layout=field["layout"],
        width=field["width"],
        height=field["height"],
        mirrored=bool(field["mirrored"]),
        frame_rate_hz=field["frame_rate_hz"],
        landmark_blob=bytes(field["landmark_data"]),
        created_at_ms=field["created_at"],
    )
