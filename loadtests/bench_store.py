"""Durable attempts a second, beside what the bare driver does with the same writes.

    python -m loadtests.bench_store --report reports/store.json

For each store and group size: twice as many learners as a group holds submit one attempt after another to the writer's
group commit, each with a landmark blob of 12 KB. In turns with this the very same INSERTs and UPDATEs, recorded
before, go to another database by the bare driver on one connection, one transaction a group: the same rows in the
same tables and indexes, but no reads, no locks, no checks, no progress worked out. Files are on the temporary
folder's disk, commits are durable. Attempts were written out before, as sessions do in processes of their own.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import asyncmy
import uvloop

from actors.group_commit import GroupCommit
from actors.learning.rules import LearningRules
from storage.migrate import Migrator
from storage.open import open_engine, sqlite_path
from storage.plan import Insert, Plan, Update
from storage.records import Learner, SessionFlush, SessionRecord
from storage.sql_store import SqlStore
from storage.sqlite.engine import connect
from storage.sqlite.engine import insert_sql as sqlite_insert
from storage.tidb.engine import chunks, driver_sql
from storage.tidb.engine import insert_sql as mysql_insert
from storage.tidb.target import parse
from tests.support.databases import create_database
from tests.support.mariadb import MariaDb, missing, running_mariadb
from tests.support.store_makers import NOON_MS, a_flush, a_learner, a_session, an_attempt

BLOB_BYTES = 12_000
GROUPS = (1, 4, 16, 64)
LEARNERS_A_PLACE = 2
"""Learners for each place in a group: while one group is committed, the next one gathers."""
SLICES = {1: 20, 4: 15, 16: 10, 64: 6}
ROUNDS_A_SLICE = 5
Writes = list[list[Insert | Update]]


class Slice(NamedTuple):
    """The same attempts by the writer's path and by the bare driver: how long, and processor time of this process."""

    ours_s: float
    raw_s: float
    ours_cpu_s: float
    raw_cpu_s: float


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

    def _recorded(self, plan: Plan[Any], into: list[Insert | Update]) -> Plan[Any]:
        try:
            statement = next(plan)
            while True:
                if isinstance(statement, Insert | Update):
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
    learners = [a_learner() for _ in range(group * LEARNERS_A_PLACE)]
    sessions = [a_session(learner.id, skill_areas=("fingerspelling",)) for learner in learners]
    rounds = _batches(sessions, SLICES[group] * ROUNDS_A_SLICE)
    for url in urls:
        await (await _filled(url, learners, sessions)).close()
    recorded = await _recorded(urls[0], rounds, group)
    store = SqlStore(open_engine(urls[1], blocking=True), LearningRules())  # as the writer opens it
    await store.open()
    commit = GroupCommit(lambda batch: store.flush(batch, NOON_MS), group)
    # The past and future of the bench itself are not the collector's business.
    gc.collect()
    gc.freeze()
    slices: list[Slice] = []
    waits: list[float] = []
    async with _raw(urls[2]) as commit_raw:
        # In turns, so that whatever else the machine does strikes both alike.
        for first in range(0, len(rounds), ROUNDS_A_SLICE):
            began, began_cpu = time.perf_counter(), time.process_time()
            attempts = zip(*rounds[first : first + ROUNDS_A_SLICE], strict=True)
            await asyncio.gather(*(_practise(commit, flushes, waits) for flushes in attempts))
            stored, stored_cpu = time.perf_counter(), time.process_time()
            for writes in recorded[first * LEARNERS_A_PLACE : (first + ROUNDS_A_SLICE) * LEARNERS_A_PLACE]:
                await commit_raw(writes)
            done, done_cpu = time.perf_counter(), time.process_time()
            slices.append(Slice(stored - began, done - stored, stored_cpu - began_cpu, done_cpu - stored_cpu))
    await store.close()
    return _figures(group, slices, waits)


async def _recorded(url: str, rounds: Sequence[Sequence[SessionFlush]], group: int) -> Writes:
    """The writes of each transaction, groups in their order."""
    recording = RecordingEngine(url)
    recorder = SqlStore(recording, LearningRules())
    await recorder.open()
    for flushes in rounds:
        for first in range(0, len(flushes), group):
            await recorder.flush(flushes[first : first + group], NOON_MS)
    await recorder.close()
    return recording.writes


async def _practise(commit: GroupCommit, flushes: Sequence[SessionFlush], waits: list[float]) -> None:
    for flush in flushes:
        began = time.perf_counter()
        outcome = await commit.submit(flush)
        waits.append(time.perf_counter() - began)
        assert outcome.kind == "committed", outcome


def _figures(group: int, slices: Sequence[Slice], waits: Sequence[float]) -> dict[str, Any]:
    """Medians over slices, which a burst of other work on the machine does not move; ``cpu_us`` are an attempt's."""
    attempts = group * LEARNERS_A_PLACE * ROUNDS_A_SLICE
    ordered = sorted(waits)
    return {
        "group": group,
        "attempts_per_second": round(attempts / statistics.median(slice.ours_s for slice in slices)),
        "raw_attempts_per_second": round(attempts / statistics.median(slice.raw_s for slice in slices)),
        "share_of_raw": round(statistics.median(slice.raw_s / slice.ours_s for slice in slices), 2),
        "p50_ms": round(statistics.median(waits) * 1000, 2),
        "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 2),
        "cpu_us": round(statistics.median(slice.ours_cpu_s for slice in slices) * 1e6 / attempts),
        "raw_cpu_us": round(statistics.median(slice.raw_cpu_s for slice in slices) * 1e6 / attempts),
    }


@asynccontextmanager
async def _raw(url: str) -> AsyncIterator[Callable[[Sequence[Insert | Update]], Awaitable[None]]]:
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


async def _raw_sqlite(connection: sqlite3.Connection, writes: Sequence[Insert | Update]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in writes:
        sql = sqlite_insert(statement) if isinstance(statement, Insert) else statement.sql
        connection.executemany(sql, statement.rows)
    connection.execute("COMMIT")


async def _raw_mysql(connection: asyncmy.Connection, cursor: Any, writes: Sequence[Insert | Update]) -> None:
    await connection.begin()
    for statement in writes:
        if isinstance(statement, Update):
            for params in statement.rows:
                await cursor.execute(driver_sql(statement.sql), list(params))
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
    with nullcontext() if missing() else running_mariadb(durable=True) as server:
        found = uvloop.run(bench(server))  # as in the writer's process
    for name, lines in found.items():
        for line in lines:
            print(f"{name:8} " + "  ".join(f"{key} {value}" for key, value in line.items()))
    if report:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
