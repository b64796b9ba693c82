"""How long the questions of learners and teachers take, and how the database finds the answers.

    storysign seed-demo --learners 1000 --database URL
    python -m tests.support.analytics_bench URL --report reports/analytics.json

Asks each question of many learners, one after another; prints p50 and p99 in ms and the plan of every statement.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from actors.learning.rules import LearningRules
from storage.migrate import SchemaEngine
from storage.open import open_engine, sqlite_path
from storage.plan import Plan, Query, Row
from storage.records import Id
from storage.sql_store import SqlStore
from tests.support.listening_engine import ListeningEngine

Question = Callable[[SqlStore, Id], Awaitable[Any]]
TENANT = "demo"
_LAST = dt.datetime.now(dt.UTC).date()
_FIRST = _LAST - dt.timedelta(days=90)
QUESTIONS: Mapping[str, Question] = {
    "performance of 90 days": lambda store, learner: store.performance(learner, _FIRST, _LAST),
    "trends of 90 days": lambda store, learner: store.trends(learner, _FIRST, _LAST, 10),
    "sessions to go on with": lambda store, learner: store.resumable(learner, 5),
    "progress": lambda store, learner: store.progress_of(learner),
    "page of sessions": lambda store, learner: store.sessions_of(learner, limit=50),
    "page of attempts": lambda store, learner: store.attempts_of(learner, limit=50),
    "page of failed attempts": lambda store, learner: store.attempts_of(learner, successful=False, limit=50),
    "page of one sentence": lambda store, learner: store.attempts_of(learner, sentence_index=3, limit=50),
    "skill area": lambda store, _: store.skill_area(TENANT, "vocabulary"),
}


class ExplainingEngine(ListeningEngine):
    """Keeps what is asked, to have it explained."""

    def __init__(self, engine: SchemaEngine) -> None:
        super().__init__(engine, lambda query: self.asked.setdefault(query.sql, query.params))
        self.asked: dict[str, Row] = {}

    async def explained(self, prefix: str) -> dict[str, list[str]]:
        """The database's own words about each statement that was asked."""
        found = {}
        for sql, params in self.asked.items():
            rows = await self._engine.read(lambda sql=sql, params=params: _rows(Query(f"{prefix} {sql}", params)))
            found[sql] = [" ".join(str(value) for value in row) for row in rows]
        self.asked.clear()
        return found


def _rows(query: Query) -> Plan[list[Row]]:
    return (yield query).rows


async def bench(url: str, times: int) -> list[dict[str, Any]]:
    """Every question, asked ``times`` times of learners chosen at random."""
    engine = ExplainingEngine(open_engine(url))
    store = SqlStore(engine, LearningRules())
    await store.open()
    prefix = "EXPLAIN QUERY PLAN" if sqlite_path(url) else "EXPLAIN"
    learners = await store.learner_ids(None, 10_000)
    chance, found = random.Random(1), []
    engine.asked.clear()
    for name, question in QUESTIONS.items():
        waits = []
        for learner in chance.choices(learners, k=times):
            began = time.perf_counter()
            await question(store, learner)
            waits.append((time.perf_counter() - began) * 1000)
        waits.sort()
        plans = await engine.explained(prefix)
        found.append(
            {
                "question": name,
                "p50_ms": round(waits[len(waits) // 2], 2),
                "p99_ms": round(waits[int(len(waits) * 0.99)], 2),
                "plans": plans,
            }
        )
    await store.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--report", type=Path)
    arguments = parser.parse_args()
    found = asyncio.run(bench(arguments.url, arguments.times))
    for line in found:
        print(f"{line['question']:26} p50 {line['p50_ms']:7.2f} ms   p99 {line['p99_ms']:7.2f} ms")
        for steps in line["plans"].values():
            for step in steps:
                print(f"    {step}")
    if arguments.report:
        arguments.report.parent.mkdir(parents=True, exist_ok=True)
        arguments.report.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
