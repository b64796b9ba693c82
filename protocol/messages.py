"""Every message of the stream, one model each; the key ``t`` names the type (DESIGN §4).

Keys on the hot path are one letter long because they are repeated many times a second: ``a`` attempt number,
``q`` sequence number of a frame inside its attempt, ``ms`` time stamps, ``l`` landmarks.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from protocol.landmarks import LAYOUTS
from protocol.limits import MAX_FRAMES_PER_MESSAGE, MAX_NUMBER

PROTOCOL_VERSION = 1
SUBPROTOCOL = "storysign.v1"
TICKET_PREFIX = "ticket."
"""Offered as a second subprotocol, followed by the ticket: in a URL it would be logged."""

AttemptNo = Annotated[int, Field(ge=1, le=MAX_NUMBER, description="number of the attempt in its session, from 1")]
Seq = Annotated[int, Field(ge=0, le=MAX_NUMBER, description="number of the frame in its attempt, from 0")]
TimeMs = Annotated[int, Field(ge=0, le=2**31 - 1)]
Mark = Annotated[float, Field(ge=0.0, le=1.0)]
LayoutName = Literal["hands", "hands+pose", "holistic"]
SessionStatus = Literal["created", "active", "paused", "completed", "abandoned"]
Hand = Literal["left", "right", "both"]
HandJoint = Annotated[int, Field(ge=0, le=20)]

assert set(LayoutName.__args__) == set(LAYOUTS), "the wire names exactly the layouts there are"


class Message(BaseModel):
    """Common to all: immutable, unknown keys are ignored so that a newer peer may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


# ---------------------------------------------------------------------------------------------- client → server


class Hello(Message):
    """First message of every connection: who speaks, what its frames look like, and what it can send again."""

    t: Literal["hello"] = "hello"
    v: int = Field(default=PROTOCOL_VERSION, description="protocol version")
    layout: LayoutName
    width: int = Field(ge=16, le=16_384, description="width of the video, pixels")
    height: int = Field(ge=16, le=16_384, description="height of the video, pixels")
    mirrored: bool = Field(default=False, description="the picture was flipped before landmarks were found")
    fps: float = Field(default=30.0, gt=0, le=240, description="nominal frame rate, Hz")
    client: str = Field(default="", max_length=64, description="name and version of the client, for logs")
    oldest: AttemptNo | None = Field(
        default=None, description="oldest attempt whose frames this client can send again; none: it holds nothing"
    )


class AttemptBegin(Message):
    """The learner starts to sign a sentence."""

    t: Literal["attempt.begin"] = "attempt.begin"
    a: AttemptNo
    i: int = Field(ge=0, le=4_095, description="index of the sentence in the session's story")
    at_ms: int = Field(ge=0, description="when it began by the client's clock, Unix time in ms")


class Frames(Message):
    """One to many frames of an attempt, in order and without gaps."""

    t: Literal["frames"] = "frames"
    a: AttemptNo
    q: Seq
    ms: list[TimeMs] = Field(
        min_length=1,
        max_length=MAX_FRAMES_PER_MESSAGE,
        description="capture time of each frame in ms since the attempt began, strictly growing over the attempt",
    )
    l: bytes = Field(description="the frames, little-endian int16 (see Landmarks)")  # noqa: E741 - the wire's own name


class AttemptEnd(Message):
    """The learner has finished; the attempt is to be judged once all ``n`` frames are there."""

    t: Literal["attempt.end"] = "attempt.end"
    a: AttemptNo
    n: int = Field(ge=0, le=MAX_NUMBER, description="how many frames the attempt has")


class AttemptCancel(Message):
    """The learner does not want this attempt to count; its number is used up."""

    t: Literal["attempt.cancel"] = "attempt.cancel"
    a: AttemptNo


class Pause(Message):
    """The learner pauses the session."""

    t: Literal["pause"] = "pause"


class Resume(Message):
    """The learner goes on with a paused session."""

    t: Literal["resume"] = "resume"


class Complete(Message):
    """The learner has finished the session."""

    t: Literal["complete"] = "complete"


class Ping(Message):
    """Asks for a ``pong`` with the same number."""

    t: Literal["ping"] = "ping"
    n: int = Field(default=0, ge=0, le=2**53 - 1)


# ---------------------------------------------------------------------------------------------- server → client


class Cursor(Message):
    """The next frame the server wants: frame ``q`` of attempt ``a``; all attempts before ``a`` are done with."""

    a: AttemptNo
    q: Seq


class Sentence(Message):
    """One sentence of the session's story and the glosses that make it."""

    text: str
    glosses: list[str]


class Reconnect(Message):
    """Wait ``after_ms`` plus a random part of ``spread_ms``, so that a class does not come back in one instant."""

    after_ms: int = Field(ge=0)
    spread_ms: int = Field(ge=0)


class SignResult(Message):
    """How one sign of the sentence was signed. Frames count from the attempt's first; times in ms since it began."""

    sign_index: int
    gloss: str
    reference_id: str | None
    start_ms: int
    end_ms: int
    start_frame: int
    end_frame: int
    score: Mark | None
    confidence: Mark | None
    hand_used: Hand | None
    parameters: dict[str, Mark | None]


