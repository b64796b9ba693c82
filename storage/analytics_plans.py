"""The queries behind ``storage.analytics``: each reads one learner's rows by key, or one skill area's by index."""

from __future__ import annotations

import datetime as dt

from storage import rows
from storage.analytics import (
    LEVELS,
    SMALLEST_GROUP,
    FindingCount,
    Performance,
    ResumableSession,
    SignDifficulty,
    SkillAreaSummary,
    Trends,
    every_day,
    mark_of,
    next_sentence,
    trends,
)
from storage.columns import EXPERIENCE_UNITS
from storage.learner_plans import progress_rows
from storage.plan import Plan, Query, select
from storage.records import MARK_UNITS, Id, PracticeDay

HARD_SIGN_TIMES = 3
"""A sign signed less often than this is not called hard."""
_LEVEL_COUNTS = ",".join("SUM(CASE WHEN current_level>=? AND current_level<? THEN 1 ELSE 0 END)" for _ in range(LEVELS))
_SKILL_AREA = (
    "SELECT COUNT(*),AVG(current_level),AVG(experience_points),AVG(total_practice_time),AVG(average_score),"
    f"AVG(average_accuracy),AVG(average_confidence),AVG(average_fluency),AVG(learning_streak),{_LEVEL_COUNTS}"
    " FROM user_progress WHERE tenant_id=? AND skill_area=?"
)
_SESSIONS = (
    "SELECT COUNT(*),SUM(CASE WHEN status='completed' THEN 1 ELSE 0 END),SUM(sentences_completed),AVG(overall_score)"
    " FROM practice_sessions WHERE user_id=? AND created_at>=? AND created_at<?"
)
_HARDEST = (
    "SELECT gloss,SUM(times_signed),SUM(score_sum) FROM practice_signs WHERE user_id=? AND day>=? AND day<=?"
    " GROUP BY gloss HAVING SUM(times_signed)>=? ORDER BY SUM(score_sum)*1.0/SUM(times_signed),gloss LIMIT ?"
)
_FREQUENT = (
    "SELECT code,parameter,gloss,SUM(times_found) FROM practice_findings WHERE user_id=? AND day>=? AND day<=?"
    " GROUP BY code,parameter,gloss ORDER BY SUM(times_found) DESC,code,parameter,gloss LIMIT ?"
)


def _days(user_id: Id, first: dt.date, last: dt.date) -> Plan[list[PracticeDay]]:
    sql = select(rows.PRACTICE_DAY.names, "practice_days WHERE user_id=? AND day>=? AND day<=? ORDER BY day")
    found = yield Query(sql, (user_id, first.isoformat(), last.isoformat()))
    return [rows.PRACTICE_DAY.record(row) for row in found.rows]


def performance(user_id: Id, first: dt.date, last: dt.date, first_ms: int, end_ms: int) -> Plan[Performance]:
    """``first_ms`` and ``end_ms``: where the learner's first day begins and the one after the last."""
    (sessions, completed, sentences, score), *_ = (yield Query(_SESSIONS, (user_id, first_ms, end_ms))).rows
    days = yield from _days(user_id, first, last)
    progress = yield from progress_rows([user_id])
    attempts, judged = sum(day.attempts for day in days), sum(day.judged_attempts for day in days)
    successful = sum(day.successful_attempts for day in days)
    return Performance(
        first=first,
        last=last,
        sessions=sessions,
        sessions_completed=int(completed or 0),
        sentences_completed=int(sentences or 0),
        average_session_score=None if score is None else round(float(score) / MARK_UNITS, 4),
        practice_ms=sum(day.practice_ms for day in days),
        attempts=attempts,
        successful_attempts=successful,
        success_rate=round(successful / attempts, 4) if attempts else None,
        average_score=mark_of(sum(day.score_sum for day in days), judged),
        average_confidence=mark_of(sum(day.confidence_sum for day in days), judged),
        average_accuracy=mark_of(sum(day.accuracy_sum for day in days), judged),
        average_fluency=mark_of(sum(day.fluency_sum for day in days), judged),
        progress=tuple(progress),
    )


def trends_of(user_id: Id, first: dt.date, last: dt.date, limit: int) -> Plan[Trends]:
    """Every day from ``first`` to ``last``, the ``limit`` hardest signs and most frequent corrections."""
    practised = yield from _days(user_id, first, last)
    span = (user_id, first.isoformat(), last.isoformat())
    hardest = yield Query(_HARDEST, (*span, HARD_SIGN_TIMES, limit))
    frequent = yield Query(_FREQUENT, (*span, limit))
    signs = [SignDifficulty(gloss, int(n), mark_of(int(total), int(n)) or 0.0) for gloss, n, total in hardest.rows]
    findings = [FindingCount(code, parameter, gloss, int(n)) for code, parameter, gloss, n in frequent.rows]
    return trends(every_day(first, last, practised), signs, findings)


def skill_area(tenant_id: str, area: str) -> Plan[SkillAreaSummary | None]:
    """None for a group that is too small to be shown."""
    bounds = [bound for level in range(LEVELS) for bound in (level, level + 1)]
    (row, *_) = (yield Query(_SKILL_AREA, (*bounds, tenant_id, area))).rows
    learners, level, points, practice_ms, *averages, streak = row[:9]
    if learners < SMALLEST_GROUP:
        return None
    marks = [None if mean is None else round(float(mean) / MARK_UNITS, 4) for mean in averages]
    return SkillAreaSummary(
        skill_area=area,
        learners=learners,
        learners_by_level=tuple(int(count) for count in row[9:]),
        mean_level=round(float(level), 4),
        mean_experience_points=round(float(points) / EXPERIENCE_UNITS, 2),
        mean_practice_ms=round(float(practice_ms), 1),
        mean_score=marks[0],
        mean_accuracy=marks[1],
        mean_confidence=marks[2],
        mean_fluency=marks[3],
        mean_streak_days=round(float(streak), 2),
    )


def resumable(user_id: Id, limit: int) -> Plan[tuple[ResumableSession, ...]]:
    """Sessions that have not ended, newest first."""
    source = (
        "practice_sessions WHERE user_id=? AND status IN ('created','active','paused')"
        " ORDER BY created_at DESC,id DESC LIMIT ?"
    )
    found = yield Query(select(rows.SESSION.names, source), (user_id, limit))
    sessions = map(rows.SESSION.record, found.rows)
    return tuple(ResumableSession(session, next_sentence(session)) for session in sessions)
