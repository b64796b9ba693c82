"""One session actor as the server sees it: a process, a control channel, and perhaps a session."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from actors.control import Answered, Attach, Command, ControlChannel, Drain, Packet
from actors.stats import Levels
from storage.records import Id


class SlotGone(Exception):
    """The actor ended before it could answer."""


@dataclass(frozen=True, slots=True)
class Spawned:
    """A started actor process: ``ended`` completes with why it ended, or fails when it died; ``kill`` ends it."""

    ended: asyncio.Future[str]
    kill: Callable[[], None]


class Slot:
    """One session actor, from its start to its end."""

    def __init__(self, number: int, spawned: Spawned, started_ms: int) -> None:
        self.number = number
        self.spawned = spawned
        self.started_ms = started_ms
        self.session_id: Id | None = None
        self.channel: ControlChannel | None = None
        self.pid: int | None = None
        self.levels: Levels = {}
        """How its session stands, as it said last."""
        self._answers: dict[int, asyncio.Future[str | None]] = {}
        self._requests = itertools.count(1)

    def attach(self, packet: Attach, descriptor: int) -> None:
        """Hands a learner's socket over. Raises SlotGone."""
        self._send(packet, descriptor)

    async def command(self, name: str) -> str | None:
        """Has the session pause, resume, complete or abandon; a text says why it cannot. Raises SlotGone."""
        request = next(self._requests)
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._answers[request] = answer
        try:
            self._send(Command(name, request))
            return await answer
        finally:
            self._answers.pop(request, None)

    def sent_away(self, after_ms: int, spread_ms: int) -> bool:
        """Has its session move the learner elsewhere and end; an actor without one is ended at once (False)."""
        try:
            if self.session_id is not None:
                self._send(Drain(after_ms, spread_ms))
                return True
        except SlotGone:
            pass
        self.spawned.kill()
        return False

    def answered(self, packet: Answered) -> None:
        """The actor's answer to a command."""
        answer = self._answers.get(packet.request)
        if answer is not None and not answer.done():
            answer.set_result(packet.problem)

    def gone(self) -> None:
        """Nobody answers any more."""
        if self.channel is not None:
            self.channel.close()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(SlotGone(f"session actor {self.number} has ended"))

    def _send(self, packet: Packet, descriptor: int | None = None) -> None:
        if self.channel is None:
            raise SlotGone(f"session actor {self.number} has not come up")
        try:
            self.channel.send(packet, descriptor)
        except OSError as failure:
            raise SlotGone(f"session actor {self.number} has ended") from failure
