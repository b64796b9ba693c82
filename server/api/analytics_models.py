"""Bodies of REST's answers about what practice adds up to; see ``storage.analytics`` for what the figures mean."""

from __future__ import annotations

import datetime as dt

from pydantic import ConfigDict, Field

from actors.learning.milestones import MILESTONES
from actors.learning.summary import skill_progress
from protocol.messages import Mark, SkillProgress
from server.api.models import Answer, SessionBody
from storage import analytics, records


class PracticeDayBody(Answer):
    """One day of the learner's own calendar."""

    day: dt.date
    attempts: int
    successful_attempts: int
    practice_ms: int
    sessions_completed: int
    average_score: Mark | None = Field(description="over the attempts that could be judged")

    @classmethod
    def of(cls, day: records.PracticeDay) -> PracticeDayBody:
        """From the store's record."""
        same = {name: getattr(day, name) for name in cls.model_fields if name != "average_score"}
        return cls(average_score=analytics.mark_of(day.score_sum, day.judged_attempts), **same)


class SignDifficultyBody(Answer):
    """How well one sign was signed."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
    gloss: str
    times_signed: int
    average_score: Mark


class FindingCountBody(Answer):
    """How often one correction was due."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
    code: str
    parameter: str
    gloss: str
    times_found: int


class TrendsBody(Answer):
    """The learner's days, oldest first, and what was hard in them."""

    first: dt.date
    last: dt.date
    days: list[PracticeDayBody]
    active_days: int
    consistency: float = Field(description="active days by days")
    moving_practice_minutes: list[float] = Field(description="for each day the average of it and the six before")
    moving_score: list[Mark | None] = Field(description="for each day the average of it and the six before")
    hardest_signs: list[SignDifficultyBody]
    frequent_findings: list[FindingCountBody]

    @classmethod
    def of(cls, trends: analytics.Trends) -> TrendsBody:
        """From the store's answer."""
        return cls(
            first=trends.first,
            last=trends.last,
            days=[PracticeDayBody.of(day) for day in trends.days],
            active_days=trends.active_days,
            consistency=trends.consistency,
            moving_practice_minutes=list(trends.moving_practice_minutes),
            moving_score=list(trends.moving_score),
            hardest_signs=[SignDifficultyBody.model_validate(sign) for sign in trends.hardest_signs],
            frequent_findings=[FindingCountBody.model_validate(finding) for finding in trends.frequent_findings],
        )


class SessionTotals(Answer):
    """The sessions that began in a span of days."""

    total: int
    completed: int
    sentences_completed: int
    practice_ms: int = Field(description="time spent signing")
    average_score: Mark | None = Field(description="over the sessions with at least one judged attempt")


class AttemptTotals(Answer):
    """The attempts of a span of days; averages are over those that could be judged."""

    total: int
    successful: int
    success_rate: Mark | None
    average_score: Mark | None
    average_confidence: Mark | None
    average_accuracy: Mark | None
    average_fluency: Mark | None


class PerformanceBody(Answer):
    """One learner between two days, both included; ``skills`` is the progress made so far in all."""

    first: dt.date
    last: dt.date
    sessions: SessionTotals
    attempts: AttemptTotals
    skills: list[SkillProgress]

    @classmethod
    def of(cls, performance: analytics.Performance, today: dt.date) -> PerformanceBody:
        """From the store's answer; ``today`` decides whether a streak still goes on."""
        return cls(
            first=performance.first,
            last=performance.last,
            sessions=SessionTotals(
                total=performance.sessions,
                completed=performance.sessions_completed,
                sentences_completed=performance.sentences_completed,
                practice_ms=performance.practice_ms,
                average_score=performance.average_session_score,
            ),
            attempts=AttemptTotals(
                total=performance.attempts,
                successful=performance.successful_attempts,
                success_rate=performance.success_rate,
                average_score=performance.average_score,
                average_confidence=performance.average_confidence,
                average_accuracy=performance.average_accuracy,
                average_fluency=performance.average_fluency,
            ),
            skills=list(skill_progress(performance.progress, today)),
        )


class SkillGroupBody(Answer):
    """All learners of the tenant in one skill area."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
    learners: int
    learners_by_level: list[int] = Field(description="how many are at level 0, 1, … 10")
    mean_level: float
    mean_experience_points: float
    mean_practice_ms: float
    mean_score: Mark | None
    mean_accuracy: Mark | None
    mean_confidence: Mark | None
    mean_fluency: Mark | None
    mean_streak_days: float


class SkillAreaBody(Answer):
    """One learner in a skill area, beside all learners of the tenant."""

    skill_area: str
    own: SkillProgress | None = Field(description="null: the learner has not practised it")
    group: SkillGroupBody | None = Field(description="null: too few learners to be shown")


class ResumableBody(Answer):
    """A session to go on with."""

    session: SessionBody
    next_sentence_index: int | None = Field(description="null: every sentence was signed successfully")


class MilestoneBody(Answer):
    """Something the learner reached."""

    code: str
    text: str
    skill_area: str
    reached_at_ms: int


class HistoryBody(Answer):
    """Where the learner stands: what to go on with, what was reached, how many days in a row."""

    sessions_to_resume: list[ResumableBody]
    milestones: list[MilestoneBody] = Field(description="newest first")
    learning_streak: int
    longest_streak: int
    last_practice_date: dt.date | None

    @classmethod
    def of(
        cls,
        resumable: tuple[analytics.ResumableSession, ...],
        progress: tuple[records.ProgressRecord, ...],
        today: dt.date,
    ) -> HistoryBody:
        """From the store's answers; ``today`` decides whether a streak still goes on."""
        skills = skill_progress(progress, today)
        reached = [
            MilestoneBody(
                code=milestone.code,
                text=MILESTONES[milestone.code].text,
                skill_area=record.skill_area,
                reached_at_ms=milestone.reached_at_ms,
            )
            for record in progress
            for milestone in record.milestones
        ]
        days = [record.last_practice_date for record in progress if record.last_practice_date is not None]
        return cls(
            sessions_to_resume=[
                ResumableBody(session=SessionBody.of(entry.session), next_sentence_index=entry.next_sentence_index)
                for entry in resumable
            ],
            milestones=sorted(reached, key=lambda milestone: milestone.reached_at_ms, reverse=True),
            learning_streak=skills[0].learning_streak if skills else 0,
            longest_streak=skills[0].longest_streak if skills else 0,
            last_practice_date=max(days, default=None),
        )
