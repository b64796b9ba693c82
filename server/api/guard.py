"""What every HTTP request has to pass before a handler sees it: where it comes from, and how large it is."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.problems import Problem, ProblemCode, problem_response

DOCS_PATH = "/docs"
_DOCS_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'"
)


class RequestGuard:
    """ASGI middleware: an exact list of browsers' origins, a limit on bodies, and headers that every answer bears.

    A request without ``Origin`` does not come from a page of another site, and is let through.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str], body_max_bytes: int) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._body_max_bytes = body_max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        send = _with_headers(send, scope["path"])
        problem = self._objection(Headers(scope=scope))
        if problem is not None:
            return await problem_response(problem)(scope, receive, send)
        await self._app(scope, self._limited(receive), send)

    def _objection(self, headers: Headers) -> Problem | None:
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins:
            return Problem(ProblemCode.ORIGIN_REFUSED, "Pages of this origin may not use this server.")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._body_max_bytes:
            return Problem(ProblemCode.BODY_TOO_LARGE, self._limit_text)
        return None

    @property
    def _limit_text(self) -> str:
        return f"A body may have {self._body_max_bytes} bytes at most."

    def _limited(self, receive: Receive) -> Receive:
        """Counts a body that does not say its length beforehand."""
        received_bytes = 0

        async def limited() -> Message:
            nonlocal received_bytes
            message = await receive()
            received_bytes += len(message.get("body", b""))
            if received_bytes > self._body_max_bytes:
                raise HTTPException(413, self._limit_text)
            return message

        return limited


def _with_headers(send: Send, path: str) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("X-Content-Type-Options", "nosniff")
            headers.setdefault("Referrer-Policy", "no-referrer")
            if path == DOCS_PATH:
                headers["Content-Security-Policy"] = _DOCS_POLICY
        await send(message)

    return with_headers
