"""The log: what a line may hold, and that no process waits for it."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.log_lines import JsonLines, LineSender
from protocol.messages import Feedback
from server import log_file
from server.log_file import LogFile
from storage.errors import StoreUnavailable


@pytest.fixture
def loggers() -> Iterator[None]:
    """Leaves the process's loggers as they were."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), logging.getLogger("actors").level
    yield
    root.handlers = handlers
    for package in ("actors", "server", "storage", "protocol"):
        logging.getLogger(package).setLevel(level)


def line_of(level: int, text: str, error: Exception | None = None, **extra: object) -> dict[str, object]:
    formatter = JsonLines("session")
    formatter.bound["session"] = "ab" * 16
    record = logging.getLogger("actors.x").makeRecord(
        "actors.x", level, __file__, 1, text, (), (type(error), error, error.__traceback__) if error else None,
        extra=extra,
    )  # fmt: skip
    return json.loads(formatter.format(record))


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def test_a_line_names_event_and_ids_and_nothing_that_is_not_on_the_list():
    line = line_of(logging.INFO, "connection_opened", connection=3, landmarks=[0.25], ticket="secret")
    assert line["event"] == "connection_opened" and line["connection"] == 3
    assert (line["session"], line["process"], line["level"]) == ("ab" * 16, "session", "info")
    assert "landmarks" not in line and "secret" not in json.dumps(line)


def test_a_sentence_for_people_stands_beside_its_event():
    line = line_of(logging.WARNING, "session actor 3 died", event="actor_died", slot=3)
    assert (line["event"], line["text"], line["slot"]) == ("actor_died", "session actor 3 died", 3)


def test_a_foreign_error_is_told_by_type_and_place_because_its_text_may_repeat_a_value():
    try:
        Feedback.model_validate({"a": "0.123456"})
    except ValueError as refusal:
        line = line_of(logging.ERROR, "session_failed", refusal)
    assert line["error"]["type"] == "ValidationError"
    assert any("test_log_of_a_node" in place for place in line["error"]["where"])
    assert "0.123456" not in json.dumps(line)
    ours = line_of(logging.ERROR, "x", raised(StoreUnavailable("the disk is full")))
    assert ours["error"]["text"] == "the disk is full"


async def test_lines_of_other_processes_come_into_the_same_file(tmp_path: Path, loggers: None):
    log = LogFile(tmp_path / "logs" / "server-1.jsonl")
    log.collect(tmp_path / "s")
    sender = LineSender(str(tmp_path / "s"))
    sender.setFormatter(JsonLines("writer"))
    sender.handle(logging.makeLogRecord({"msg": "store_opened", "levelno": 20, "levelname": "INFO"}))
    logging.getLogger("server.x").info("server_ready", extra={"port": 1})
    logging.getLogger("somebody.else").info("chatter")
    log.stop_collecting()
    log.close()
    lines = [json.loads(line) for line in log.path.read_text().splitlines()]
    assert sorted((line["process"], line["event"]) for line in lines) == [
        ("server", "server_ready"),
        ("writer", "store_opened"),
    ]


async def test_the_file_is_rotated_and_so_bounded(tmp_path: Path, loggers: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(log_file, "FILE_BYTES", 2_000)
    log = LogFile(tmp_path / "server-1.jsonl")
    for _ in range(200):
        logging.getLogger("server.x").info("server_ready")
    log.close()
    files = list(tmp_path.iterdir())
    assert len(files) == 1 + log_file.OLD_FILES
    assert all(file.stat().st_size <= 2_000 for file in files)


def test_nobody_waits_for_a_server_that_takes_no_lines_and_the_gap_is_told(tmp_path: Path):
    taker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    taker.bind(str(tmp_path / "s"))
    sender = LineSender(str(tmp_path / "s"))
    sender.setFormatter(JsonLines("session"))
    taker.setblocking(False)
    sent = 5_000
    for number in range(sent):
        sender.handle(logging.makeLogRecord({"msg": f"event_{number}", "levelno": 20, "levelname": "INFO"}))
    taken = 0
    while True:
        try:
            taker.recv(65_536)
            taken += 1
        except BlockingIOError:
            break
    assert 0 < taken < sent
    sender.handle(logging.makeLogRecord({"msg": "after", "levelno": 20, "levelname": "INFO"}))
    assert json.loads(taker.recv(65_536))["dropped_lines"] == sent - taken
    taker.close()
    sender.handle(logging.makeLogRecord({"msg": "nobody is there", "levelno": 20, "levelname": "INFO"}))


def test_the_loop_is_not_needed_to_log_before_it_runs(tmp_path: Path, loggers: None):
    log = LogFile(tmp_path / "server-1.jsonl")
    log.stop_collecting()
    logging.getLogger("server.x").warning("early")
    log.close()
    assert json.loads(log.path.read_text())["event"] == "early"
