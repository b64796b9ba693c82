"""Every error of REST is a problem document with a code of the table, whatever raised it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from server import problems
from server.problems import PROBLEMS, Problem, ProblemCode
from storage.errors import IllegalTransition, NotFound, StoreConflict, StoreRefused, StoreUnavailable


class Body(BaseModel):
    number: int


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI(docs_url=None, redoc_url=None)
    problems.install(app)
    failures = {
        "problem": Problem(ProblemCode.GLOSSES_UNKNOWN, "No reference for X.", glosses=["X"]),
        "not_found": NotFound("no such session"),
        "transition": IllegalTransition("the session is completed"),
        "refused": StoreRefused("the name is too long"),
        "away": StoreUnavailable("disk /secret/place is full"),
        "conflict": StoreConflict("deadlock"),
        "fault": ZeroDivisionError("secret of our insides"),
    }

    @app.get("/fail/{name}")
    async def fail(name: str) -> None:
        raise failures[name]

    @app.post("/numbers")
    async def numbers(body: Body) -> int:
        return body.number

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


def test_the_table_is_whole():
    assert set(PROBLEMS) == set(ProblemCode)
    for kind in PROBLEMS.values():
        assert 400 <= kind.status < 600
        assert kind.title and kind.client_action.endswith(".")


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("problem", 422, "glosses_unknown"),
        ("not_found", 404, "not_found"),
        ("transition", 409, "session_status"),
        ("refused", 422, "data_refused"),
        ("away", 503, "store_unavailable"),
        ("conflict", 503, "store_unavailable"),
        ("fault", 500, "server_fault"),
    ],
)
async def test_every_failure_is_a_problem_document(client: httpx.AsyncClient, name: str, status: int, code: str):
    answer = await client.get(f"/fail/{name}")
    document = answer.json()
    assert answer.status_code == document["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert (document["code"], document["type"]) == (code, f"urn:storysign:problem:{code}")
    assert document["title"] and document["detail"] and document["action"]
    assert "secret" not in answer.text
    assert ("Retry-After" in answer.headers) == (status == 503)


async def test_members_of_a_problem_stand_in_the_document(client: httpx.AsyncClient):
    assert (await client.get("/fail/problem")).json()["glosses"] == ["X"]


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (("GET", "/nowhere", b""), 404, "not_found"),
        (("DELETE", "/numbers", b""), 405, "method_not_allowed"),
        (("POST", "/numbers", b"{"), 422, "request_invalid"),
        (("POST", "/numbers", b'{"number": "many"}'), 422, "request_invalid"),
        (("POST", "/numbers", b""), 422, "request_invalid"),
    ],
)
async def test_what_the_framework_refuses_is_one_too(client: httpx.AsyncClient, request_, status: int, code: str):
    method, path, body = request_
    answer = await client.request(method, path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_wrong_fields_are_named_and_what_was_sent_is_not_repeated(client: httpx.AsyncClient):
    answer = await client.post("/numbers", json={"number": "my private text"})
    assert answer.json()["errors"][0]["where"] == ["body", "number"]
    assert "private" not in answer.text


def test_a_document_can_be_sent_without_an_application():
    problem = Problem(ProblemCode.TICKET_USED, "The ticket has been used already.")
    assert json.loads(problems.problem_body(problem))["code"] == "ticket_used"
    assert problems.problem_headers(problem)["WWW-Authenticate"] == "Bearer"


def test_the_documentation_shows_the_table():
    page = (Path(__file__).parents[2] / "docs" / "rest.md").read_text()
    shown = re.findall(r"^\| `(\w+)` \| (\d+) \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert shown == [(str(code), str(kind.status), kind.title, kind.client_action) for code, kind in PROBLEMS.items()]
