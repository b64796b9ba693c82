"""A client of REST for our own commands and tests; the answers are read with the models that the server writes."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import BaseModel

from server.api.models import (
    AttemptBody,
    CreatedLearner,
    CreatedSession,
    LearnerBody,
    Paged,
    ProgressBody,
    SessionBody,
    StoryBody,
    TicketBody,
)

Body = TypeVar("Body", bound=BaseModel)
_TIMEOUT_S = 30.0
_PAGE = 100


class RestProblem(Exception):
    """The server refused a request; ``code`` is that of the problem document, ``str()`` its sentence."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code


class ServerUnreachable(Exception):
    """There is no server at this address, or it does not answer, or it is not ours."""


class RestClient:
    """REST of one server, as one learner once ``token`` is set."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        self.base_url = base_url.rstrip("/")
        self.token = token
        # The environment's proxies are not asked: the address is meant as it stands.
        self._http = httpx.AsyncClient(base_url=self.base_url, timeout=_TIMEOUT_S, trust_env=False)

    async def __aenter__(self) -> Self:
        """Connections are kept until the end of the block."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def create_guest(self, **wish: Any) -> CreatedLearner:
        """A new guest, who is the caller from now on."""
        created = await self._ask(CreatedLearner, "POST", "/v1/learners", json=wish)
        self.token = created.token
        return created

    async def me(self) -> LearnerBody:
        """The learner who calls."""
        return await self._ask(LearnerBody, "GET", "/v1/learners/me")

    async def change_me(self, **change: Any) -> LearnerBody:
        """Changes time zone or consent."""
        return await self._ask(LearnerBody, "PATCH", "/v1/learners/me", json=change)

    async def story(self, story_id: str) -> StoryBody:
        """One story."""
        return await self._ask(StoryBody, "GET", f"/v1/stories/{story_id}")

    async def create_session(self, **wish: Any) -> CreatedSession:
        """A new session; see ``NewSession`` for what can be wished."""
        return await self._ask(CreatedSession, "POST", "/v1/sessions", json=wish)

    async def session(self, session_id: str) -> SessionBody:
        """One of the learner's sessions."""
        return await self._ask(SessionBody, "GET", f"/v1/sessions/{session_id}")

    async def ticket(self, session_id: str) -> TicketBody:
        """A fresh ticket for the session's stream."""
        return await self._ask(TicketBody, "POST", f"/v1/sessions/{session_id}/ticket")

    async def command(self, session_id: str, name: str) -> SessionBody:
        """``pause``, ``resume``, ``complete`` or ``abandon``."""
        return await self._ask(SessionBody, "POST", f"/v1/sessions/{session_id}/{name}")

    async def attempts(self, session_id: str) -> list[AttemptBody]:
        """All stored attempts of a session, oldest first."""
        found: list[AttemptBody] = []
        query: dict[str, Any] = {"session_id": session_id, "limit": _PAGE}
        while True:
            page = await self._ask(Paged[AttemptBody], "GET", "/v1/learners/me/attempts", params=query)
            found.extend(page.items)
            if page.cursor is None:
                return sorted(found, key=lambda attempt: attempt.attempt_no)
            query["cursor"] = page.cursor

    async def progress(self) -> ProgressBody:
        """The learner's progress."""
        return await self._ask(ProgressBody, "GET", "/v1/learners/me/progress")

    async def _ask(self, body: type[Body], method: str, path: str, **options: Any) -> Body:
        """Raises RestProblem, ServerUnreachable."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            response = await self._http.request(method, path, headers=headers, **options)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise ServerUnreachable(f"No StorySign server answers at {self.base_url} ({reason}).") from error
        try:
            if response.is_success:
                return body.model_validate_json(response.content)
            problem = response.json()
            raise RestProblem(response.status_code, problem["code"], problem["detail"])
        except (ValueError, KeyError, TypeError) as error:
            raise ServerUnreachable(
                f"What answers at {self.base_url} is not a StorySign server (HTTP {response.status_code})."
            ) from error
