"""Bodies of REST's requests and answers. Times are Unix time in ms, ids 32 hex digits, marks 0..1."""

from __future__ import annotations

import zoneinfo
from typing import Annotated, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from protocol.messages import AttemptResult, LayoutName, Mark, SkillProgress
from storage import records
from storage.records import Role, SessionStatus, SessionType, id_text

Item = TypeVar("Item")
MAX_GLOSSES = 64


def _known_time_zone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"'{name}' is not a time zone: use a name such as Europe/Berlin") from None
    return name


TimeZone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_known_time_zone)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
Gloss = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, min_length=1, max_length=64)]
SkillArea = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
Difficulty = Annotated[int, Field(ge=1, le=5)]


class Request(BaseModel):
    """Common to all requests: a member nobody knows is a mistake of the caller and is refused."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """Common to all answers."""

    model_config = ConfigDict(frozen=True)


class Paged(Answer, Generic[Item]):
    """One page of a list; ``cursor`` asks for the next one and is null on the last."""

    items: list[Item]
    cursor: str | None


class ProblemBody(Answer):
    """A problem document (RFC 9457). Programs rely on ``code``, people read ``detail``."""

    model_config = ConfigDict(extra="allow")
    type: str
    title: str
    status: int
    code: str
    detail: str
    action: str


# ----------------------------------------------------------------------------------------------------- learners


class NewLearner(Request):
    """A guest; everything can be left out."""

    display_name: Name = "Guest"
    time_zone: TimeZone = "UTC"
    landmark_consent: bool = Field(default=False, description="landmarks of attempts may be stored")


class LearnerChange(Request):
    """What a learner can change; what is left out stays."""

    time_zone: TimeZone | None = None
    landmark_consent: bool | None = None


class LearnerBody(Answer):
    """A learner, as the learner sees it."""

    id: str
    display_name: str
    time_zone: str
    landmark_consent: bool
    role: Role
    created_at_ms: int

    @classmethod
    def of(cls, learner: records.Learner) -> LearnerBody:
        """From the store's record."""
        return cls(
            id=id_text(learner.id),
            display_name=learner.display_name,
            time_zone=learner.time_zone,
            landmark_consent=learner.landmark_consent,
            role=learner.role,
            created_at_ms=learner.created_at_ms,
        )


class CreatedLearner(Answer):
    """The new learner and its bearer token, which is shown this once and never again."""

    learner: LearnerBody
    token: str


class ProgressBody(Answer):
    """The learner's progress in every skill area practised so far."""

    skills: list[SkillProgress]


# ------------------------------------------------------------------------------------------------------ library


class SentenceBody(Answer):
    """One sentence and its glosses."""

    text: str
    glosses: list[str]

    @classmethod
    def of(cls, sentence: records.StorySentence) -> SentenceBody:
        """From the store's record."""
        return cls(text=sentence.text, glosses=list(sentence.glosses))


class StoryBody(Answer):
    """A story; ``missing_glosses`` have no reference yet, so that it cannot be practised while there are any."""

    id: str
    title: str
    difficulty_level: int
    skill_areas: list[str]
    sentences: list[SentenceBody]
    missing_glosses: list[str]


class SignBody(Answer):
    """A sign that can be practised."""

    gloss: str


class ReferenceBody(Answer):
    """A recorded correct sign."""

    id: str
    gloss: str
    signer: str
    variant: str
    source: str

    @classmethod
    def of(cls, reference: records.ReferenceRecord) -> ReferenceBody:
        """From the store's record."""
        same = {name: getattr(reference, name) for name in cls.model_fields if name != "id"}
        return cls(id=id_text(reference.id), **same)


class LandmarksBody(Answer):
    """A recording's landmarks.

    ``points`` is base64 of all frames one after the other, each as the stream's ``frames.l`` has it: the points of the
    layout in order, x, y, z of each as little-endian int16 (docs/protocol.md, Landmarks).
    """

    layout: LayoutName
    width: int
    height: int
    mirrored: bool
    times_ms: list[int]
    points: str


# ----------------------------------------------------------------------------------------------------- sessions


class NewSession(Request):
    """A story by its id, or free practice of one sentence of glosses."""

    story_id: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    glosses: Annotated[list[Gloss], Field(min_length=1, max_length=MAX_GLOSSES)] | None = None
    session_type: SessionType = "practice"
    session_name: Name | None = None
    difficulty_level: Difficulty | None = Field(default=None, description="left out: the story's own, or 1")
    skill_areas: Annotated[list[SkillArea], Field(min_length=1, max_length=8)] | None = Field(
        default=None, description="left out: the story's own, or what the glosses are"
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> NewSession:
        if (self.story_id is None) == (self.glosses is None):
            raise ValueError("give either 'story_id' or 'glosses'")
        return self


class SessionBody(Answer):
    """A practice session."""

    id: str
    story_id: str | None
    session_type: SessionType
    session_name: str
    sentences: list[SentenceBody]
    difficulty_level: int
    skill_areas: list[str]
    status: SessionStatus
    epoch: int = Field(description="how often it was taken up by an actor")
    stored_through: int = Field(description="attempts up to this number are durable")
    overall_score: Mark | None
    sentences_completed: int
    started_at_ms: int | None
    completed_at_ms: int | None
    duration_seconds: int
    created_at_ms: int
    updated_at_ms: int

    @classmethod
    def of(cls, session: records.SessionRecord) -> SessionBody:
        """From the store's record."""
        same = {name: getattr(session, name) for name in cls.model_fields if name not in ("id", "sentences")}
        same["skill_areas"] = list(session.skill_areas)
        return cls(id=id_text(session.id), sentences=[SentenceBody.of(item) for item in session.sentences], **same)


class TicketBody(Answer):
    """What opens one connection to the stream: offer both names of ``subprotocols`` when connecting to the URL.

    ``ready_in_ms``: how long the session's process will take to start, about; 0 where it is there already.
    """

    ticket: str
    stream_url: str
    subprotocols: list[str]
    expires_at_ms: int
    ready_in_ms: int


class CreatedSession(Answer):
    """The new session and the ticket for its first connection."""

    session: SessionBody
    stream: TicketBody


class AttemptBody(Answer):
    """One stored attempt with its whole result."""

    session_id: str
    attempt_no: int
    attempted_at_ms: int
    result: AttemptResult

    @classmethod
    def of(cls, attempt: records.AttemptRecord) -> AttemptBody:
        """From the store's record."""
        return cls(
            session_id=id_text(attempt.session_id),
            attempt_no=attempt.attempt_no,
            attempted_at_ms=attempt.attempted_at_ms,
            result=AttemptResult.model_validate(attempt.result),
        )
