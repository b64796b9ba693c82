"""``storysign practice`` against a real server: what a person and a program get to see, and what is stored."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.server_process import ServerProcess

MARKS = ("score", "accuracy", "confidence", "fluency", "success", "parameters", "findings")


@pytest.fixture(scope="module")
def practised(running_server: ServerProcess, letter_clips: Path) -> dict[str, Any]:
    """One letter, signed right."""
    return running_server.practise(str(letter_clips / "A.pose"), "--glosses", "A")


def as_learner(server: ServerProcess) -> httpx.Client:
    """The guest that the command line keeps."""
    guests = json.loads((Path(server.environment["XDG_STATE_HOME"]) / "storysign" / "guests.json").read_text())
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {guests[server.url]}"}, trust_env=False)


def test_the_object_has_exactly_the_promised_members(practised):
    assert set(practised) == {"session_id", "attempts", "progress", "latency_ms", "reconnects", "recovered"}
    (attempt,) = practised["attempts"]
    assert set(attempt) == {"attempt_no", "sentence", "gloss", "stored", *MARKS}
    assert set(practised["latency_ms"]) == {"p50", "p99"}


def test_a_letter_signed_right_is_a_success_that_is_stored(practised):
    (attempt,) = practised["attempts"]
    assert (attempt["attempt_no"], attempt["sentence"], attempt["gloss"]) == (1, "A", ["A"])
    assert attempt["success"] and attempt["score"] >= 0.7
    assert attempt["stored"]
    assert (practised["reconnects"], practised["recovered"]) == (0, True)
    assert 0 < practised["latency_ms"]["p50"] <= practised["latency_ms"]["p99"]


def test_a_letter_signed_as_another_is_no_success(running_server, letter_clips, practised):
    wrong = running_server.practise(str(letter_clips / "A.pose"), "--glosses", "W", "--speed", "4")
    (attempt,) = wrong["attempts"]
    assert not attempt["success"]
    assert (attempt["score"] or 0.0) < practised["attempts"][0]["score"] - 0.2
    assert any(finding["kind"] != "praise" for finding in attempt["findings"])


def test_rest_tells_the_same_as_the_command(running_server, practised):
    with as_learner(running_server) as learner:
        session = learner.get(f"/v1/sessions/{practised['session_id']}").json()
        query = {"session_id": practised["session_id"]}
        attempts = learner.get("/v1/learners/me/attempts", params=query).json()["items"]
        failed = learner.get("/v1/learners/me/attempts", params=query | {"successful": False}).json()["items"]
        other = learner.get("/v1/learners/me/attempts", params=query | {"sentence_index": 1}).json()["items"]
    assert (session["status"], session["stored_through"], session["sentences_completed"]) == ("completed", 1, 1)
    (stored,) = attempts
    for name in MARKS:
        assert stored["result"][name] == practised["attempts"][0][name], name
    assert (failed, other) == ([], [])


def test_neither_speed_nor_lost_connections_change_what_comes_out(running_server, letter_clips):
    words = [str(letter_clips / f"{letter}.pose") for letter in "HI"]
    whole = running_server.practise(*words, "--glosses", "H", "--speed", "2")
    cut = running_server.practise(*words, "--glosses", "H", "--drop-every", "0.4")
    assert cut["reconnects"] >= 2
    assert cut["recovered"]
    assert cut["attempts"] == whole["attempts"]
    assert len(cut["attempts"]) == 2, "two clips of one sentence are two attempts at it"


def test_sentences_and_clips_go_in_turn(running_server, letter_clips):
    clips = [str(letter_clips / f"{letter}.pose") for letter in "AB"]
    outcome = running_server.practise(*clips, "--story", "first-letters", "--speed", "8")
    sentences = [attempt["sentence"] for attempt in outcome["attempts"]]
    assert sentences == ["A", "B", "C", "L", "O", "Y"]
    assert [attempt["success"] for attempt in outcome["attempts"][:2]] == [True, True]
    assert all(attempt["stored"] for attempt in outcome["attempts"])


def test_the_same_learner_goes_on_next_time_and_progress_grows(running_server, letter_clips, practised):
    again = running_server.practise(str(letter_clips / "A.pose"), "--glosses", "A", "--speed", "8")

    def attempts(outcome: dict[str, Any]) -> int:
        skills = {skill["skill_area"]: skill for skill in outcome["progress"]["skills"]}
        return skills["fingerspelling"]["total_attempts"]

    assert attempts(again) > attempts(practised)


def test_the_token_is_kept_for_this_user_alone(running_server, practised):
    file = Path(running_server.environment["XDG_STATE_HOME"]) / "storysign" / "guests.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_person_sees_marks_findings_what_was_stored_and_the_latency(running_server, letter_clips):
    done = running_server.storysign(
        "practice", str(letter_clips / "L.pose"), "--glosses", "L", "--url", running_server.url, "--speed", "4"
    )
    assert done.returncode == 0, done.stderr
    for words in ("Attempt 1: L", "accuracy", "Stored: 1 attempt", "Progress", "fingerspelling", "p99"):
        assert words in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["A.pose"], "--glosses"),
        (["A.pose", "--glosses", "A", "--story", "x"], "--story"),
        (["nowhere.pose", "--glosses", "A"], "nowhere.pose"),
        (["A.pose", "--glosses", "NO-SUCH-SIGN"], "NO-SUCH-SIGN"),
        (["A.pose", "--story", "no-such-story"], "no-such-story"),
        (["A.pose", "--glosses", "A", "--url", "http://127.0.0.1:9"], "http://127.0.0.1:9"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(running_server, letter_clips, words, said):
    words = [str(letter_clips / word) if word == "A.pose" else word for word in words]
    url = [] if "--url" in words else ["--url", running_server.url]
    done = running_server.storysign("practice", *words, *url, "--json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert said in done.stderr.strip().splitlines()[-1]
    assert "Traceback" not in done.stderr
