"""A file of an older StorySign becomes one of this, with a copy of what it was beside it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from storage.errors import StoreUnavailable
from storage.migrate import Migrator
from storage.sqlite.engine import SqliteEngine, connect
from storage.sqlite.failures import store_error


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What was done: the schema's versions, and the copy of before."""

    old_version: int
    new_version: int
    copy: Path


async def upgrade(path: Path, now_ms: int) -> Upgrade | None:
    """Applies pending migrations to a file that has some; None where there is nothing to do.

    A new file, a foreign one and one from a newer program are left as they are: opening the store fills the first and
    refuses the others. Nobody else may serve the file meanwhile (``sqlite.lock``). Raises StoreUnavailable, and
    StoreUnusable; the file is unchanged when making the copy fails.
    """
    if not path.exists():
        return None
    engine = SqliteEngine(path)
    await engine.open()
    try:
        states = await Migrator(engine).status()
        version = max((state.number for state in states if state.applied_at_ms is not None), default=0)
        if not version or "unknown" in {state.state for state in states} or version == len(engine.migrations):
            return None
        copy = path.with_name(f"{path.name}.version-{version}.copy")
        await asyncio.to_thread(_copied, path, copy)
        await Migrator(engine).up(now_ms)
        return Upgrade(version, len(engine.migrations), copy)
    finally:
        await engine.close()


def copies_of(path: Path) -> list[Path]:
    """The copies that upgrades of a file have left beside it."""
    return sorted(path.parent.glob(f"{path.name}.version-*.copy"))


def _copied(path: Path, copy: Path) -> None:
    """Copies a database whole, its log included; an unfinished copy never has the final name."""
    unfinished = copy.with_name(copy.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL, path.stat().st_mode & 0o777))
        source, target = connect(path), sqlite3.connect(unfinished)
        try:
            source.backup(target)
        finally:
            source.close()
            target.close()
        os.replace(unfinished, copy)
    except OSError as error:
        raise StoreUnavailable(f"no copy of the database could be made as {copy}: {error.strerror}") from error
    except sqlite3.Error as error:
        raise store_error(error, copy) from error
    finally:
        unfinished.unlink(missing_ok=True)
