"""Kills a writer under load again and again, and checks after each time that nothing was lost and nothing is twice.

    python -m tests.support.kill_run --kills 25 --report reports/kills.json

On a SQLite file (``synchronous=FULL``) and on a private MariaDB, both on the temporary folder's disk. Four sessions of
one learner; the writer flushes three attempts of each in one transaction, and is killed (SIGKILL) after a random number
of acknowledgements. What it has printed by then is what a learner would have been told.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from storage.records import Id, id_from_text
from tests.support.databases import Database, create_database
from tests.support.mariadb import MariaDb, missing, running_mariadb
from tests.support.store_checker import check_store
from tests.support.store_makers import a_practising_learner, another_session

SESSIONS = 4


def kill_after(url: str, sessions: Sequence[Id], lines: int) -> dict[Id, int]:
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


async def run(database: Database, kills: int, seed: int) -> dict[str, Any]:
    """So many kills on one database with today's schema; raises AssertionError where an invariant does not hold."""
    store = await database.store()
    learner, first = await a_practising_learner(store)
    sessions = [first.session.id]
    while len(sessions) < SESSIONS:
        sessions.append((await another_session(store, learner)).session.id)
    await database.close()
    moments = random.Random(seed)
    attempts = acknowledged_attempts = 0
    for _ in range(kills):
        acknowledged = await asyncio.to_thread(kill_after, database.url, sessions, moments.randrange(1, 60))
        attempts = await check_store(database, await database.store(), {learner.id: sessions}, acknowledged)
        acknowledged_attempts = sum(acknowledged.values())
        await database.close()
    return {
        "kills": kills,
        "attempts_acknowledged": acknowledged_attempts,
        "attempts_stored": attempts,
        "nothing_lost_nothing_twice_progress_equals_rebuild": True,
    }


async def _run_all(server: MariaDb | None, kills: int, seed: int) -> dict[str, Any]:
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/killed.db")
        await database.migrated()
        found["sqlite"] = await run(database, kills, seed)
    if server is not None:
        database = Database(server.url("killed"))
        await create_database(database.url, "killed")
        await database.migrated()
        found["mariadb"] = await run(database, kills, seed)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path)
    arguments = parser.parse_args()
    with nullcontext() if missing() else running_mariadb(durable=True) as server:
        found = asyncio.run(_run_all(server, arguments.kills, arguments.seed))
    text = json.dumps(found, indent=2)
    print(text)
    if arguments.report:
        arguments.report.parent.mkdir(parents=True, exist_ok=True)
        arguments.report.write_text(text + "\n")


if __name__ == "__main__":
    main()
