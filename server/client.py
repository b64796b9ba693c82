"""A learner's client of the stream on asyncio: ``protocol.ClientStream`` on ``websockets``, and coming back by itself.

What the learner does is never held up by the connection: frames go into the stream's log at once, a task keeps
connecting, and what the server lacks is sent when there is a connection.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from protocol.client_stream import ClientStream
from protocol.errors import ProtocolError
from protocol.messages import SUBPROTOCOL, TICKET_PREFIX, Feedback, ServerMessage, Welcome
from server.rest_client import InLine, Line, RestProblem, ServerUnreachable

_OPEN_TIMEOUT_S = 15.0
_START_SLACK = 2.0
"""Starts on a busy machine take longer than was said."""
_MAX_MESSAGE_BYTES = 4 * 2**20
_RETRY_LATER = frozenset({401, 429, 500, 502, 503, 504})


def in_line_text(line: Line) -> str:
    """How a learner is told."""
    return f"All places are taken: you are number {line.place} in line, about {line.wait_s} s."


class StreamStopped(Exception):
    """The stream has ended for good although more was wanted; the text says why."""


def _monotonic_ms() -> float:
    return time.perf_counter() * 1_000.0


class PracticeClient:
    """One session's stream, over as many connections as it takes; use it as an async context manager.

    ``fresh_ticket`` asks REST for a ticket. ``ready_in_ms``: how much longer than usual the first connection may take,
    because the session's process has to start. ``on_message`` sees every message; ``on_trouble`` a sentence for each
    lost or refused connection. ``clock_ms``, ``random01`` and ``sleep_s`` can be replaced by tests.
    """

    def __init__(
        self,
        stream: ClientStream,
        stream_url: str,
        ticket: str | None,
        fresh_ticket: Callable[[], Awaitable[str]],
        *,
        ready_in_ms: int = 0,
        on_message: Callable[[ServerMessage], None] = lambda _: None,
        on_trouble: Callable[[str], None] = lambda _: None,
        clock_ms: Callable[[], float] = _monotonic_ms,
        random01: Callable[[], float] = random.random,
        sleep_s: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.stream = stream
        self.lost: set[int] = set()
        self.latencies_ms: list[float] = []
        self._url = stream_url
        self._ticket = ticket
        self._fresh_ticket = fresh_ticket
        self._open_timeout_s = _OPEN_TIMEOUT_S + _START_SLACK * ready_in_ms / 1_000.0
        self._on_message = on_message
        self._on_trouble = on_trouble
        self._clock_ms = clock_ms
        self._random01 = random01
        self._sleep_s = sleep_s
        self._socket: ClientConnection | None = None
        self._captured_ms: dict[tuple[int, int], float] = {}
        self._outgoing = asyncio.Event()
        self._changed = asyncio.Condition()
        self._recovered = True
        self._welcomes = 0
        self._failures = 0
        self._wait_at_least_s = 0.0
        self._ticket_refused = False
        self._stop_reason: str | None = None
        self._stop_cause: Exception | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Starts connecting; returns when the session has said welcome. Raises StreamStopped."""
        self._task = asyncio.create_task(self._stay_connected())
        try:
            await self.until(lambda: self.stream.welcomed)
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connection; the session itself goes on and can be resumed."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @property
    def reconnects(self) -> int:
        """How often the session was resumed on another connection."""
        return max(0, self._welcomes - 1)

    @property
    def recovered(self) -> bool:
        """Whether everything could be restored after every loss of a connection."""
        return self._recovered and not self.lost

    def begin_attempt(self, sentence_index: int) -> int:
        """The learner starts to sign a sentence; returns the attempt's number."""
        number = self.stream.begin_attempt(sentence_index, time.time_ns() // 1_000_000)
        self._outgoing.set()
        return number

    def add_frames(self, landmarks: np.ndarray, times_ms: Iterable[int]) -> None:
        """Frames of the attempt that is recording: landmarks ``(N, P, 3)``, times since it began."""
        self.stream.add_frames(landmarks, list(times_ms))
        attempt = self.stream.attempts[-1]
        if self.stream.welcomed:
            self._captured_ms[attempt.number, len(attempt.times_ms) - 1] = self._clock_ms()
        self._outgoing.set()

    def end_attempt(self) -> None:
        """The learner has finished the sentence."""
        self.stream.end_attempt()
        self._captured_ms.clear()
        self._outgoing.set()

    def complete(self) -> None:
        """The learner has finished the session."""
        self.stream.complete()
        self._outgoing.set()

    def drop(self) -> None:
        """Cuts the connection as a lost network does: at once and without a word."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until ``condition`` is true; it is asked after every message. Raises StreamStopped."""
        async with self._changed:
            await self._changed.wait_for(lambda: condition() or self._stop_reason is not None)
        if not condition():
            raise StreamStopped(self._stop_reason) from self._stop_cause

    async def judged(self, number: int) -> None:
        """Waits for an attempt's result; after a loss it may be in the store alone. Raises StreamStopped."""
        await self.until(
            lambda: number in self.stream.results or self.stream.stored >= number or number not in self.stream.unsaved
        )

    async def stored(self, number: int) -> None:
        """Waits until the attempts up to ``number`` are durable. Raises StreamStopped."""
        await self.until(lambda: self.stream.stored >= number)

    # ------------------------------------------------------------------------------------------- the connection

    async def _stay_connected(self) -> None:
        while self._stop_reason is None:
            try:
                await self._one_connection()
            except (InvalidHandshake, RestProblem, ServerUnreachable, OSError, TimeoutError) as error:
                self._after_refusal(error)
            except Exception as error:  # whoever waits for this stream has to hear of it
                self._stop(f"The client failed ({error!r}).", error)
            if self.stream.stopped and self._stop_reason is None:
                self._stop("The server has ended this stream.")
            await self._tell_change()
            if self._stop_reason is None:
                delay_s = self.stream.reconnect_delay_ms(self._random01(), self._failures) / 1_000.0
                await self._sleep_s(max(delay_s, self._wait_at_least_s))
                self._failures += 1
                self._wait_at_least_s = 0.0

    async def _one_connection(self) -> None:
        """From the ticket to the loss of the socket."""
        ticket = self._ticket or (None if self._ticket_refused else self.stream.ticket) or await self._fresh_ticket()
        self._ticket = None
        async with connect(
            self._url,
            subprotocols=[SUBPROTOCOL, TICKET_PREFIX + ticket],  # type: ignore[list-item]
            compression=None,
            max_size=_MAX_MESSAGE_BYTES,
            open_timeout=self._open_timeout_s,
            proxy=None,
        ) as socket:
            self._socket = socket
            self._open_timeout_s = _OPEN_TIMEOUT_S
            self.stream.connected()
            self._outgoing.set()
            writer = asyncio.create_task(self._write(socket))
            try:
                await self._read(socket)
            finally:
                self._socket = None
                writer.cancel()
                self.stream.disconnected(socket.close_code)
                self._captured_ms.clear()
                await asyncio.gather(writer, return_exceptions=True)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for data in socket:
                for message in self.stream.receive(data):
                    self._take(message)
                self._outgoing.set()
                await self._tell_change()
        except ConnectionClosed as closed:
            self._on_trouble(f"The connection was lost ({_reason(closed)}).")
        except ProtocolError as error:
            self._on_trouble(f"The server sent what cannot be read ({error}).")

    async def _write(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                await self._outgoing.wait()
                self._outgoing.clear()
                for data in self.stream.data_to_send():
                    await socket.send(data)

    def _take(self, message: ServerMessage) -> None:
        match message:
            case Feedback():
                captured_ms = self._captured_ms.pop((message.a, message.q), None)
                if captured_ms is not None:
                    self.latencies_ms.append(self._clock_ms() - captured_ms)
            case Welcome():
                self._welcomes += 1
                self._failures = 0
                self._ticket_refused = False
                self._recovered = self._recovered and message.recovered
                self.lost.update(message.lost)
        self.lost.update(self.stream.dropped)
        self._on_message(message)

    def _after_refusal(self, error: Exception) -> None:
        """A ticket that was refused is replaced, a busy server is asked again, any other refusal is final."""
        status = 503
        if isinstance(error, InvalidStatus):
            status = error.response.status_code
            self._ticket_refused = status == 401
        elif isinstance(error, RestProblem):
            status = error.status if error.status != 401 else 403
            self._wait_at_least_s = error.retry_after_s or 0.0
        if isinstance(error, InLine):
            self._on_trouble(in_line_text(error.line))
        elif status in _RETRY_LATER:
            self._on_trouble(f"The server could not be reached ({error}).")
        else:
            self._stop(f"The server refuses this stream: {error}", error)

    def _stop(self, reason: str, cause: Exception | None = None) -> None:
        self._stop_reason, self._stop_cause = reason, cause

    async def _tell_change(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _reason(closed: ConnectionClosed) -> str:
    return "no close" if closed.rcvd is None else f"{closed.rcvd.code} {closed.rcvd.reason}".strip()
