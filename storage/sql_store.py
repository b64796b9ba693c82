"""The store of ``storage.ports`` over any engine that runs plans."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from storage import catalogue_plans, learner_plans, maintenance_plans, rows, session_plans
from storage.batches import groups, joined, one_by_one
from storage.errors import StoreConflict, StoreRefused, StoreUnavailable
from storage.flush import flush_group
from storage.migrate import Migrator, SchemaEngine
from storage.plan import Plan
from storage.ports import ProgressRules
from storage.records import (
    Activation,
    AttemptRecord,
    FlushOutcome,
    Id,
    Learner,
    Page,
    ProgressRecord,
    ReferenceRecord,
    Role,
    SessionClose,
    SessionFlush,
    SessionRecord,
    SessionStatus,
    Story,
)
from storage.upkeep import UpkeepStore

DEFAULT_RETENTION_DAYS = 180
DAY_MS = 86_400_000


class SqlStore(UpkeepStore):
    """``Store`` in terms of plans; ``retention_days`` is how long landmarks are kept."""

    def __init__(
        self, engine: SchemaEngine, rules: ProgressRules, retention_days: int = DEFAULT_RETENTION_DAYS
    ) -> None:
        self._engine = engine
        self._rules = rules
        self._retention_ms = retention_days * DAY_MS

    async def open(self) -> None:
        await self._engine.open()
        try:
            await Migrator(self._engine).require_current(time.time_ns() // 1_000_000)
        except BaseException:
            await self._engine.close()
            raise

    async def close(self) -> None:
        await self._engine.close()

    # ------------------------------------------------------------------------------------------------ sessions

    async def activate(self, session_id: Id, now_ms: int) -> Activation:
        return await self._engine.write(lambda: session_plans.activate(session_id, now_ms))

    async def set_status(self, session_id: Id, epoch: int, status: SessionStatus, now_ms: int) -> SessionRecord:
        return await self._engine.write(lambda: session_plans.set_status(session_id, epoch, status, now_ms))

    async def close_session(self, close: SessionClose, now_ms: int) -> tuple[SessionRecord, tuple[ProgressRecord, ...]]:
        return await self._engine.write(lambda: session_plans.close_session(close, self._rules, now_ms))

    async def flush(self, batch: Sequence[SessionFlush], now_ms: int) -> list[FlushOutcome]:
        outcomes: dict[int, FlushOutcome] = {}
        for group in groups(batch):
            places = [place for place, _ in group]
            flushes = [flush for _, flush in group]
            outcomes.update(zip(places, await self._flush_group(flushes, now_ms), strict=True))
        return [outcomes[place] for place in range(len(batch))]

    async def _flush_group(self, group: Sequence[SessionFlush], now_ms: int) -> list[FlushOutcome]:
        """The group in one transaction; session by session where that is refused or keeps conflicting."""
        try:
            return await self._write_group(group, now_ms)
        except (StoreRefused, StoreConflict):
            outcomes = []
            for flush in group:
                outcomes.append(await self._flush_single(flush, now_ms))
            return outcomes

    async def _flush_single(self, flush: SessionFlush, now_ms: int) -> FlushOutcome:
        """One session, and when the database refuses its rows, attempt by attempt with the refused ones set aside."""
        try:
            return (await self._write_group([flush], now_ms))[0]
        except StoreConflict as conflict:
            raise StoreUnavailable(f"others keep changing the same rows: {conflict}") from conflict
        except StoreRefused as refused:
            if len(flush.attempts) > 1:
                return joined([await self._flush_single(part, now_ms) for part in one_by_one(flush)])
            condemned = {attempt.attempt_no: str(refused) for attempt in flush.attempts}
            return await self._set_aside(flush, now_ms, condemned)

    async def _set_aside(self, flush: SessionFlush, now_ms: int, condemned: Mapping[int, str]) -> FlushOutcome:
        try:
            return (await self._write_group([flush], now_ms, condemned))[0]
        except StoreRefused as refused:
            # It is not the attempt that the database dislikes: keep it with the session until somebody has looked.
            raise StoreUnavailable(f"the database takes not even a note of a refused row: {refused}") from refused

    async def _write_group(
        self, group: Sequence[SessionFlush], now_ms: int, condemned: Mapping[int, str] | None = None
    ) -> list[FlushOutcome]:
        def plan() -> Plan[list[FlushOutcome]]:
            return flush_group(group, self._rules, now_ms, self._retention_ms, condemned)

        return await self._engine.write(plan)

    # ----------------------------------------------------------------------------------------------- catalogue

    async def create_learner(self, learner: Learner) -> None:
        await self._engine.write(lambda: catalogue_plans.create_learner(learner))

    async def learner_by_token(self, token_hash: bytes) -> Learner | None:
        return await self._engine.read(
            lambda: catalogue_plans.one(rows.LEARNER, "learners WHERE token_hash=?", token_hash)
        )

    async def learner(self, learner_id: Id) -> Learner | None:
        return await self._engine.read(lambda: catalogue_plans.one(rows.LEARNER, "learners WHERE id=?", learner_id))

    async def set_consent(self, learner_id: Id, landmark_consent: bool) -> None:
        await self._engine.write(lambda: catalogue_plans.set_consent(learner_id, landmark_consent))
        if not landmark_consent:
            await self._engine.forget_deleted()

    async def set_time_zone(self, learner_id: Id, time_zone: str) -> None:
        await self._engine.write(lambda: catalogue_plans.set_time_zone(learner_id, time_zone))

    async def set_role(self, learner_id: Id, role: Role) -> None:
        await self._engine.write(lambda: catalogue_plans.set_role(learner_id, role))

    async def create_session(self, session: SessionRecord) -> None:
        await self._engine.write(lambda: catalogue_plans.create_session(session))

    async def session(self, session_id: Id) -> SessionRecord | None:
        return await self._engine.read(lambda: session_plans.one_session(session_id, lock=False))

    async def sessions_of(
        self, user_id: Id, *, status: SessionStatus | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[SessionRecord]:
        return await self._engine.read(lambda: catalogue_plans.sessions_of(user_id, status, limit, cursor))

    async def attempts_of(
        self,
        user_id: Id,
        *,
        session_id: Id | None = None,
        sentence_index: int | None = None,
        successful: bool | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[AttemptRecord]:
        return await self._engine.read(
            lambda: catalogue_plans.attempts_of(user_id, session_id, sentence_index, successful, limit, cursor)
        )

    async def landmark_blob(self, session_id: Id, attempt_no: int) -> bytes | None:
        return await self._engine.read(lambda: catalogue_plans.landmark_blob(session_id, attempt_no))

    async def progress_of(self, user_id: Id) -> tuple[ProgressRecord, ...]:
        return tuple(await self._engine.read(lambda: learner_plans.progress_rows([user_id])))

    async def put_story(self, story: Story) -> None:
        await self._engine.write(lambda: catalogue_plans.put_story(story))

    async def stories(self, tenant_id: str) -> tuple[Story, ...]:
        return await self._engine.read(lambda: catalogue_plans.stories(tenant_id))

    async def story(self, tenant_id: str, story_id: str) -> Story | None:
        source = "stories WHERE tenant_id=? AND id=?"
        return await self._engine.read(lambda: catalogue_plans.one(rows.STORY, source, tenant_id, story_id))

    async def put_reference(self, reference: ReferenceRecord) -> None:
        await self._engine.write(lambda: catalogue_plans.put_reference(reference))

    async def references(self, tenant_id: str, gloss: str | None = None) -> tuple[ReferenceRecord, ...]:
        return await self._engine.read(lambda: catalogue_plans.references(tenant_id, gloss))

    async def reference_ids(self, tenant_id: str) -> tuple[Id, ...]:
        return await self._engine.read(lambda: catalogue_plans.reference_ids(tenant_id))

    async def reference(self, reference_id: Id) -> ReferenceRecord | None:
        return await self._engine.read(lambda: catalogue_plans.reference(reference_id))

    async def remove_references(self, tenant_id: str, gloss: str, reference_id: Id | None) -> int:
        return await self._engine.write(lambda: catalogue_plans.remove_references(tenant_id, gloss, reference_id))

    async def library_version(self, tenant_id: str) -> int:
        return await self._engine.read(lambda: catalogue_plans.library_version(tenant_id))

    # --------------------------------------------------------------------------------------------------- checks

    async def rebuild_progress(self, user_id: Id) -> tuple[ProgressRecord, ...]:
        def plan() -> Plan[tuple[ProgressRecord, ...]]:
            learner = yield from maintenance_plans.learner_row(user_id)
            book = (yield from maintenance_plans.rebuilt(learner, self._rules)).book
            return tuple(book.progress[area] for area in sorted(book.progress))

        return await self._engine.read(plan)
