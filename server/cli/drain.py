"""``storysign drain``: one server hands its learners on, saves what they did, and ends."""

from __future__ import annotations

import os
import signal
import time
from typing import Annotated

import typer
from rich.console import Console

from server.config import DEFAULT_PORT, Settings
from server.presence import find

_LOOK_EVERY_S = 0.1
_CLOSING_MS = 20_000
"""What a server may need beside ``drain_ms``: to close requests, the writer, the store and Ray."""


class DrainRefused(Exception):
    """The server cannot be drained; the text says why and what to do."""


def drain(
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help=f"Port of the server [default: {DEFAULT_PORT}].")
    ] = None,
) -> None:
    """Have a server of this machine take no more learners, move those it has, save everything, and stop."""
    settings = Settings.from_environment(port=port)
    pid = find(settings.state_dir, settings.port)
    if pid is None:
        raise DrainRefused(f"No StorySign server of this user runs on port {settings.port}: name its --port.")
    console = Console(stderr=True)
    limit_ms = settings.drain_ms + _CLOSING_MS
    os.kill(pid, signal.SIGTERM)
    with console.status(f"Learners move on, their work is being saved (at most {limit_ms / 1000:.0f} s) …"):
        if not _gone(settings, limit_ms):
            raise DrainRefused(f"The server (process {pid}) still runs after {limit_ms / 1000:.0f} s: look at its log.")
    console.print(f"The server on port {settings.port} has stopped; everything is saved.")


def _gone(settings: Settings, limit_ms: int) -> bool:
    until_s = time.monotonic() + limit_ms / 1000
    while time.monotonic() < until_s:
        if find(settings.state_dir, settings.port) is None:
            return True
        time.sleep(_LOOK_EVERY_S)
    return False
