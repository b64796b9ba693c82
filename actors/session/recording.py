"""The frames of the attempt in flight: put in order, repeats recognised, gaps and contradictions named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from protocol.codes import ErrorCode


@dataclass(frozen=True, slots=True, eq=False)
class NewFrames:
    """The part of a chunk that was not known before; may be empty."""

    times_ms: np.ndarray
    points: np.ndarray


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a chunk cannot be taken; nothing of it was kept."""

    code: ErrorCode
    text: str


class Recording:
    """One attempt while it is signed. Bounded by ``max_frames``."""

    def __init__(self, attempt_no: int, sentence_index: int, began_at_ms: int, max_frames: int) -> None:
        self.attempt_no = attempt_no
        self.sentence_index = sentence_index
        self.began_at_ms = began_at_ms
        self.gap_reported = False
        self._max_frames = max_frames
        self._times: list[np.ndarray] = []
        self._points: list[np.ndarray] = []
        self.received = 0

    def take(self, first_seq: int, times_ms: np.ndarray, points: np.ndarray) -> NewFrames | Refused:
        """Takes a chunk that starts at ``first_seq``; what is known already is compared, not stored again."""
        if first_seq > self.received:
            return Refused(
                ErrorCode.SEQ_GAP, f"Frames {self.received} to {first_seq - 1} are missing; send them again from there."
            )
        known = min(self.received - first_seq, len(times_ms))
        if known and not self._same(first_seq, times_ms[:known], points[:known]):
            return Refused(
                ErrorCode.SEQ_CONFLICT,
                f"Frame {first_seq} and on were sent before with other contents; the first ones are kept.",
            )
        fresh = NewFrames(times_ms[known:], points[known:])
        return self._append(fresh)

    def _append(self, fresh: NewFrames) -> NewFrames | Refused:
        count = len(fresh.times_ms)
        if not count:
            return fresh
        if self.received + count > self._max_frames:
            return Refused(
                ErrorCode.ATTEMPT_TOO_LONG,
                f"An attempt may have {self._max_frames} frames; end this one and begin another.",
            )
        if self._times and fresh.times_ms[0] <= self._times[-1][-1]:
            return Refused(ErrorCode.TIMES_NOT_ASCENDING, "A frame is not later than the one before it.")
        self._times.append(fresh.times_ms)
        self._points.append(fresh.points)
        self.received += count
        self.gap_reported = False
        return fresh

    def _same(self, first_seq: int, times_ms: np.ndarray, points: np.ndarray) -> bool:
        known_times, known_points = self.frames()
        where = slice(first_seq, first_seq + len(times_ms))
        return np.array_equal(known_times[where], times_ms) and np.array_equal(known_points[where], points)

    def frames(self) -> tuple[np.ndarray, np.ndarray]:
        """All frames so far: ``times_ms`` ``(T,)`` int64 and ``points`` ``(T, P, 3)`` int16."""
        if len(self._times) > 1:
            self._times = [np.concatenate(self._times)]
            self._points = [np.concatenate(self._points)]
        if not self._times:
            return np.empty(0, np.int64), np.empty((0, 0, 3), np.int16)
        return self._times[0], self._points[0]
