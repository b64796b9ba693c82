"""``make chaos``: a class practises while its server, its writer, its actors, its database and its sockets die.

Faults of every kind come at seeded random moments. At the end every learner's own log is joined with the database
(``loadtests.ledger``), progress is compared with its rebuild, and processes and descriptors are counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.learning.rules import LearningRules
from loadtests.faults import Victims
from loadtests.ledger import SessionLog, faults_of, read_logs, unsaved_at_the_end
from loadtests.processes import tidy_up_on_sigterm
from loadtests.samples import RESUME_LIVE, RESUME_RESTORED, Samples, spread
from storage.open import open_store
from storage.ports import Store
from storage.records import id_from_text
from tests.support.databases import Database, create_database
from tests.support.mariadb import MariaDb, missing, running_mariadb
from tests.support.process_tree import SESSION_ACTOR, left_over, named
from tests.support.server_process import ServerProcess

JOIN_TIMEOUT_S = 180
QUIET_END_S = 3.0
DESCRIPTOR_SLACK = 10
"""Connections of REST that are kept alive a little longer."""
GONE_TIMEOUT_S = 30
PASSIVATE_AFTER_MS = "5000"


@dataclass(frozen=True, slots=True)
class Plan:
    """One run: ``database`` is sqlite or mariadb, ``pause_s`` the mean time between two faults; their kinds are those
    that have ``only`` in their names.
    """

    database: str
    learners: int
    seconds: float
    pause_s: float
    cuts_per_minute: float
    seed: int
    only: str = ""

    @property
    def reserve(self) -> int:
        """Blank actors that the server keeps beside those of the class."""
        return max(2, self.learners // 4)


def run(plan: Plan, folder: Path) -> dict[str, Any]:
    """Does it all in ``folder`` and says what was done and what was found wrong (``problems``)."""
    rng = random.Random(plan.seed)
    with _database(plan.database, folder) as (url, database):
        server = ServerProcess(
            folder,
            warm=plan.learners,
            settings={
                "STORYSIGN_PASSIVATE_AFTER_MS": PASSIVATE_AFTER_MS,
                "STORYSIGN_RESERVE": str(plan.reserve),
            },
            database_url=url,
        )
        victims = Victims(server, database, rng)
        try:
            victims.start_server()
            made, problems = _practise(plan, folder, server, victims, rng)
            problems += _leaks(victims)
            status = server.stop()
            problems += [f"the server ended with status {status}"] if status else []
            left = left_over(list(victims.seen), GONE_TIMEOUT_S)
            problems += [f"left over: {words}" for words in left]
        finally:
            if server.running:
                server.stop()
            server.kill()
        logs = read_logs(folder / "logs.json")
        problems += unsaved_at_the_end(logs) + asyncio.run(_check(url, logs))
    return _result(plan, folder, made, logs, problems)


def _practise(
    plan: Plan, folder: Path, server: ServerProcess, victims: Victims, rng: random.Random
) -> tuple[Counter[str], list[str]]:
    """Faults under load, until the class has finished and gone."""
    generator = _generator(plan, folder, server.url)
    try:
        made = _torment(plan, generator, server, victims, rng)
        generator.wait()
    finally:
        generator.terminate()
    report = json.loads((folder / "load-steady.json").read_text("utf-8"))
    made["socket, cut"] += report["counts"].get("sockets cut", 0)
    return made, list(report["troubles"])


def _torment(
    plan: Plan, generator: subprocess.Popen[bytes], server: ServerProcess, victims: Victims, rng: random.Random
) -> Counter[str]:
    """One fault after another, once everyone is there and the pool is warm again behind them."""
    made: Counter[str] = Counter()
    deadline_s = time.monotonic() + JOIN_TIMEOUT_S
    while len(named(server.pid, SESSION_ACTOR)) < plan.learners + plan.reserve and generator.poll() is None:
        if time.monotonic() > deadline_s:
            raise RuntimeError("the class and a reserve did not come together in time")
        time.sleep(0.2)
    until_s = time.monotonic() + plan.seconds - QUIET_END_S
    while (pause_s := rng.expovariate(1.0 / plan.pause_s)) < until_s - time.monotonic():
        time.sleep(pause_s)
        kinds = {name: kind for name, kind in victims.kinds.items() if plan.only in name}
        kind = rng.choices(list(kinds), [weight for weight, _ in kinds.values()])[0]
        made[kind if kinds[kind][1]() else f"{kind} (missed)"] += 1
        victims.note_processes()
    return made


def _generator(plan: Plan, folder: Path, url: str) -> subprocess.Popen[bytes]:
    words = ["--headless", "-H", url, "-u", str(plan.learners), "-t", f"{plan.seconds:g}s", "--once-joined"]
    words += ["--shape", "steady", "--seed", str(plan.seed), "--cuts-per-minute", str(plan.cuts_per_minute)]
    words += ["--reports", str(folder), "--session-logs", str(folder / "logs.json"), "--only-summary"]
    locustfile = str(Path(__file__).with_name("locustfile.py"))
    command = ["timeout", f"{plan.seconds + 2 * JOIN_TIMEOUT_S:g}", sys.executable, "-m", "locust", "-f", locustfile]
    with (folder / "generator.log").open("wb") as log:
        return subprocess.Popen([*command, *words], stdout=log, stderr=log)


def _leaks(victims: Victims) -> list[str]:
    """Descriptors of the server after the class has gone, against what it had when it started."""
    deadline_s = time.monotonic() + 10.0
    while (now := victims.descriptors) > victims.descriptors_at_start + DESCRIPTOR_SLACK:
        if time.monotonic() > deadline_s:
            return [f"the server has {now} open descriptors; it started with {victims.descriptors_at_start}"]
        time.sleep(0.5)
    return []


async def _check(url: str, logs: Sequence[SessionLog]) -> list[str]:
    store = open_store(url, LearningRules())
    await store.open()
    try:
        problems = []
        for log in logs:
            problems += faults_of(log, await _stored(store, log))
            differences = await store.check_progress(id_from_text(log.learner_id))
            problems += [f"learner {log.learner_id}: progress and its rebuild: {text}" for text in differences]
        return problems
    finally:
        await store.close()


async def _stored(store: Store, log: SessionLog) -> list[tuple[int, int]]:
    """Number and frames of every row of a session."""
    found: list[tuple[int, int]] = []
    cursor = None
    while True:
        page = await store.attempts_of(
            id_from_text(log.learner_id), session_id=id_from_text(log.session_id), limit=100, cursor=cursor
        )
        found += [(row.attempt_no, row.result["frames"]) for row in page.items]
        if page.cursor is None:
            return found
        cursor = page.cursor


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[tuple[str, Path | MariaDb]]:
    if kind == "sqlite":
        file = folder / "storysign.db"
        yield f"sqlite:///{file}", file
        return
    with running_mariadb(durable=True) as server:
        url = server.url("chaos")
        asyncio.run(create_database(url, "chaos"))
        asyncio.run(Database(url).migrated())
        yield url, server


def _result(
    plan: Plan, folder: Path, made: Counter[str], logs: Sequence[SessionLog], problems: list[str]
) -> dict[str, Any]:
    samples = Samples.load(folder / "load-steady.samples.npz")
    hits = sum(count for kind, count in made.items() if not kind.endswith("(missed)"))
    return {
        "database": plan.database,
        "learners": plan.learners,
        "seconds": plan.seconds,
        "seed": plan.seed,
        "faults": hits,
        "faults_by_kind": dict(sorted(made.items())),
        "attempts_ended": sum(len(log.ended) for log in logs),
        "attempts_stored": samples.counts["attempts stored"],
        "resume_ms": {name: spread(samples.values_ms(name)) for name in (RESUME_LIVE, RESUME_RESTORED)},
        "problems": problems,
    }


def main() -> None:
    """Runs, prints, writes the report; exit status 1 where something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--databases", nargs="+", choices=("sqlite", "mariadb"), default=["sqlite", "mariadb"])
    parser.add_argument("--learners", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=240.0, help="for each database")
    parser.add_argument("--pause", type=float, default=1.0, help="mean seconds between two faults")
    parser.add_argument("--cuts-per-minute", type=float, default=1.0, help="sockets cut, for each learner")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="WORD", help="only faults with WORD in their names")
    parser.add_argument("--out", type=Path, default=Path("reports") / "chaos.json")
    wish = parser.parse_args()
    tidy_up_on_sigterm()
    results = []
    for kind in wish.databases:
        if kind == "mariadb" and (reason := missing()) is not None:
            print(f"• {reason}; the run on MariaDB is left out")
            continue
        plan = Plan(kind, wish.learners, wish.seconds, wish.pause, wish.cuts_per_minute, wish.seed, wish.only)
        print(f"• {wish.learners} learners for {wish.seconds:g} s on {kind}, seed {wish.seed} …", flush=True)
        with tempfile.TemporaryDirectory(prefix="storysign-chaos-") as folder:
            results.append(run(plan, Path(folder)))
        _show(results[-1])
    wish.out.parent.mkdir(parents=True, exist_ok=True)
    wish.out.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", "utf-8")
    if any(result["problems"] for result in results):
        sys.exit(1)


def _show(result: dict[str, Any]) -> None:
    for kind, count in result["faults_by_kind"].items():
        print(f"  {count:5d}  {kind}")
    print(f"  {result['faults']} faults; {result['attempts_ended']} attempts ended, {result['attempts_stored']} stored")
    for name, figures in result["resume_ms"].items():
        if figures:
            print(f"  {name}: p50 {figures['p50']:.0f} ms, p99 {figures['p99']:.0f} ms of {figures['count']}")
    for problem in result["problems"]:
        print(f"  WRONG: {problem}")
    if not result["problems"]:
        print("  Nothing is wrong.")


if __name__ == "__main__":
    main()
