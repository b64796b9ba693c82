"""A judged attempt as the row that the store keeps, written out here, where a session has a process of its own."""

from __future__ import annotations

from actors.session.events import JudgedAttempt
from storage.entries import entry_of
from storage.records import AttemptEntry, AttemptRecord, Id, UnfitAttempt


def attempt_entry(session_id: Id, judged: JudgedAttempt) -> AttemptEntry | UnfitAttempt:
    """The platform's columns, taken out of the result; the whole result goes along as JSON."""
    return entry_of(_record(session_id, judged))


def _record(session_id: Id, judged: JudgedAttempt) -> AttemptRecord:
    result = judged.result
    corrections = [finding for finding in result.findings if finding.kind != "praise"]
    return AttemptRecord(
        session_id=session_id,
        attempt_no=result.attempt_no,
        sentence_index=result.sentence_index,
        target_sentence=result.sentence,
        judged=result.judged,
        score=result.score,
        confidence=result.confidence,
        accuracy=result.accuracy,
        fluency=result.fluency,
        is_successful=result.success,
        gesture_sequence=tuple(
            {
                "gesture_id": sign.gloss,
                "start_frame": sign.start_frame,
                "end_frame": sign.end_frame,
                "confidence": sign.confidence,
                "hand_used": sign.hand_used,
            }
            for sign in result.signs
        ),
        detected_errors=tuple(finding.model_dump(mode="json") for finding in corrections),
        suggestions=tuple(finding.text for finding in corrections),
        result=result.model_dump(mode="json"),
        attempted_at_ms=judged.attempted_at_ms,
        duration_ms=result.duration_ms,
        video_start_frame=0,
        video_end_frame=max(0, result.frames - 1),
        scorer_version=result.scorer_version,
        calibration_version=result.calibration_version,
        landmark_blob=judged.landmark_blob,
    )
