"""The side of the store that operators and analysts use; see ``storage.ports.Upkeep`` and ``Analytics``."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from storage import analytics_plans, maintenance_plans
from storage.analytics import Performance, ResumableSession, SkillAreaSummary, Trends
from storage.history_plan import History, load_history
from storage.migrate import SchemaEngine
from storage.plan import Plan
from storage.ports import ProgressRules
from storage.records import Id, Learner

SWEEP_ROWS = 200


class UpkeepStore:
    """What ``SqlStore`` offers beside the learner's own way."""

    _engine: SchemaEngine
    _rules: ProgressRules

    async def learner_ids(self, after: Id | None, limit: int) -> tuple[Id, ...]:
        return await self._engine.read(lambda: maintenance_plans.learner_ids(after, limit))

    async def check_progress(self, user_id: Id) -> tuple[str, ...]:
        return await self._engine.read(lambda: maintenance_plans.check(user_id, self._rules))

    async def repair_progress(self, user_id: Id, now_ms: int) -> tuple[str, ...]:
        return await self._engine.write(lambda: maintenance_plans.repair(user_id, self._rules, now_ms))

    async def sweep_landmarks(self, now_ms: int) -> int:
        if self._engine.removes_expired_landmarks:
            return 0
        swept = 0
        while found := await self._engine.write(lambda: maintenance_plans.sweep_landmarks(now_ms, SWEEP_ROWS)):
            swept += found
        return swept

    async def export_learner(self, user_id: Id) -> dict[str, list[dict[str, Any]]]:
        schema = await self._engine.live_schema()
        columns = {
            table: sorted(line.split()[1] for line in lines if line.startswith("column "))
            for table, lines in schema.items()
        }
        return await self._engine.read(lambda: maintenance_plans.export(user_id, columns))

    async def load_history(self, learner: Learner, history: History, now_ms: int) -> None:
        await self._engine.write(lambda: load_history(learner, history, self._rules, now_ms))

    async def delete_learner(self, user_id: Id) -> int:
        removed = await self._engine.write(lambda: maintenance_plans.delete(user_id))
        await self._engine.forget_deleted()
        return removed

    async def performance(self, user_id: Id, first: dt.date, last: dt.date) -> Performance:
        def plan() -> Plan[Performance]:
            learner = yield from maintenance_plans.learner_row(user_id)
            zone = ZoneInfo(learner.time_zone)
            first_ms, end_ms = _midnight_ms(first, zone), _midnight_ms(last + dt.timedelta(days=1), zone)
            return (yield from analytics_plans.performance(user_id, first, last, first_ms, end_ms))

        return await self._engine.read(plan)

    async def trends(self, user_id: Id, first: dt.date, last: dt.date, limit: int) -> Trends:
        return await self._engine.read(lambda: analytics_plans.trends_of(user_id, first, last, limit))

    async def skill_area(self, tenant_id: str, area: str) -> SkillAreaSummary | None:
        return await self._engine.read(lambda: analytics_plans.skill_area(tenant_id, area))

    async def resumable(self, user_id: Id, limit: int) -> tuple[ResumableSession, ...]:
        return await self._engine.read(lambda: analytics_plans.resumable(user_id, limit))


def _midnight_ms(day: dt.date, zone: ZoneInfo) -> int:
    return int(dt.datetime.combine(day, dt.time(), zone).timestamp() * 1000)
