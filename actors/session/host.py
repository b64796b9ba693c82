"""The session actor's loop: runs the effects of ``SessionCore`` on real sockets, the scorer and the writer."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections import deque
from collections.abc import Awaitable
from pathlib import Path

from actors.control import Answered, Attach, Command, ControlChannel, Counted, Drain, Packet, Released
from actors.judge_client import JudgeClient
from actors.library_file import open_library
from actors.scoring.follower import Follower
from actors.session import events as ev
from actors.session.alarm import Alarm
from actors.session.connection import StreamConnection
from actors.session.core import SessionCore
from actors.session.limits import SessionLimits
from actors.session.meter import SessionMeter
from actors.session.scoring_desk import ScoringDesk
from actors.session.store_desk import StoreDesk, restored_from
from actors.session.store_queue import StoreEffect
from actors.writer_client import ActivationRefused, WriterClient
from protocol.codec import pack
from protocol.codes import CloseCode
from protocol.messages import (
    AttemptBegin,
    AttemptCancel,
    AttemptEnd,
    Complete,
    Error,
    Hello,
    Pause,
    Ping,
    Pong,
    Resume,
    ServerMessage,
)
from protocol.server_stream import ClientEvent, FramesReceived
from storage.records import Activation

_log = logging.getLogger(__name__)
_REPORT_INTERVAL_S = 5.0
_FAREWELL_S = 1.0
"""How long the last messages may take to reach the learner before the process goes."""


class SessionHost:
    """One session in one process, from the first connection until it is released."""

    def __init__(
        self, channel_socket: socket.socket, writer: WriterClient, judge: JudgeClient, limits: SessionLimits
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._writer = writer
        self._judge = judge
        self._limits = limits
        self._channel = ControlChannel(channel_socket, self._packet, self._server_lost)
        self._core: SessionCore | None = None
        self._desk: ScoringDesk | None = None
        self._store_desk: StoreDesk | None = None
        self._consent = False
        self._library = ""
        self.meter = SessionMeter()
        self._loop.call_later(_REPORT_INTERVAL_S, self._report_regularly)
        self._activating = False
        self._early: deque[tuple[Attach, int]] = deque()
        self._early_commands: deque[Command] = deque()
        self._connections: dict[int, StreamConnection] = {}
        self._next_connection = 1
        self._events: deque[ev.Event] = deque()
        self._handling = False
        self._alarm = Alarm(self._loop, lambda: self._dispatch(ev.TimeAdvanced()))
        self._tasks: set[asyncio.Task[None]] = set()
        self.released: asyncio.Future[str] = self._loop.create_future()

    def announce(self, packet: Packet) -> None:
        """Tells the server something; a server that is gone hears nothing and needs nothing."""
        try:
            self._channel.send(packet)
        except OSError:
            _log.info("the server is gone")

    def _report_regularly(self) -> None:
        self._report()
        self._loop.call_later(_REPORT_INTERVAL_S, self._report_regularly)

    def _report(self) -> None:
        """Hands over what was counted since the last time, and how the session stands."""
        if self._core is not None:
            self.meter.stands(self._core.life, self._core.connection is not None, self._core.unstored)
        report = self.meter.tally.take()
        if any(report.values()):
            self.announce(Counted(report))

    # --------------------------------------------------------------------------------------------- from the server

    def _packet(self, packet: Packet, descriptor: int | None) -> None:
        if isinstance(packet, Attach) and descriptor is not None:
            self._attach(packet, descriptor)
        elif isinstance(packet, Command):
            if self._core is None:
                self._early_commands.append(packet)
            else:
                self._dispatch(ev.CommandGiven(packet.name, packet.request))
        elif isinstance(packet, Drain):
            if self._core is None:
                self._release("drained")
            else:
                self._dispatch(ev.DrainBegan(packet.after_ms, packet.spread_ms))

    def _server_lost(self) -> None:
        """The server is gone, and with it the way for new connections: move the learner, save, and go."""
        if self._core is None:
            self._release("server lost")
        else:
            hint = self._limits.reconnect
            self._dispatch(ev.DrainBegan(hint.after_ms, hint.spread_ms))

    def _attach(self, packet: Attach, descriptor: int) -> None:
        if self._core is None:
            self._early.append((packet, descriptor))
            if not self._activating:
                self._activating = True
                self._spawn(self._activate(packet))
        else:
            self._spawn(self._serve(packet, descriptor))

    async def _activate(self, packet: Attach) -> None:
        reply = await self._writer.activate(packet.session_id)
        if isinstance(reply, Activation):
            self._begin(reply, packet.library)
        while self._early:
            await self._serve(*self._early.popleft(), refused=reply if isinstance(reply, ActivationRefused) else None)
        if isinstance(reply, ActivationRefused):
            while self._early_commands:
                self.announce(Answered(self._early_commands.popleft().request, reply.reason))
            # Whoever attached has been told; a blank actor is worth less than a clean end.
            self._loop.call_later(_FAREWELL_S, self._release, reply.reason)

    def _begin(self, activation: Activation, library: str) -> None:
        restored = restored_from(activation)
        self._consent, self._library = activation.learner.landmark_consent, library
        self._desk = ScoringDesk(Follower(open_library(Path(library))), restored.sentences)
        self._core = SessionCore(restored, self._limits, self._now_ms())
        self._store_desk = StoreDesk(self._writer, activation.session.id, restored.epoch)
        self.meter.began(restored.session_id, restored.epoch, restored.stored)
        while self._early_commands:
            command = self._early_commands.popleft()
            self._dispatch(ev.CommandGiven(command.name, command.request))

    async def _serve(self, packet: Attach, descriptor: int, refused: ActivationRefused | None = None) -> None:
        number, self._next_connection = self._next_connection, self._next_connection + 1
        sock = socket.socket(fileno=descriptor)
        sock.setblocking(False)
        connection = StreamConnection(number, self._client_said, self._connection_lost, packet.request, packet.ticket)
        self._connections[number] = connection
        try:
            await self._loop.connect_accepted_socket(lambda: connection, sock)
        except OSError:
            # The learner has gone while the socket travelled.
            self._connections.pop(number)
            return
        if refused is not None:
            connection.close(refused.close_code, refused.reason)

    # -------------------------------------------------------------------------------------------- from the learner

    def _client_said(self, connection: StreamConnection, said: ClientEvent) -> None:
        self.meter.heard(said, connection.received_at_s, connection.number)
        match said:
            case FramesReceived():
                self._dispatch(said)
            case Hello():
                self._dispatch(ev.Attached(connection.number, said, connection.ticket))
                self._report()
            case AttemptBegin():
                self._dispatch(ev.AttemptBegan(said))
            case AttemptEnd():
                self._dispatch(ev.AttemptEnded(said.a, said.n))
            case AttemptCancel():
                self._dispatch(ev.AttemptCancelled(said.a))
            case Pause() | Resume() | Complete():
                self._dispatch(ev.CommandGiven(said.t))
            case Ping():
                connection.send(Pong(n=said.n))

    def _connection_lost(self, connection: StreamConnection) -> None:
        self._connections.pop(connection.number, None)
        self.meter.lost(connection.number, connection.closed_as)
        self._dispatch(ev.Detached(connection.number))
        self._report()

    # ------------------------------------------------------------------------------------------- the core's effects

    def _dispatch(self, event: ev.Event) -> None:
        """Events that an effect causes wait until the effects before it are done: the core is never re-entered."""
        if self._core is None:
            return
        self._events.append(event)
        if self._handling:
            return
        self._handling = True
        try:
            while self._events:
                for effect in self._core.handle(self._events.popleft(), self._now_ms()):
                    self._run(effect)
        except Exception as fault:
            self._fail(fault)
        finally:
            self._handling = False
        self._alarm.set(self._core.next_deadline_ms)

    def _run(self, effect: ev.Effect) -> None:
        assert self._desk is not None
        match effect:
            case ev.ScoreFrames():
                self._score(effect)
            case ev.Send():
                self._send(effect.message)
            case ev.StartScoring():
                self._desk.start(effect)
            case ev.StopScoring():
                self._desk.stop()
            case ev.Judge():
                self._spawn(self._judged(effect))
            case ev.Flush() | ev.StoreStatus() | ev.EndSession():
                self._spawn(self._store(effect))
            case ev.CloseConnection():
                connection = self._connections.get(effect.connection)
                if connection is not None:
                    connection.close(effect.code, effect.reason)
            case ev.Answer():
                self.announce(Answered(effect.request, effect.problem))
            case ev.Release():
                self._release(effect.reason)

    @property
    def _attached(self) -> StreamConnection | None:
        return self._connections.get(self._core.connection) if self._core and self._core.connection else None

    def _send(self, message: ServerMessage) -> None:
        connection = self._attached
        if connection is not None:
            connection.send_error(message) if isinstance(message, Error) else connection.send(message)
            self.meter.said(message)

    def _score(self, effect: ev.ScoreFrames) -> None:
        assert self._desk is not None
        feedback = self._desk.push(effect)
        connection = self._attached
        if feedback is not None and connection is not None:
            # uvloop's own time stands still while a callback runs.
            self.meter.gave_feedback(connection.send_feedback(pack(feedback)), time.monotonic())

    async def _judged(self, effect: ev.Judge) -> None:
        assert self._desk is not None
        request = self._desk.request(effect, library=self._library, wants_blob=self._consent)
        asked_s = time.monotonic()
        result, blob = await self._judge.judge(request)
        self.meter.judged(time.monotonic() - asked_s)
        self._dispatch(ev.AttemptJudged(result, blob))

    async def _store(self, effect: StoreEffect) -> None:
        assert self._store_desk is not None
        asked_s = time.monotonic()
        reply = await self._store_desk.run(effect)
        self.meter.stored(time.monotonic() - asked_s, reply)
        self._dispatch(reply)

    # -------------------------------------------------------------------------------------------------------- time

    def _now_ms(self) -> int:
        return int(self._loop.time() * 1000)

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._fail(task.exception())

    def _fail(self, fault: BaseException) -> None:
        """Our own mistake: better a new process that restores from the store than one in an unknown state."""
        if not self.released.done():
            _log.error("session_failed", exc_info=fault)
            for connection in self._connections.values():
                connection.close(CloseCode.SERVER_FAULT, "A fault of the server; reconnect.")
            self.released.set_exception(fault)

    def _release(self, reason: str) -> None:
        if not self.released.done():
            self.meter.released(reason)
            self._report()
            self.announce(Released(reason))
            self._loop.call_later(_FAREWELL_S if self._connections else 0, self._let_go, reason)

    def _let_go(self, reason: str) -> None:
        if not self.released.done():
            self._report()  # how the last connections ended
            self.released.set_result(reason)
