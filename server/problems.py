"""Errors of REST as problem documents (RFC 9457), every kind with a stable ``code`` that programs may rely on.

The table is the whole list: ``docs/rest.md`` shows it, and nothing answers with a code that is not in it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from storage.errors import (
    IllegalTransition,
    NotFound,
    StoreConflict,
    StoreError,
    StoreRefused,
    StoreUnavailable,
    StoreUnusable,
)

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


class ProblemCode(StrEnum):
    """The stable name of a kind of problem."""

    TOKEN_MISSING = "token_missing"
    TOKEN_UNKNOWN = "token_unknown"
    TICKET_EXPIRED = "ticket_expired"
    TICKET_USED = "ticket_used"
    TICKET_FORGED = "ticket_forged"
    ORIGIN_REFUSED = "origin_refused"
    EDUCATORS_ONLY = "educators_only"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    REQUEST_INVALID = "request_invalid"
    REQUEST_REFUSED = "request_refused"
    BODY_TOO_LARGE = "body_too_large"
    GLOSSES_UNKNOWN = "glosses_unknown"
    STORY_UNKNOWN = "story_unknown"
    SESSION_STATUS = "session_status"
    DATA_REFUSED = "data_refused"
    STORE_UNAVAILABLE = "store_unavailable"
    NO_CAPACITY = "no_capacity"
    SERVER_CLOSING = "server_closing"
    SERVER_FAULT = "server_fault"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One row of the table: the HTTP status, a title for people, and what the caller should do."""

    status: int
    title: str
    client_action: str


PROBLEMS: Mapping[ProblemCode, ProblemKind] = MappingProxyType(
    {
        ProblemCode.TOKEN_MISSING: ProblemKind(
            401, "No bearer token", "Send 'Authorization: Bearer TOKEN'; POST /v1/learners gives a token."
        ),
        ProblemCode.TOKEN_UNKNOWN: ProblemKind(401, "Unknown bearer token", "Make a new guest with POST /v1/learners."),
        ProblemCode.TICKET_EXPIRED: ProblemKind(
            401, "Ticket expired", "Ask for a fresh one: POST /v1/sessions/{id}/ticket."
        ),
        ProblemCode.TICKET_USED: ProblemKind(
            401, "Ticket used already", "Ask for a fresh one: POST /v1/sessions/{id}/ticket."
        ),
        ProblemCode.TICKET_FORGED: ProblemKind(
            401, "Not a ticket of this server", "Ask for a fresh one: POST /v1/sessions/{id}/ticket."
        ),
        ProblemCode.ORIGIN_REFUSED: ProblemKind(
            403, "Origin not allowed", "The operator can allow a page's origin with STORYSIGN_ORIGINS."
        ),
        ProblemCode.EDUCATORS_ONLY: ProblemKind(
            403, "For educators only", "Use 'me'; the operator makes educators with 'storysign learner role'."
        ),
        ProblemCode.NOT_FOUND: ProblemKind(
            404, "Not found", "Check the address; a session is seen by its learner alone."
        ),
        ProblemCode.METHOD_NOT_ALLOWED: ProblemKind(405, "Method not allowed", "See /docs for the methods."),
        ProblemCode.REQUEST_INVALID: ProblemKind(422, "The request is not valid", "Correct what 'errors' names."),
        ProblemCode.REQUEST_REFUSED: ProblemKind(400, "The request was refused", "Correct the request; see /docs."),
        ProblemCode.BODY_TOO_LARGE: ProblemKind(413, "The body is too large", "Send less."),
        ProblemCode.GLOSSES_UNKNOWN: ProblemKind(
            422, "Signs without a reference", "Use glosses of GET /v1/signs, or record references for these."
        ),
        ProblemCode.STORY_UNKNOWN: ProblemKind(422, "No such story", "Use an id of GET /v1/stories."),
        ProblemCode.SESSION_STATUS: ProblemKind(
            409, "The session's status does not allow this", "Read the session and see its status."
        ),
        ProblemCode.DATA_REFUSED: ProblemKind(422, "The store refuses these values", "Correct what 'detail' names."),
        ProblemCode.STORE_UNAVAILABLE: ProblemKind(
            503, "The database is not available", "Try again after the time in Retry-After."
        ),
        ProblemCode.NO_CAPACITY: ProblemKind(
            503, "No room for another session now", "Try again after the time in Retry-After."
        ),
        ProblemCode.SERVER_CLOSING: ProblemKind(
            503, "The server is closing", "Try again after the time in Retry-After."
        ),
        ProblemCode.SERVER_FAULT: ProblemKind(
            500, "A fault of the server", "Try again; tell the operator if it happens again."
        ),
    }
)
RETRY_AFTER_S: Mapping[ProblemCode, int] = MappingProxyType(
    {ProblemCode.STORE_UNAVAILABLE: 2, ProblemCode.NO_CAPACITY: 5, ProblemCode.SERVER_CLOSING: 5}
)


