"""A real ``storysign serve`` in a process and folders of its own, for tests that must not be told a fairy tale."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from server.config import Settings

READY_TIMEOUT_S, WARMING_TIMEOUT_S = 120, 4
"""For the server, and for each of its warm actors."""
STOP_TIMEOUT_S = 60
COMMAND_TIMEOUT_S = 180
READY = "ready at http://"
_STORYSIGN = (sys.executable, "-c", "from server.cli.main import main; main()")


class ServerProcess:
    """One server: its folders outlive it, so that ``start`` after ``kill`` finds the same database and port."""

    def __init__(
        self,
        folder: Path,
        *,
        warm: int = 1,
        settings: Mapping[str, str] | None = None,
        database_url: str | None = None,
    ) -> None:
        self.folder = folder
        self.database = folder / "storysign.db"
        self.database_url = database_url or f"sqlite:///{self.database}"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.lines: list[str] = []
        self._warm = warm
        self._process: subprocess.Popen[str] | None = None
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("STORYSIGN_")} | {
            "STORYSIGN_MODELS": str(Settings.from_environment().models_dir),
            **{f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("DATA", "CACHE", "STATE")},
            # Nobody is turned away because the machine is busy with other tests, and few processes are started.
            "STORYSIGN_LATE_SHARE_MAX": "1",
            "STORYSIGN_RESERVE": str(min(warm, 2)),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            **(settings or {}),
        }

    @property
    def pid(self) -> int:
        """Process id of the server."""
        assert self._process is not None, "the server has not been started"
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def command(self, *words: str) -> list[str]:
        """The words of a ``storysign`` command."""
        return [*_STORYSIGN, *words]

    def start(self, until: str = READY) -> None:
        """Starts the server and waits until it says that it is ready, or what else matches ``until``."""
        places = ("--port", str(self.port), "--database", self.database_url)
        self._process = subprocess.Popen(
            self.command("serve", *places, "--warm", str(self._warm)),
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        ready = threading.Event()
        threading.Thread(target=self._listen, args=(self._process, ready, until), daemon=True).start()
        if not ready.wait(READY_TIMEOUT_S + WARMING_TIMEOUT_S * self._warm) or not self.running:
            self.kill()
            raise AssertionError("the server did not get ready; it said:\n" + "\n".join(self.lines))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Asks the server to stop; returns its exit status."""
        assert self._process is not None
        self._process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Waits until the server has ended; returns its exit status."""
        assert self._process is not None
        return self._process.wait(STOP_TIMEOUT_S)

    def kill(self) -> None:
        """Ends the server as a power failure would: at once, without a chance to tidy up."""
        if self.running:
            assert self._process is not None
            self._process.kill()
            self._process.wait(STOP_TIMEOUT_S)

    def storysign(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs a command beside the server, in the same folders."""
        return subprocess.run(
            self.command(*words),
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )

    def practise(self, *words: str) -> dict[str, Any]:
        """Runs ``storysign practice … --json`` against this server and returns what it printed."""
        done = self.storysign("practice", *words, "--url", self.url, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def _listen(self, process: subprocess.Popen[str], ready: threading.Event, until: str) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.lines.append(line.rstrip())
            if re.search(until, line):
                ready.set()
        process.wait()
        ready.set()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
