"""The schema of a MySQL-speaking database, in the words of ``storage.migrate.Schema``."""

from __future__ import annotations

import re

from storage.migrate import Schema
from storage.plan import Plan, Query

_COLUMNS = (
    "SELECT table_name,column_name,column_type,is_nullable FROM information_schema.columns"
    " WHERE table_schema=DATABASE()"
)
_INDEXES = (
    "SELECT table_name,index_name,non_unique,column_name FROM information_schema.statistics"
    " WHERE table_schema=DATABASE() ORDER BY table_name,index_name,seq_in_index"
)


def describe() -> Plan[Schema]:
    """Every table with its columns and indexes. Checks are left out: TiDB does not keep them by default."""
    tables: dict[str, set[str]] = {}
    for table, column, kind, nullable in (yield Query(_COLUMNS)).rows:
        # MariaDB says bigint(20), TiDB and MySQL say bigint.
        plain = re.sub(r"^((?:tiny|big)?int)\(\d+\)", r"\1", kind)
        tables.setdefault(table, set()).add(f"column {column} {plain}{'' if nullable == 'YES' else ' NOT NULL'}")
    columns: dict[tuple[str, str, int], list[str]] = {}
    for table, index, non_unique, column in (yield Query(_INDEXES)).rows:
        columns.setdefault((table, index, non_unique), []).append(column)
    for (table, index, non_unique), names in columns.items():
        tables[table].add(f"index {index} ({','.join(names)}){'' if non_unique else ' UNIQUE'}")
    return {table: frozenset(lines) for table, lines in tables.items()}
