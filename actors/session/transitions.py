"""Every transition a session can make, in one table for each of its three machines (DESIGN §2, principle 3)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, TypeVar


class Life(StrEnum):
    """Where the session stands; the values are those of the store."""

    CREATED = "created"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    ABANDONED = "abandoned"
    LEFT = "left"
    """This incarnation has nothing more to say: passivated, drained or fenced. The session itself lives on."""


class Phase(StrEnum):
    """Where the attempt stands."""

    IDLE = "idle"
    RECORDING = "recording"
    JUDGING = "judging"


class Link(StrEnum):
    """Whether a learner is connected."""

    DETACHED = "detached"
    ATTACHED = "attached"


class Trigger(StrEnum):
    """What moves a machine."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    ABANDON = "abandon"
    LEAVE = "leave"
    BEGIN = "begin"
    END = "end"
    JUDGED = "judged"
    DROP = "drop"
    ATTACH = "attach"
    DETACH = "detach"


State = Life | Phase | Link
Kind = TypeVar("Kind", Life, Phase, Link)

TRANSITIONS: Mapping[tuple[State, Trigger], State] = MappingProxyType(
    {
        (Life.CREATED, Trigger.START): Life.ACTIVE,
        (Life.CREATED, Trigger.COMPLETE): Life.COMPLETED,
        (Life.CREATED, Trigger.ABANDON): Life.ABANDONED,
        (Life.CREATED, Trigger.LEAVE): Life.LEFT,
        (Life.ACTIVE, Trigger.PAUSE): Life.PAUSED,
        (Life.PAUSED, Trigger.RESUME): Life.ACTIVE,
        (Life.ACTIVE, Trigger.COMPLETE): Life.COMPLETED,
        (Life.PAUSED, Trigger.COMPLETE): Life.COMPLETED,
        (Life.ACTIVE, Trigger.ABANDON): Life.ABANDONED,
        (Life.PAUSED, Trigger.ABANDON): Life.ABANDONED,
        (Life.ACTIVE, Trigger.LEAVE): Life.LEFT,
        (Life.PAUSED, Trigger.LEAVE): Life.LEFT,
        (Life.COMPLETED, Trigger.LEAVE): Life.LEFT,
        (Life.ABANDONED, Trigger.LEAVE): Life.LEFT,
        (Phase.IDLE, Trigger.BEGIN): Phase.RECORDING,
        (Phase.RECORDING, Trigger.END): Phase.JUDGING,
        (Phase.RECORDING, Trigger.DROP): Phase.IDLE,
        (Phase.JUDGING, Trigger.JUDGED): Phase.IDLE,
        (Link.DETACHED, Trigger.ATTACH): Link.ATTACHED,
        (Link.ATTACHED, Trigger.ATTACH): Link.ATTACHED,
        (Link.ATTACHED, Trigger.DETACH): Link.DETACHED,
    }
)

_HISTORY = 32


class TransitionError(RuntimeError):
    """Our own mistake: a transition that the table does not have. Carries what happened before it."""


class Machine(Generic[Kind]):
    """One current state, moved along the table alone."""

    def __init__(self, state: Kind) -> None:
        self.state = state
        self._history: deque[str] = deque(maxlen=_HISTORY)

    def allows(self, trigger: Trigger) -> bool:
        """Whether the table has a way from here."""
        return (self.state, trigger) in TRANSITIONS

    def move(self, trigger: Trigger) -> None:
        """Takes the way of ``trigger``. Raises TransitionError where there is none."""
        target = TRANSITIONS.get((self.state, trigger))
        if target is None:
            raise TransitionError(f"no way from {self.state} by {trigger}; before: {' → '.join(self._history) or '-'}")
        self._history.append(f"{self.state} –{trigger}")
        self.state = target  # type: ignore[assignment]  # a row leads to the kind that it starts from
