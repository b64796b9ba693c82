"""What the server and a session actor say to each other, beside the learner's own socket.

A SEQPACKET unix socket keeps message borders and carries file descriptors (SCM_RIGHTS), so a learner's socket and the
bytes that were read from it travel together. Calls by Ray are no alternative: an actor whose one method runs its loop
cannot be called.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import get_args

import msgpack

from actors.stats import Report

_MAX_PACKET_BYTES = 128 * 1024
_MAX_DESCRIPTORS = 1


@dataclass(frozen=True, slots=True)
class Attach:
    """Server → actor, with the learner's socket: serve it. ``request`` is what was read from it so far."""

    session_id: bytes
    ticket: str
    library: str
    request: bytes


@dataclass(frozen=True, slots=True)
class Command:
    """Server → actor: pause, resume, complete or abandon; answered by ``Answered`` with the same ``request``."""

    name: str
    request: int


@dataclass(frozen=True, slots=True)
class Drain:
    """Server → actor: move the learner elsewhere and finish what is owed to the store."""

    after_ms: int
    spread_ms: int


@dataclass(frozen=True, slots=True)
class Ready:
    """Actor → server, first: process ``pid`` is warm and takes a session as slot ``slot``."""

    slot: int
    pid: int


@dataclass(frozen=True, slots=True)
class Answered:
    """Actor → server: the command is done, or cannot be (``problem`` says why)."""

    request: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class Released:
    """Actor → server: this incarnation is over; send it nothing more."""

    reason: str


@dataclass(frozen=True, slots=True)
class Counted:
    """Actor → server: what happened since the last time (``actors.stats.Tally.take``)."""

    report: Report


Packet = Attach | Command | Drain | Ready | Answered | Released | Counted
_KINDS: dict[str, type] = {kind.__name__: kind for kind in get_args(Packet)}


class ControlChannel:
    """One end of the socket, driven by the running event loop."""

    def __init__(
        self,
        sock: socket.socket,
        on_packet: Callable[[Packet, int | None], None],
        on_lost: Callable[[], None],
    ) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._on_packet = on_packet
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._readable)

    def send(self, packet: Packet, descriptor: int | None = None) -> None:
        """Sends one packet; the caller closes its own copy of ``descriptor``. Raises OSError if the peer is gone."""
        data = msgpack.packb([type(packet).__name__, asdict(packet)])
        socket.send_fds(self._sock, [data], [] if descriptor is None else [descriptor])

    def close(self) -> None:
        """Stops reading and closes; ``on_lost`` is not called."""
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()

    def _readable(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._sock, _MAX_PACKET_BYTES, _MAX_DESCRIPTORS)
        except BlockingIOError:
            return
        except OSError:
            data, descriptors = b"", []
        if not data:
            self.close()
            self._on_lost()
            return
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        kind, fields = msgpack.unpackb(data)
        self._on_packet(_KINDS[kind](**fields), descriptors[0] if descriptors else None)


class ControlListener:
    """The server's end: hands out a connected socket for every actor that comes."""

    def __init__(self, path: str, on_connection: Callable[[socket.socket], None]) -> None:
        self._path = path
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        self._sock.setblocking(False)
        self._sock.bind(path)
        self._sock.listen(128)
        self._on_connection = on_connection
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._sock.fileno(), self._acceptable)

    def _acceptable(self) -> None:
        try:
            sock, _ = self._sock.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self._on_connection(sock)

    def close(self) -> None:
        """Takes no more connections and removes the path."""
        self._loop.remove_reader(self._sock.fileno())
        self._sock.close()
        os.unlink(self._path)


def connect(path: str) -> socket.socket:
    """The actor's end. Raises OSError where no server listens."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
    sock.connect(path)
    return sock
