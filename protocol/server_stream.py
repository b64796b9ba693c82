"""The server's side of one connection, without its I/O: bytes in, events out.

It knows what a *connection* knows: that ``hello`` comes first, how large a message may be, how the frames of the
layout in ``hello`` are read, and how often this connection has broken the contract. What a *session* knows (which
attempt is next, which frames were received, whether the session is paused) is not here; the session says
``refuse`` when a message is well-formed but wrong for it, so that one count holds all violations.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocol.codec import FramesReceived, client_message, read_frames, unpack_client
from protocol.codes import ERRORS, CloseCode, ErrorCode
from protocol.errors import ProtocolError
from protocol.landmarks import LAYOUTS, Layout, VideoFormat
from protocol.limits import MAX_HELLO_BYTES, MAX_VIOLATIONS, max_message_bytes
from protocol.messages import (
    AttemptBegin,
    AttemptCancel,
    AttemptEnd,
    Complete,
    Cursor,
    Error,
    Hello,
    Pause,
    Ping,
    Resume,
)


@dataclass(frozen=True, slots=True)
class Violation:
    """The client broke the contract: send ``error``, then close with ``close`` where it is given."""

    error: Error
    close: CloseCode | None


ClientEvent = (
    Hello | AttemptBegin | FramesReceived | AttemptEnd | AttemptCancel | Pause | Resume | Complete | Ping | Violation
)


class ServerStream:
    """One connection. ``receive`` never raises, whatever it is given; after a violation that closes it is deaf."""

    def __init__(self) -> None:
        self._hello: Hello | None = None
        self._layout: Layout | None = None
        self._max_bytes = MAX_HELLO_BYTES
        self._violations = 0
        self._closing = False

    @property
    def hello(self) -> Hello | None:
        """What the client said of itself; None until it has."""
        return self._hello

    @property
    def layout(self) -> Layout | None:
        """The layout of this connection's frames; None until ``hello``."""
        return self._layout

    @property
    def video(self) -> VideoFormat | None:
        """What the client's picture is like; None until ``hello``."""
        hello = self._hello
        return None if hello is None else VideoFormat(hello.width, hello.height, hello.mirrored, hello.fps)

    @property
    def violations(self) -> int:
        """How often this connection has broken the contract."""
        return self._violations

    def receive(self, data: bytes | str) -> list[ClientEvent]:
        """Takes one WebSocket message and says what it means."""
        if self._closing:
            return []
        try:
            return [self._read(data)]
        except ProtocolError as error:
            if self._hello is None and error.code is not ErrorCode.VERSION_UNSUPPORTED:
                text = f"the connection has to begin with a valid hello ({error.text})"
                return [self.refuse(ErrorCode.HELLO_EXPECTED, text)]
            return [self.refuse(error.code, error.text, a=error.attempt)]

    def refuse(
        self, code: ErrorCode, text: str = "", *, a: int | None = None, cursor: Cursor | None = None
    ) -> Violation:
        """A violation with the effect that the table of errors gives to ``code``, counted against the connection.

        ``text`` is added to the table's own for the person who reads it; ``cursor`` says where to go on. Beyond the
        bound the connection is closed, resumably: coming back with a clean cursor heals more than going on.
        """
        info = ERRORS[code]
        close = info.close_code
        if info.fault == "client":
            self._violations += 1
            if close is None and self._violations > MAX_VIOLATIONS:
                close = CloseCode.TOO_MANY_ERRORS
        self._closing = self._closing or close is not None
        said = f"{info.meaning} ({text})" if text else info.meaning
        return Violation(Error(code=code.value, name=code.name, text=said, a=a, cursor=cursor), close)

    def _read(self, data: bytes | str) -> ClientEvent:
        if isinstance(data, str):
            raise ProtocolError(ErrorCode.MALFORMED, "a text message on a binary stream")
        if len(data) > self._max_bytes:
            raise ProtocolError(ErrorCode.TOO_LARGE, f"{len(data)} bytes, where {self._max_bytes} is the most")
        fields = unpack_client(data)
        if self._layout is not None and fields.get("t") == "frames":
            return read_frames(fields, self._layout)
        message = client_message(fields)
        if self._layout is None:
            if not isinstance(message, Hello):
                raise ProtocolError(ErrorCode.HELLO_EXPECTED, f"not with {message.t}")
            self._hello, self._layout = message, LAYOUTS[message.layout]
            self._max_bytes = max_message_bytes(self._layout)
        elif isinstance(message, Hello):
            raise ProtocolError(ErrorCode.HELLO_REPEATED, "")
        return message
