"""What a session counts and logs of itself: never what a learner did, only how much and how fast."""

from __future__ import annotations

import logging

from actors.log_lines import JsonLines
from actors.stats import Tally
from actors.writer_client import WriterReply
from protocol.codes import CloseCode
from protocol.messages import Error, Hello, Scored, ServerMessage, Stored, Welcome
from protocol.server_stream import ClientEvent, FramesReceived

_log = logging.getLogger(__name__)


class SessionMeter:
    """Watches what goes in and out; ``tally`` is handed to the server now and then."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.lines: JsonLines | None = None
        """What formats this process's log; it learns whose session this is."""
        self._frames_at_s = 0.0

    def began(self, session_id: str, epoch: int, stored: int) -> None:
        """The process has its session now."""
        if self.lines is not None:
            self.lines.bound["session"] = session_id
        _log.info("session_activated", extra={"epoch": epoch, "stored": stored})

    def stands(self, status: str, connected: bool, unstored: int) -> None:
        """How the session stands now."""
        shown = status if connected else "away"
        self.tally.levels = {("sessions", shown): 1, ("queue", "attempts_not_stored"): unstored}

    def lost(self, connection: int, closed_as: CloseCode | None) -> None:
        """A connection has ended; ``closed_as`` is how we closed it, None where the client or the line did."""
        code = "LINE" if closed_as is None else closed_as.name
        self.tally.count("closed", code)
        _log.info("connection_lost", extra={"connection": connection, "code": code})

    def released(self, reason: str) -> None:
        """The session's incarnation is over."""
        _log.info("session_released", extra={"reason": reason})

    def heard(self, said: ClientEvent, at_s: float, connection: int) -> None:
        """Something of the client arrived at ``at_s`` (a monotonic clock)."""
        if isinstance(said, FramesReceived):
            self.tally.count("frames", by=len(said.times_ms))
            self._frames_at_s = at_s
        elif isinstance(said, Hello):
            _log.info("connection_opened", extra={"connection": connection, "client": said.client})

    def gave_feedback(self, sent: bool, at_s: float) -> None:
        """Provisional marks were sent to the client at ``at_s``, or not: they are skipped for a slow reader."""
        if sent:
            self.tally.observe_ms("feedback", (at_s - self._frames_at_s) * 1000)
        else:
            self.tally.count("dropped", "feedback_slow_reader")

    def said(self, message: ServerMessage) -> None:
        """Another message was sent to the client."""
        match message:
            case Welcome():
                self.tally.count("connections", message.incarnation if message.recovered else "lost_attempts")
            case Scored():
                result = message.result
                self.tally.count("attempts", "judged" if result.judged else "not_judged")
                extra = {"attempt": result.attempt_no, "frames": result.frames, "judged": result.judged}
                _log.info("attempt_scored", extra=extra)
            case Stored():
                _log.info("attempts_stored", extra={"stored": message.through})
            case Error():
                self.tally.count("errors", message.name)
                _log.info("error_told", extra={"code": message.name, "attempt": message.a})

    def judged(self, took_s: float) -> None:
        """A judge has answered; its other attempts' turns are in that time."""
        self.tally.observe_ms("judged", took_s * 1000)

    def stored(self, took_s: float, reply: WriterReply) -> None:
        """The store has answered an operation of this session."""
        self.tally.count("store_answers", type(reply).__name__)
        self.tally.observe_ms("store", took_s * 1000)
