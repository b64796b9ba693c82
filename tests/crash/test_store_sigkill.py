"""A writer that is killed at any moment leaves the store whole: what was acknowledged is there, nothing is twice."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from storage.open import open_store
from storage.ports import Store
from storage.records import Id, id_from_text
from tests.support.store_makers import StepRules, a_practising_learner, another_session, assert_rebuilt_equal

KILLS = 12


def _kill_after(url: str, sessions: Sequence[Id], lines: int) -> dict[Id, int]:
    """Runs a writer, kills it after so many acknowledgements; gives the highest one of each session."""
    command = [sys.executable, "-m", "tests.support.flush_forever", url, *(session.hex() for session in sessions)]
    acknowledged: dict[Id, int] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as writer:
        assert writer.stdout is not None
        for count, line in enumerate(writer.stdout):
            session, watermark = line.split()
            acknowledged[id_from_text(session)] = int(watermark)
            if count == lines:
                writer.kill()
        assert writer.wait() == -9, "it was killed, it did not fail by itself"
    return acknowledged


async def _check(store: Store, user_id: Id, sessions: Sequence[Id], acknowledged: dict[Id, int]) -> None:
    total = 0
    for session_id in sessions:
        session = await store.session(session_id)
        assert session.stored_through >= acknowledged.get(session_id, 0), "what was acknowledged is there"
        numbers: list[int] = []
        cursor = None
        while True:
            page = await store.attempts_of(user_id, session_id=session_id, limit=200, cursor=cursor)
            numbers += [attempt.attempt_no for attempt in page.items]
            cursor = page.cursor
            if cursor is None:
                break
        assert sorted(numbers) == list(range(1, session.stored_through + 1)), "rows and watermark agree"
        assert session.performance_metrics.get("attempts", 0) == session.stored_through
        total += session.stored_through
    progress = await store.progress_of(user_id)
    assert {record.total_attempts for record in progress} == {total}, "each attempt counted once"
    await assert_rebuilt_equal(store, user_id)


async def test_a_killed_writer_leaves_watermark_rows_and_progress_in_agreement(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = open_store(url, StepRules())
    await store.open()
    learner, first = await a_practising_learner(store)
    sessions = [first.session.id, *[(await another_session(store, learner)).session.id for _ in range(3)]]
    await store.close()
    moments = random.Random(7)
    for _ in range(KILLS):
        acknowledged = _kill_after(url, sessions, moments.randrange(1, 60))
        survivor = open_store(url, StepRules())
        await survivor.open()
        await _check(survivor, learner.id, sessions, acknowledged)
        await survivor.close()
