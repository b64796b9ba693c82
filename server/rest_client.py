"""A client of REST for our own commands and tests; the answers are read with the models that the server writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
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
_ASK_AGAIN_S = 5.0


class RestProblem(Exception):
    """The server refused a request; ``code`` is that of the problem document, ``str()`` its sentence.

    ``retry_after_s`` is when the server would have it again, None where it did not say.
    """

    def __init__(self, status: int, code: str, detail: str, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Line:
    """A place in the line before a full server, from 1, and about how long it will take."""

    place: int
    wait_s: int


class InLine(RestProblem):
    """All places are taken; who asks again after ``retry_after_s`` keeps the place in ``line``."""

    def __init__(self, line: Line, status: int, code: str, detail: str, retry_after_s: float | None) -> None:
        super().__init__(status, code, detail, retry_after_s)
        self.line = line


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
            raise _problem(response)
        except (ValueError, KeyError, TypeError) as error:
            raise ServerUnreachable(
                f"What answers at {self.base_url} is not a StorySign server (HTTP {response.status_code})."
            ) from error


async def when_there_is_room(
    ask: Callable[[], Awaitable[Body]],
    in_line: Callable[[Line], None],
    sleep_s: Callable[[float], Awaitable[None]],
) -> Body:
    """Asks again as long as all places are taken, telling ``in_line`` how it stands each time. Raises RestProblem."""
    while True:
        try:
            return await ask()
        except InLine as full:
            in_line(full.line)
            await sleep_s(_ASK_AGAIN_S if full.retry_after_s is None else full.retry_after_s)


def _problem(response: httpx.Response) -> RestProblem:
    """Raises ValueError, KeyError or TypeError where it is no problem document."""
    document = response.json()
    retry_after = response.headers.get("Retry-After")
    said = response.status_code, document["code"], document["detail"], float(retry_after) if retry_after else None
    if "place" in document:
        return InLine(Line(document["place"], document["wait_s"]), *said)
    return RestProblem(*said)
