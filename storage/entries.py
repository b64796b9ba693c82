"""Judged attempts as the store takes them: checked, counted and written out before any transaction begins.

It is done where an attempt was judged, in the session's own process, so that the one writer of a node has only to
write. The databases check as well, but one (TiDB) has CHECK constraints off by default, and a row refused here does
not undo the group that it would have come in with.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from storage import rows
from storage.columns import mark_units
from storage.records import AttemptEntry, AttemptRecord, AttemptSums, UnfitAttempt

MAX_JSON_BYTES = 256 * 1024
MAX_BLOB_BYTES = 4 * 1024 * 1024
MAX_SENTENCE_CHARS = 500
MAX_VERSION_CHARS = 64
MAX_INT = 2**31 - 1
MAX_TIME_MS = 2**47
"""In the year 6429: later than any client's clock, and of every moment up to it a calendar can still tell the day."""
_MARKS = ("score", "confidence", "accuracy", "fluency")
_COUNTS = ("sentence_index", "duration_ms", "video_start_frame", "video_end_frame")
_GLOSS_CHARS, _CODE_CHARS, _PARAMETER_CHARS = 100, 64, 32
_PAYLOAD_CHARS = 200_000


def entry_of(attempt: AttemptRecord) -> AttemptEntry | UnfitAttempt:
    """The attempt written out, or why it can never be a row."""
    fault = _number_fault(attempt) or _mark_fault(attempt) or _size_fault(attempt)
    if fault is not None:
        return _unfit(attempt, fault)
    try:
        row = rows.ATTEMPT.row(attempt)
        # Whether a text is ASCII is known without looking at it; only the others need be encoded to be measured.
        longest = max(len(text if text.isascii() else text.encode()) for text in row if isinstance(text, str))
    except (TypeError, ValueError) as error:
        return _unfit(attempt, f"it can not be written as text: {error}")
    if longest > MAX_JSON_BYTES:
        return _unfit(attempt, f"its JSON is larger than {MAX_JSON_BYTES} bytes")
    own_id = rows.attempt_id(attempt.session_id, attempt.attempt_no)
    return AttemptEntry(attempt.attempt_no, (*row, own_id), sums_of(attempt), attempt.landmark_blob)


def refused(entry: AttemptEntry, reason: str) -> UnfitAttempt:
    """An attempt that turned out to be unfit later: its place in the flush, or the database, said so."""
    values = {"attempt_no": entry.attempt_no, **dict(zip(rows.ATTEMPT.names, entry.row, strict=False))}
    return UnfitAttempt(entry.attempt_no, reason, _payload(values))


def sums_of(attempt: AttemptRecord) -> AttemptSums:
    """What the attempt adds up to; from its ``result`` the judged signs and the corrections."""
    return AttemptSums(
        attempted_at_ms=attempt.attempted_at_ms,
        duration_ms=attempt.duration_ms,
        sentence_index=attempt.sentence_index,
        judged=attempt.judged,
        is_successful=attempt.is_successful,
        score=mark_units(attempt.score) or 0,
        confidence=mark_units(attempt.confidence) or 0,
        accuracy=mark_units(attempt.accuracy) or 0,
        fluency=mark_units(attempt.fluency) or 0,
        signs=tuple(
            (_text(sign.get("gloss"), _GLOSS_CHARS), mark_units(sign["score"]))
            for sign in _entries(attempt.result.get("signs"))
            if isinstance(sign.get("score"), (int, float))
        ),
        findings=tuple(
            (
                _text(finding.get("code"), _CODE_CHARS),
                _text(finding.get("parameter"), _PARAMETER_CHARS),
                _text(finding.get("gloss"), _GLOSS_CHARS),
            )
            for finding in _entries(attempt.result.get("findings"))
            if finding.get("kind") == "correction"
        ),
    )


def _entries(value: Any) -> Iterable[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, (list, tuple)) else ()


def _text(value: Any, limit: int) -> str:
    return value[:limit] if isinstance(value, str) else ""


def _unfit(attempt: AttemptRecord, fault: str) -> UnfitAttempt:
    values = {name: getattr(attempt, name) for name in AttemptRecord.__dataclass_fields__ if name != "landmark_blob"}
    number = attempt.attempt_no if _is_int(attempt.attempt_no, 0, MAX_INT) else 0
    return UnfitAttempt(number, fault, _payload(values))


def _payload(values: Mapping[str, Any]) -> str:
    """ASCII, which every database takes, whatever the values are."""
    return json.dumps(values, default=repr, skipkeys=True)[:_PAYLOAD_CHARS]


def _number_fault(attempt: AttemptRecord) -> str | None:
    if not _is_int(attempt.attempt_no, 1, MAX_INT):
        return f"its number {attempt.attempt_no!r} is not a whole number from 1 to {MAX_INT}"
    for name in _COUNTS:
        if not _is_int(getattr(attempt, name), 0, MAX_INT):
            return f"{name} {getattr(attempt, name)!r} is not a whole number from 0 to {MAX_INT}"
    if not _is_int(attempt.attempted_at_ms, 0, MAX_TIME_MS):
        return f"attempted_at_ms {attempt.attempted_at_ms!r} is not a time"
    if attempt.video_end_frame < attempt.video_start_frame:
        return "it ends before it starts"
    return None


def _is_int(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _mark_fault(attempt: AttemptRecord) -> str | None:
    for name in _MARKS:
        mark = getattr(attempt, name)
        if mark is None:
            if attempt.judged:
                return f"it is judged but has no {name}"
        elif not attempt.judged:
            return f"it is not judged but has a {name}"
        elif not isinstance(mark, (int, float)) or not math.isfinite(mark) or not 0 <= mark <= 1:
            return f"{name} {mark!r} is not in 0..1"
    return "it is successful but not judged" if attempt.is_successful and not attempt.judged else None


def _size_fault(attempt: AttemptRecord) -> str | None:
    if len(attempt.target_sentence) > MAX_SENTENCE_CHARS:
        return f"target_sentence is longer than {MAX_SENTENCE_CHARS} characters"
    if max(len(attempt.scorer_version), len(attempt.calibration_version)) > MAX_VERSION_CHARS:
        return f"a version is longer than {MAX_VERSION_CHARS} characters"
    if attempt.landmark_blob is not None and len(attempt.landmark_blob) > MAX_BLOB_BYTES:
        return f"landmark_blob is larger than {MAX_BLOB_BYTES} bytes"
    return None
