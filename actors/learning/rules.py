"""The formulas of learning as the store applies them (``storage.ports.ProgressRules``). Pure.

Everything but ``experience_points`` is a whole number added up, a maximum, or computed from the set of days, so the
order in which attempts and sessions arrive changes nothing. Experience is added in hundredths of a point.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from actors.learning.experience import level_of, mean_mark, session_experience
from actors.learning.milestones import with_milestones
from actors.learning.streaks import local_day, runs_of
from storage.records import AttemptSums, ProgressRecord, SessionRecord

SUCCESS_SCORE = 0.70
"""Mean score from which a session's difficulty counts as mastered: the score of a successful attempt (DESIGN §7)."""


class LearningRules:
    """See ``storage.ports.ProgressRules``."""

    def local_day(self, at_ms: int, time_zone: str) -> dt.date:
        """The learner's own calendar day of a moment (Unix time, ms)."""
        return local_day(at_ms, time_zone)

    def after_attempts(
        self, progress: ProgressRecord, attempts: Sequence[AttemptSums], days: Sequence[dt.date], at_ms: int
    ) -> ProgressRecord:
        """Progress after these further attempts; ``days``: all the learner's local days of practice, these included.

        Attempts that could not be judged count as practice, not towards the averages.
        """
        runs = runs_of(days)
        after = dataclasses.replace(
            progress,
            practice_time_ms=progress.practice_time_ms + sum(attempt.duration_ms for attempt in attempts),
            total_attempts=progress.total_attempts + len(attempts),
            judged_attempts=progress.judged_attempts + sum(attempt.judged for attempt in attempts),
            successful_attempts=progress.successful_attempts + sum(attempt.is_successful for attempt in attempts),
            score_sum=progress.score_sum + sum(attempt.score for attempt in attempts),
            confidence_sum=progress.confidence_sum + sum(attempt.confidence for attempt in attempts),
            accuracy_sum=progress.accuracy_sum + sum(attempt.accuracy for attempt in attempts),
            fluency_sum=progress.fluency_sum + sum(attempt.fluency for attempt in attempts),
            learning_streak=runs[-1][1] if runs else 0,
            longest_streak=max((length for _, length in runs), default=0),
            last_practice_date=runs[-1][0] if runs else None,
        )
        return with_milestones(after, at_ms)

    def after_session(
        self, progress: ProgressRecord, session: SessionRecord, judged_scores: Sequence[float], at_ms: int
    ) -> ProgressRecord:
        """Progress after a completed session whose judged attempts have these scores."""
        gained = session_experience(
            judged_scores, session.sentences_completed, session.duration_seconds, session.difficulty_level
        )
        points = round(progress.experience_points + gained, 2)
        mastered = (mean_mark(judged_scores) or 0.0) >= SUCCESS_SCORE
        after = dataclasses.replace(
            progress,
            experience_points=points,
            current_level=level_of(points),
            total_sessions=progress.total_sessions + 1,
            current_difficulty=max(progress.current_difficulty, session.difficulty_level if mastered else 1),
        )
        return with_milestones(after, at_ms)
