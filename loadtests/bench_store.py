"""Durable attempts a second, beside what the bare driver does with the same writes.

    python -m loadtests.bench_store --report reports/store.json

For each store and group size: sessions of different learners flush one attempt each, with a landmark blob of 12 KB,
in one group after another. In turns with these the very same INSERTs and UPDATEs, recorded before, go to another
database by the bare driver, one transaction a group: no reads, no checks, no progress. Files are on the temporary
folder's disk, commits are durable.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncmy

from actors.learning.rules import LearningRules
from storage.migrate import Migrator
from storage.open import open_engine, sqlite_path
from storage.plan import Insert, Plan, Query, Statement
from storage.records import Learner, SessionFlush, SessionRecord
from storage.sql_store import SqlStore
from storage.sqlite.engine import connect
from storage.sqlite.engine import insert_sql as sqlite_insert
from storage.tidb.engine import chunks, query_sql
from storage.tidb.engine import insert_sql as mysql_insert
from storage.tidb.target import parse
from tests.support.databases import create_database
from tests.support.mariadb import MariaDb, missing
from tests.support.store_makers import NOON_MS, a_flush, a_learner, a_session, an_attempt

BLOB_BYTES = 12_000
GROUPS = (1, 4, 16, 64)
ROUNDS = {1: 200, 4: 150, 16: 100, 64: 60}
Writes = list[list[Statement]]


class RecordingEngine:
    """Passes on, and keeps the writes of each transaction."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self.writes: Writes = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def write(self, plan: Callable[[], Plan[Any]]) -> Any:
        self.writes.append([])
        return await self._engine.write(lambda: self._recorded(plan(), self.writes[-1]))

    def _recorded(self, plan: Plan[Any], into: list[Statement]) -> Plan[Any]:
        try:
            statement = next(plan)
            while True:
                if isinstance(statement, Insert) or statement.sql.startswith("UPDATE"):
                    into.append(statement)
                statement = plan.send((yield statement))
        except StopIteration as done:
            return done.value


async def _filled(url: str, learners: Sequence[Learner], sessions: Sequence[SessionRecord]) -> SqlStore:
    engine = open_engine(url)
    await engine.open()
    await Migrator(engine).up(NOON_MS)
    await engine.close()
    store = SqlStore(open_engine(url), LearningRules())
    await store.open()
    for learner, session in zip(learners, sessions, strict=True):
        await store.create_learner(learner)
        await store.create_session(session)
        await store.activate(session.id, NOON_MS)
    return store


def _batches(sessions: Sequence[SessionRecord], rounds: int) -> list[list[SessionFlush]]:
    blob = os.urandom(BLOB_BYTES)
    return [
        [
            a_flush(session, lo, lo + 1, epoch=1, attempts=[an_attempt(session.id, lo + 1, landmark_blob=blob)])
            for session in sessions
        ]
        for lo in range(rounds)
    ]


async def measure(urls: Sequence[str], group: int) -> dict[str, Any]:
    """Three fresh databases: one for the writes' recording, one for the store, one for the bare driver."""
    learners = [a_learner() for _ in range(group)]
    sessions = [a_session(learner.id, skill_areas=("fingerspelling",)) for learner in learners]
    batches = _batches(sessions, ROUNDS[group])
    for url in urls:
        await (await _filled(url, learners, sessions)).close()
    recording = RecordingEngine(urls[0])
    recorder = SqlStore(recording, LearningRules())
    await recorder.open()
    for number, batch in enumerate(batches):
        await recorder.flush(batch, NOON_MS + number)
    await recorder.close()
    store = SqlStore(open_engine(urls[1]), LearningRules())
    await store.open()
    waits, raw_waits = [], []
    async with _raw(urls[2]) as commit:
        # In turns, so that whatever else the machine does strikes both alike.
        for number, (batch, writes) in enumerate(zip(batches, recording.writes, strict=True)):
            began = time.perf_counter()
            outcomes = await store.flush(batch, NOON_MS + number)
            flushed = time.perf_counter()
            await commit(writes)
            raw_waits.append(time.perf_counter() - flushed)
            waits.append(flushed - began)
            assert {outcome.kind for outcome in outcomes} == {"committed"}, outcomes
    await store.close()
    return _figures(group, waits, raw_waits)


def _figures(group: int, waits: Sequence[float], raw_waits: Sequence[float]) -> dict[str, Any]:
    """``share_of_raw`` compares the medians, which a burst of other work on the machine does not move."""
    ordered = sorted(waits)
    return {
        "group": group,
        "attempts_per_second": round(group * len(waits) / sum(waits)),
        "raw_attempts_per_second": round(group * len(raw_waits) / sum(raw_waits)),
        "share_of_raw": round(statistics.median(raw_waits) / statistics.median(waits), 2),
        "p50_ms": round(statistics.median(waits) * 1000, 2),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 2),
        "raw_p50_ms": round(statistics.median(raw_waits) * 1000, 2),
    }


@asynccontextmanager
async def _raw(url: str) -> AsyncIterator[Callable[[Sequence[Statement]], Awaitable[None]]]:
    """Commits the statements of one transaction by the bare driver."""
    path = sqlite_path(url)
    if path is not None:
        connection = connect(path)
        yield lambda writes: _raw_sqlite(connection, writes)
        connection.close()
        return
    server = await asyncmy.connect(**parse(url).connect_arguments(), stmt_cache_size=64)
    async with server.cursor() as cursor:
        yield lambda writes: _raw_mysql(server, cursor, writes)
    server.close()


async def _raw_sqlite(connection: sqlite3.Connection, writes: Sequence[Statement]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in writes:
        if isinstance(statement, Query):
            connection.execute(statement.sql, statement.params)
        else:
            connection.executemany(sqlite_insert(statement), statement.rows)
    connection.execute("COMMIT")


async def _raw_mysql(connection: asyncmy.Connection, cursor: Any, writes: Sequence[Statement]) -> None:
    await connection.begin()
    for statement in writes:
        if isinstance(statement, Query):
            await cursor.execute(query_sql(statement), list(statement.params))
            continue
        for chunk in chunks(list(statement.rows)):
            values = [value for row in chunk for value in row]
            await cursor.execute(mysql_insert(statement, len(chunk)), values)
    await connection.commit()


async def bench(server: MariaDb | None) -> dict[str, list[dict[str, Any]]]:
    """All group sizes on every store that there is."""
    found: dict[str, list[dict[str, Any]]] = {"sqlite": []}
    with tempfile.TemporaryDirectory() as folder:
        for group in GROUPS:
            urls = [f"sqlite:///{folder}/{group}-{part}.db" for part in range(3)]
            found["sqlite"].append(await measure(urls, group))
    if server is not None:
        found["mariadb"] = []
        for group in GROUPS:
            names = [f"bench_{group}_{part}" for part in range(3)]
            for name in names:
                await create_database(server.url(name), name)
            found["mariadb"].append(await measure([server.url(name) for name in names], group))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path)
    report = parser.parse_args().report
    server = None if missing() else MariaDb(durable=True)
    try:
        if server is not None:
            server.install()
            server.start()
        found = asyncio.run(bench(server))
    finally:
        if server is not None:
            server.stop()
    for name, lines in found.items():
        for line in lines:
            print(f"{name:8} " + "  ".join(f"{key} {value}" for key, value in line.items()))
    if report:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
