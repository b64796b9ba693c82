"""``storysign serve``: what it says, what it refuses, and that nothing of it is left when it has stopped."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import psutil
import pytest

from tests.support.process_tree import SESSION_ACTOR, descendants, named
from tests.support.server_process import ServerProcess, free_port

WAIT_S = 30


def test_it_says_where_it_is_and_a_signal_leaves_nothing_running(make_server):
    server: ServerProcess = make_server()
    server.start()
    started = descendants(server.pid)
    assert named(server.pid, SESSION_ACTOR), "actors are processes of their own"
    assert not [process for process in started if "monitor.py" in " ".join(process.cmdline())], "Ray's idle helpers"
    assert server.stop(signal.SIGTERM) == 0
    _, alive = psutil.wait_procs(started, WAIT_S)
    assert alive == []
    said = "\n".join(server.lines)
    assert f"ready at {server.url}" in said
    assert server.lines[-1].endswith("Stopped")
    assert len(server.lines) <= 12, said
    for noise in ("Traceback", "ray", "INFO", "WARNING"):
        assert noise not in said.replace("Ray", ""), said


@pytest.mark.parametrize("doing", ["Opening the database", "Preparing the reference signs", "Starting Ray"])
def test_a_signal_while_it_prepares_leaves_nothing_running_either(make_server, doing: str):
    server: ServerProcess = make_server()
    server.start(until=doing)
    started = descendants(server.pid)
    assert server.stop() == 0
    _, alive = psutil.wait_procs(started, WAIT_S)
    assert alive == []
    assert not any("ready at" in line for line in server.lines)


def test_a_terminals_interrupt_reaches_all_processes_and_it_still_stops_cleanly(make_server):
    server: ServerProcess = make_server()
    server.start()
    started = descendants(server.pid)
    for process in started:
        process.send_signal(signal.SIGINT)
    assert server.stop(signal.SIGINT) == 0
    _, alive = psutil.wait_procs(started, WAIT_S)
    assert alive == []


def test_a_second_server_on_the_same_port_or_database_is_refused(running_server: ServerProcess):
    database = f"sqlite:///{running_server.database}"
    same_port = running_server.storysign("serve", "--port", str(running_server.port), "--database", "sqlite:///other.db")
    same_database = running_server.storysign("serve", "--port", str(free_port()), "--database", database)
    for done, said in ((same_port, "--port"), (same_database, "--database")):
        assert done.returncode == 1
        assert said in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    assert f"Port {running_server.port}" in same_port.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--database", "postgres://somewhere/db"], "sqlite:///"),
        (["--database", "sqlite:///not-a-database.db"], "not-a-database.db"),
        (["--database", "sqlite:////proc/nowhere/storysign.db"], "/proc"),
        (["--host", "203.0.113.250"], "203.0.113.250"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_sentence(make_server, options: list[str], said: str):
    server: ServerProcess = make_server()
    Path(server.folder / "not-a-database.db").write_text("These are notes about signs, and no database at all. " * 50)
    done = server.storysign("serve", "--port", str(free_port()), *options)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr + done.stdout


def test_a_port_that_is_taken_by_somebody_else_is_named(make_server):
    server: ServerProcess = make_server()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = server.storysign("serve", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port}" in done.stderr


def test_missing_models_are_named_with_the_command_that_fetches_them(make_server):
    server: ServerProcess = make_server(settings={"STORYSIGN_MODELS": "/nonexistent"})
    done = server.storysign("serve", "--port", str(free_port()))
    assert done.returncode == 1
    assert "storysign models pull" in done.stderr
