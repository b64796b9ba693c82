"""The schema's way from nothing to what this program knows, and back: numbered migrations, for both stores.

A migration is two files, ``NNNN_name.up.sql`` and ``NNNN_name.down.sql``. SQLite runs one in a single transaction;
where DDL commits by itself (MySQL, TiDB) each statement can be repeated, so that an interrupted migration is run again
from its beginning.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Literal, Protocol

from storage.errors import StoreUnusable
from storage.plan import Engine, Plan, Query

TABLE = "schema_migrations"
_CREATE = (
    f"CREATE TABLE IF NOT EXISTS {TABLE} (number INTEGER NOT NULL PRIMARY KEY, name VARCHAR(200) NOT NULL,"
    " checksum CHAR(64) NOT NULL, applied_at BIGINT NOT NULL)"
)
_FILE = re.compile(r"(\d{4})_(\w+)\.(up|down)\.sql")
Schema = Mapping[str, frozenset[str]]
"""Tables by name, each as lines like ``column id BLOB NOT NULL`` or ``index x UNIQUE (a,b)``."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered change of the schema and its undoing."""

    number: int
    name: str
    up: tuple[str, ...]
    down: tuple[str, ...]
    checksum: str


@dataclass(frozen=True, slots=True)
class MigrationState:
    """Where one migration stands; ``changed``: it was applied with another text than it has now."""

    number: int
    name: str
    state: Literal["applied", "changed", "pending", "unknown"]
    applied_at_ms: int | None


class SchemaEngine(Engine, Protocol):
    """An engine that can also tell about its schema."""

    migrations: tuple[Migration, ...]
    fills_empty_database: bool
    """A database without tables gets the schema on opening (the embedded store: there is nobody to ask)."""

    removes_expired_landmarks: bool
    """The database does so by itself (TiDB's TTL)."""

    async def live_schema(self) -> Schema:
        """What is there."""

    async def forget_deleted(self) -> None:
        """Leaves nothing of deleted rows in files of our own; a server database sees to its own."""

    async def declared_schema(self) -> Schema:
        """What the migrations make of an empty database."""


def split(sql: str) -> tuple[str, ...]:
    """The statements of a file: each ends with a semicolon at the end of a line; ``--`` lines are comments."""
    text = "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--"))
    return tuple(part.strip() for part in re.split(r";[ \t]*(?:\n|$)", text) if part.strip())


def load(package: str) -> tuple[Migration, ...]:
    """The migrations in a package, by number. Raises ValueError for a gap or a missing half."""
    texts: dict[tuple[int, str], dict[str, str]] = {}
    for entry in resources.files(package).iterdir():
        if match := _FILE.fullmatch(entry.name):
            key = (int(match[1]), match[2])
            texts.setdefault(key, {})[match[3]] = entry.read_text(encoding="utf-8")
    found = []
    for expected, ((number, name), halves) in enumerate(sorted(texts.items()), start=1):
        if number != expected or set(halves) != {"up", "down"}:
            raise ValueError(f"migration {number:04}_{name} of {package} is out of order or lacks its up or down file")
        checksum = hashlib.sha256((halves["up"] + halves["down"]).encode()).hexdigest()
        found.append(Migration(number, name, split(halves["up"]), split(halves["down"]), checksum))
    return tuple(found)