class Problem(Exception):
    """Raised by a handler to answer with a problem document; ``members`` are extra members of the document.

    ``retry_after_s`` goes into the header ``Retry-After``, in place of what is usual for the code.
    """

    def __init__(self, code: ProblemCode, detail: str, *, retry_after_s: int | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_after_s = RETRY_AFTER_S.get(code) if retry_after_s is None else retry_after_s
        self.members = members


def problem_document(problem: Problem) -> dict[str, Any]:
    """The document as JSON types."""
    kind = PROBLEMS[problem.code]
    return {
        "type": f"urn:storysign:problem:{problem.code}",
        "title": kind.title,
        "status": kind.status,
        "code": str(problem.code),
        "detail": problem.detail,
        "action": kind.client_action,
        **problem.members,
    }


def problem_headers(problem: Problem) -> dict[str, str]:
    """The headers that belong to the document, its media type among them."""
    headers = {"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    if PROBLEMS[problem.code].status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def problem_body(problem: Problem) -> bytes:
    """The document as it is sent; also by the hand-off, which answers before there is an application."""
    return json.dumps(problem_document(problem)).encode()


def problem_response(problem: Problem) -> Response:
    """The document as a response."""
    return Response(problem_body(problem), PROBLEMS[problem.code].status, problem_headers(problem))


def of_store_error(error: StoreError) -> Problem:
    """What the caller is told about a failure of the store."""
    text = str(error)
    match error:
        case NotFound():
            return Problem(ProblemCode.NOT_FOUND, text)
        case IllegalTransition():
            return Problem(ProblemCode.SESSION_STATUS, text)
        case StoreRefused():
            return Problem(ProblemCode.DATA_REFUSED, text)
        case StoreUnavailable() | StoreConflict() | StoreUnusable():
            _log.warning("the store did not answer a request: %s", text)
            return Problem(ProblemCode.STORE_UNAVAILABLE, "The database cannot be reached now; nothing was changed.")
        case _:
            return _fault(error)


def install(app: FastAPI) -> None:
    """Makes every error of the application a problem document."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(StoreError, _on_store_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_fault)


def _fault(error: Exception) -> Problem:
    """The caller learns nothing of our insides; the log has them."""
    _log.error("a request failed", exc_info=error)
    return Problem(ProblemCode.SERVER_FAULT, "Something went wrong in the server; the request may not have been done.")


async def _on_problem(_: Request, error: Problem) -> Response:
    return problem_response(error)


async def _on_store_error(_: Request, error: StoreError) -> Response:
    return problem_response(of_store_error(error))


async def _on_fault(_: Request, error: Exception) -> Response:
    return problem_response(_fault(error))


async def _on_invalid_request(_: Request, error: RequestValidationError) -> Response:
    """Names every wrong field; what was sent is not repeated, it may be private."""
    errors = [
        {"where": [str(part) for part in item["loc"]], "text": item["msg"], "kind": item["type"]}
        for item in error.errors()
    ]
    first = f"{'.'.join(errors[0]['where'])}: {errors[0]['text']}" if errors else "The request is not valid"
    return problem_response(Problem(ProblemCode.REQUEST_INVALID, first, errors=errors))


async def _on_http_error(request: Request, error: HTTPException) -> Response:
    """What the framework itself refuses: no such path, no such method, a body that is not JSON."""
    code = {404: ProblemCode.NOT_FOUND, 405: ProblemCode.METHOD_NOT_ALLOWED, 413: ProblemCode.BODY_TOO_LARGE}.get(
        error.status_code, ProblemCode.REQUEST_REFUSED
    )
    if error.status_code >= 500:
        code = ProblemCode.SERVER_FAULT
    text = f"{request.method} {request.url.path}: {error.detail}"
    response = problem_response(Problem(code, text))
    response.headers.update(error.headers or {})
    return response
