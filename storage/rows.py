"""What stands in which column. The only place that knows how a value is written in a table.

Marks are whole units of 1/10,000, experience points whole hundredths, booleans 0 or 1, days ISO text or a DATE, and
everything that has structure is compact JSON text.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache

from storage.columns import (
    BYTES,
    DAY,
    FLAG,
    MARK,
    OBJECT,
    OBJECTS,
    POINTS,
    TEXTS,
    Column,
    Columns,
    Kind,
    to_json,
)
from storage.plan import Row
from storage.records import (
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


def utc_text(at_ms: int) -> str:
    """A moment as ``YYYY-MM-DD HH:MM:SS``, UTC: text that sorts by time, and what a DATETIME column takes."""
    return dt.datetime.fromtimestamp(at_ms // 1000, dt.UTC).replace(tzinfo=None).isoformat(" ")


def attempt_id(session_id: Id, attempt_no: int) -> Id:
    """The attempt's own 16-byte id, the same however often it is sent."""
    return hashlib.blake2b(session_id + attempt_no.to_bytes(8, "big"), digest_size=16).digest()


def _sentences_json(sentences: Sequence[StorySentence]) -> str:
    return to_json([{"text": sentence.text, "glosses": list(sentence.glosses)} for sentence in sentences])


def _sentences(text: str) -> tuple[StorySentence, ...]:
    return tuple(StorySentence(entry["text"], tuple(entry["glosses"])) for entry in json.loads(text))


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


_AREAS = Kind(TEXTS.write, to_skill_areas)
_MILESTONES = Kind(_milestones_json, _milestones)
_SENTENCES = Kind(_sentences_json, _sentences)

LEARNER = Columns(
    Learner,
    Column("id", BYTES),
    "tenant_id",
    "display_name",
    "time_zone",
    Column("token_hash", BYTES),
    Column("landmark_consent", FLAG),
    Column("created_at", field="created_at_ms"),
    "role",
)
SESSION = Columns(
    SessionRecord,
    Column("id", BYTES),
    "tenant_id",
    Column("user_id", BYTES),
    "story_id",
    "session_type",
    "session_name",
    Column("session_data", OBJECT),
    Column("story_content", _SENTENCES, "sentences"),
    Column("overall_score", MARK),
    "sentences_completed",
    Column("total_sentences", Kind(write=len), "sentences", derived=True),
    Column("started_at", field="started_at_ms"),
    Column("completed_at", field="completed_at_ms"),
    "duration_seconds",
    Column("performance_metrics", OBJECT),
    "status",
    "difficulty_level",
    Column("skill_areas", _AREAS),
    Column("created_at", field="created_at_ms"),
    Column("updated_at", field="updated_at_ms"),
    "epoch",
    "stored_through",
)
ATTEMPT = Columns(
    AttemptRecord,
    Column("session_id", BYTES),
    Column("attempt_number", field="attempt_no"),
    "sentence_index",
    "target_sentence",
    Column("gesture_sequence", OBJECTS),
    Column("judged", FLAG),
    Column("score", MARK),
    Column("confidence_score", MARK, "confidence"),
    Column("accuracy_score", MARK, "accuracy"),
    Column("fluency_score", MARK, "fluency"),
    Column("ai_feedback", OBJECT, "result"),
    Column("suggestions", TEXTS),
    Column("detected_errors", OBJECTS),
    Column("attempted_at", field="attempted_at_ms"),
    "duration_ms",
    Column("is_successful", FLAG),
    "video_start_frame",
    "video_end_frame",
    "scorer_version",
    "calibration_version",
)
"""Without the landmarks, which have a table of their own."""
ATTEMPT_OWNED = (*ATTEMPT.names, "id", "tenant_id", "user_id", "practice_day", "progress_seq")
PROGRESS = Columns(
    ProgressRecord,
    Column("user_id", BYTES),
    "skill_area",
    "skill_category",
    Column("experience_points", POINTS),
    "current_level",
    Column("total_practice_time", field="practice_time_ms"),
    "total_sessions",
    "total_attempts",
    "judged_attempts",
    "successful_attempts",
    "score_sum",
    "confidence_sum",
    "accuracy_sum",
    "fluency_sum",
    "learning_streak",
    "longest_streak",
    Column("last_practice_date", DAY),
    "current_difficulty",
    "target_level",
    "weekly_goal_minutes",
    Column("milestones", _MILESTONES),
)
PROGRESS_OWNED = (
    *PROGRESS.names, "tenant_id", "average_score", "average_confidence", "average_accuracy", "average_fluency",
    "created_at", "updated_at",
)  # fmt: skip
PRACTICE_DAY = Columns(
    PracticeDay,
    Column("day", DAY),
    "attempts",
    "judged_attempts",
    "successful_attempts",
    "practice_ms",
    "score_sum",
    "confidence_sum",
    "accuracy_sum",
    "fluency_sum",
    "sessions_completed",
)
PRACTICE_DAY_OWNED = (*PRACTICE_DAY.names, "user_id", "tenant_id")
STORY = Columns(
    Story,
    "tenant_id",
    "id",
    "title",
    "difficulty_level",
    Column("skill_areas", _AREAS),
    Column("sentences", _SENTENCES),
)
REFERENCE = Columns(
    ReferenceRecord,
    Column("id", BYTES),
    "tenant_id",
    "gloss",
    "signer",
    "variant",
    "source",
    "layout",
    "width",
    "height",
    Column("mirrored", FLAG),
    "frame_rate_hz",
    Column("landmark_data", BYTES, "landmark_blob"),
    Column("created_at", field="created_at_ms"),
)


def progress_row(progress: ProgressRecord, tenant_id: str, now_ms: int) -> Row:
    """In the order of ``PROGRESS_OWNED``; averages are derived here, for those who read the table."""
    sums = (progress.score_sum, progress.confidence_sum, progress.accuracy_sum, progress.fluency_sum)
    judged = progress.judged_attempts
    averages = [round(total / judged) for total in sums] if judged else (None,) * len(sums)
    return (*PROGRESS.row(progress), tenant_id, *averages, now_ms, now_ms)
