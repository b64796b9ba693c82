"""REST: learners, and what a learner has practised."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from actors.learning.streaks import local_day
from actors.learning.summary import skill_progress
from server.api.dependencies import LearnerDep, NodeDep, PageDep, SubjectDep, own_session, unix_ms
from server.api.models import (
    AttemptBody,
    CreatedLearner,
    LearnerBody,
    LearnerChange,
    NewLearner,
    Paged,
    ProgressBody,
    SessionBody,
)
from server.auth import hash_token, new_bearer_token
from storage.records import DEFAULT_TENANT, Learner, SessionStatus, new_id

router = APIRouter(prefix="/v1/learners", tags=["learners"])


@router.post("", status_code=201)
async def create_guest(node: NodeDep, wish: NewLearner) -> CreatedLearner:
    """Make a guest learner; keep the token, it is shown this once."""
    token = new_bearer_token()
    learner = Learner(
        id=new_id(),
        tenant_id=DEFAULT_TENANT,
        display_name=wish.display_name or "Guest",
        time_zone=wish.time_zone,
        token_hash=hash_token(token),
        landmark_consent=wish.landmark_consent,
        created_at_ms=unix_ms(),
    )
    await node.store.create_learner(learner)
    return CreatedLearner(learner=LearnerBody.of(learner), token=token)


@router.get("/me")
async def read_me(learner: LearnerDep) -> LearnerBody:
    """The learner who calls."""
    return LearnerBody.of(learner)


@router.patch("/me")
async def change_me(node: NodeDep, learner: LearnerDep, change: LearnerChange) -> LearnerBody:
    """Change time zone or consent. Sessions that are open now go by it from their next start on."""
    if change.time_zone is not None:
        await node.store.set_time_zone(learner.id, change.time_zone)
    if change.landmark_consent is not None:
        await node.store.set_consent(learner.id, change.landmark_consent)
    return LearnerBody.of(await node.store.learner(learner.id) or learner)


@router.get("/{learner_id}/sessions")
async def list_sessions(
    node: NodeDep, learner: SubjectDep, page: PageDep, status: SessionStatus | None = None
) -> Paged[SessionBody]:
    """The learner's sessions, newest first."""
    found = await node.store.sessions_of(learner.id, status=status, limit=page.limit, cursor=page.cursor)
    return Paged(items=[SessionBody.of(session) for session in found.items], cursor=found.cursor)


@router.get("/{learner_id}/attempts")
async def list_attempts(
    node: NodeDep,
    learner: SubjectDep,
    page: PageDep,
    session_id: str | None = None,
    sentence_index: Annotated[int | None, Query(ge=0)] = None,
    successful: bool | None = None,
) -> Paged[AttemptBody]:
    """The learner's stored attempts, newest first, without landmarks."""
    session = await own_session(node, learner, session_id) if session_id is not None else None
    found = await node.store.attempts_of(
        learner.id,
        session_id=session.id if session else None,
        sentence_index=sentence_index,
        successful=successful,
        limit=page.limit,
        cursor=page.cursor,
    )
    return Paged(items=[AttemptBody.of(attempt) for attempt in found.items], cursor=found.cursor)


@router.get("/{learner_id}/progress")
async def read_progress(node: NodeDep, learner: SubjectDep) -> ProgressBody:
    """Level, experience, streak and averages in every skill area."""
    today = local_day(unix_ms(), learner.time_zone)
    return ProgressBody(skills=list(skill_progress(await node.store.progress_of(learner.id), today)))
