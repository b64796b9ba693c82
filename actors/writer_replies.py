"""What the writer answers where it could not do what it was asked; free of drivers, for session actors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from storage.records import ProgressRecord, SessionRecord


@dataclass(frozen=True, slots=True)
class Delayed:
    """The store could not; ask again after ``retry_after_ms``."""

    retry_after_ms: int
    detail: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The store will not, now or later."""

    kind: Literal["not_found", "illegal", "conflict"]
    detail: str


Closed = tuple[SessionRecord, tuple[ProgressRecord, ...]]
