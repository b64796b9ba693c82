"""What every learner knows of its own attempts, joined with the database: is anything lost, doubled or miscounted?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadtests.driver import Practice


@dataclass(frozen=True, slots=True)
class SessionLog:
    """One session at its learner's: ``ended`` frames of each attempt that was ended, by number.

    ``stored``: the watermark heard last; ``held``: attempts that the learner still keeps; ``lost``: what the server
    said that it could not restore; ``cancelled``: attempts that count no more.
    """

    session_id: str
    learner_id: str
    ended: dict[int, int]
    stored: int
    held: tuple[int, ...]
    lost: tuple[int, ...]
    cancelled: tuple[int, ...]
    status: str | None

    @classmethod
    def of(cls, practice: Practice) -> SessionLog:
        """The log of a learner at the end of a run."""
        learner = practice.learner
        stream = learner.stream
        cancelled = {attempt.number for attempt in stream.attempts if attempt.outcome == "cancelled"}
        return cls(
            session_id=practice.session_id,
            learner_id=practice.learner_id,
            ended={entry.number: entry.frames for entry in learner.attempts if entry.ended},
            stored=stream.stored,
            held=stream.unsaved,
            lost=tuple(sorted(learner.lost_attempts)),
            cancelled=tuple(sorted(cancelled)),
            status=stream.status,
        )


def write_logs(path: Path, logs: Iterable[SessionLog]) -> None:
    """One JSON array."""
    path.write_text(json.dumps([asdict(log) for log in logs]), "utf-8")


def read_logs(path: Path) -> list[SessionLog]:
    """What ``write_logs`` has written."""
    return [_log(entry) for entry in json.loads(path.read_text("utf-8"))]


def _log(entry: dict[str, object]) -> SessionLog:
    ended = {int(number): frames for number, frames in entry["ended"].items()}
    lists = {name: tuple(entry[name]) for name in ("held", "lost", "cancelled")}
    return SessionLog(**{**entry, **lists, "ended": ended})


def faults_of(log: SessionLog, stored: Sequence[tuple[int, int]]) -> list[str]:
    """What contradicts the promises of durability in one session; ``stored``: number and frames of each row.

    Promised: every attempt that was said to be stored is there once and whole; nothing is there that was never ended;
    an attempt that is neither stored nor held by its learner does not exist.
    """
    where = f"session {log.session_id}: attempt"
    rows = Counter(number for number, _ in stored)
    frames = dict(stored)
    found = [f"{where} {number} is stored {count} times" for number, count in rows.items() if count > 1]
    found += [f"{where} {number} is stored and was never ended" for number in rows.keys() - log.ended.keys()]
    for number, count in log.ended.items():
        if number in frames and frames[number] != count:
            found.append(f"{where} {number} has {frames[number]} frames in the database and had {count}")
        if number not in rows and number <= log.stored:
            found.append(f"{where} {number} was said to be stored and is not there")
        if number not in rows and number > log.stored and number not in log.held:
            found.append(f"{where} {number} is neither stored nor held by its learner")
    found += [f"{where} {number} was lost, by the server's own word" for number in log.lost]
    found += [f"{where} {number} was given up" for number in log.cancelled]
    return found


def unsaved_at_the_end(logs: Sequence[SessionLog]) -> list[str]:
    """Attempts that were still on their way when the run had ended and everything had been given time to settle."""
    return [f"session {log.session_id}: attempts {list(log.held)} were not saved in time" for log in logs if log.held]
