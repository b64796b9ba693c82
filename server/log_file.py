"""The node's log: lines of the server, and those that the other processes of the node hand over, in one file."""

from __future__ import annotations

import asyncio
import logging
import socket
from logging.handlers import RotatingFileHandler
from pathlib import Path

from actors.log_lines import log_through

FILE_BYTES = 10_000_000
OLD_FILES = 5
"""So a node's log has 60 MB at most."""
_LARGEST_DATAGRAM_BYTES = 64 * 1024


def log_path(state_dir: Path, port: int) -> Path:
    """Where the server on a port logs to."""
    return state_dir / "logs" / f"server-{port}.jsonl"


class LogFile:
    """Writes and rotates the file; ``collect`` lets other processes write to it as well."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._handler = _LineFile(path, maxBytes=FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8")
        log_through(self._handler, "server")
        self._sock: socket.socket | None = None

    def collect(self, socket_path: Path) -> None:
        """Takes lines from a datagram socket, on the running loop, until ``stop_collecting``."""
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        self._sock.bind(str(socket_path))
        asyncio.get_running_loop().add_reader(self._sock.fileno(), self._readable)

    def stop_collecting(self) -> None:
        """Takes what has arrived, then no more. Safe to call at any time."""
        if self._sock is not None:
            self._readable()
            asyncio.get_running_loop().remove_reader(self._sock.fileno())
            self._sock.close()
            self._sock = None

    def close(self) -> None:
        """The last line has been written."""
        logging.getLogger().removeHandler(self._handler)
        self._handler.close()

    def _readable(self) -> None:
        assert self._sock is not None
        while True:
            try:
                data = self._sock.recv(_LARGEST_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            self._handler.write_line(data.decode(errors="replace"))


class _LineFile(RotatingFileHandler):
    """Takes finished lines as well as records."""

    def write_line(self, line: str) -> None:
        """A line of another process."""
        self.handle(logging.makeLogRecord({"finished_line": line}))

    def format(self, record: logging.LogRecord) -> str:
        finished = getattr(record, "finished_line", None)
        return super().format(record) if finished is None else finished
