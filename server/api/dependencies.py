"""What handlers of REST ask for: the node, the learner who calls, one of the learner's own sessions, a page."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from fastapi import Depends, Path, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from server.auth import TicketOffice, hash_token
from server.config import Settings
from server.problems import Problem, ProblemCode
from storage.ports import Store
from storage.records import Id, Learner, SessionRecord, id_from_text, id_text

MAX_PAGE = 100
_bearer = HTTPBearer(auto_error=False, description="the token that POST /v1/learners gave")


def unix_ms() -> int:
    """The wall clock; only shells may read it."""
    return time.time_ns() // 1_000_000


class PracticeNode(Protocol):
    """What REST needs of the node behind it (``server.node.Node``)."""

    settings: Settings
    store: Store
    tickets: TicketOffice

    def ask_for_place(self, learner_id: Id, session_id: Id) -> int:
        """In how many ms a session would have its actor. Raises Problem where there is no room now."""

    async def library_glosses(self) -> Collection[str]:
        """The signs that have a reference now."""

    async def scrape(self) -> bytes:
        """The node's figures for Prometheus."""

    async def readiness(self) -> dict[str, str]:
        """What the node needs, each "ok" or what is wrong."""

    async def command(self, session_id: Id, name: Literal["pause", "resume", "complete", "abandon"]) -> SessionRecord:
        """Has the session's owner do it: its actor while it lives, else the store under a new epoch."""


def _node(request: Request) -> PracticeNode:
    return request.app.state.node


NodeDep = Annotated[PracticeNode, Depends(_node)]


async def _learner(
    node: NodeDep, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Learner:
    if credentials is None:
        raise Problem(ProblemCode.TOKEN_MISSING, "This needs the bearer token of a learner.")
    learner = await node.store.learner_by_token(hash_token(credentials.credentials))
    if learner is None:
        raise Problem(ProblemCode.TOKEN_UNKNOWN, "No learner has this bearer token.")
    return learner


LearnerDep = Annotated[Learner, Depends(_learner)]


async def _subject(
    node: NodeDep,
    caller: LearnerDep,
    learner_id: Annotated[str, Path(description="`me`; educators may give the id of another learner")],
) -> Learner:
    """The learner whose practice is looked at: the caller, or for educators anybody of the same tenant."""
    if learner_id in ("me", id_text(caller.id)):
        return caller
    if caller.role != "educator":
        raise Problem(ProblemCode.EDUCATORS_ONLY, "You may look at your own practice alone.")
    try:
        learner = await node.store.learner(id_from_text(learner_id))
    except ValueError:
        learner = None
    if learner is None or learner.tenant_id != caller.tenant_id:
        raise Problem(ProblemCode.NOT_FOUND, "There is no learner with this id.")
    return learner


SubjectDep = Annotated[Learner, Depends(_subject)]


async def own_session(node: NodeDep, learner: LearnerDep, session_id: Annotated[str, Path()]) -> SessionRecord:
    """The caller's session; that of another learner does not exist for the caller."""
    try:
        session = await node.store.session(id_from_text(session_id))
    except ValueError:
        session = None
    if session is None or session.user_id != learner.id:
        raise Problem(ProblemCode.NOT_FOUND, "You have no session with this id.")
    return session


OwnSession = Annotated[SessionRecord, Depends(own_session)]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of a list is wanted."""

    limit: int
    cursor: str | None


def _page(
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="how many items")] = 20,
    cursor: Annotated[str | None, Query(max_length=200, description="'cursor' of the page before")] = None,
) -> PageRequest:
    return PageRequest(limit, cursor)


PageDep = Annotated[PageRequest, Depends(_page)]
