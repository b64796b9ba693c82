"""A private MariaDB for tests: its own folder and socket, no network, gone afterwards."""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_S = 60
_OPTIONS = (
    "--skip-networking",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=32M",
    "--max-allowed-packet=64M",
    "--max-connections=100",
    "--skip-name-resolve",
)


def missing() -> str | None:
    """Why MariaDB can not be started here; None where it can."""
    absent = [name for name in ("mariadbd", "mariadb-install-db") if _program(name) is None]
    return f"{' and '.join(absent)} not found (Debian: apt install mariadb-server)" if absent else None


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


@contextmanager
def running_mariadb(*, durable: bool = False, options: tuple[str, ...] = ()) -> Iterator[MariaDb]:
    """A server that answers; it and its files are gone afterwards."""
    server = MariaDb(durable=durable, options=options)
    try:
        server.install()
        server.start()
        yield server
    finally:
        server.stop()


class MariaDb:
    """One server. ``durable`` puts its files on a disk instead of in memory; ``options`` are the server's own."""

    def __init__(self, *, durable: bool = False, options: tuple[str, ...] = ()) -> None:
        memory = Path("/dev/shm")
        place = None if durable or not memory.is_dir() else memory
        self.folder = Path(tempfile.mkdtemp(prefix="storysign-mariadb-", dir=place))
        self.socket = self.folder / "s"
        self.options = options
        self.process: subprocess.Popen[bytes] | None = None

    def install(self) -> None:
        """Makes the system tables."""
        subprocess.run(
            [
                _program("mariadb-install-db"),
                "--no-defaults",
                f"--user={getpass.getuser()}",
                f"--datadir={self.folder / 'data'}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                *self.options,
            ],
            check=True,
            capture_output=True,
        )

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    _program("mariadbd"),
                    "--no-defaults",
                    f"--user={getpass.getuser()}",
                    f"--datadir={self.folder / 'data'}",
                    f"--socket={self.socket}",
                    f"--pid-file={self.folder / 'pid'}",
                    *_OPTIONS,
                    *self.options,
                ],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"MariaDB did not start:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1.0)
            try:
                probe.connect(str(self.socket))
                return bool(probe.recv(64))
            except OSError:
                return False

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ends the server and removes its files."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(START_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str, **options: object) -> str:
        """The URL of one of its databases."""
        more = "".join(f"&{name}={value}" for name, value in options.items())
        return f"mysql://root@localhost/{database}?socket={self.socket}{more}"
