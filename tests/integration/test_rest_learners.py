"""REST: a learner is who holds the token, and sees what is the learner's own."""

from __future__ import annotations

import sqlite3

import httpx
import pytest


def test_a_guest_is_made_and_known_by_the_token(new_learner):
    learner = new_learner(display_name="Ann", time_zone="Europe/Berlin", landmark_consent=True)
    me = learner.get("/v1/learners/me").json()
    assert (me["display_name"], me["time_zone"], me["landmark_consent"]) == ("Ann", "Europe/Berlin", True)
    assert len(me["id"]) == 32


def test_a_guest_needs_to_say_nothing(new_learner):
    me = new_learner().get("/v1/learners/me").json()
    assert (me["display_name"], me["time_zone"], me["landmark_consent"]) == ("Guest", "UTC", False)


def test_the_token_itself_is_nowhere_in_the_database(running_server, new_learner):
    token = new_learner().headers["Authorization"].removeprefix("Bearer ")
    with sqlite3.connect(f"file:{running_server.database}?mode=ro", uri=True) as database:
        dump = "\n".join(database.iterdump())
    assert "learners" in dump
    assert token not in dump


def test_time_zone_and_consent_can_be_changed_one_by_one(new_learner):
    learner = new_learner()
    assert learner.patch("/v1/learners/me", json={"time_zone": "Asia/Tokyo"}).json()["time_zone"] == "Asia/Tokyo"
    changed = learner.patch("/v1/learners/me", json={"landmark_consent": True}).json()
    assert (changed["time_zone"], changed["landmark_consent"]) == ("Asia/Tokyo", True)
    assert learner.get("/v1/learners/me").json() == changed


@pytest.mark.parametrize(
    "wish", [{"time_zone": "Mars/Olympus"}, {"time_zone": "../../etc/passwd"}, {"display_name": "x" * 101}, {"x": 1}]
)
def test_a_wrong_wish_is_refused(http: httpx.Client, wish):
    answer = http.post("/v1/learners", json=wish)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


@pytest.mark.parametrize(
    "path",
    ["", "/sessions", "/attempts", "/progress"],
)
def test_nothing_is_seen_without_a_token_or_with_a_wrong_one(http: httpx.Client, path: str):
    without = http.get(f"/v1/learners/me{path}")
    wrong = http.get(f"/v1/learners/me{path}", headers={"Authorization": "Bearer not-a-token"})
    assert (without.status_code, without.json()["code"]) == (401, "token_missing")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "token_unknown")
    assert without.headers["www-authenticate"] == "Bearer"


def test_a_new_learner_has_no_progress_no_sessions_and_no_attempts(new_learner):
    learner = new_learner()
    assert learner.get("/v1/learners/me/progress").json() == {"skills": []}
    for path in ("sessions", "attempts"):
        assert learner.get(f"/v1/learners/me/{path}").json() == {"items": [], "cursor": None}
