"""The formulas of learning as the store applies them (``storage.ports.ProgressRules``). Pure.

Everything but ``experience_points`` is a whole number added up, a maximum, or computed from the set of days, so the
order in which attempts and sessions arrive changes nothing. Experience is added in hundredths of a point.
"""

from __future__ import annotations

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
        practice_time_ms, judged, successful = (
            progress.practice_time_ms, progress.judged_attempts, progress.successful_attempts,
        )  # fmt: skip
        score, confidence, accuracy, fluency = (
            progress.score_sum, progress.confidence_sum, progress.accuracy_sum, progress.fluency_sum,
        )  # fmt: skip
        for attempt in attempts:
            practice_time_ms += attempt.duration_ms
            judged += attempt.judged
            successful += attempt.is_successful
            score += attempt.score
            confidence += attempt.confidence
            accuracy += attempt.accuracy
            fluency += attempt.fluency
        runs = runs_of(days)
        # Written out: _replace takes twice as long, and every attempt of every learner comes by here.
        after = ProgressRecord(
            user_id=progress.user_id,
            skill_area=progress.skill_area,
            skill_category=progress.skill_category,
            experience_points=progress.experience_points,
            current_level=progress.current_level,
            practice_time_ms=practice_time_ms,
            total_sessions=progress.total_sessions,
            total_attempts=progress.total_attempts + len(attempts),
            judged_attempts=judged,
            successful_attempts=successful,
            score_sum=score,
            confidence_sum=confidence,
            accuracy_sum=accuracy,
            fluency_sum=fluency,
            learning_streak=runs[-1][1] if runs else 0,
            longest_streak=max((length for _, length in runs), default=0),
            last_practice_date=runs[-1][0] if runs else None,
            current_difficulty=progress.current_difficulty,
            target_level=progress.target_level,
            weekly_goal_minutes=progress.weekly_goal_minutes,
            milestones=progress.milestones,
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
        after = progress._replace(
            experience_points=points,
            current_level=level_of(points),
            total_sessions=progress.total_sessions + 1,
            current_difficulty=max(progress.current_difficulty, session.difficulty_level if mastered else 1),
        )
        return with_milestones(after, at_ms)
