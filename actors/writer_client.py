"""What a session asks of the writer: its answers, and its death, as events of the session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from actors.learning.summary import skill_progress
from actors.service_link import ServiceGone, ServiceLink
from actors.session.events import Fenced, FlushCommitted, SessionClosed, StatusStored, StoreDelayed
from actors.writer_replies import Delayed, Rejected
from protocol.codes import CloseCode
from storage.records import Activation, Id, SessionClose, SessionFlush

WriterReply = FlushCommitted | StatusStored | SessionClosed | StoreDelayed | Fenced
_RESTART_MS = 250


@dataclass(frozen=True, slots=True)
class ActivationRefused:
    """The session cannot be taken over; what the learner is told."""

    close_code: CloseCode
    reason: str


class WriterClient:
    """Asks the writer; a call that ended with its death may have happened, so it is simply made again."""

    def __init__(self, link: ServiceLink) -> None:
        self._link = link

    async def activate(self, session_id: Id) -> Activation | ActivationRefused:
        """Takes the session over."""
        reply = await self._asked("activate", session_id)
        if isinstance(reply, Delayed):
            return ActivationRefused(CloseCode.BUSY, "The database does not answer; try again soon.")
        if isinstance(reply, Rejected):
            code = CloseCode.SESSION_NOT_FOUND if reply.kind == "not_found" else CloseCode.SESSION_ENDED
            return ActivationRefused(code, reply.detail[:100])
        return reply

    async def flush(self, item: SessionFlush) -> WriterReply:
        """Makes attempts durable."""
        reply = await self._asked("flush", item)
        if isinstance(reply, Delayed | Rejected):
            return _not_done(reply)
        if reply.kind == "fenced":
            return Fenced(reply.detail)
        set_aside = reply.detail if reply.kind == "quarantined" else None
        return FlushCommitted(reply.stored_through, skill_progress(reply.progress), set_aside)

    async def set_status(self, session_id: Id, epoch: int, status: Literal["active", "paused"]) -> WriterReply:
        """Pauses or resumes the session."""
        reply = await self._asked("set_status", session_id, epoch, status)
        return _not_done(reply) if isinstance(reply, Delayed | Rejected) else StatusStored(status)

    async def close_session(self, close: SessionClose) -> WriterReply:
        """Ends the session."""
        reply = await self._asked("close_session", close)
        if isinstance(reply, Delayed | Rejected):
            return _not_done(reply)
        session, progress = reply
        return SessionClosed(close.status, session.overall_score, skill_progress(progress))

    async def _asked(self, name: str, *arguments: Any) -> Any:
        try:
            return await self._link.call(name, *arguments)
        except ServiceGone as gone:
            return Delayed(_RESTART_MS, f"the writer is started again ({gone})")


def _not_done(reply: Delayed | Rejected) -> StoreDelayed | Fenced:
    """Whatever the store rejects for good means that somebody else has moved the session on."""
    if isinstance(reply, Delayed):
        return StoreDelayed(reply.retry_after_ms, reply.detail)
    return Fenced(reply.detail)
