"""A writer that is killed at any moment leaves the store whole: what was acknowledged is there, nothing is twice."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from storage.records import Id, id_from_text
from tests.support.databases import Database
from tests.support.store_checker import check_store
from tests.support.store_makers import a_practising_learner, another_session

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


async def test_a_killed_writer_leaves_watermark_rows_and_progress_in_agreement(database: Database) -> None:
    store = await database.store()
    learner, first = await a_practising_learner(store)
    sessions = [first.session.id, *[(await another_session(store, learner)).session.id for _ in range(3)]]
    await database.close()
    moments = random.Random(7)
    for _ in range(KILLS):
        acknowledged = _kill_after(database.url, sessions, moments.randrange(1, 60))
        await check_store(database, await database.store(), {learner.id: sessions}, acknowledged)
        await database.close()