class Migrator:
    """Moves one database's schema."""

    def __init__(self, engine: SchemaEngine) -> None:
        self._engine = engine

    async def status(self) -> list[MigrationState]:
        """Every migration that this program knows or the database has, by number."""
        applied = await self._applied()
        known = {migration.number: migration for migration in self._engine.migrations}
        states = []
        for number in sorted(known.keys() | applied.keys()):
            if number not in known:
                name, _, at_ms = applied[number]
                states.append(MigrationState(number, name, "unknown", at_ms))
            elif number not in applied:
                states.append(MigrationState(number, known[number].name, "pending", None))
            else:
                _, checksum, at_ms = applied[number]
                same = checksum == known[number].checksum
                states.append(MigrationState(number, known[number].name, "applied" if same else "changed", at_ms))
        return states

    async def up(self, now_ms: int, target: int | None = None) -> list[int]:
        """Applies what is pending, up to ``target``; gives the numbers applied. Raises StoreUnusable on a foreign
        database or one from a newer program."""
        states = await self.status()
        if any(state.state == "unknown" for state in states):
            raise StoreUnusable("a newer StorySign has moved this database's schema on; use that one")
        if not await self._applied() and await self._engine.live_schema():
            await self._refuse_foreign()
        await self._engine.write(lambda: _statements((_CREATE,)))
        done = []
        for migration in self._engine.migrations[: target if target is not None else None]:
            if await self._engine.write(lambda one=migration: _apply(one, now_ms)):
                done.append(migration.number)
        return done

    async def down(self, target: int) -> list[int]:
        """Undoes every migration above ``target``, newest first, and the data in what it drops."""
        applied = await self._applied()
        done = []
        for migration in reversed(self._engine.migrations):
            if migration.number > target and migration.number in applied:
                await self._engine.write(lambda one=migration: _undo(one))
                done.append(migration.number)
        return done

    async def verify(self) -> list[str]:
        """Each difference between the live schema and the declared one, in words; none is the good answer."""
        live, declared = await self._engine.live_schema(), await self._engine.declared_schema()
        found = [f"migration {state.number:04}_{state.name} is {state.state}" for state in await self._unsettled()]
        for table in sorted((live.keys() | declared.keys()) - {TABLE}):
            if table not in live:
                found.append(f"table {table} is missing")
            elif table not in declared:
                found.append(f"table {table} is not ours")
            else:
                found += [f"table {table} lacks: {line}" for line in sorted(declared[table] - live[table])]
                found += [f"table {table} has, undeclared: {line}" for line in sorted(live[table] - declared[table])]
        return found

    async def require_current(self, now_ms: int) -> None:
        """Raises StoreUnusable, in words, unless the schema is the one that this program knows."""
        applied = await self._applied()
        if not applied:
            if await self._engine.live_schema():
                await self._refuse_foreign()
            if self._engine.fills_empty_database:
                await self.up(now_ms)
                return
        newest = len(self._engine.migrations)
        if any(number > newest for number in applied):
            raise StoreUnusable(
                f"the database's schema is version {max(applied)}, this StorySign knows {newest}: use a newer StorySign"
            )
        if len(applied) < newest:
            raise StoreUnusable(
                f"the database's schema is version {max(applied, default=0)}, this StorySign needs {newest}:"
                " run `storysign migrate up`"
            )

    async def _unsettled(self) -> Sequence[MigrationState]:
        return [state for state in await self.status() if state.state != "applied"]

    async def _refuse_foreign(self) -> None:
        tables = sorted((await self._engine.live_schema()).keys() - {TABLE})
        if tables:
            raise StoreUnusable(
                f"this is not a StorySign database (it has {', '.join(tables[:5])}): choose another or an empty one"
            )

    async def _applied(self) -> dict[int, tuple[str, str, int]]:
        if TABLE not in await self._engine.live_schema():
            return {}
        rows = await self._engine.read(_read_applied)
        return {number: (name, checksum, at_ms) for number, name, checksum, at_ms in rows}


def _read_applied() -> Plan[list[tuple[int, str, str, int]]]:
    return (yield Query(f"SELECT number,name,checksum,applied_at FROM {TABLE} ORDER BY number")).rows


def _statements(statements: Sequence[str]) -> Plan[None]:
    for statement in statements:
        yield Query(statement)


def _apply(migration: Migration, now_ms: int) -> Plan[bool]:
    """Applies a migration unless another process has done so meanwhile."""
    done = yield Query(f"SELECT number FROM {TABLE} WHERE number=?", (migration.number,))
    if done.rows:
        return False
    yield from _statements(migration.up)
    yield Query(
        f"INSERT INTO {TABLE} (number,name,checksum,applied_at) VALUES (?,?,?,?)",
        (migration.number, migration.name, migration.checksum, now_ms),
    )
    return True


def _undo(migration: Migration) -> Plan[None]:
    yield from _statements(migration.down)
    yield Query(f"DELETE FROM {TABLE} WHERE number=?", (migration.number,))
