"""Health, readiness and figures of a real node that a real learner practises on."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import httpx

from tests.support.server_process import COMMAND_TIMEOUT_S, ServerProcess


def test_a_node_that_is_up_says_so(http: httpx.Client):
    assert http.get("/healthz").json() == {"status": "ok"}
    ready = http.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"database": "ok", "sessions": "ok", "signs": "ok"})


def test_what_a_learner_sent_shows_in_the_figures_and_who_it_was_does_not(
    running_server: ServerProcess, http: httpx.Client, letter_clips: Path
):
    before = frames_received(http)
    words = ("practice", str(letter_clips / "A.pose"), "--glosses", "A", "--json", "--url", running_server.url)
    done = subprocess.run(
        running_server.command(*words),
        env=running_server.environment,
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_S,
        check=True,
    )
    session_id = json.loads(done.stdout)["session_id"]
    assert frames_received(http) > before, "the session told its figures when it ended"
    text = http.get("/metrics").text
    assert "storysign_feedback_seconds_bucket" in text and "storysign_transaction_seconds_count" in text
    assert session_id not in text


def frames_received(http: httpx.Client) -> float:
    lines = http.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith("storysign_frames_received_total")).split()[1])
