"""What can happen to a session (events, past tense) and what it wants done (effects, imperative)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from protocol.codec import FramesReceived
from protocol.codes import CloseCode
from protocol.messages import AttemptBegin, AttemptResult, Hello, ServerMessage, SkillProgress

CommandName = Literal["pause", "resume", "complete", "abandon"]
FinalStatus = Literal["completed", "abandoned"]

# ------------------------------------------------------------------------------------------------------- events


@dataclass(frozen=True, slots=True)
class Attached:
    """A connection has said hello. ``ticket`` is what its client may come back with."""

    connection: int
    hello: Hello
    ticket: str


@dataclass(frozen=True, slots=True)
class Detached:
    """A connection is gone, whoever ended it."""

    connection: int


@dataclass(frozen=True, slots=True)
class AttemptBegan:
    """The client announced an attempt."""

    begin: AttemptBegin


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """The client has no more than ``frame_count`` frames for this attempt."""

    attempt_no: int
    frame_count: int


@dataclass(frozen=True, slots=True)
class AttemptCancelled:
    """The learner does not want this attempt to count."""

    attempt_no: int


@dataclass(frozen=True, slots=True)
class CommandGiven:
    """Pause, resume, complete or abandon; ``request`` is set where REST waits for an answer."""

    name: CommandName
    request: int | None = None


@dataclass(frozen=True, slots=True)
class AttemptJudged:
    """The scorer is done with an attempt. ``landmark_blob`` holds its frames, None without consent."""

    result: AttemptResult
    landmark_blob: bytes | None


@dataclass(frozen=True, slots=True)
class FlushCommitted:
    """Attempts up to ``through`` are durable; ``set_aside`` says why the store refused some rows, if it did."""

    through: int
    skills: tuple[SkillProgress, ...]
    set_aside: str | None = None


@dataclass(frozen=True, slots=True)
class StoreDelayed:
    """The store could not do the last thing asked of it; it is worth trying again after ``retry_after_ms``."""

    retry_after_ms: int
    detail: str


@dataclass(frozen=True, slots=True)
class StatusStored:
    """Paused or resumed, durably."""

    status: Literal["active", "paused"]


@dataclass(frozen=True, slots=True)
class SessionClosed:
    """The session has ended, durably."""

    status: FinalStatus
    overall_score: float | None
    skills: tuple[SkillProgress, ...]


@dataclass(frozen=True, slots=True)
class Fenced:
    """A newer incarnation owns the session: this one must not write or speak for it any more."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class TimeAdvanced:
    """A deadline of ``SessionCore.next_deadline_ms`` has passed."""


@dataclass(frozen=True, slots=True)
class DrainBegan:
    """The server is about to stop: move the learner elsewhere, keep what is not yet stored until it is."""

    after_ms: int
    spread_ms: int


Event = (
    Attached
    | Detached
    | AttemptBegan
    | FramesReceived
    | AttemptEnded
    | AttemptCancelled
    | CommandGiven
    | AttemptJudged
    | FlushCommitted
    | StoreDelayed
    | StatusStored
    | SessionClosed
    | Fenced
    | TimeAdvanced
    | DrainBegan
)

# ------------------------------------------------------------------------------------------------------ effects


@dataclass(frozen=True, slots=True)
class Send:
    """Send to the connection that is attached; lost without harm where there is none."""

    message: ServerMessage


@dataclass(frozen=True, slots=True)
class CloseConnection:
    """Close one connection after all that was sent on it."""

    connection: int
    code: CloseCode
    reason: str


@dataclass(frozen=True, slots=True)
class StartScoring:
    """Begin to follow an attempt at sentence ``sentence_index``; whatever was followed before is dropped."""

    attempt_no: int
    sentence_index: int
    hello: Hello


class ScoreFrames(NamedTuple):
    """Feed frames to the scorer; where ``feedback_for_seq`` is set, send provisional marks up to that frame."""

    attempt_no: int
    times_ms: list[int]
    packed: bytes
    feedback_for_seq: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """Judge a finished attempt and answer with ``AttemptJudged``; frames as ``Recording.frames`` gives them."""

    attempt_no: int
    sentence_index: int
    times_ms: list[int]
    packed: bytes


@dataclass(frozen=True, slots=True)
class StopScoring:
    """Forget the attempt that was followed."""


@dataclass(frozen=True, slots=True)
class JudgedAttempt:
    """A result on its way to the store."""

    result: AttemptResult
    attempted_at_ms: int
    landmark_blob: bytes | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class Flush:
    """Make attempts ``lo < n <= hi`` durable; answer FlushCommitted, StoreDelayed or Fenced."""

    lo: int
    hi: int
    attempts: tuple[JudgedAttempt, ...]


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """Make a pause or its end durable; answer StatusStored, StoreDelayed or Fenced."""

    status: Literal["active", "paused"]


@dataclass(frozen=True, slots=True)
class EndSession:
    """End the session durably; answer SessionClosed, StoreDelayed or Fenced."""

    status: FinalStatus
    stored_through: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer a waiting REST request: ``problem`` None means done."""

    request: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class Release:
    """Nothing is left to do: let this incarnation go."""

    reason: str


Effect = (
    Send
    | CloseConnection
    | StartScoring
    | ScoreFrames
    | Judge
    | StopScoring
    | Flush
    | StoreStatus
    | EndSession
    | Answer
    | Release
)
