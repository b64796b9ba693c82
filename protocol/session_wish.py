"""What the learner wants of the session, beside what the server has said and been told: active, paused, completed.

Wishes outlive connections, so they are kept as the *state wanted*, not as messages to repeat: a pause and a resume
without a connection between them are nothing to tell.
"""

from __future__ import annotations

from protocol.messages import Complete, Pause, Resume, SessionStatus

ENDED: frozenset[SessionStatus] = frozenset({"completed", "abandoned"})


class SessionWish:
    """The session's status three times over: heard from the server, wanted by the learner, told to the server."""

    def __init__(self) -> None:
        self.heard: SessionStatus | None = None
        self.wanted: SessionStatus = "active"
        self._told: SessionStatus | None = None
        self._waiting = False

    @property
    def ended(self) -> bool:
        """Whether the server has said that the session takes no more attempts."""
        return self.heard in ENDED

    @property
    def told_paused(self) -> bool:
        """Whether attempts would be refused if they were sent now."""
        return self._told == "paused"

    @property
    def untold(self) -> bool:
        """Whether the server should be asked for another status.

        Not before the last question is answered, because an answer does not say which question it belongs to. Only
        ``completed`` need not wait: whatever is answered to others, it is the last word.
        """
        may_ask = not self._waiting or self.wanted == "completed"
        return self.wanted != self._told and may_ask and not self.ended

    def ask(self, status: SessionStatus) -> Pause | Resume | Complete:
        """The message that asks for ``status``; the server answers with ``status`` or an error."""
        self._told, self._waiting = status, True
        match status:
            case "paused":
                return Pause()
            case "completed":
                return Complete()
            case _:
                return Resume()

    def on_welcome(self, status: SessionStatus) -> None:
        """A new connection: what was asked on the old one has arrived or has not, and ``status`` tells which.

        A session that somebody paused before this client came stays paused; the learner's own wishes are kept.
        """
        adopt = self.heard is None or status in ENDED
        self._accept(status, adopt)

    def on_status(self, status: SessionStatus) -> None:
        """The server said the status.

        Where it is the answer to a question, a newer wish of the learner's stands beside it; where it is somebody
        else's doing, it becomes the learner's wish.
        """
        if self._waiting and status not in (self._told, *ENDED):
            self.heard = status  # somebody else's doing, which met our question on its way
            return
        self._accept(status, adopt=not self._waiting or status in ENDED)

    def on_refused(self) -> None:
        """The server refused what was asked: nothing has changed."""
        if self._waiting and self.heard is not None:
            self._accept(self.heard, adopt=True)

    def _accept(self, status: SessionStatus, adopt: bool) -> None:
        self.heard, self._waiting = status, False
        # A session that was only created becomes active by its first attempt; that need not be asked for.
        self._told = "active" if status == "created" else status
        if adopt:
            self.wanted = self._told
