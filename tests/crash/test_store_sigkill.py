"""A writer that is killed at any moment leaves the store whole: what was acknowledged is there, nothing is twice."""

from __future__ import annotations

from tests.support.databases import Database
from tests.support.kill_run import run

KILLS = 12


async def test_a_killed_writer_leaves_watermark_rows_and_progress_in_agreement(database: Database) -> None:
    found = await run(database, KILLS, seed=7)
    assert found["attempts_stored"] >= found["attempts_acknowledged"] > 0
