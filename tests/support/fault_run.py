"""Practises through a proxy that makes faults, then checks that nothing was lost and nothing is twice.

    python -m tests.support.fault_run --faults 500 --seed 1 --report reports/faults.json

Starts a private MariaDB, flushes for several sessions of several learners while faults of every kind happen, takes
sessions over now and then, and completes some. What the store acknowledged is the clients' log.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from storage.errors import StoreConflict, StoreRefused, StoreUnavailable
from storage.open import open_store
from storage.records import Id, SessionClose, SessionRecord
from storage.tidb.failures import OUTAGE, REFUSED, RETRY
from tests.support.databases import Database, create_database
from tests.support.mariadb import MariaDb, missing, running_mariadb
from tests.support.mysql_proxy import Fault, MysqlProxy
from tests.support.store_checker import check_store
from tests.support.store_makers import NOON_MS, StepRules, a_flush, a_learner, another_session

LEARNERS, SESSIONS_EACH = 4, 3
DEADLINE_S = 0.4
FAULT_SHARE = 0.02
_KINDS = ("error", "error", "error", "cut_before", "cut_after", "delay", "freeze")


class Injector:
    """Chooses faults at random, from a seed, until there are enough."""

    def __init__(self, seed: int, wanted: int) -> None:
        self._random = random.Random(seed)
        self.left = wanted
        self.active = False

    def __call__(self, statement: str) -> Fault | None:
        commit = statement == "COMMIT"
        if not self.active or not self.left or self._random.random() > (4 * FAULT_SHARE if commit else FAULT_SHARE):
            return None
        self.left -= 1
        kind = self._random.choice(_KINDS)
        if kind == "delay":
            return Fault("delay", delay_s=self._random.uniform(0.001, 0.02))
        if kind != "error":
            return Fault(kind)
        if self._random.random() < 0.05:
            return Fault("error", 1105, "Information schema is changed during the execution of the statement")
        refused = REFUSED if statement.startswith("INSERT INTO sentence_attempts") else {1153, 8004}
        return Fault("error", self._random.choice(sorted({*RETRY, *OUTAGE, *refused})))


class Practice:
    """Sessions that go on whatever happens, and the log of what they were told."""

    def __init__(self, url: str, seed: int) -> None:
        self._random = random.Random(seed + 1)
        self.store = open_store(url, StepRules())
        self.acknowledged: dict[Id, int] = {}
        self.failures: Counter[str] = Counter()
        self.sessions: dict[Id, list[Id]] = {}
        self._now_ms = NOON_MS
        self._open: list[SessionRecord] = []

    async def begin(self) -> None:
        for _ in range(LEARNERS):
            learner = a_learner()
            await self.store.create_learner(learner)
            self.sessions[learner.id] = []
            for _ in range(SESSIONS_EACH):
                session = (await another_session(self.store, learner)).session
                self.sessions[learner.id].append(session.id)
                self._open.append(session)

    async def step(self) -> None:
        """One group flush, and now and then a take-over or an end; each again until it is through."""
        self._now_ms += 1_000
        group = self._random.sample(self._open, min(len(self._open), self._random.randint(1, 6)))
        batch = []
        for session in group:
            lo = self.acknowledged.get(session.id, 0)
            batch.append(a_flush(session, lo, lo + self._random.randint(1, 3)))
        outcomes = await self._until_through("flush", lambda: self.store.flush(batch, self._now_ms))
        for outcome in outcomes:
            assert outcome.kind != "fenced", outcome
            self.acknowledged[outcome.session_id] = outcome.stored_through
        if self._random.random() < 0.2:
            await self._take_over(self._random.randrange(len(self._open)))
        if self._random.random() < 0.02 and len(self._open) > 4:
            await self._complete(self._open.pop(self._random.randrange(len(self._open))))

    async def _take_over(self, place: int) -> None:
        session_id = self._open[place].id
        activation = await self._until_through("activate", lambda: self.store.activate(session_id, self._now_ms))
        assert activation.session.stored_through == self.acknowledged.get(session_id, 0)
        self._open[place] = activation.session

    async def _complete(self, session: SessionRecord) -> None:
        close = SessionClose(session.id, session.epoch, self.acknowledged.get(session.id, 0), "completed")
        await self._until_through("complete", lambda: self.store.close_session(close, self._now_ms))

    async def _until_through(self, name: str, operation: Any) -> Any:
        while True:
            try:
                return await operation()
            except (StoreUnavailable, StoreConflict, StoreRefused) as failure:  # the writer asks again after each
                self.failures[f"{name}: {type(failure).__name__}"] += 1


async def run(server: MariaDb, name: str, faults: int, seed: int) -> dict[str, Any]:
    """The whole run on a new database of that server; raises AssertionError where an invariant does not hold."""
    database = Database(server.url(name))
    await create_database(database.url, name)
    await database.migrated()
    injector = Injector(seed, faults)
    began = time.monotonic()
    async with MysqlProxy(server.socket, server.folder / f"proxy-{name}", injector) as proxy:
        practice = Practice(f"mysql://root@localhost/{name}?socket={proxy.socket}&deadline_s={DEADLINE_S}", seed)
        await practice.store.open()
        await practice.begin()
        injector.active = True
        steps = 0
        while injector.left:
            await practice.step()
            steps += 1
        injector.active = False
        await practice.store.close()
    store = await database.store()
    attempts = await check_store(database, store, practice.sessions, practice.acknowledged)
    await database.close()
    return {
        "seed": seed,
        "faults": len(proxy.made),
        "faults_by_kind": dict(Counter(_named(fault) for _, fault in proxy.made).most_common()),
        "faults_at_commit": sum(statement == "COMMIT" for statement, _ in proxy.made),
        "steps": steps,
        "attempts_stored": attempts,
        "failures_seen_by_clients": dict(practice.failures.most_common()),
        "seconds": round(time.monotonic() - began, 1),
        "nothing_lost_nothing_twice_progress_equals_rebuild": True,
    }


def _named(fault: Fault) -> str:
    return f"error {fault.number}" if fault.kind == "error" else fault.kind


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path)
    arguments = parser.parse_args()
    if reason := missing():
        sys.exit(reason)
    with running_mariadb() as server:
        found = asyncio.run(run(server, "faults", arguments.faults, arguments.seed))
    text = json.dumps(found, indent=2)
    print(text)
    if arguments.report:
        arguments.report.parent.mkdir(parents=True, exist_ok=True)
        arguments.report.write_text(text + "\n")


if __name__ == "__main__":
    main()
