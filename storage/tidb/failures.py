"""What an error of TiDB, MariaDB or the way there means for a transaction.

The driver raises ``OperationalError`` for nearly everything, so the number decides. Numbers below 2000 are MySQL's,
2000 to 2999 the client's own, 8000 to 9999 TiDB's (its manual: "Error Codes and Troubleshooting").
"""

from __future__ import annotations

from storage.errors import StoreConflict, StoreError, StoreRefused, StoreUnavailable, StoreUnusable

RETRY = frozenset({1205, 1213, 8002, 8005, 8022, 8028, 9007})
"""The transaction did not happen, and may when it is run again from its beginning."""
_RETRY_TEXT = "Information schema is changed"
OUTAGE = {
    1021: "its disk is full; free some space",
    1026: "it can not write; look at its disk",
    1037: "it has no memory left",
    1040: "it has too many connections; raise max_connections, or lower `pool` in the URL",
    1053: "it is shutting down",
    1114: "its disk is full; free some space",
    1290: "it is read-only; find the primary",
    1792: "it is read-only; find the primary",
    1836: "it is read-only; find the primary",
    2003: "nobody answers at that address; is it running?",
    2006: "the connection was lost",
    2013: "the connection was lost",
    3100: "it can not write; look at its disk",
    8027: "a schema change is under way that it has not caught up with",
    9001: "its placement driver does not answer",
    9002: "its storage does not answer",
    9003: "its storage is busy",
    9004: "its locks are not resolved in time",
    9005: "a region of its storage is not available",
    9008: "its storage is not available",
}
REFUSED = frozenset({1048, 1062, 1153, 1264, 1292, 1300, 1364, 1366, 1406, 1452, 1690, 3819, 4025, 8004, 8025, 8029})
"""The rows are not acceptable, or too many for one transaction (1153, 8004): smaller ones are tried next."""
STOP = {
    1044: "this user may not do that; grant it the rights on the database",
    1045: "the user or the password is wrong",
    1049: "there is no such database; create it first",
    1054: "a column is missing; run `storysign migrate verify`",
    1064: "it does not understand a statement; is it TiDB 6.5, MariaDB 10.6, or newer?",
    1142: "this user may not do that; grant it the rights on the database",
    1146: "a table is missing; run `storysign migrate up`",
}


class Again(Exception):
    """The transaction is to be run again from its beginning; ``number`` is the error of the database."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(f"({number}) {text}")
        self.number = number


def store_error(error: BaseException, where: str) -> StoreError | Again:
    """The error of ``storage.errors`` (or ``Again``) for whatever the driver raised."""
    number = error.args[0] if error.args and isinstance(error.args[0], int) else None
    text = str(error.args[1]) if len(error.args) > 1 else str(error) or type(error).__name__
    if number is not None and (number in RETRY or (number == 1105 and _RETRY_TEXT in text)):
        return Again(number, text)
    if number in REFUSED or isinstance(error, (UnicodeError, OverflowError)):
        return StoreRefused(f"the database refuses a row: ({number}) {text}")
    if number in STOP:
        return StoreUnusable(f"the database {where} can not be used: {STOP[number]} (({number}) {text})")
    meaning = OUTAGE.get(number, "it gives an error that we do not know") if number else "the connection failed"
    return StoreUnavailable(f"the database {where} is not available: {meaning} (({number}) {text})")


def conflict(again: Again, where: str) -> StoreConflict:
    """After the last retry."""
    return StoreConflict(f"the database {where} kept refusing the transaction: {again}")
