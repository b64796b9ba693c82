"""Structured logs: one JSON object a line, with the ids of session and connection, and never what a learner did.

Processes of a node hand their lines to the server over a datagram socket, so that one process writes and rotates one
file. A line that cannot be handed over at once is dropped: a log must not hold up a learner's marks.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import time
import traceback
from typing import Any

PACKAGES = ("actors", "server", "storage", "protocol")
FIELDS = (
    "session", "connection", "epoch", "slot", "attempt", "frames", "judged", "stored", "restored", "client", "code",
    "reason", "place", "wait_s", "took_ms", "sessions", "limit", "port", "path", "status", "dropped_lines",
)  # fmt: skip
"""What a line may hold beside its event; whatever else is given as ``extra`` stays out."""
_LONGEST_LINE_BYTES = 16_000
_DEEPEST = 12


class JsonLines(logging.Formatter):
    """Formats records as lines; ``bound`` holds fields that stand in each of them, such as this process's session."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self.bound: dict[str, Any] = {}
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """``extra={"event": …}`` names the event where the message is a sentence for people."""
        message = record.getMessage()
        event = getattr(record, "event", None)
        line: dict[str, Any] = {
            "at": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "process": self._process,
            "pid": os.getpid(),
            "logger": record.name,
            "event": event or message,
            **({"text": message} if event else {}),
            **self.bound,
            **{name: value for name in FIELDS if (value := getattr(record, name, None)) is not None},
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = _told(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def _told(error: BaseException) -> dict[str, Any]:
    """Type and places; the text only of our own errors, because those of libraries repeat the value they refuse."""
    frames = traceback.extract_tb(error.__traceback__)[-_DEEPEST:]
    told: dict[str, Any] = {
        "type": type(error).__name__,
        "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if type(error).__module__.split(".")[0] in PACKAGES:
        told["text"] = str(error)
    return told


class LineSender(logging.Handler):
    """Hands lines to the server's collector at ``path``; drops what does not go out at once."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        self._path = path
        self._dropped = 0

    def emit(self, record: logging.LogRecord) -> None:
        if self._dropped:
            record.dropped_lines = self._dropped
        try:
            self._sock.sendto(self.format(record).encode()[:_LONGEST_LINE_BYTES], self._path)
            self._dropped = 0
        except OSError:
            self._dropped += 1


def log_through(handler: logging.Handler, process: str) -> JsonLines:
    """Has our own packages log to ``handler`` from INFO up, all others from WARNING up; returns the formatter."""
    lines = JsonLines(process)
    handler.setFormatter(lines)
    logging.getLogger().addHandler(handler)
    for package in PACKAGES:
        logging.getLogger(package).setLevel(logging.INFO)
    return lines
