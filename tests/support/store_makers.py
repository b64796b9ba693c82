"""Records to fill a store with, and small rules of progress that notice every difference in order and number."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from storage.entries import entry_of
from storage.ports import Store
from storage.records import (
    Activation,
    AttemptRecord,
    AttemptSums,
    Id,
    Learner,
    Milestone,
    PracticeDay,
    ProgressRecord,
    SessionFlush,
    SessionRecord,
    StorySentence,
    new_id,
)

NOON_MS = int(dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC).timestamp() * 1000)
DAY_MS = 86_400_000
SENTENCES = (StorySentence("A S L", ("A", "S", "L")), StorySentence("Thank you", ("THANK-YOU",)))
_tokens = itertools.count(1)


class StepRules:
    """Progress whose milestones tell in which order attempts and sessions were applied, and when."""

    def local_day(self, at_ms: int, time_zone: str) -> dt.date:
        return dt.datetime.fromtimestamp(at_ms / 1000, ZoneInfo(time_zone)).date()

    def after_attempts(
        self, progress: ProgressRecord, attempts: Sequence[AttemptSums], days: Sequence[dt.date], at_ms: int
    ) -> ProgressRecord:
        judged = [attempt for attempt in attempts if attempt.judged]
        total = progress.total_attempts + len(attempts)
        streak = _streak(days)
        return progress._replace(
            total_attempts=total,
            practice_time_ms=progress.practice_time_ms + sum(attempt.duration_ms for attempt in attempts),
            judged_attempts=progress.judged_attempts + len(judged),
            successful_attempts=progress.successful_attempts + sum(attempt.is_successful for attempt in attempts),
            score_sum=progress.score_sum + sum(attempt.score for attempt in judged),
            confidence_sum=progress.confidence_sum + sum(attempt.confidence for attempt in judged),
            accuracy_sum=progress.accuracy_sum + sum(attempt.accuracy for attempt in judged),
            fluency_sum=progress.fluency_sum + sum(attempt.fluency for attempt in judged),
            learning_streak=streak,
            longest_streak=max(streak, progress.longest_streak),
            last_practice_date=days[-1],
            milestones=(*progress.milestones, Milestone(f"attempt-{total}", at_ms))[-5:],
        )

    def after_session(
        self, progress: ProgressRecord, session: SessionRecord, judged_scores: Sequence[float], at_ms: int
    ) -> ProgressRecord:
        gained = sum(judged_scores) / 3 + session.duration_seconds / 7
        return progress._replace(
            total_sessions=progress.total_sessions + 1,
            experience_points=progress.experience_points + gained,
            current_level=min(10.0, ((progress.experience_points + gained) / 100) ** 0.5),
            milestones=(*progress.milestones, Milestone(f"session-{progress.total_sessions + 1}", at_ms))[-5:],
        )


def _streak(days: Sequence[dt.date]) -> int:
    streak = 1
    for later, earlier in zip(reversed(days), reversed(days[:-1]), strict=False):
        if (later - earlier).days != 1:
            break
        streak += 1
    return streak


def a_learner(**changes: Any) -> Learner:
    """Somebody new, who consents to landmarks being kept."""
    token = next(_tokens).to_bytes(32, "big")
    learner = Learner(new_id(), "default", "Ada", "Europe/Berlin", token, True, NOON_MS)
    return dataclasses.replace(learner, **changes)


def a_session(user_id: Id, **changes: Any) -> SessionRecord:
    """A new session of two sentences."""
    session = SessionRecord(
        id=new_id(),
        tenant_id="default",
        user_id=user_id,
        story_id=None,
        session_type="individual",
        session_name="After lunch",
        sentences=SENTENCES,
        difficulty_level=2,
        skill_areas=("fingerspelling", "vocabulary"),
        status="created",
        epoch=0,
        stored_through=0,
        overall_score=None,
        sentences_completed=0,
        started_at_ms=None,
        completed_at_ms=None,
        duration_seconds=0,
        session_data={"client": "test"},
        performance_metrics={},
        created_at_ms=NOON_MS,
        updated_at_ms=NOON_MS,
    )
    return dataclasses.replace(session, **changes)


def an_attempt(session_id: Id, number: int, **changes: Any) -> AttemptRecord:
    """A judged attempt, signed ``number`` minutes past noon."""
    attempt = AttemptRecord(
        session_id=session_id,
        attempt_no=number,
        sentence_index=0,
        target_sentence="A S L",
        judged=True,
        score=0.7421,
        confidence=0.61,
        accuracy=0.8333,
        fluency=0.7,
        is_successful=True,
        gesture_sequence=(
            {"gesture_id": "A", "start_frame": 0, "end_frame": 30, "confidence": 0.5, "hand_used": "right"},
        ),
        detected_errors=({"code": "handshape", "gloss": "S", "size": 0.25},),
        suggestions=("Close the fingers — all of them.",),
        result={"attempt_no": number, "marks": [0.1, 1.0, None], "text": "Grüße 🤟"},
        attempted_at_ms=NOON_MS + number * 60_000,
        duration_ms=3_000,
        video_start_frame=0,
        video_end_frame=90,
        scorer_version="s1",
        calibration_version="c1",
        landmark_blob=bytes([number % 256]) * 100,
    )
    return dataclasses.replace(attempt, **changes)


def a_flush(
    activation: Activation | SessionRecord,
    lo: int,
    hi: int,
    attempts: Sequence[AttemptRecord] | None = None,
    **changes: Any,
) -> SessionFlush:
    """The attempts lo+1..hi of an activated session, or these."""
    session = activation.session if isinstance(activation, Activation) else activation
    if attempts is None:
        attempts = [an_attempt(session.id, number) for number in range(lo + 1, hi + 1)]
    flush = SessionFlush(session.id, session.epoch, lo, hi, tuple(map(entry_of, attempts)))
    return dataclasses.replace(flush, **changes)


async def a_practising_learner(store: Store, **changes: Any) -> tuple[Learner, Activation]:
    """A stored learner with one activated session; ``changes`` are the session's."""
    learner = a_learner()
    await store.create_learner(learner)
    return learner, await another_session(store, learner, **changes)


async def another_session(store: Store, learner: Learner, **changes: Any) -> Activation:
    """One more activated session of a stored learner."""
    session = a_session(learner.id, **changes)
    await store.create_session(session)
    return await store.activate(session.id, NOON_MS)


async def assert_rebuilt_equal(store: Store, user_id: Id) -> None:
    """The invariant of DESIGN §5: progress is what the attempts and sessions make of it, and nothing else."""
    assert await store.progress_of(user_id) == await store.rebuild_progress(user_id)


def summed(days: Sequence[PracticeDay]) -> PracticeDay:
    """All days in one (dated as the first)."""
    names = [name for name in PracticeDay._fields if name != "day"]
    return PracticeDay(days[0].day, **{name: sum(getattr(day, name) for day in days) for name in names})
