"""The frames of the attempt in flight: put in order, repeats recognised, gaps and contradictions named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from protocol.codes import ErrorCode


class NewFrames(NamedTuple):
    """The part of a message that was not known before; may be empty. ``packed``: its points as they travelled."""

    times_ms: list[int]
    packed: bytes


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
        self._times_ms: list[int] = []
        self._packed: list[bytes] = []

    @property
    def received(self) -> int:
        """Frames that are there, without a gap."""
        return len(self._times_ms)

    def take(self, first_seq: int, times_ms: list[int], packed: bytes) -> NewFrames | Refused:
        """Takes frames from ``first_seq`` on; what is known already is compared, not stored again."""
        received = len(self._times_ms)
        if first_seq == received:
            return self._append(NewFrames(times_ms, packed))
        if first_seq > received:
            return Refused(
                ErrorCode.SEQ_GAP, f"Frames {received} to {first_seq - 1} are missing; send them again from there."
            )
        known = min(received - first_seq, len(times_ms))
        known_bytes = known * (len(packed) // max(len(times_ms), 1))
        if not self._same(first_seq, times_ms[:known], packed[:known_bytes]):
            return Refused(
                ErrorCode.SEQ_CONFLICT,
                f"Frame {first_seq} and on were sent before with other contents; the first ones are kept.",
            )
        return self._append(NewFrames(times_ms[known:], packed[known_bytes:]))

    def _append(self, fresh: NewFrames) -> NewFrames | Refused:
        known, times_ms = self._times_ms, fresh.times_ms
        if not times_ms:
            return fresh
        if len(known) + len(times_ms) > self._max_frames:
            return Refused(
                ErrorCode.ATTEMPT_TOO_LONG,
                f"An attempt may have {self._max_frames} frames; end this one and begin another.",
            )
        if known and times_ms[0] <= known[-1]:
            return Refused(ErrorCode.TIMES_NOT_ASCENDING, "A frame is not later than the one before it.")
        known += times_ms
        self._packed.append(fresh.packed)
        self.gap_reported = False
        return fresh

    def _same(self, first_seq: int, times_ms: list[int], packed: bytes) -> bool:
        all_packed = b"".join(self._packed)
        self._packed = [all_packed]
        offset = first_seq * (len(all_packed) // len(self._times_ms))
        known_times_ms = self._times_ms[first_seq : first_seq + len(times_ms)]
        return known_times_ms == times_ms and all_packed[offset : offset + len(packed)] == packed

    def frames(self) -> tuple[list[int], bytes]:
        """All frames so far: their times in ms, and their points as they travelled."""
        return self._times_ms, b"".join(self._packed)
