"""One server a database: an advisory lock beside the file, held as long as the server lives.

The lock is the server's, not a connection's: the server's own writer process opens the same database.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from storage.errors import StoreUnavailable, StoreUnusable


class ExclusiveLock:
    """Held until ``release`` or the end of the process, however it ends."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Lets the next server in; the file stays, because removing it would race with a server that waits for it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def acquire_exclusive(path: Path) -> ExclusiveLock:
    """Takes the server's lock on the database at ``path``.

    Raises StoreUnusable when another server holds it, StoreUnavailable when the lock file can not be written.
    """
    lock_path = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnavailable(
            f"can not write {lock_path}: {error.strerror}; give this user the right to write in the database's folder"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            whose = f" (process {holder})" if holder else ""
            raise StoreUnusable(
                f"another StorySign server{whose} uses the database {path}; stop it, or choose another --database"
            ) from error
        raise StoreUnavailable(f"can not lock {lock_path}: {error.strerror}") from error
    return ExclusiveLock(lock_path, descriptor)
