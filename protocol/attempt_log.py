"""The client's retransmit log: every attempt, with its frames, until the server has said that it is durable.

The log is the only copy of what a learner did that survives a crash of the session (DESIGN §5), so it forgets an
attempt when ``stored`` covers it and never before. A *position* in it says what the present connection has been
told; resuming moves the position back to what the server wants, and the same walk sends it all again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from protocol.landmarks import Layout
from protocol.limits import MAX_FRAMES_PER_MESSAGE
from protocol.messages import AttemptBegin, AttemptCancel, AttemptEnd, ClientMessage, Frames

Outcome = Literal["recording", "ended", "cancelled"]


@dataclass(slots=True)
class HeldAttempt:
    """One attempt as the client holds it; its fields are what a client persists to survive its own end.

    ``frames`` are the packed frames, one after the other; ``times_ms`` their capture times since the attempt began.
    ``offered``: a server may have been told its end, so that what a server calls done with may be this attempt.
    """

    number: int
    sentence_index: int
    at_ms: int
    times_ms: list[int] = field(default_factory=list)
    frames: bytearray = field(default_factory=bytearray, repr=False)
    outcome: Outcome = "recording"
    offered: bool = False

    def append(self, times_ms: Sequence[int], packed: bytes) -> None:
        """Adds frames at the end."""
        self.times_ms.extend(times_ms)
        self.frames.extend(packed)

    def cancel(self) -> None:
        """Gives the attempt up; only its number is still owed to the server."""
        self.outcome = "cancelled"
        self.times_ms.clear()
        self.frames.clear()


class AttemptLog:
    """Attempts in the order of their numbers, and how far the present connection has been told of them."""

    def __init__(self, layout: Layout, held: Iterable[HeldAttempt] = ()) -> None:
        self._frame_bytes = layout.frame_bytes
        self._held = {attempt.number: attempt for attempt in sorted(held, key=lambda attempt: attempt.number)}
        self._number = 1
        self._next_seq = 0
        self._begun = False

    def __iter__(self) -> Iterator[HeldAttempt]:
        return iter(self._held.values())

    @property
    def oldest(self) -> int | None:
        """Number of the oldest attempt that can be sent again."""
        return next(iter(self._held), None)

    @property
    def newest(self) -> int | None:
        """Number of the newest attempt."""
        return next(reversed(self._held), None)

    def get(self, number: int) -> HeldAttempt | None:
        """The attempt of this number, if it is held."""
        return self._held.get(number)

    def add(self, attempt: HeldAttempt) -> None:
        """Takes a new attempt in; its number is larger than any other's."""
        self._held[attempt.number] = attempt

    def forget_through(self, number: int) -> None:
        """Lets the attempts up to ``number`` go: they are durable."""
        for done in [held for held in self._held if held <= number]:
            del self._held[done]

    def rewind(self, number: int, seq: int) -> None:
        """Moves the position to frame ``seq`` of an attempt; it is begun anew, which changes nothing at the server."""
        self._number, self._next_seq, self._begun = number, seq, False

    @property
    def has_unsaid(self) -> bool:
        """Whether ``unsaid`` would yield anything."""
        attempt = self._current()
        return attempt is not None and not (self._begun and self._nothing_new(attempt))

    def unsaid(self) -> Iterator[ClientMessage]:
        """Every message that this connection has not been sent yet; each counts as said once it is yielded."""
        while (attempt := self._current()) is not None:
            if not self._begun:
                self._begun = True
                yield AttemptBegin(a=attempt.number, i=attempt.sentence_index, at_ms=attempt.at_ms)
            yield from self._unsaid_frames(attempt)
            if attempt.outcome == "recording":
                return
            self.rewind(attempt.number + 1, 0)
            if attempt.outcome == "ended":
                yield AttemptEnd(a=attempt.number, n=len(attempt.times_ms))
            else:
                yield AttemptCancel(a=attempt.number)

    def _current(self) -> HeldAttempt | None:
        """The first held attempt at or behind the position, to which the position then moves."""
        number = next((held for held in self._held if held >= self._number), None)
        if number is None:
            return None
        if number != self._number:
            self.rewind(number, 0)
        return self._held[number]

    def _nothing_new(self, attempt: HeldAttempt) -> bool:
        return attempt.outcome == "recording" and self._next_seq >= len(attempt.times_ms)

    def _unsaid_frames(self, attempt: HeldAttempt) -> Iterator[Frames]:
        while (first := self._next_seq) < (total := len(attempt.times_ms)):
            stop = min(first + MAX_FRAMES_PER_MESSAGE, total)
            packed = bytes(attempt.frames[first * self._frame_bytes : stop * self._frame_bytes])
            self._next_seq = stop
            yield Frames(a=attempt.number, q=first, ms=attempt.times_ms[first:stop], l=packed)
