"""What an error of SQLite means for the caller."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from storage.errors import StoreError, StoreRefused, StoreUnavailable, StoreUnusable

_UNAVAILABLE = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space, nothing that was saved is lost",
    sqlite3.SQLITE_READONLY: "it, or its folder, is read-only; give this user the right to write there",
    sqlite3.SQLITE_CANTOPEN: "it can not be opened; does its folder exist, and may this user write there?",
    sqlite3.SQLITE_BUSY: "another program keeps it locked; find out which one (sqlite3, a backup?) and let it finish",
    sqlite3.SQLITE_LOCKED: "another program keeps it locked; find out which one (sqlite3, a backup?) and let it finish",
    sqlite3.SQLITE_IOERR: "reading or writing the file failed; look at the disk",
    sqlite3.SQLITE_NOMEM: "there is no memory left",
    sqlite3.SQLITE_INTERRUPT: "the statement was interrupted",
    sqlite3.SQLITE_PERM: "this user may not use the file",
}
_UNUSABLE = {
    sqlite3.SQLITE_NOTADB: "it is not a SQLite database; is the path the right one?",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restore a backup (or try `sqlite3 FILE .recover`)",
}
_REFUSED = {
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_RANGE,
}


def store_error(error: Exception, path: Path) -> StoreError:
    """The error of ``storage.errors`` for whatever the driver raised."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if primary in _UNAVAILABLE:
        return StoreUnavailable(f"the database {path} is not available: {_UNAVAILABLE[primary]} ({error})")
    if primary in _UNUSABLE:
        return StoreUnusable(f"the database {path} can not be used: {_UNUSABLE[primary]}")
    if primary in _REFUSED or isinstance(error, (sqlite3.DataError, OverflowError, UnicodeError)):
        return StoreRefused(f"the database refuses a row: {error}")
    if isinstance(error, sqlite3.InterfaceError | sqlite3.ProgrammingError) and not primary:
        return StoreRefused(f"the database refuses a value: {error}")
    return StoreUnusable(f"the database {path} can not be used: {error}")
