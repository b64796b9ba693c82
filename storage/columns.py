"""Records as rows of a table: each column is declared once, for writing and for reading."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Any, Generic, TypeVar

from storage.plan import Row
from storage.records import MARK_UNITS

R = TypeVar("R")
EXPERIENCE_UNITS = 100
Convert = Callable[[Any], Any]

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_DECODER = json.JSONDecoder()


def to_json(value: Any) -> str:
    """Compact JSON. Raises ValueError or TypeError for what JSON has no form for (NaN, bytes)."""
    return _ENCODER.encode(value)


def from_json(text: str) -> Any:
    """What ``to_json`` was given; half the time of ``json.loads``, which looks for white space around it."""
    return _DECODER.raw_decode(text)[0]


def mark_units(mark: float | None) -> int | None:
    """A mark in whole units of 1/10,000."""
    return None if mark is None else round(mark * MARK_UNITS)


def to_day(value: dt.date | str) -> dt.date:
    """A day as its database gives it: SQLite text, MySQL a date."""
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)


@dataclass(frozen=True, slots=True)
class Kind:
    """How a field's value stands in its column; None where it stands there as it is."""

    write: Convert | None = None
    read: Convert | None = None


PLAIN = Kind()
BYTES = Kind(read=bytes)
FLAG = Kind(int, bool)
MARK = Kind(mark_units, lambda units: None if units is None else units / MARK_UNITS)
POINTS = Kind(lambda points: round(points * EXPERIENCE_UNITS), lambda units: units / EXPERIENCE_UNITS)
DAY = Kind(lambda day: None if day is None else day.isoformat(), lambda value: None if value is None else to_day(value))
OBJECT = Kind(lambda mapping: to_json(dict(mapping)), json.loads)
TEXTS = Kind(lambda texts: to_json(list(texts)), lambda text: tuple(json.loads(text)))
OBJECTS = Kind(lambda entries: to_json([dict(entry) for entry in entries]), lambda text: tuple(json.loads(text)))


@dataclass(frozen=True, slots=True)
class Column:
    """``field`` of the record, the column's own name unless said; one that is ``derived`` is written, never read."""

    name: str
    kind: Kind = PLAIN
    field: str = ""
    derived: bool = False


class Columns(Generic[R]):
    """The columns of a record type. ``names`` are in the order of the rows that are written and read."""

    def __init__(self, record_type: type[R], *columns: Column | str) -> None:
        """A bare name is a plain column of that field. All fields without a default must be there."""
        declared = [column if isinstance(column, Column) else Column(column) for column in columns]
        fields = [column.field or column.name for column in declared]
        places = {field: place for place, field in enumerate(fields) if not declared[place].derived}
        self.names = tuple(column.name for column in declared)
        self._record_type = record_type
        self._values = attrgetter(*fields)
        self._writes = [(place, column.kind.write) for place, column in enumerate(declared) if column.kind.write]
        self._reads = [
            (place, column.kind.read)
            for place, column in enumerate(declared)
            if column.kind.read and not column.derived
        ]
        # Fields that no column holds (landmarks) come last in their record and have a default.
        known = [field for field in record_type.__match_args__ if field in places]  # type: ignore[attr-defined]
        self._in_order = itemgetter(*(places[name] for name in known))

    def row(self, record: R) -> Row:
        """The record in the order of ``names``."""
        values = list(self._values(record))
        for place, write in self._writes:
            values[place] = write(values[place])
        return tuple(values)

    def record(self, row: Row) -> R:
        """The record of a row that was read in the order of ``names``."""
        values = list(row)
        for place, read in self._reads:
            values[place] = read(values[place])
        return self._record_type(*self._in_order(values))
