"""``storysign serve``: one server on this machine, from the first line it says to a clean end."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
import uvloop
from rich.console import Console

from server.app import create_app
from server.config import DEFAULT_HOST, DEFAULT_PORT, Settings
from server.handoff import handoff_protocol
from server.log_file import LogFile, log_path
from server.node import Node
from server.presence import announced
from storage.open import shown, sqlite_path
from storage.sqlite.lock import acquire_exclusive
from storage.sqlite.upgrade import upgrade

NATIVE_LOG = "native.log"
_CLOSE_REQUESTS_S = 5
_log = logging.getLogger(__name__)
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class ServeRefused(Exception):
    """The server cannot start; the text says why and what to do."""


def serve(
    host: Annotated[str | None, typer.Option(help=f"Address to listen on [default: {DEFAULT_HOST}].")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help=f"Port to listen on; 0: a free one [default: {DEFAULT_PORT}].")
    ] = None,
    database: Annotated[str | None, typer.Option(metavar="URL", help="Where data is kept: sqlite:///PATH.")] = None,
    warm: Annotated[int | None, typer.Option(min=0, help="Session actors to start beforehand, for a class.")] = None,
    ray_address: Annotated[str | None, typer.Option(help="Join this Ray cluster; none: start one here.")] = None,
) -> None:
    """Start a server on this machine; Ctrl-C stops it and everything it started."""
    settings = Settings.from_environment(
        host=host, port=port, database_url=database, warm_actors=warm, ray_address=ray_address
    )
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True, markup=False)
    with _bound(settings) as listener, _database_of_our_own(settings):
        _native_words_to(settings.state_dir / NATIVE_LOG)
        settings = settings.with_port(listener.getsockname()[1])
        _warnings_to_console()
        with announced(settings.state_dir, settings.port), closing(
            LogFile(log_path(settings.state_dir, settings.port))
        ) as log:
            uvloop.run(_serve(settings, listener, console, log))


@contextmanager
def _bound(settings: Settings) -> Iterator[socket.socket]:
    """The listening socket, taken before anything is started. Raises ServeRefused."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen()
        except OSError as error:
            raise ServeRefused(_why_not_bound(settings, error)) from error
        yield listener


def _why_not_bound(settings: Settings, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {settings.port} of {settings.host} is in use, perhaps by another StorySign server: stop that one, "
            f"or choose another port with --port (0 takes a free one)."
        )
    return f"It is not possible to listen on {settings.host}, port {settings.port}: {error.strerror or error}."


def _database_of_our_own(settings: Settings) -> AbstractContextManager[object]:
    """An embedded database has one server; the others can be shared. Raises StoreError, OSError."""
    path = sqlite_path(settings.database_url)
    if path is None:
        return nullcontext()
    path.parent.mkdir(parents=True, exist_ok=True)
    return acquire_exclusive(path)


def _native_words_to(file: Path) -> None:
    """TensorFlow and Ray write to descriptor 2, and Ray to ``sys.stdout``, as they like: that goes to a file.
    ``sys.stderr`` stays the console, and so does what was ``sys.stdout``.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    with file.open("wb") as log:
        os.dup2(log.fileno(), 2)
    sys.stdout = os.fdopen(2, "w", buffering=1, closefd=False)


def _warnings_to_console() -> None:
    """The console has few lines, for people; everything else is in the log."""
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)


async def _serve(settings: Settings, listener: socket.socket, console: Console, log: LogFile) -> None:
    """Prepares, serves until a signal, stops. A signal during the preparation ends that, too."""
    stop = asyncio.Event()
    _stop_on_signals(stop)
    node = Node(settings, lambda line: console.print(f"• {line}"), log)
    console.print(f"• Database: {shown(settings.database_url)}")
    console.print(f"• Log: {log.path}")
    try:
        await _bring_up_to_date(settings, console)
        if await _unless(stop, node.start()):
            _stop_on_signals(stop)  # Ray has put its own handler there, which prints a stack and ends the process
            await _answer(node, listener, stop, console)
        console.print("• Stopping: what learners did is being saved …")
    finally:
        await node.stop()
        _log.info("server_stopped")
    console.print("• Stopped")


async def _bring_up_to_date(settings: Settings, console: Console) -> None:
    """An embedded database belongs to this server, so nobody need be asked; a shared one is the operator's to move."""
    path = sqlite_path(settings.database_url)
    done = await upgrade(path, time.time_ns() // 1_000_000) if path is not None else None
    if done is not None:
        console.print(
            f"• The database was of an older StorySign (schema {done.old_version}) and is of this one now (schema "
            f"{done.new_version}). What it was is in {done.copy}: remove that copy when all is well."
        )


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in _STOP_SIGNALS:
        loop.remove_signal_handler(number)
        loop.add_signal_handler(number, stop.set)


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Does the work; False where the signal came first and the work was cancelled."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        return False
    working.result()
    return True


async def _answer(node: Node, listener: socket.socket, stop: asyncio.Event, console: Console) -> None:
    """Answers requests until ``stop`` is set."""
    server = _QuietServer(
        uvicorn.Config(
            create_app(node),
            ws=handoff_protocol(node),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_CLOSE_REQUESTS_S,
        )
    )
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    stopping = asyncio.ensure_future(stop.wait())
    _log.info("server_ready", extra={"port": node.settings.port})
    console.print(f"StorySign is ready at {node.settings.base_url}  (REST: /docs; Ctrl-C stops it)", style="bold")
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    await serving


class _QuietServer(uvicorn.Server):
    """Leaves signals to us: they also have to end the preparation, which comes before uvicorn."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield
