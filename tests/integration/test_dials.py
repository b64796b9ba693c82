"""Health, readiness, figures and the log of a real node that a real learner practises on."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from actors.log_lines import FIELDS
from protocol.landmarks import LandmarkClip
from server.clips import read_clip
from tests.support.live_learner import LiveLearner
from tests.support.server_process import ServerProcess

DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana.json"
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
ALWAYS = {"at", "level", "process", "pid", "logger", "event", "text", "error"}
CLOSED = 'storysign_connections_closed_total{code="SESSION_ENDED"}'
LAST_REPORT_S = 20
"""A process says how its last connection ended when it ends itself."""
NAME = "Evening practice of Ann"
CLIENT_EVENTS = {"session_activated", "connection_opened", "attempt_scored", "attempts_stored", "connection_lost"}


@dataclass(frozen=True, slots=True)
class Practised:
    """A session in which somebody has practised, and what its learner alone may know."""

    session_id: str
    token: str
    ticket: str


@pytest.fixture(scope="module")
def practised(running_server: ServerProcess, letter_clips: Path) -> Practised:
    return asyncio.run(practise(running_server, read_clip(str(letter_clips / "A.pose"))))


async def practise(server: ServerProcess, clip: LandmarkClip) -> Practised:
    learner = LiveLearner(server, clip)
    await learner.become_guest()
    created = await learner.rest.create_session(glosses=["A"], session_name=NAME)
    learner.take(created)
    await learner.connect()
    await learner.practise()
    await learner.complete()
    await learner.gone()
    await learner.close()
    return Practised(learner.session_id, str(learner.rest.token), created.stream.ticket)


def test_a_node_that_is_up_says_so(http: httpx.Client):
    assert http.get("/healthz").json() == {"status": "ok"}
    ready = http.get("/readyz")
    assert (ready.status_code, ready.json()) == (
        200,
        {"database": "ok", "pool": "ok", "models": "ok", "signs": "ok"},
    )


def test_what_a_learner_sent_shows_in_the_figures_and_who_it_was_does_not(http: httpx.Client, practised: Practised):
    text = http.get("/metrics").text
    deadline_s = time.monotonic() + LAST_REPORT_S
    while CLOSED not in text and time.monotonic() < deadline_s:
        text = http.get("/metrics").text
    seen = samples(text)
    for name in (
        CLOSED,
        "storysign_frames_received_total",
        "storysign_feedback_seconds_count",
        "storysign_store_seconds_count",
        "storysign_transaction_seconds_count",
        "storysign_loop_lag_seconds_count",
        'storysign_attempts_scored_total{outcome="judged"}',
        'storysign_connections_total{incarnation="new"}',
        'storysign_newcomers_total{outcome="let_in"}',
        'storysign_flush_groups_total{sessions="1"}',
        'storysign_places{kind="limit"}',
    ):
        assert seen[name] > 0, name
    for name in ("learners_waiting", "sessions_without_actor", "flushes_in_writer"):
        assert seen[f'storysign_queue_depth{{queue="{name}"}}'] == 0
    assert practised.session_id not in text


def test_the_dashboard_shows_nothing_that_a_server_does_not_tell(http: httpx.Client):
    families = text_string_to_metric_families(http.get("/metrics").text)
    told = {family.name + suffix for family in families for suffix in SUFFIXES[family.type]}
    shown = set(re.findall(r"storysign_\w+", " ".join(expressions(json.loads(DASHBOARD.read_text())))))
    assert shown <= told
    families_shown = {re.sub("_(total|bucket|sum|count)$", "", name) for name in shown}
    assert families_shown == {re.sub("_(total|bucket|sum|count)$", "", name) for name in told}, "nothing is left out"


def test_the_log_follows_a_session_and_holds_nothing_of_what_was_done(
    running_server: ServerProcess, practised: Practised, letter_clips: Path
):
    file = running_server.folder / "state" / "storysign" / "logs" / f"server-{running_server.port}.jsonl"
    assert any(str(file) in line for line in running_server.lines), "serve says where it is"
    text = file.read_text("utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert all(set(line) <= ALWAYS | set(FIELDS) for line in lines)
    assert {line["process"] for line in lines} == {"server", "session", "writer"}
    of_session = [line for line in lines if line.get("session") == practised.session_id]
    assert {line["event"] for line in of_session} >= CLIENT_EVENTS | {"session_has_actor", "session_left"}
    assert all("connection" in line for line in of_session if line["event"].startswith("connection_"))
    clip = read_clip(str(letter_clips / "A.pose"))
    points = np.asarray(clip.landmarks, np.float64).ravel()
    printed = {f"{value:.4f}" for value in points[np.isfinite(points)] if abs(value) < 1}
    assert not printed & set(re.findall(r"-?\d\.\d{4}", text)), "no landmark"
    for secret in (practised.token, practised.ticket, NAME, "Bearer", "storysign.v1"):
        assert secret not in text


def samples(text: str) -> dict[str, float]:
    """Each line of the text that is no comment: what stands before the value, and the value."""
    lines = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, value in lines}


def expressions(node: object) -> Iterator[str]:
    """Every query of a dashboard."""
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key in ("expr", "query") and isinstance(value, str))
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from expressions(part)
