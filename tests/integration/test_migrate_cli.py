"""`storysign migrate` as an operator runs it, on a file and on a private MariaDB."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from server.cli.migrate import app
from tests.support.databases import Database, empty_database, mariadb

__all__ = ["empty_database", "mariadb"]


async def _storysign_migrate(database: Database, *arguments: str, typed: str | None = None) -> Result:
    run = CliRunner().invoke
    return await asyncio.to_thread(run, app, [*arguments, "--database", database.url], input=typed)


async def test_up_verify_and_down(empty_database: Database) -> None:
    assert "pending" in (await _storysign_migrate(empty_database, "status")).output
    assert "Applied 0001, 0002, 0003" in (await _storysign_migrate(empty_database, "up")).output
    assert "up to date" in (await _storysign_migrate(empty_database, "up")).output
    verified = await _storysign_migrate(empty_database, "verify")
    assert (verified.exit_code, verified.output) == (0, "The schema is as declared.\n")
    assert "applied" in (await _storysign_migrate(empty_database, "status")).output
    kept = await _storysign_migrate(empty_database, "down", "--to", "0", typed="n\n")
    assert kept.exit_code == 1 and "lose the data" in kept.output
    assert await empty_database.rows("SELECT COUNT(*) FROM learners") == [(0,)]
    assert "Undid" in (await _storysign_migrate(empty_database, "down", "--to", "0", typed="y\n")).output
    assert "nothing to undo" in (await _storysign_migrate(empty_database, "down", "--to", "0")).output


async def test_verify_fails_where_schemas_differ(database_file: Path) -> None:
    database = Database(f"sqlite:///{database_file}")
    await _storysign_migrate(database, "up")
    with sqlite3.connect(database_file) as connection:
        connection.execute("DROP TABLE stories")
    connection.close()
    found = await _storysign_migrate(database, "verify")
    assert (found.exit_code, found.output) == (1, "table stories is missing\n")


async def test_what_hinders_is_said_in_one_sentence(database_file: Path) -> None:
    database_file.write_text("something else " * 100)
    refused = await _storysign_migrate(Database(f"sqlite:///{database_file}"), "up")
    assert refused.exit_code == 1 and "is not a SQLite database" in refused.output


@pytest.fixture
def database_file(tmp_path: Path) -> Path:
    return tmp_path / "a.db"
