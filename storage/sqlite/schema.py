"""The schema of a SQLite file, in the words of ``storage.migrate.Schema``."""

from __future__ import annotations

import re
import sqlite3

from storage.migrate import Migration, Schema


def describe(connection: sqlite3.Connection) -> Schema:
    """Every table with its columns, keys, checks and indexes."""
    tables = connection.execute(
        "SELECT name,sql FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall()
    return {name: frozenset(_lines(connection, name, sql)) for name, sql in tables}


def _lines(connection: sqlite3.Connection, table: str, sql: str) -> list[str]:
    lines = [
        f"column {name} {kind}{' NOT NULL' if required else ''}" + (f" key {key}" if key else "")
        for name, kind, required, key in connection.execute(
            'SELECT name,type,"notnull",pk FROM pragma_table_info(?)', (table,)
        )
    ]
    lines += [f"check {match}" for match in re.findall(r"CHECK (\((?:[^()]|\([^()]*\))*\))", sql)]
    lines += [
        f"index {re.sub(r'^CREATE (UNIQUE )?INDEX ', '', text)}{' UNIQUE' if 'UNIQUE' in text else ''}"
        for (text,) in connection.execute(
            "SELECT sql FROM sqlite_master WHERE type='index' AND tbl_name=? AND sql IS NOT NULL", (table,)
        )
    ]
    return lines


def declared(migrations: tuple[Migration, ...]) -> Schema:
    """The schema that the migrations make of an empty database."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for migration in migrations:
            for statement in migration.up:
                connection.execute(statement)
        return describe(connection)
    finally:
        connection.close()
