"""What a session still owes the store: one operation under way at a time, in an order that loses nothing.

Attempts are flushed first, then a change of status, and the end of the session last, because the store refuses to
end a session whose watermark is not the one it was told.
"""

from __future__ import annotations

from typing import Literal

from actors.session.events import EndSession, FinalStatus, Flush, JudgedAttempt, StoreStatus

StoreEffect = Flush | StoreStatus | EndSession


class StoreQueue:
    """Judged attempts above the watermark, and the wishes of the learner, until the store has them."""

    def __init__(self, stored: int) -> None:
        self.stored = stored
        self.finished = stored
        """Attempts up to this number are judged, cancelled or lost: nothing more comes for them."""
        self.attempts: list[JudgedAttempt] = []
        self.status_wish: Literal["active", "paused"] | None = None
        self.end_wish: FinalStatus | None = None
        self.retry_at_ms: int | None = None
        self.delayed = False
        self.under_way: StoreEffect | None = None
        self._in_doubt: StoreEffect | None = None

    @property
    def empty(self) -> bool:
        """Nothing is owed and nothing is under way."""
        return self.under_way is None and self._in_doubt is None and self._next() is None

    def finish(self, through: int, attempt: JudgedAttempt | None = None) -> None:
        """Attempt ``through`` (and all before it) is done with; ``attempt`` None where it leaves no row."""
        self.finished = through
        if attempt is not None:
            self.attempts.append(attempt)

    def take(self, now_ms: int) -> StoreEffect | None:
        """The operation to start now, if one may start."""
        if self.under_way is not None or (self.retry_at_ms is not None and now_ms < self.retry_at_ms):
            return None
        self.retry_at_ms = None
        # One that failed may have been done: asked again unchanged, its watermark still tells which.
        self.under_way = self._in_doubt or self._next()
        self._in_doubt = None
        return self.under_way

    def _next(self) -> StoreEffect | None:
        if self.finished > self.stored:
            return Flush(self.stored, self.finished, tuple(self.attempts))
        if self.status_wish is not None:
            return StoreStatus(self.status_wish)
        if self.end_wish is not None:
            return EndSession(self.end_wish, self.stored)
        return None

    def committed(self, through: int) -> None:
        """The flush under way is durable up to ``through``."""
        self.stored = max(self.stored, through)
        self.attempts = [attempt for attempt in self.attempts if attempt.result.attempt_no > self.stored]
        self._succeeded()

    def status_stored(self, status: Literal["active", "paused"]) -> None:
        """The status under way is durable; a newer wish stays."""
        if self.status_wish == status:
            self.status_wish = None
        self._succeeded()

    def ended(self) -> None:
        """The end of the session is durable."""
        self.status_wish = self.end_wish = None
        self._succeeded()

    def failed(self, retry_at_ms: int) -> None:
        """The operation under way may or may not have happened; the same one is asked for again."""
        self.under_way, self._in_doubt = None, self.under_way
        self.delayed = True
        self.retry_at_ms = retry_at_ms

    def _succeeded(self) -> None:
        self.under_way = None
        self.delayed = False
