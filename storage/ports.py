"""What the domain wants of a store. Adapters: ``storage.sqlite`` (embedded), ``storage.tidb``; one contract suite.

All methods may raise ``StoreUnavailable``; what else they raise is said with each.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Protocol

from storage.analytics import Performance, ResumableSession, SkillAreaSummary, Trends
from storage.records import (
    Activation,
    AttemptRecord,
    AttemptSums,
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


class ProgressRules(Protocol):
    """The formulas of learning (``actors.learning``), handed to the store so that both live in one transaction."""

    def local_day(self, at_ms: int, time_zone: str) -> dt.date:
        """The learner's own calendar day of a moment."""

    def after_attempts(
        self, progress: ProgressRecord, attempts: Sequence[AttemptSums], days: Sequence[dt.date], at_ms: int
    ) -> ProgressRecord:
        """Progress after these further attempts; ``days``: all local days of practice, these included, ascending."""

    def after_session(
        self, progress: ProgressRecord, session: SessionRecord, judged_scores: Sequence[float], at_ms: int
    ) -> ProgressRecord:
        """Progress after a completed session whose judged attempts have these scores."""


class SessionStore(Protocol):
    """The writer's side: fenced, exactly-once."""

    async def activate(self, session_id: Id, now_ms: int) -> Activation:
        """Takes the session over: bumps its epoch, then reads. Raises NotFound, IllegalTransition (it has ended)."""

    async def flush(self, batch: Sequence[SessionFlush], now_ms: int) -> list[FlushOutcome]:
        """Makes all of the batch durable in as few transactions as it can; an outcome for each, in order.

        When one of a group conflicts or is refused the others are committed all the same. Raises StoreUnavailable
        only when the outcome of a whole transaction is unknown or it did not happen; the same call may be repeated.
        """

    async def close_session(self, close: SessionClose, now_ms: int) -> tuple[SessionRecord, tuple[ProgressRecord, ...]]:
        """Ends a session exactly once and applies its experience; repeating it gives the same answer.

        Raises IllegalTransition (ended the other way), NotFound, and StoreConflict where epoch or watermark differ.
        """

    async def set_status(self, session_id: Id, epoch: int, status: SessionStatus, now_ms: int) -> SessionRecord:
        """Pauses or resumes; fenced by epoch (StoreConflict). Raises IllegalTransition, NotFound."""


class Catalogue(Protocol):
    """Learners, sessions, stories and references, for REST and the command line."""

    async def create_learner(self, learner: Learner) -> None: ...
    async def learner_by_token(self, token_hash: bytes) -> Learner | None: ...
    async def learner(self, learner_id: Id) -> Learner | None: ...
    async def set_consent(self, learner_id: Id, landmark_consent: bool) -> None: ...
    async def set_time_zone(self, learner_id: Id, time_zone: str) -> None: ...
    async def set_role(self, learner_id: Id, role: Role) -> None: ...
    async def create_session(self, session: SessionRecord) -> None: ...
    async def session(self, session_id: Id) -> SessionRecord | None: ...
    async def sessions_of(
        self, user_id: Id, *, status: SessionStatus | None, limit: int, cursor: str | None
    ) -> Page[SessionRecord]: ...
    async def attempts_of(
        self,
        user_id: Id,
        *,
        session_id: Id | None,
        sentence_index: int | None,
        successful: bool | None,
        limit: int,
        cursor: str | None,
    ) -> Page[AttemptRecord]:
        """Newest first, without landmark blobs."""

    async def landmark_blob(self, session_id: Id, attempt_no: int) -> bytes | None: ...
    async def progress_of(self, user_id: Id) -> tuple[ProgressRecord, ...]: ...
    async def put_story(self, story: Story) -> None: ...
    async def stories(self, tenant_id: str) -> tuple[Story, ...]: ...
    async def story(self, tenant_id: str, story_id: str) -> Story | None: ...
    async def put_reference(self, reference: ReferenceRecord) -> None: ...
    async def references(self, tenant_id: str, gloss: str | None = None) -> tuple[ReferenceRecord, ...]:
        """With their landmarks: all of a library is much to read."""

    async def reference_ids(self, tenant_id: str) -> tuple[Id, ...]:
        """In the order of ``references``; what is recorded under an id never changes."""

    async def reference(self, reference_id: Id) -> ReferenceRecord | None: ...
    async def remove_references(self, tenant_id: str, gloss: str, reference_id: Id | None) -> int: ...
    async def library_version(self, tenant_id: str) -> int:
        """Grows with every change of the reference library."""


class Analytics(Protocol):
    """Questions of learners and teachers; days are the learner's own. ``storage.analytics`` says what answers hold."""

    async def performance(self, user_id: Id, first: dt.date, last: dt.date) -> Performance:
        """Between two days, both included. Raises NotFound."""

    async def trends(self, user_id: Id, first: dt.date, last: dt.date, limit: int) -> Trends:
        """Day by day, with the ``limit`` hardest signs and most frequent corrections."""

    async def skill_area(self, tenant_id: str, area: str) -> SkillAreaSummary | None:
        """All learners of a tenant in a skill area; None where they are fewer than ``SMALLEST_GROUP``."""

    async def resumable(self, user_id: Id, limit: int) -> tuple[ResumableSession, ...]:
        """Sessions to go on with, newest first."""


class Upkeep(Protocol):
    """For operators."""

    async def learner_ids(self, after: Id | None, limit: int) -> tuple[Id, ...]:
        """The next learners by id, for a walk over all."""

    async def check_progress(self, user_id: Id) -> tuple[str, ...]:
        """Differences between what is derived and what attempts make of it, in words. Raises NotFound."""

    async def repair_progress(self, user_id: Id, now_ms: int) -> tuple[str, ...]:
        """Writes anew what differs and says what did; learners may go on meanwhile. Raises NotFound."""

    async def sweep_landmarks(self, now_ms: int) -> int:
        """Removes the landmarks whose time is over; gives how many."""

    async def export_learner(self, user_id: Id) -> dict[str, list[dict[str, Any]]]:
        """Every row of a learner by table, values as the database gives them. Raises NotFound."""

    async def load_history(
        self, learner: Learner, history: Sequence[tuple[SessionRecord, Sequence[AttemptRecord]]], now_ms: int
    ) -> None:
        """Adds a new learner with completed sessions (oldest first) and all that follows from them."""

    async def delete_learner(self, user_id: Id) -> int:
        """Removes every row of a learner for good; gives how many. Raises NotFound."""


class Store(SessionStore, Catalogue, Analytics, Upkeep, Protocol):
    """All of it, and its own life."""

    async def open(self) -> None:
        """Connects, checks the schema. Raises StoreUnusable, StoreUnavailable."""

    async def close(self) -> None: ...
    async def rebuild_progress(self, user_id: Id) -> tuple[ProgressRecord, ...]:
        """Progress recomputed from the attempts and sessions alone; writes nothing."""
