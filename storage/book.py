"""One learner's progress inside a transaction, and the same progress recomputed from what happened.

Everything that moves progress (an attempt, a completed session) gets a number of its own, ``progress_seq``, counted
per learner while that learner is locked. Replaying the rows by that number gives exactly the same progress as the
store holds, whatever order sessions were flushed in, because it *is* the order in which they were applied.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.columns import EXPERIENCE_UNITS
from storage.ports import ProgressRules
from storage.records import (
    GENERAL_SKILL_AREA,
    AttemptSums,
    Id,
    PracticeDay,
    ProgressRecord,
    SessionRecord,
)


def areas_of(skill_areas: Sequence[str]) -> tuple[str, ...]:
    """The skill areas that a session's attempts count for, each once."""
    return tuple(dict.fromkeys(skill_areas)) or (GENERAL_SKILL_AREA,)


@dataclass(frozen=True, slots=True)
class Past:
    """What a learner has done so far, as far as going on depends on it."""

    practised: tuple[dt.date, ...] = ()
    """Days with an attempt, ascending."""
    events: int = 0
    """Attempts and completed sessions."""


_NO_PAST = Past()


class ProgressBook:
    """Working copy of one learner's progress; ``changed_areas`` and ``added`` (sums by day) are to be written."""

    def __init__(
        self, user_id: Id, time_zone: str, progress: Iterable[ProgressRecord] = (), past: Past = _NO_PAST
    ) -> None:
        self._user_id = user_id
        self._time_zone = time_zone
        self.progress = {record.skill_area: record for record in progress}
        self.added: dict[dt.date, PracticeDay] = {}
        self.changed_areas: set[str] = set()
        self._practised = past.practised
        self._events = past.events

    def local_day(self, at_ms: int, rules: ProgressRules) -> dt.date:
        """The learner's own calendar day of a moment."""
        return rules.local_day(at_ms, self._time_zone)

    def add_attempt(self, attempt: AttemptSums, day: dt.date, skill_areas: Sequence[str], rules: ProgressRules) -> int:
        """Applies one attempt, practised on ``day``; gives its ``progress_seq``."""
        self._events += 1
        self.added[day] = _with_attempt(self.added.get(day) or PracticeDay(day), attempt)
        if day not in self._practised:
            self._practised = tuple(sorted((*self._practised, day)))
        at_ms = attempt.attempted_at_ms + attempt.duration_ms
        for area in areas_of(skill_areas):
            self._put(area, rules.after_attempts(self._record(area), (attempt,), self._practised, at_ms))
        return self._events

    def add_session(
        self, session: SessionRecord, day: dt.date, judged_scores: Sequence[float], rules: ProgressRules
    ) -> int:
        """Applies one session, completed at its ``completed_at_ms`` on ``day``; gives its ``progress_seq``."""
        self._events += 1
        known = self.added.get(day) or PracticeDay(day)
        self.added[day] = known._replace(sessions_completed=known.sessions_completed + 1)
        at_ms = session.completed_at_ms or 0
        for area in areas_of(session.skill_areas):
            self._put(area, rules.after_session(self._record(area), session, judged_scores, at_ms))
        return self._events

    def written(self) -> None:
        """Nothing is left to be written."""
        self.added = {}
        self.changed_areas = set()

    def in_areas(self, skill_areas: Sequence[str]) -> tuple[ProgressRecord, ...]:
        """The learner's progress in the areas of a session, in their order."""
        return tuple(self._record(area) for area in areas_of(skill_areas))

    def _record(self, area: str) -> ProgressRecord:
        return self.progress.get(area) or ProgressRecord(self._user_id, area)

    def _put(self, area: str, record: ProgressRecord) -> None:
        # As the store will give it back, so that a replay adds up the same numbers.
        points = round(record.experience_points * EXPERIENCE_UNITS) / EXPERIENCE_UNITS
        if points != record.experience_points:
            record = record._replace(experience_points=points)
        self.progress[area] = record
        self.changed_areas.add(area)


def _with_attempt(day: PracticeDay, attempt: AttemptSums) -> PracticeDay:
    return PracticeDay(
        day=day.day,
        attempts=day.attempts + 1,
        judged_attempts=day.judged_attempts + attempt.judged,
        successful_attempts=day.successful_attempts + attempt.is_successful,
        practice_ms=day.practice_ms + attempt.duration_ms,
        score_sum=day.score_sum + attempt.score,
        confidence_sum=day.confidence_sum + attempt.confidence,
        accuracy_sum=day.accuracy_sum + attempt.accuracy,
        fluency_sum=day.fluency_sum + attempt.fluency,
        sessions_completed=day.sessions_completed,
    )


@dataclass(frozen=True, slots=True)
class AttemptEvent:
    """An attempt as it was applied."""

    seq: int
    attempt: AttemptSums
    day: dt.date
    skill_areas: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """A completed session as it was applied."""

    seq: int
    session: SessionRecord
    day: dt.date
    judged_scores: tuple[float, ...]


def replay(
    user_id: Id,
    time_zone: str,
    settings: Iterable[ProgressRecord],
    events: Iterable[AttemptEvent | SessionEvent],
    rules: ProgressRules,
) -> ProgressBook:
    """Progress from what happened alone; ``settings`` gives only what the learner chose (target, weekly goal)."""
    chosen = (
        ProgressRecord(
            record.user_id,
            record.skill_area,
            skill_category=record.skill_category,
            target_level=record.target_level,
            weekly_goal_minutes=record.weekly_goal_minutes,
        )
        for record in settings
    )
    book = ProgressBook(user_id, time_zone, chosen)
    for event in sorted(events, key=lambda event: event.seq):
        if isinstance(event, AttemptEvent):
            book.add_attempt(event.attempt, event.day, event.skill_areas, rules)
        else:
            book.add_session(event.session, event.day, event.judged_scores, rules)
    return book
