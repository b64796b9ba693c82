"""REST: what a learner's practice adds up to. Days are of the learner's own calendar."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Path, Query

from actors.learning.streaks import local_day
from actors.learning.summary import skill_progress
from server.api.analytics_models import HistoryBody, PerformanceBody, SkillAreaBody, SkillGroupBody, TrendsBody
from server.api.dependencies import NodeDep, SubjectDep, unix_ms
from server.problems import Problem, ProblemCode
from storage.records import Learner

router = APIRouter(prefix="/v1/learners/{learner_id}", tags=["analytics"])
MOST_DAYS = 366
PERFORMANCE_DAYS = 30
_Day = Annotated[dt.date | None, Query(ge=dt.date(2000, 1, 1), le=dt.date(2999, 12, 31))]


def _today(learner: Learner) -> dt.date:
    return local_day(unix_ms(), learner.time_zone)


@router.get("/performance")
async def read_performance(
    node: NodeDep, learner: SubjectDep, first: _Day = None, last: _Day = None
) -> PerformanceBody:
    """Sessions, attempts and skills between two days, both included; left out: the last 30 days."""
    today = _today(learner)
    last = last or today
    first = first or last - dt.timedelta(days=PERFORMANCE_DAYS - 1)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Problem(ProblemCode.REQUEST_INVALID, f"'first' to 'last' must be 1 to {MOST_DAYS} days.")
    return PerformanceBody.of(await node.store.performance(learner.id, first, last), today)


@router.get("/trends")
async def read_trends(
    node: NodeDep,
    learner: SubjectDep,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS, description="how many, up to the last one")] = 84,
    last: _Day = None,
    limit: Annotated[int, Query(ge=1, le=50, description="how many hardest signs and frequent corrections")] = 5,
) -> TrendsBody:
    """Day by day up to ``last`` (left out: today), with the hardest signs and the most frequent corrections."""
    last = last or _today(learner)
    return TrendsBody.of(await node.store.trends(learner.id, last - dt.timedelta(days=days - 1), last, limit))


@router.get("/skill-areas/{area}")
async def read_skill_area(
    node: NodeDep, learner: SubjectDep, area: Annotated[str, Path(min_length=1, max_length=50)]
) -> SkillAreaBody:
    """The learner in one skill area beside all learners of the tenant, where these are enough to be shown."""
    progress = skill_progress(await node.store.progress_of(learner.id), _today(learner))
    group = await node.store.skill_area(learner.tenant_id, area)
    return SkillAreaBody(
        skill_area=area,
        own=next((skill for skill in progress if skill.skill_area == area), None),
        group=SkillGroupBody.model_validate(group) if group is not None else None,
    )


@router.get("/history")
async def read_history(
    node: NodeDep, learner: SubjectDep, limit: Annotated[int, Query(ge=1, le=50, description="of sessions")] = 10
) -> HistoryBody:
    """Sessions to go on with (newest first) and at which sentence, milestones with their dates, and streaks."""
    resumable = await node.store.resumable(learner.id, limit)
    return HistoryBody.of(resumable, await node.store.progress_of(learner.id), _today(learner))
