"""Callers of a real server's REST."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.support.server_process import ServerProcess


@pytest.fixture
def http(running_server: ServerProcess) -> Iterator[httpx.Client]:
    """Nobody in particular."""
    with httpx.Client(base_url=running_server.url, trust_env=False) as client:
        yield client


@pytest.fixture
def new_learner(running_server: ServerProcess) -> Iterator[Callable[..., httpx.Client]]:
    """Makes a client that calls as a learner of its own."""
    clients: list[httpx.Client] = []

    def make(**wish: object) -> httpx.Client:
        client = httpx.Client(base_url=running_server.url, trust_env=False)
        clients.append(client)
        token = client.post("/v1/learners", json=wish).raise_for_status().json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    yield make
    for client in clients:
        client.close()
