"""The invariants of DESIGN §5 over a whole database, against what its clients were told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from storage.ports import Store
from storage.records import Id
from tests.support.databases import Database
from tests.support.store_makers import assert_rebuilt_equal


async def check_store(
    database: Database, store: Store, sessions: Mapping[Id, Sequence[Id]], acknowledged: Mapping[Id, int]
) -> int:
    """Checks every session of every learner (``sessions``); gives how many attempts there are.

    ``acknowledged``: the highest watermark of which a client was told. Every number up to the watermark must have its
    row, or stand in quarantine; none twice, none beyond it; and progress must be what the rows make of it.
    """
    total = 0
    for user_id, session_ids in sessions.items():
        practised = 0
        for session_id in session_ids:
            session = await store.session(session_id)
            assert session is not None
            assert session.stored_through >= acknowledged.get(session_id, 0), "what was acknowledged is there"
            kept = await _numbers(database, "sentence_attempts", session_id)
            aside = await _numbers(database, "attempt_quarantine", session_id)
            assert sorted(kept + aside) == list(range(1, session.stored_through + 1)), "rows and watermark agree"
            assert session.performance_metrics.get("attempts", 0) == len(kept)
            practised += len(kept)
        progress = await store.progress_of(user_id)
        assert {record.total_attempts for record in progress} <= {practised}, "each attempt counted once"
        await assert_rebuilt_equal(store, user_id)
        total += practised
    return total


async def _numbers(database: Database, table: str, session_id: Id) -> list[int]:
    return [row[0] for row in await database.rows(f"SELECT attempt_number FROM {table} WHERE session_id=?", session_id)]
