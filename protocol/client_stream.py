"""The client's side of a session, without its I/O: it outlives its connections and resumes them.

A session of practice goes over many connections; this machine is the session, and a connection is an event to it::

    stream = ClientStream(hello)
    stream.connected()                          # a socket is open
    for data in stream.data_to_send(): ...      # hello
    for message in stream.receive(data): ...    # welcome
    number = stream.begin_attempt(sentence_index=0, at_ms=now)
    stream.add_frames(landmarks, times_ms)      # and data_to_send() after each of these
    stream.end_attempt()
    stream.disconnected(close_code)             # wait reconnect_delay_ms(…), connect with ``ticket``, connected()

What the learner does is never refused for want of a connection: attempts go into a log that is sent when there is
one, and sent again from where the server says after each loss, until ``stored`` covers them. No clock, no randomness.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import numpy as np

from protocol.attempt_log import AttemptLog, HeldAttempt
from protocol.codec import check_times, decode_server, encode, pack_landmarks
from protocol.codes import ERRORS, ErrorCode, Reaction
from protocol.errors import IllegalCall, ProtocolError
from protocol.landmarks import LAYOUTS
from protocol.messages import (
    AttemptResult,
    Cursor,
    Draining,
    Error,
    Hello,
    Ping,
    Receipt,
    Reconnect,
    Scored,
    ServerMessage,
    SessionStatus,
    Status,
    Stored,
    Welcome,
)
from protocol.session_wish import SessionWish

DEFAULT_RECONNECT = Reconnect(after_ms=250, spread_ms=750)
"""How to come back before any server has given a hint."""

MAX_RECONNECT_DELAY_MS = 30_000

DropReason = Literal["elsewhere", "unkept", "refused"]
"""Why an attempt was given up that the learner had not cancelled: another client of the session used its number for an
attempt of its own; this client ended before it had kept all of it; the server will never accept it."""


class ClientStream:
    """One practice session as its learner's client sees it.

    ``hello`` says who speaks and what the frames look like (its ``oldest`` is filled in at each connection);
    ``held`` are the attempts that a former run of the client kept, to be sent again, and ``next_attempt`` is the number
    that it would have given next, so that practice can go on before the server is reached.

    Methods raise IllegalCall where the session's state does not allow them: a bug of the caller.
    """

    def __init__(self, hello: Hello, held: Iterable[HeldAttempt] = (), next_attempt: int | None = None) -> None:
        self._hello = hello
        self._layout = LAYOUTS[hello.layout]
        self._log = AttemptLog(self._layout, held)
        newest = self._log.newest
        self._next_attempt = next_attempt if newest is None else max(newest + 1, next_attempt or 1)
        self._recording = next((attempt for attempt in self._log if attempt.outcome == "recording"), None)
        self._results: dict[int, AttemptResult] = {}
        self._dropped: dict[int, DropReason] = {}
        self._reconnect = DEFAULT_RECONNECT
        self._ticket: str | None = None
        self._cursor: Cursor | None = None
        self._refused_at: Cursor | None = None
        self._held_back = False
        self._stored = 0
        self._wish = SessionWish()
        self._pings: list[Ping] = []
        self._connected = self._said_hello = self._welcomed = self._stopped = False

    # ------------------------------------------------------------------------------------------- what is known

    @property
    def welcomed(self) -> bool:
        """Whether the present connection has been welcomed."""
        return self._welcomed

    @property
    def stopped(self) -> bool:
        """Whether coming back would not help: the server said so."""
        return self._stopped

    @property
    def ticket(self) -> str | None:
        """The ticket for the next connection; None before the first welcome and while one is in use."""
        return self._ticket

    @property
    def status(self) -> SessionStatus | None:
        """The session's status as last heard; None before the first welcome."""
        return self._wish.heard

    @property
    def stored(self) -> int:
        """Attempts up to this number are durable."""
        return self._stored

    @property
    def cursor(self) -> Cursor | None:
        """What the server was last heard to want next; None before the first welcome."""
        return self._cursor

    @property
    def recording(self) -> int | None:
        """Number of the attempt that takes frames now."""
        return None if self._recording is None else self._recording.number

    @property
    def next_attempt(self) -> int | None:
        """The number that the next attempt gets; None while it is not known."""
        return self._next_attempt

    @property
    def dropped(self) -> Mapping[int, DropReason]:
        """Attempts that were given up though the learner had not cancelled them; the learner should hear of them."""
        return MappingProxyType(self._dropped)

    @property
    def attempts(self) -> tuple[HeldAttempt, ...]:
        """All attempts that are held: what a client persists so that nothing is lost when it ends."""
        return tuple(self._log)

    @property
    def unsaved(self) -> tuple[int, ...]:
        """Numbers of the attempts that count and are not durable yet."""
        return tuple(attempt.number for attempt in self._log if attempt.outcome != "cancelled")

    @property
    def results(self) -> Mapping[int, AttemptResult]:
        """Results heard so far, by attempt."""
        return MappingProxyType(self._results)

    # ------------------------------------------------------------------------------------- what the learner does

    def begin_attempt(self, sentence_index: int, at_ms: int) -> int:
        """Begins an attempt at a sentence; ``at_ms`` is Unix time. Returns its number.

        Before the first welcome this is possible only where a former run has left attempts or the next number, because
        numbers are given in turn.
        """
        if self._recording is not None:
            raise IllegalCall(f"attempt {self._recording.number} is still recording")
        if self._wish.wanted != "active":
            raise IllegalCall(f"the session is {self._wish.wanted}")
        if self._next_attempt is None:
            raise IllegalCall("the number of the next attempt is known with the first welcome")
        self._recording = HeldAttempt(self._next_attempt, sentence_index, at_ms)
        self._log.add(self._recording)
        self._next_attempt += 1
        return self._recording.number

    def add_frames(self, landmarks: np.ndarray, times_ms: Sequence[int] | np.ndarray) -> None:
        """Adds frames: landmarks ``(N, P, 3)`` float32 with NaN for missing, times in ms since the attempt began.

        Raises ProtocolError, and takes none of them, where the server would refuse them: FRAME_LENGTH, NON_FINITE,
        TIMES_NOT_ASCENDING, ATTEMPT_TOO_LONG (end the attempt then).
        """
        self.add_packed_frames(pack_landmarks(landmarks, self._layout), times_ms)

    def add_packed_frames(self, packed: bytes, times_ms: Sequence[int] | np.ndarray) -> None:
        """The same with frames that have been packed before, as ``pack_landmarks`` does it; raises the same."""
        attempt = self._need_recording()
        times = [int(time) for time in times_ms]
        if len(packed) != len(times) * self._layout.frame_bytes:
            text = f"{len(times)} time stamps for {len(packed) / self._layout.frame_bytes:g} frames"
            raise ProtocolError(ErrorCode.FRAME_LENGTH, text)
        if times and times[0] < 0:
            raise ProtocolError(ErrorCode.INVALID_FIELD, "a frame cannot be older than its attempt")
        check_times([*attempt.times_ms[-1:], *times], len(attempt.times_ms) - len(attempt.times_ms[-1:]))
        attempt.append(times, packed)

    def end_attempt(self) -> None:
        """The learner has finished signing: the attempt is to be judged."""
        attempt = self._need_recording()
        attempt.outcome, attempt.offered = "ended", self._welcomed
        self._recording = None

    def cancel_attempt(self) -> None:
        """The learner does not want the attempt that is recording to count."""
        self._need_recording().cancel()
        self._recording = None

    def pause(self) -> None:
        """Pauses the session; not while recording."""
        self._want("paused", since=("active",))

    def resume(self) -> None:
        """Goes on with a paused session."""
        self._want("active", since=("paused",))

    def complete(self) -> None:
        """Ends the session once all of its attempts have been sent; not while recording."""
        self._want("completed", since=("active", "paused"))

    def ping(self, number: int) -> None:
        """Asks for a pong with this number; forgotten with the connection."""
        self._pings.append(Ping(n=number))

    # ----------------------------------------------------------------------------------------- the connection

    def connected(self) -> None:
        """A socket is open; ``data_to_send`` begins with ``hello``."""
        self._connected, self._said_hello, self._welcomed = True, False, False
        self._ticket = None
        self._pings.clear()

    def disconnected(self, close_code: int | None = None) -> None:
        """The socket is gone, with this close code if there was one."""
        self._connected = self._welcomed = False
        self._stopped = self._stopped or (close_code is not None and 4500 <= close_code < 5000)

    def reconnect_delay_ms(self, random01: float, attempt_count: int) -> int:
        """How long to wait before connecting again: the server's hint, growing with each attempt that failed.

        ``random01`` is a random number in [0, 1), ``attempt_count`` the failures since the last welcome. The random
        part never shrinks, so that a class which drops together does not come back together.
        """
        hint = self._reconnect
        if attempt_count == 0:
            return round(hint.after_ms + random01 * hint.spread_ms)
        after = max(hint.after_ms, DEFAULT_RECONNECT.after_ms)
        grown = min(after * 2 ** min(attempt_count, 16), max(after, MAX_RECONNECT_DELAY_MS))
        return round(grown + random01 * max(hint.spread_ms, grown))

    def data_to_send(self) -> list[bytes]:
        """What is to be sent now, in order; each message is handed out once a connection.

        Frames that have piled up travel together, so whoever wants three frames a message asks every third frame.
        """
        if not self._connected:
            return []
        if not self._said_hello:
            self._said_hello = True
            return [encode(self._hello.model_copy(update={"oldest": self._log.oldest}))]
        if not self._welcomed:
            return []
        data = [encode(ping) for ping in self._pings]
        self._pings.clear()
        if not self._wish.ended:
            data.extend(self._log_and_wish())
        return data

    def receive(self, data: bytes | str) -> list[ServerMessage]:
        """Takes one WebSocket message, acts on it, and returns it for the client to show.

        Raises ProtocolError where it cannot be read: close the connection and come back.
        """
        if isinstance(data, str):
            raise ProtocolError(ErrorCode.MALFORMED, "a text message on a binary stream")
        message = decode_server(data)
        match message:
            case Welcome():
                self._on_welcome(message)
            case Stored():
                self._on_stored(message.through)
            case Scored():
                self._results[message.result.attempt_no] = message.result
            case Receipt():
                self._cursor = Cursor(a=message.a, q=message.q)
                self._refused_at, self._held_back = None, False
            case Status():
                self._on_status(message.status)
            case Draining():
                self._reconnect = message.reconnect
            case Error():
                self._on_error(message)
        return [message]

    # ------------------------------------------------------------------------------------------------- inside

    def _need_recording(self) -> HeldAttempt:
        if self._recording is None:
            raise IllegalCall("no attempt is recording")
        return self._recording

    def _want(self, status: SessionStatus, since: tuple[SessionStatus, ...]) -> None:
        if self._recording is not None:
            raise IllegalCall(f"attempt {self._recording.number} is still recording")
        if self._wish.wanted not in since:
            raise IllegalCall(f"the session is {self._wish.wanted}")
        self._wish.wanted = status

    def _log_and_wish(self) -> Iterator[bytes]:
        if self._held_back:
            return
        if self._log.has_unsaid and self._wish.told_paused:
            # The log was recorded while the session was active, whatever the learner has wanted since.
            yield encode(self._wish.ask("active"))
        yield from map(encode, self._log.unsaid())
        if self._wish.untold:
            yield encode(self._wish.ask(self._wish.wanted))

    def _on_welcome(self, welcome: Welcome) -> None:
        self._welcomed = True
        self._ticket, self._reconnect, self._cursor = welcome.ticket, welcome.reconnect, welcome.cursor
        self._wish.on_welcome(welcome.status)
        self._results.update((result.attempt_no, result) for result in welcome.results)
        self._drop_what_cannot_go_on(welcome.cursor, welcome.stored)
        self._on_stored(welcome.stored)
        self._next_attempt = max((self._log.newest or 0) + 1, welcome.cursor.a)
        self._refused_at, self._held_back = None, False
        self._log.rewind(welcome.cursor.a, welcome.cursor.q)
        for attempt in self._log:
            attempt.offered = attempt.offered or attempt.outcome == "ended"

    def _on_stored(self, through: int) -> None:
        self._stored = max(self._stored, through)
        if self._recording is not None and self._recording.number <= through:
            self._drop(self._recording, "elsewhere")
        self._log.forget_through(through)
        self._try_again()

    def _on_status(self, status: SessionStatus) -> None:
        self._wish.on_status(status)
        self._try_again()
        if self._recording is not None and self._wish.wanted != "active":
            self.cancel_attempt()  # somebody else has paused or ended the session in the middle of it

    def _drop_what_cannot_go_on(self, cursor: Cursor, stored: int) -> None:
        for attempt in self._log:
            if attempt.number < max(cursor.a, stored + 1) and not attempt.offered:
                self._drop(attempt, "elsewhere")  # done with, and no server can have had it from us
        attempt_wanted = self._log.get(cursor.a)
        if attempt_wanted is not None and cursor.q > len(attempt_wanted.times_ms):
            self._give_up(cursor.a, "unkept")

    def _on_error(self, error: Error) -> None:
        # A newer server may know codes that this client does not.
        reaction = ERRORS[ErrorCode(error.code)].reaction if error.code in ERRORS else Reaction.NOTHING
        if reaction is Reaction.REWIND and error.cursor is not None:
            self._rewind(error.cursor)
        elif reaction is Reaction.CANCEL_ATTEMPT and error.a is not None:
            self._give_up(error.a, "elsewhere" if error.code == ErrorCode.ATTEMPT_CONFLICT else "refused")
        elif reaction is Reaction.STOP:
            self._stopped = True
        if error.code == ErrorCode.ILLEGAL_NOW:
            self._wish.on_refused()

    def _rewind(self, cursor: Cursor) -> None:
        """Sends again from the cursor, once: refused there twice, the log waits until something has changed.

        Otherwise a server that takes no attempts for a while (its database is away) would be sent the same frames
        over and over, as fast as the line can carry them.
        """
        self._cursor = cursor
        if cursor == self._refused_at:
            self._held_back = True
        else:
            self._refused_at = cursor
            self._log.rewind(cursor.a, cursor.q)

    def _try_again(self) -> None:
        if self._held_back and self._refused_at is not None:
            self._log.rewind(self._refused_at.a, self._refused_at.q)
        self._refused_at, self._held_back = None, False

    def _give_up(self, number: int, reason: DropReason) -> None:
        attempt = self._log.get(number)
        if attempt is not None and attempt.outcome != "cancelled":
            self._drop(attempt, reason)
            self._log.rewind(number, 0)

    def _drop(self, attempt: HeldAttempt, reason: DropReason) -> None:
        if attempt.outcome == "cancelled":
            return
        self._dropped[attempt.number] = reason
        attempt.cancel()
        if self._recording is attempt:
            self._recording = None
