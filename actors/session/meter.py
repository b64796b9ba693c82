"""What a session counts of itself: never what a learner did, only how much and how fast."""

from __future__ import annotations

from actors.stats import Tally
from actors.writer_client import WriterReply
from protocol.messages import Error, Feedback, Scored, ServerMessage, Welcome
from protocol.server_stream import ClientEvent, FramesReceived


class SessionMeter:
    """Watches what goes in and out; ``tally`` is handed to the server now and then."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._frames_at_s = 0.0

    def heard(self, said: ClientEvent, at_s: float) -> None:
        """Something of the client arrived at ``at_s`` (a monotonic clock)."""
        if isinstance(said, FramesReceived):
            self.tally.count("frames", by=len(said.times_ms))
            self._frames_at_s = at_s

    def said(self, message: ServerMessage, sent: bool, at_s: float) -> None:
        """A message was sent to the client at ``at_s``, or not: feedback is skipped for a slow reader."""
        match message:
            case Feedback() if sent:
                self.tally.observe_ms("feedback", (at_s - self._frames_at_s) * 1000)
            case Feedback():
                self.tally.count("feedback_skipped")
            case Welcome():
                self.tally.count("connections", message.incarnation if message.recovered else "lost_attempts")
            case Scored():
                self.tally.count("attempts", "judged" if message.result.judged else "not_judged")
            case Error():
                self.tally.count("errors", message.name)

    def stored(self, took_s: float, reply: WriterReply) -> None:
        """The store has answered an operation of this session."""
        self.tally.count("store_answers", type(reply).__name__)
        self.tally.observe_ms("store", took_s * 1000)
