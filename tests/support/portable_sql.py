"""What may be said to TiDB: a lint for SQL text. Facts: DESIGN §6 and TiDB's page on MySQL compatibility."""

from __future__ import annotations

import re

_FORBIDDEN = {
    r"\bVALUES\s*\(.*\)\s+AS\s+\w+": "a row alias in an upsert is broken in TiDB; write VALUES(column)",
    r"\bexcluded\.|\bON CONFLICT\b": "ON CONFLICT is SQLite's; write ON DUPLICATE KEY UPDATE",
    r"\bFOREIGN KEY\b|\bREFERENCES\b": "foreign keys take exclusive locks on the parent; check for orphans instead",
    r"\bCREATE\s+(\w+\s+)*(FUNCTION|PROCEDURE|TRIGGER|EVENT|SEQUENCE)\b": "TiDB runs no code of ours",
    r"\bRETURNING\b": "RETURNING is MariaDB's alone",
    r"\bFULLTEXT\b|\bSPATIAL\b": "TiDB has no such index",
    r"\bINSERT\s+IGNORE\b|\bREPLACE\s+INTO\b": "it hides errors; say what an upsert replaces",
    r"/\*!": "MySQL's version comments mean something else to each server; use /*T! */",
    r"\bAUTO_INCREMENT\b": "growing ids make one hot region; ids are random",
    r";": "one statement a step",
}
_FUNCTIONS = {
    "AVG", "COALESCE", "COUNT", "DATABASE", "MAX", "MIN", "NULLIF", "SUM", "VALUES", "LOWER", "FLOOR", "DATE",
    "CHAR", "VARCHAR", "BINARY", "KEY", "IN", "CHECK", "ROUND", "INSTR", "EXISTS", "AND", "OR", "ON", "WHERE",
    "FROM", "USING",
}  # fmt: skip
"""Functions that SQLite, TiDB and MariaDB all have, and the other words that a parenthesis may follow."""
_KEYS = {
    "learners": ("id",),
    "practice_sessions": ("id",),
    "sign_libraries": ("tenant_id",),
    "user_progress": ("user_id",),
}


def objections(sql: str) -> list[str]:
    """Why TiDB should not be sent this; none is the good answer."""
    plain = re.sub(r"'[^']*'", "''", sql)
    found = [reason for pattern, reason in _FORBIDDEN.items() if re.search(pattern, plain, re.IGNORECASE)]
    words = re.sub(r"/\*T!.*?\*/|`[^`]*`", "", plain)
    if not re.match(r"\s*(CREATE|INSERT)", words):
        calls = {name.upper() for name in re.findall(r"\b([A-Za-z_]\w*)\s*\(", words)}
        found += [f"{name} is no function that all of the databases have" for name in sorted(calls - _FUNCTIONS)]
    return found + _ddl_objections(words) + _lock_objections(words)


def _ddl_objections(sql: str) -> list[str]:
    if re.match(r"\s*(CREATE|DROP)\s+TABLE\b(?!\s+IF\b)", sql, re.IGNORECASE):
        return ["DDL must be repeatable: IF [NOT] EXISTS"]
    if re.match(r"\s*CREATE\s+(UNIQUE\s+)?INDEX\b(?!\s+IF\b)", sql, re.IGNORECASE):
        return ["DDL must be repeatable: CREATE INDEX IF NOT EXISTS"]
    if re.match(r"\s*ALTER\b", sql, re.IGNORECASE) and not re.search(r"\bIF (NOT )?EXISTS\b", sql, re.IGNORECASE):
        return ["DDL must be repeatable: ADD COLUMN IF NOT EXISTS"]
    return []


def _lock_objections(sql: str) -> list[str]:
    if "FOR UPDATE" not in sql:
        return []
    table = re.search(r"\bFROM (\w+)", sql)
    where = re.search(r"\bWHERE (\w+)\s*(=|IN\b)", sql)
    if table and where and where[1] in _KEYS.get(table[1], ()):
        return []
    return ["FOR UPDATE without the table's key locks what it passes by"]
