"""Locust's learners against a real server: a small class over bad Wi-Fi, and the report that it leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from loadtests.ledger import faults_of, read_logs
from loadtests.samples import FEEDBACK, Samples
from tests.support.server_process import ServerProcess

LOCUSTFILE = Path(__file__).parents[2] / "loadtests" / "locustfile.py"


@pytest.mark.slow
@pytest.mark.skipif(find_spec("locust") is None, reason="locust is not installed (extra: load)")
def test_a_class_practises_and_leaves_a_report(running_server: ServerProcess, tmp_path: Path) -> None:
    words = ["--headless", "-H", running_server.url, "-u", "2", "-t", "8s", "--once-joined", "--shape", "wifi"]
    words += ["--cuts-per-minute", "10", "--reports", str(tmp_path), "--session-logs", str(tmp_path / "logs.json")]
    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), *words],
        cwd=LOCUSTFILE.parents[1],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (tmp_path / "load-wifi.json").is_file(), done.stderr
    report = json.loads((tmp_path / "load-wifi.json").read_text("utf-8"))
    assert report["troubles"] == [] and report["learners"] == 2
    counts = report["counts"]
    assert counts["attempts made"] == counts["attempts stored"] >= 2
    assert counts["sockets cut"] >= 1, "eight seconds of two learners at twelve cuts a minute"
    assert report["marks"]["attempts"] >= 1
    samples = Samples.load(tmp_path / "load-wifi.samples.npz")
    assert len(samples.values_ms(FEEDBACK)) > 10
    assert "<img" in (tmp_path / "load-wifi.html").read_text("utf-8")
    logs = read_logs(tmp_path / "logs.json")
    assert [log.status for log in logs] == ["completed", "completed"]
    for log in logs:
        stored = [(number, frames) for number, frames in log.ended.items() if number <= log.stored]
        assert faults_of(log, stored) == []
