"""REST: what practice adds up to, and the learner's own data to take along or to remove."""

from __future__ import annotations

import datetime as dt
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterator

import httpx
import pytest

from server.cli.tokens import TokenFile
from server.config import Settings


@pytest.fixture(scope="module")
def practised(running_server, letter_clips) -> Iterator[httpx.Client]:
    """The guest of the command line, who has signed."""
    clip = str(letter_clips / "L.pose")
    result = running_server.practise(clip, clip, clip, "--glosses", "L", "--speed", "3")
    assert [attempt["stored"] for attempt in result["attempts"]] == [True, True, True]
    settings = Settings.from_environment(running_server.environment)
    token = TokenFile(settings.state_dir).get(running_server.url)
    with httpx.Client(base_url=running_server.url, trust_env=False) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def test_a_new_learner_has_empty_days(new_learner):
    trends = new_learner(time_zone="Asia/Tokyo").get("/v1/learners/me/trends", params={"days": 7}).json()
    today = dt.datetime.now(dt.timezone(dt.timedelta(hours=9))).date()
    assert len(trends["days"]) == 7 and trends["active_days"] == 0
    assert abs(dt.date.fromisoformat(trends["last"]) - today) <= dt.timedelta(days=1)
    assert (trends["hardest_signs"], trends["frequent_findings"]) == ([], [])
    assert {day["average_score"] for day in trends["days"]} == {None}


@pytest.mark.parametrize("query", [{"days": 0}, {"days": 367}, {"limit": 0}, {"limit": 51}])
def test_spans_have_bounds(new_learner, query):
    assert new_learner().get("/v1/learners/me/trends", params=query).status_code == 422


def test_trends_add_up_what_was_practised(practised):
    attempts = practised.get("/v1/learners/me/attempts", params={"limit": 100}).json()["items"]
    trends = practised.get("/v1/learners/me/trends", params={"days": 2, "limit": 50}).json()
    assert sum(day["attempts"] for day in trends["days"]) == len(attempts)
    scores = [attempt["result"]["score"] for attempt in attempts if attempt["result"]["judged"]]
    assert trends["moving_score"][-1] == pytest.approx(sum(scores) / len(scores), abs=1e-3)
    assert "L" in [sign["gloss"] for sign in trends["hardest_signs"]]


def test_an_export_holds_every_attempt_and_no_secret(practised):
    answer = practised.get("/v1/learners/me/export").raise_for_status()
    assert answer.headers["content-type"] == "application/zip" and "attachment" in answer.headers["content-disposition"]
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    rows = [json.loads(line) for line in archive.read("sentence_attempts.jsonl").splitlines()]
    attempts = practised.get("/v1/learners/me/attempts", params={"limit": 100}).json()["items"]
    assert sorted(row["session_id"] for row in rows) == sorted(attempt["session_id"] for attempt in attempts)
    assert "token_hash" not in archive.read("learners.jsonl").decode()


def test_who_is_deleted_is_gone_and_nobody_else(running_server, new_learner):
    other, learner = new_learner(), new_learner()
    session = learner.post("/v1/sessions", json={"glosses": ["A"]}).json()["session"]
    me = learner.get("/v1/learners/me").json()["id"]
    assert learner.delete("/v1/learners/me").status_code == 204
    assert learner.get("/v1/learners/me").json()["code"] == "token_unknown"
    assert other.get("/v1/learners/me").status_code == 200
    with sqlite3.connect(f"file:{running_server.database}?mode=ro", uri=True) as database:
        dump = "\n".join(database.iterdump()).lower()
    assert me not in dump and session["id"] not in dump


@pytest.mark.parametrize("path", ["/trends", "/export"])
def test_own_data_needs_the_token(http, path):
    assert http.get(f"/v1/learners/me{path}").status_code == 401


def test_deleting_needs_the_token(http):
    assert http.delete("/v1/learners/me").status_code == 401
