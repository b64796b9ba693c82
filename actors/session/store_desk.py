"""Between a session's words and the store's: what an incarnation begins with, and what it owes the store."""

from __future__ import annotations

from actors.session import events as ev
from actors.session.core import Restored
from actors.session.rows import attempt_entry
from actors.session.store_queue import StoreEffect
from actors.session.transitions import Life
from actors.writer_client import WriterClient, WriterReply
from protocol.messages import Sentence
from storage.records import Activation, Id, SessionClose, SessionFlush, id_text


def restored_from(activation: Activation) -> Restored:
    """What an incarnation begins with, in the session's words."""
    session = activation.session
    return Restored(
        session_id=id_text(session.id),
        epoch=session.epoch,
        status=Life(session.status),
        stored=session.stored_through,
        sentences=tuple(Sentence(text=one.text, glosses=list(one.glosses)) for one in session.sentences),
    )


class StoreDesk:
    """Turns effects into the store's records."""

    def __init__(self, writer: WriterClient, session_id: Id, epoch: int) -> None:
        self._writer = writer
        self._session_id = session_id
        self._epoch = epoch

    async def run(self, effect: StoreEffect) -> WriterReply:
        """Asks for one operation; the answer is an event of the session."""
        match effect:
            case ev.Flush():
                entries = tuple(attempt_entry(self._session_id, judged) for judged in effect.attempts)
                flush = SessionFlush(self._session_id, self._epoch, effect.lo, effect.hi, entries)
                return await self._writer.flush(flush)
            case ev.StoreStatus():
                return await self._writer.set_status(self._session_id, self._epoch, effect.status)
            case ev.EndSession():
                close = SessionClose(self._session_id, self._epoch, effect.stored_through, effect.status)
                return await self._writer.close_session(close)
