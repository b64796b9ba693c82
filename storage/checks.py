"""What an attempt must be like before a row is made of it.

The databases check as well, but one (TiDB) has CHECK constraints off by default, and a row refused here does not undo
the group it came in with.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from storage.plan import Row
from storage.records import MARK_UNITS, AttemptRecord
from storage.rows import attempt_row

MAX_JSON_BYTES = 256 * 1024
MAX_BLOB_BYTES = 4 * 1024 * 1024
MAX_SENTENCE_CHARS = 500
MAX_VERSION_CHARS = 64
MAX_INT = 2**31 - 1
MAX_TIME_MS = 2**47
"""In the year 6429: later than any client's clock, and of every moment up to it a calendar can still tell the day."""
_MARKS = ("score", "confidence", "accuracy", "fluency")
_COUNTS = ("sentence_index", "duration_ms", "video_start_frame", "video_end_frame")


class UnfitAttempt(ValueError):
    """The attempt can not be a row; the text says why."""


def whole_units(attempt: AttemptRecord) -> AttemptRecord:
    """The attempt with its marks as the store will give them back: whole units of 1/10,000."""
    exact = {}
    for name in _MARKS:
        mark = getattr(attempt, name)
        if mark is not None and mark != round(mark * MARK_UNITS) / MARK_UNITS:
            exact[name] = round(mark * MARK_UNITS) / MARK_UNITS
    return dataclasses.replace(attempt, **exact) if exact else attempt


def checked_row(attempt: AttemptRecord, lo: int, hi: int) -> Row:
    """The attempt's row (``rows.ATTEMPT``) in the flush of ``lo < attempt_no <= hi``. Raises UnfitAttempt."""
    fault = _number_fault(attempt, lo, hi) or _mark_fault(attempt) or _size_fault(attempt)
    if fault is not None:
        raise UnfitAttempt(fault)
    try:
        row = attempt_row(attempt)
        # Whether a text is ASCII is known without looking at it; only the others need be encoded to be measured.
        longest = max([len(text if text.isascii() else text.encode()) for text in row if isinstance(text, str)])
    except (TypeError, ValueError) as error:
        raise UnfitAttempt(f"it can not be written as text: {error}") from error
    if longest > MAX_JSON_BYTES:
        raise UnfitAttempt(f"its JSON is larger than {MAX_JSON_BYTES} bytes")
    return row


def _number_fault(attempt: AttemptRecord, lo: int, hi: int) -> str | None:
    if not _is_int(attempt.attempt_no, 1, MAX_INT) or not lo < attempt.attempt_no <= hi:
        return f"its number {attempt.attempt_no!r} is not in {lo + 1}..{hi}"
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
