"""What a request has to pass before a handler sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request

from server import problems
from server.api.guard import RequestGuard

LIMIT_BYTES = 100


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = FastAPI()
    problems.install(app)

    @app.post("/length")
    async def length(request: Request) -> int:
        return len(await request.body())

    @app.post("/parsed")
    async def parsed(body: dict) -> int:
        return len(body)

    app.add_middleware(RequestGuard, origins=["https://learn.example"], body_max_bytes=LIMIT_BYTES)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def in_pieces(total_bytes: int) -> AsyncIterator[bytes]:
    for _ in range(total_bytes // 10):
        yield b"x" * 10


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("https://learn.example", 200),
        ("https://learn.example.evil.example", 403),
        ("http://learn.example", 403),
        ("https://learn.example:444", 403),
        ("null", 403),
    ],
)
async def test_only_listed_origins_pass(client: httpx.AsyncClient, origin: str | None, status: int):
    answer = await client.post("/length", content=b"x", headers={"Origin": origin} if origin else {})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "origin_refused"


async def test_a_body_up_to_the_limit_passes(client: httpx.AsyncClient):
    assert (await client.post("/length", content=b"x" * LIMIT_BYTES)).json() == LIMIT_BYTES
    assert (await client.post("/length", content=in_pieces(LIMIT_BYTES))).json() == LIMIT_BYTES


@pytest.mark.parametrize("path", ["/length", "/parsed"])
async def test_a_larger_body_is_refused_whether_or_not_it_says_its_length(client: httpx.AsyncClient, path: str):
    headers = {"Content-Type": "application/json"}
    for content in (b"x" * (LIMIT_BYTES + 1), in_pieces(LIMIT_BYTES + 10)):
        answer = await client.post(path, content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_a_length_that_is_no_number_is_refused(client: httpx.AsyncClient):
    answer = await client.post("/length", content=in_pieces(10), headers={"Content-Length": "-5"})
    assert answer.status_code == 413


async def test_every_answer_forbids_guessing_its_type(client: httpx.AsyncClient):
    assert (await client.get("/nowhere")).headers["x-content-type-options"] == "nosniff"
