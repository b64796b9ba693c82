"""REST: what practice adds up to, for the learner and for an educator, on learners with a past."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import secrets
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from actors.learning.rules import LearningRules
from server.auth import hash_token
from server.demo import DAY_MS, DemoSize, demo_learner
from storage.analytics import SMALLEST_GROUP
from storage.open import open_store
from storage.records import Learner, id_text
from tests.support.server_process import ServerProcess

NOW_MS = int(dt.datetime.now(dt.UTC).timestamp() * 1000)
SIZE = DemoSize(sessions=6, attempts=5)
QUESTIONS = ("performance", "trends", "history", "progress", "skill-areas/vocabulary", "attempts", "sessions")


@dataclasses.dataclass(frozen=True)
class Pupil:
    """A learner and the token."""

    learner: Learner
    token: str

    @property
    def id(self) -> str:
        return id_text(self.learner.id)


class School:
    """Learners of one tenant with a past of six days, in the database of a running server."""

    def __init__(self, server: ServerProcess, tenant_id: str, size: int) -> None:
        self.pupils: list[Pupil] = []
        self._server = server
        asyncio.run(self._fill(tenant_id, size))

    async def _fill(self, tenant_id: str, size: int) -> None:
        store = open_store(f"sqlite:///{self._server.database}", LearningRules())
        await store.open()
        for number in range(size):
            made, history = demo_learner(number, seed=4, tenant_id=tenant_id, size=SIZE, now_ms=NOW_MS)
            token = secrets.token_urlsafe(16)
            learner = dataclasses.replace(made, id=secrets.token_bytes(16), token_hash=hash_token(token))
            past = [
                (dataclasses.replace(session, id=new_id, user_id=learner.id),
                 [dataclasses.replace(attempt, session_id=new_id) for attempt in attempts])
                for session, attempts in history
                for new_id in [secrets.token_bytes(16)]
            ]  # fmt: skip
            await store.load_history(learner, past, NOW_MS)
            self.pupils.append(Pupil(learner, token))
        await store.close()

    def ask(self, pupil: Pupil, path: str, **query: Any) -> httpx.Response:
        """What the server answers to this pupil."""
        headers = {"Authorization": f"Bearer {pupil.token}"}
        return httpx.get(f"{self._server.url}/v1/learners/{path}", params=query, headers=headers, trust_env=False)

    def give_role(self, pupil: Pupil, role: str) -> None:
        """As the operator does."""
        database = ("--database", f"sqlite:///{self._server.database}")
        done = self._server.storysign("learner", "role", pupil.id, role, *database)
        assert done.returncode == 0 and role in done.stdout, done.stderr


@pytest.fixture(scope="module")
def school(running_server: ServerProcess) -> Iterator[School]:
    yield School(running_server, "school", SMALLEST_GROUP)


@pytest.fixture(scope="module")
def small_school(running_server: ServerProcess) -> Iterator[School]:
    yield School(running_server, "small-school", SMALLEST_GROUP - 1)


def _day_of(attempt: dict[str, Any], pupil: Pupil) -> dt.date:
    return dt.datetime.fromtimestamp(attempt["attempted_at_ms"] / 1000, ZoneInfo(pupil.learner.time_zone)).date()


def test_performance_is_what_the_attempts_of_these_days_add_up_to(school: School) -> None:
    pupil = school.pupils[0]
    attempts = school.ask(pupil, "me/attempts", limit=100).json()["items"]
    assert len(attempts) == SIZE.sessions * SIZE.attempts
    days = sorted({_day_of(attempt, pupil) for attempt in attempts})
    first, last = days[1], days[-2]
    chosen = [attempt["result"] for attempt in attempts if first <= _day_of(attempt, pupil) <= last]
    answer = school.ask(pupil, "me/performance", first=first.isoformat(), last=last.isoformat()).json()
    totals = answer["attempts"]
    assert (answer["first"], answer["last"]) == (first.isoformat(), last.isoformat())
    assert 0 < totals["total"] == len(chosen) < len(attempts)
    score = sum(sign["score"] for result in chosen for sign in result["signs"]) / len(chosen)
    assert totals["average_score"] == pytest.approx(score, abs=1e-4)
    assert totals["success_rate"] == pytest.approx(totals["successful"] / totals["total"], abs=1e-4)
    assert 0 < answer["sessions"]["completed"] == answer["sessions"]["total"] < SIZE.sessions
    whole = school.ask(pupil, "me/performance").json()
    assert whole["attempts"]["total"] == len(attempts) and whole["sessions"]["total"] == SIZE.sessions
    assert sum(skill["total_attempts"] for skill in whole["skills"]) == len(attempts)


@pytest.mark.parametrize(
    "query",
    [
        {"first": "2026-03-02", "last": "2026-03-01"},
        {"first": "2024-01-01", "last": "2026-03-01"},
        {"first": "1066-10-14", "last": "1066-10-14"},
        {"last": "9999-12-31"},
        {"first": "yesterday"},
    ],
)
def test_days_of_performance_have_bounds(school: School, query: dict[str, str]) -> None:
    answer = school.ask(school.pupils[0], "me/performance", **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


def test_trends_end_where_they_are_told(school: School) -> None:
    pupil = school.pupils[1]
    now = school.ask(pupil, "me/trends", days=14).json()
    assert now["consistency"] == pytest.approx(now["active_days"] / 14, abs=1e-4) and now["active_days"] >= 5
    assert len(now["moving_practice_minutes"]) == 14 and max(now["moving_practice_minutes"]) > 0
    earlier = school.ask(pupil, "me/trends", days=7, last=now["days"][-8]["day"]).json()
    assert earlier["days"] == now["days"][:7]


def test_a_skill_area_shows_the_group_from_ten_learners_on(school: School, small_school: School) -> None:
    answer = school.ask(school.pupils[0], "me/skill-areas/vocabulary").json()
    skills = [school.ask(pupil, "me/progress").json()["skills"] for pupil in school.pupils]
    levels = [skill["level"] for mine in skills for skill in mine if skill["skill_area"] == "vocabulary"]
    assert len(levels) == SMALLEST_GROUP, "the made-up pasts have vocabulary in them"
    assert answer["group"]["learners"] == sum(answer["group"]["learners_by_level"]) == len(levels)
    assert answer["group"]["mean_level"] == pytest.approx(sum(levels) / len(levels), abs=1e-4)
    assert answer["own"] == next(skill for skill in skills[0] if skill["skill_area"] == "vocabulary")
    assert small_school.ask(small_school.pupils[0], "me/skill-areas/vocabulary").json()["group"] is None
    nothing = school.ask(school.pupils[0], "me/skill-areas/knitting").json()
    assert nothing == {"skill_area": "knitting", "own": None, "group": None}


def test_history_tells_where_to_go_on_and_what_was_reached(school: School, running_server: ServerProcess) -> None:
    pupil = school.pupils[2]
    headers = {"Authorization": f"Bearer {pupil.token}"}
    with httpx.Client(base_url=running_server.url, headers=headers, trust_env=False) as client:
        session = client.post("/v1/sessions", json={"glosses": ["A", "B"]}).raise_for_status().json()["session"]
    answer = school.ask(pupil, "me/history").json()
    assert [(entry["session"]["id"], entry["next_sentence_index"]) for entry in answer["sessions_to_resume"]] == [
        (session["id"], 0)
    ]
    times = [milestone["reached_at_ms"] for milestone in answer["milestones"]]
    assert times == sorted(times, reverse=True) and NOW_MS - 8 * DAY_MS < times[-1] < NOW_MS
    assert {"first_attempt", "first_session"} <= {milestone["code"] for milestone in answer["milestones"]}
    assert all(milestone["text"] and milestone["skill_area"] for milestone in answer["milestones"])
    assert answer["longest_streak"] >= answer["learning_streak"] >= 0 and answer["longest_streak"] >= 3
    assert answer["last_practice_date"]


def test_only_an_educator_looks_at_others_and_only_at_those_of_the_same_tenant(
    school: School, small_school: School
) -> None:
    teacher, pupil, stranger = school.pupils[3], school.pupils[4], small_school.pupils[0]
    for question in QUESTIONS:
        refused = school.ask(teacher, f"{pupil.id}/{question}")
        assert (refused.status_code, refused.json()["code"]) == (403, "educators_only"), question
        assert school.ask(teacher, f"{teacher.id}/{question}").status_code == 200, "one's own id is like 'me'"
    school.give_role(teacher, "educator")
    assert school.ask(teacher, "me").json()["role"] == "educator"
    for question in QUESTIONS:
        seen = school.ask(teacher, f"{pupil.id}/{question}")
        assert seen.status_code == 200 and seen.json() == school.ask(pupil, f"me/{question}").json(), question
        for other in (stranger.id, "0" * 32, "not-an-id"):
            assert school.ask(teacher, f"{other}/{question}").json()["code"] == "not_found", question
    assert school.ask(teacher, f"{pupil.id}/export").status_code == 404, "what is kept is the learner's own"
    school.give_role(teacher, "learner")
    assert school.ask(teacher, f"{pupil.id}/progress").status_code == 403


@pytest.mark.parametrize("question", QUESTIONS)
def test_nobody_is_answered_without_a_token(http: httpx.Client, question: str) -> None:
    assert http.get(f"/v1/learners/me/{question}").status_code == 401
