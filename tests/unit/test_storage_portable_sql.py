"""Nothing is sent to TiDB that it lacks, by any method of the store."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage.migrate import load
from storage.open import open_engine
from storage.plan import Insert, Plan, Query, Recall, Remember, Statement, Update
from storage.records import ReferenceRecord, SessionClose, Story, StorySentence, new_id
from storage.sql_store import SqlStore
from storage.sqlite.engine import SqliteEngine
from storage.tidb.engine import CHUNKS, chunks, driver_sql, insert_sql, query_sql
from tests.support.portable_sql import objections
from tests.support.store_makers import DAY_MS, NOON_MS, StepRules, a_flush, a_learner, a_session, an_attempt


class ListeningEngine:
    """A real engine that writes down every statement."""

    def __init__(self, engine: SqliteEngine) -> None:
        self._engine = engine
        self.heard: list[Statement] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def write(self, plan: Callable[[], Plan[Any]]) -> Any:
        return await self._engine.write(lambda: self._listening(plan()))

    async def read(self, plan: Callable[[], Plan[Any]]) -> Any:
        return await self._engine.read(lambda: self._listening(plan()))

    def _listening(self, plan: Plan[Any]) -> Plan[Any]:
        try:
            statement = next(plan)
            while True:
                if not isinstance(statement, Recall | Remember):
                    self.heard.append(statement)
                statement = plan.send((yield statement))
        except StopIteration as done:
            return done.value


class CountingStore(SqlStore):
    """Knows which of its methods were used."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.used: set[str] = set()

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_") and name != "used":
            self.used.add(name)
        return super().__getattribute__(name)


async def _use_everything(store: CountingStore) -> None:
    learner, session = a_learner(), None
    await store.create_learner(learner)
    await store.learner(learner.id)
    await store.learner_by_token(learner.token_hash)
    await store.set_consent(learner.id, True)
    await store.set_time_zone(learner.id, "Asia/Tokyo")
    await store.set_role(learner.id, "educator")
    session = a_session(learner.id)
    await store.create_session(session)
    activation = await store.activate(session.id, NOON_MS)
    await store.set_status(session.id, 1, "active", NOON_MS)
    result = {"signs": [{"gloss": "A", "score": 0.5}], "findings": [{"code": "x", "kind": "correction"}]}
    attempts = (an_attempt(session.id, 1, result=result), an_attempt(session.id, 2, score=7.0))
    await store.flush([a_flush(activation, 0, 2, attempts=attempts)], NOON_MS)
    await store.close_session(SessionClose(session.id, 1, 2, "completed"), NOON_MS)
    await store.session(session.id)
    page = await store.sessions_of(learner.id, status="completed", limit=1, cursor=None)
    assert page.items
    await store.attempts_of(learner.id, session_id=session.id, sentence_index=0, successful=True, limit=1, cursor=None)
    await store.landmark_blob(session.id, 1)
    await store.progress_of(learner.id)
    await store.rebuild_progress(learner.id)
    await store.put_story(Story("s", "default", "T", 1, (), (StorySentence("A", ("A",)),)))
    await store.stories("default")
    await store.story("default", "s")
    await store.put_reference(ReferenceRecord(new_id(), "default", "A", "", "", "", "hands", 1, 1, False, 30.0, b"x"))
    for reference_id in await store.reference_ids("default"):
        await store.reference(reference_id)
    await store.references("default")
    await store.remove_references("default", "A", None)
    await store.library_version("default")
    day = dt.date(2026, 3, 1)
    await store.performance(learner.id, day, day)
    await store.trends(learner.id, day, day, limit=3)
    await store.skill_area("default", "vocabulary")
    await store.resumable(learner.id, limit=3)
    assert await store.learner_ids(None, 5) == (learner.id,)
    assert await store.check_progress(learner.id) == ()
    assert await store.sweep_landmarks(NOON_MS + 400 * DAY_MS) == 1
    await store.set_consent(learner.id, False)
    await store.export_learner(learner.id)


async def _repair_and_delete(store: CountingStore, engine: ListeningEngine) -> None:
    (learner_id,) = await store.learner_ids(None, 5)

    def damage() -> Plan[None]:
        yield Query("DELETE FROM practice_days")

    await engine.write(damage)
    assert await store.repair_progress(learner_id, NOON_MS)
    await store.delete_learner(learner_id)
    await store.load_history(a_learner(), [], NOON_MS)


async def test_no_method_says_what_tidb_lacks(tmp_path: Path) -> None:
    engine = ListeningEngine(open_engine(f"sqlite:///{tmp_path / 'a.db'}"))
    store = CountingStore(engine, StepRules())
    await store.open()
    engine.heard.clear()
    await _use_everything(store)
    await _repair_and_delete(store, engine)
    public = {name for name, _ in inspect.getmembers(SqlStore, inspect.isfunction) if not name.startswith("_")}
    assert public - store.used == {"close"}, "every method has been used"
    await store.close()
    texts = {_text(said) for said in engine.heard}
    assert len(texts) > 30
    assert {text: objections(text) for text in texts if objections(text)} == {}


def _text(said: Statement) -> str:
    if isinstance(said, Insert):
        return insert_sql(said, 8)
    return driver_sql(said.sql) if isinstance(said, Update) else query_sql(said)


@pytest.mark.parametrize("package", ["storage.tidb.migrations"])
def test_no_migration_says_what_tidb_lacks(package: str) -> None:
    for migration in load(package):
        for statement in (*migration.up, *migration.down):
            assert objections(statement) == [], statement


@pytest.mark.parametrize("column", ["landmark_data", "gesture_sequence", "ai_feedback"])
def test_large_columns_take_what_the_checks_let_through(column: str) -> None:
    text = "\n".join(statement for migration in load("storage.tidb.migrations") for statement in migration.up)
    kind = next(line.split()[1] for line in text.splitlines() if line.split()[:1] == [column])
    assert kind in ("LONGBLOB", "MEDIUMTEXT")


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO a (b) VALUES (%s) AS new ON DUPLICATE KEY UPDATE b=new.b",
        "INSERT INTO a (b) VALUES (%s) ON CONFLICT (b) DO NOTHING",
        "CREATE TABLE IF NOT EXISTS a (b INT, FOREIGN KEY (b) REFERENCES c (d))",
        "CREATE FUNCTION f() RETURNS INT RETURN 1",
        "SELECT levenshtein(a,b) FROM c WHERE id=%s",
        "SELECT id FROM learners WHERE display_name=%s FOR UPDATE",
        "SELECT id FROM learners FOR UPDATE",
        "SELECT id FROM sentence_attempts WHERE user_id=%s FOR UPDATE",
        "CREATE TABLE a (b INT)",
        "DROP TABLE a",
        "ALTER TABLE a ADD COLUMN b INT",
        "CREATE INDEX a ON b (c)",
        "DELETE FROM a WHERE b=%s RETURNING c",
        "INSERT IGNORE INTO a (b) VALUES (%s)",
        "SELECT 1; SELECT 2",
        "CREATE TABLE IF NOT EXISTS a (b INT AUTO_INCREMENT)",
        "SELECT /*!80000 1, */ 2",
    ],
)
def test_the_lint_objects(sql: str) -> None:
    assert objections(sql)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 63, 64, 65, 200])
def test_rows_go_in_pieces_of_few_sizes(count: int) -> None:
    rows = [(number,) for number in range(count)]
    pieces = list(chunks(rows))
    assert [row for piece in pieces for row in piece] == rows
    assert {len(piece) for piece in pieces} <= set(CHUNKS)
