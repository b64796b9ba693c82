"""REST: what can be practised."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import APIRouter

from server.api.dependencies import LearnerDep, NodeDep
from server.api.models import SentenceBody, SignBody, StoryBody
from server.problems import Problem, ProblemCode
from storage.records import Story

router = APIRouter(prefix="/v1", tags=["library"])


def missing_glosses(wanted: Collection[str], library: Collection[str]) -> list[str]:
    """The glosses without a reference, each once, in the order in which they are wanted."""
    return [gloss for gloss in dict.fromkeys(wanted) if gloss not in library]


def glosses_of(story: Story) -> list[str]:
    """All glosses of a story in their order."""
    return [gloss for sentence in story.sentences for gloss in sentence.glosses]


@router.get("/stories")
async def list_stories(node: NodeDep, learner: LearnerDep) -> list[StoryBody]:
    """All stories of the learner's tenant."""
    library = await node.library_glosses()
    return [_body(story, library) for story in await node.store.stories(learner.tenant_id)]


@router.get("/stories/{story_id}")
async def read_story(node: NodeDep, learner: LearnerDep, story_id: str) -> StoryBody:
    """One story."""
    story = await node.store.story(learner.tenant_id, story_id)
    if story is None:
        raise Problem(ProblemCode.NOT_FOUND, f"There is no story '{story_id}'.")
    return _body(story, await node.library_glosses())


@router.get("/signs")
async def list_signs(node: NodeDep, _: LearnerDep) -> list[SignBody]:
    """All signs that have a reference, in alphabetical order."""
    return [SignBody(gloss=gloss) for gloss in sorted(await node.library_glosses())]


def _body(story: Story, library: Collection[str]) -> StoryBody:
    return StoryBody(
        id=story.id,
        title=story.title,
        difficulty_level=story.difficulty_level,
        skill_areas=list(story.skill_areas),
        sentences=[SentenceBody.of(sentence) for sentence in story.sentences],
        missing_glosses=missing_glosses(glosses_of(story), library),
    )
