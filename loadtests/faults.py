"""What is done to a running server and its database: one method a kind of fault, each returns when it is over."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import psutil

from tests.support.mariadb import MariaDb
from tests.support.process_tree import JUDGE, SESSION_ACTOR, WRITER, descendants, named
from tests.support.server_process import ServerProcess

FROZEN_S = (0.2, 2.5)
GONE_S = (0.0, 1.0)


class Victims:
    """The processes of one node. ``database`` is a file for SQLite, a private server for MariaDB."""

    def __init__(self, server: ServerProcess, database: Path | MariaDb, rng: random.Random) -> None:
        self._server = server
        self._database = database
        self._rng = rng
        self.seen: set[psutil.Process] = set()
        """Every process that the server has ever had."""
        self.descriptors_at_start = 0

    def start_server(self) -> None:
        """Starts it and waits until it is ready."""
        self._server.start()
        self.note_processes()
        self.descriptors_at_start = self.descriptors

    @property
    def descriptors(self) -> int:
        """Open descriptors of the server."""
        return psutil.Process(self._server.pid).num_fds()

    def note_processes(self) -> None:
        """Remembers who is there, so that nobody can be left over unseen."""
        self.seen.update((psutil.Process(self._server.pid), *descendants(self._server.pid)))

    @property
    def kinds(self) -> Mapping[str, tuple[float, Callable[[], bool]]]:
        """Kinds of faults, how often each is chosen beside the others, and how it is done; False: nothing was hit."""
        kinds: dict[str, tuple[float, Callable[[], bool]]] = {
            "session actor, SIGKILL": (12.0, lambda: self._kill_one(SESSION_ACTOR)),
            "writer, SIGKILL": (3.0, lambda: self._kill_one(WRITER)),
            "judge, SIGKILL": (3.0, lambda: self._kill_one(JUDGE)),
            "server, SIGKILL": (0.7, self._kill_server),
            "server, drained and started again": (0.5, self._drain_server),
        }
        if isinstance(self._database, Path):
            return kinds | {"database, write lock held": (3.0, self._hold_lock)}
        return kinds | {
            "database, SIGSTOP": (3.0, self._freeze_database),
            "database, SIGKILL": (1.5, self._kill_database),
        }

    def _kill_one(self, name: str) -> bool:
        candidates = named(self._server.pid, name)
        if not candidates:
            return False
        self.note_processes()
        try:
            self._rng.choice(sorted(candidates, key=lambda process: process.pid)).kill()
        except psutil.NoSuchProcess:
            return False
        return True

    def _kill_server(self) -> bool:
        self.note_processes()
        self._server.kill()
        time.sleep(self._rng.uniform(*GONE_S))
        self.start_server()
        return True

    def _drain_server(self) -> bool:
        self.note_processes()
        status = self._server.stop()
        if status:
            raise RuntimeError(f"a server that was asked to stop ended with status {status}")
        self.start_server()
        return True

    def _hold_lock(self) -> bool:
        with closing(sqlite3.connect(self._database, isolation_level=None, timeout=5.0)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return False
            time.sleep(self._rng.uniform(*FROZEN_S))
            connection.execute("ROLLBACK")
        return True

    def _freeze_database(self) -> bool:
        process = self._mariadb.process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(self._rng.uniform(*FROZEN_S))
        finally:
            process.send_signal(signal.SIGCONT)
        return True

    def _kill_database(self) -> bool:
        self._mariadb.kill()
        time.sleep(self._rng.uniform(*GONE_S))
        self._mariadb.start()
        return True

    @property
    def _mariadb(self) -> MariaDb:
        assert isinstance(self._database, MariaDb)
        return self._database
