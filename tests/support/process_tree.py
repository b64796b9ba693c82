"""The processes of a server, as the operating system knows them: whom to kill, and who is left."""

from __future__ import annotations

import psutil

SESSION_ACTOR = "ray::SessionActor"
WRITER = "ray::Writer"
JUDGE = "ray::Judge"


def descendants(pid: int) -> list[psutil.Process]:
    """All processes that ``pid`` has started and those have started."""
    return psutil.Process(pid).children(recursive=True)


def named(pid: int, name: str) -> list[psutil.Process]:
    """The descendants of ``pid`` whose command line begins with ``name``."""
    return [process for process in descendants(pid) if _command(process).startswith(name)]


def serving(pid: int, learner_port: int) -> psutil.Process:
    """The session actor that holds the socket whose other end has the port ``learner_port``."""
    for process in named(pid, SESSION_ACTOR):
        for connection in process.net_connections(kind="tcp"):
            if connection.raddr and connection.raddr.port == learner_port:
                return process
    raise AssertionError(f"no session actor holds the connection from port {learner_port}")


def left_over(processes: list[psutil.Process], timeout_s: float) -> list[str]:
    """Waits for processes to end; command lines of those that do not."""
    _, alive = psutil.wait_procs(processes, timeout=timeout_s)
    return [_command(process) for process in alive if process.is_running() and process.status() != "zombie"]


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