class Finding(Message):
    """One thing the learner did well or should change, or why it could not be judged."""

    code: str
    kind: Literal["correction", "praise", "cannot_judge"]
    parameter: str | None
    hand: Hand | None
    sign_index: int | None
    gloss: str | None
    start_ms: int
    end_ms: int
    size: float | None
    unit: str | None
    severity: Literal["none", "minor", "major"]
    text: str
    joints: list[HandJoint] = Field(
        default=[], description="points of the hand (of both where `hand` is `both`) that were off; empty: none"
    )
    face_region: Literal["mouth", "brows", "eyes", "head"] | None = Field(
        default=None, description="part of the face that was off"
    )


class AttemptResult(Message):
    """The judgement of one attempt. Marks are None where the camera could not see enough to judge."""

    attempt_no: AttemptNo
    sentence_index: int
    sentence: str
    glosses: list[str]
    judged: bool
    score: Mark | None
    accuracy: Mark | None
    confidence: Mark | None
    fluency: Mark | None
    success: bool
    parameters: dict[str, Mark | None]
    signs: list[SignResult]
    findings: list[Finding]
    frames: int
    duration_ms: int
    scorer_version: str
    calibration_version: str


class SkillProgress(Message):
    """Where the learner stands in one skill area."""

    skill_area: str
    level: float
    experience_points: float
    total_sessions: int
    total_attempts: int
    successful_attempts: int
    average_score: float | None
    average_accuracy: float | None
    average_confidence: float | None
    average_fluency: float | None
    practice_time_ms: int
    learning_streak: int
    longest_streak: int
    weekly_goal_minutes: int
    milestones: list[str]


class Welcome(Message):
    """Answer to ``hello``: where the session stands and what the client should send next."""

    t: Literal["welcome"] = "welcome"
    v: int = PROTOCOL_VERSION
    session_id: str
    epoch: int = Field(description="number of this incarnation of the session")
    status: SessionStatus
    stored: int = Field(ge=0, description="attempts up to this number are durable")
    cursor: Cursor
    sentences: list[Sentence]
    results: list[AttemptResult] = Field(description="results of attempts that are judged but not yet stored")
    recovered: bool = Field(description="False if something the learner did could not be restored")
    lost: list[int] = Field(default_factory=list, description="numbers of the attempts that could not be restored")
    incarnation: Literal["new", "live", "restored"]
    ticket: str = Field(description="single-use ticket for the next connection")
    reconnect: Reconnect


class Feedback(Message):
    """Provisional marks while the learner signs; may be skipped when the client reads slowly."""

    t: Literal["feedback"] = "feedback"
    a: AttemptNo
    q: Seq = Field(description="sequence number of the last frame that these marks cover")
    i: int | None = Field(description="index of the sign in the sentence that the learner is in")
    g: str | None = Field(description="gloss of that sign")
    p: Mark = Field(description="how much of the sentence is done")
    o: Mark | None = Field(description="overall mark so far")
    m: dict[str, Mark | None] = Field(description="mark of each parameter so far")
    seen: tuple[bool, bool, bool] = Field(description="left hand, right hand, body in view")
    hint: str | None = Field(default=None, description="code of the finding that is most urgent now")


class Scored(Message):
    """The result of an attempt; sent again on resume until it is stored."""

    t: Literal["scored"] = "scored"
    result: AttemptResult


class Stored(Message):
    """The attempts up to ``through`` are durable; the client may let their frames go."""

    t: Literal["stored"] = "stored"
    through: int = Field(ge=0)


class Progress(Message):
    """The learner's progress after the newest stored attempt."""

    t: Literal["progress"] = "progress"
    skills: list[SkillProgress]


class Status(Message):
    """The session's status: the answer to every ``pause``, ``resume`` and ``complete``, and said when it changes."""

    t: Literal["status"] = "status"
    status: SessionStatus
    overall_score: Mark | None = None


class Receipt(Message):
    """Frames of attempt ``a`` before ``q`` have been received."""

    t: Literal["receipt"] = "receipt"
    a: AttemptNo
    q: Seq


class Error(Message):
    """Something was wrong with what the client sent; the table of codes says what to do."""

    t: Literal["error"] = "error"
    code: int
    name: str
    text: str
    a: int | None = None
    cursor: Cursor | None = Field(default=None, description="where to go on, when frames are missing or were refused")


class Draining(Message):
    """This server is about to close; reconnect as the hint says."""

    t: Literal["draining"] = "draining"
    reconnect: Reconnect


class Pong(Message):
    """Answer to ``ping``."""

    t: Literal["pong"] = "pong"
    n: int


ClientMessage = Hello | AttemptBegin | Frames | AttemptEnd | AttemptCancel | Pause | Resume | Complete | Ping
ServerMessage = Welcome | Feedback | Scored | Stored | Progress | Status | Receipt | Error | Draining | Pong
