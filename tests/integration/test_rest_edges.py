"""REST at its edges: documentation without foreign origins, origins of browsers, sizes, paths that are not there."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import httpx
import pytest


def test_the_documentation_page_loads_from_this_server_alone(http: httpx.Client):
    page = http.get("/docs")
    assert page.status_code == 200
    wanted = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)""", page.text)
    assert len(wanted) >= 3
    for address in wanted:
        url = urljoin(str(page.url), address)
        assert url.startswith(str(http.base_url)), url
        assert http.get(url).status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]


def test_openapi_names_every_path_and_the_problem_document(http: httpx.Client):
    document = http.get("/openapi.json").json()
    paths = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    verbs = {f"POST /v1/sessions/{{session_id}}/{v}" for v in ("ticket", "pause", "resume", "complete", "abandon")}
    assert paths >= verbs | {
        "POST /v1/learners",
        "GET /v1/learners/me",
        "PATCH /v1/learners/me",
        "GET /v1/learners/{learner_id}/sessions",
        "GET /v1/learners/{learner_id}/attempts",
        "GET /v1/learners/{learner_id}/progress",
        "GET /v1/learners/{learner_id}/performance",
        "GET /v1/learners/{learner_id}/trends",
        "GET /v1/learners/{learner_id}/history",
        "GET /v1/learners/{learner_id}/skill-areas/{area}",
        "POST /v1/sessions",
        "GET /v1/sessions/{session_id}",
        "GET /v1/stories",
        "GET /v1/stories/{story_id}",
        "GET /v1/signs",
    }
    for path, methods in document["paths"].items():
        for operation in methods.values() if path.startswith("/v1/") else ():
            assert "application/problem+json" in operation["responses"]["default"]["content"], path
            assert operation["description"], path


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("DELETE", "/v1/learners", 405, "method_not_allowed"),
        ("GET", "/v1/stream", 404, "not_found"),
    ],
)
def test_wrong_addresses_are_problems(http: httpx.Client, method, path, status, code):
    answer = http.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_pages_of_other_sites_are_kept_out_and_our_own_are_not(http: httpx.Client):
    evil = http.post("/v1/learners", json={}, headers={"Origin": "https://evil.example"})
    own = http.post("/v1/learners", json={}, headers={"Origin": str(http.base_url).rstrip("/")})
    assert (evil.status_code, evil.json()["code"]) == (403, "origin_refused")
    assert own.status_code == 201
    assert "access-control-allow-origin" not in own.headers


def test_a_large_body_is_refused(http: httpx.Client):
    answer = http.post("/v1/learners", content=b'{"display_name": "' + b"x" * 100_000 + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"time_zone": 5}', b"[" * 10_000])
def test_a_body_that_is_no_learner_is_a_problem(http: httpx.Client, body: bytes):
    answer = http.post("/v1/learners", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("request_invalid", "request_refused")
