"""REST: practice sessions and the tickets that open their streams."""

from __future__ import annotations

from fastapi import APIRouter, Request

from protocol.messages import SUBPROTOCOL, TICKET_PREFIX
from server.api.dependencies import LearnerDep, NodeDep, OwnSession, PracticeNode, unix_ms
from server.api.library import glosses_of, missing_glosses
from server.api.models import CreatedSession, NewSession, SessionBody, TicketBody
from server.handoff import STREAM_PATH
from server.problems import Problem, ProblemCode
from storage.records import Learner, SessionRecord, Story, StorySentence, new_id

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])


@router.post("", status_code=201)
async def create_session(request: Request, node: NodeDep, learner: LearnerDep, wish: NewSession) -> CreatedSession:
    """Start a story or free practice; answers with the ticket for the first connection."""
    story = await _wished_story(node, learner, wish)
    glosses = glosses_of(story)
    missing = missing_glosses(glosses, await node.library_glosses())
    if missing:
        raise Problem(ProblemCode.GLOSSES_UNKNOWN, f"There is no reference for {', '.join(missing)}.", glosses=missing)
    session = _new_session(story, learner, wish, unix_ms())
    ready_in_ms = node.ask_for_place(learner.id, session.id)
    await node.store.create_session(session)
    return CreatedSession(session=SessionBody.of(session), stream=_ticket(request, node, session, ready_in_ms))


@router.get("/{session_id}")
async def read_session(session: OwnSession) -> SessionBody:
    """How the session stands in the store; a live session may be some attempts ahead."""
    return SessionBody.of(session)


@router.post("/{session_id}/ticket")
async def fresh_ticket(request: Request, node: NodeDep, learner: LearnerDep, session: OwnSession) -> TicketBody:
    """A ticket for one more connection, to go on after a break."""
    if session.status in ("completed", "abandoned"):
        raise Problem(ProblemCode.SESSION_STATUS, f"The session is {session.status}: start a new one.")
    return _ticket(request, node, session, node.ask_for_place(session.user_id, session.id))


@router.post("/{session_id}/pause")
async def pause(node: NodeDep, session: OwnSession) -> SessionBody:
    """Pause the session."""
    return SessionBody.of(await node.command(session.id, "pause"))


@router.post("/{session_id}/resume")
async def resume(node: NodeDep, session: OwnSession) -> SessionBody:
    """Go on with a paused session."""
    return SessionBody.of(await node.command(session.id, "resume"))


@router.post("/{session_id}/complete")
async def complete(node: NodeDep, session: OwnSession) -> SessionBody:
    """End the session; its experience counts."""
    return SessionBody.of(await node.command(session.id, "complete"))


@router.post("/{session_id}/abandon")
async def abandon(node: NodeDep, session: OwnSession) -> SessionBody:
    """Give the session up; its stored attempts stay."""
    return SessionBody.of(await node.command(session.id, "abandon"))


async def _wished_story(node: PracticeNode, learner: Learner, wish: NewSession) -> Story:
    """The story that was asked for; free practice is one of a single sentence that is kept nowhere."""
    if wish.story_id is None:
        glosses = tuple(wish.glosses or ())
        text = " ".join(glosses)
        area = "fingerspelling" if all(len(gloss) == 1 for gloss in glosses) else "signs"
        return Story("", learner.tenant_id, f"Free practice: {text}"[:100], 1, (area,), (StorySentence(text, glosses),))
    story = await node.store.story(learner.tenant_id, wish.story_id)
    if story is None:
        raise Problem(ProblemCode.STORY_UNKNOWN, f"There is no story '{wish.story_id}'.")
    return story


def _new_session(story: Story, learner: Learner, wish: NewSession, now_ms: int) -> SessionRecord:
    return SessionRecord(
        id=new_id(),
        tenant_id=learner.tenant_id,
        user_id=learner.id,
        story_id=wish.story_id,
        session_type=wish.session_type,
        session_name=wish.session_name or story.title,
        sentences=story.sentences,
        difficulty_level=wish.difficulty_level or story.difficulty_level,
        skill_areas=tuple(dict.fromkeys(wish.skill_areas)) if wish.skill_areas else story.skill_areas,
        status="created",
        epoch=0,
        stored_through=0,
        overall_score=None,
        sentences_completed=0,
        started_at_ms=None,
        completed_at_ms=None,
        duration_seconds=0,
        session_data={},
        performance_metrics={},
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
    )


def _ticket(request: Request, node: PracticeNode, session: SessionRecord, ready_in_ms: int) -> TicketBody:
    """The stream is where the caller has found REST, unless the operator says otherwise."""
    now_ms = unix_ms()
    ticket = node.tickets.mint(session.user_id, session.id, session.tenant_id, now_ms)
    base_url = (node.settings.public_url or str(request.base_url)).rstrip("/")
    return TicketBody(
        ticket=ticket,
        stream_url="ws" + base_url.removeprefix("http") + STREAM_PATH,
        subprotocols=[SUBPROTOCOL, TICKET_PREFIX + ticket],
        expires_at_ms=now_ms + node.settings.ticket_ttl_ms,
        ready_in_ms=ready_in_ms,
    )
