"""Which server process runs on a port of this machine, for commands that speak to it by signals."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _file(state_dir: Path, port: int) -> Path:
    return state_dir / f"server-{port}.pid"


@contextmanager
def announced(state_dir: Path, port: int) -> Iterator[None]:
    """While this is open, ``find`` finds this process; the lock goes with the process, however it ends."""
    state_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(_file(state_dir, port), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def find(state_dir: Path, port: int) -> int | None:
    """Process id of the server on ``port``; None where none runs."""
    try:
        descriptor = os.open(_file(state_dir, port), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.pread(descriptor, 32, 0))
    else:
        return None
    finally:
        os.close(descriptor)
