"""Progress does not depend on the order in which attempts and sessions arrive, nor on how they are grouped."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from actors.learning.experience import level_of, session_experience
from actors.learning.rules import LearningRules
from actors.learning.streaks import runs_of
from storage.book import AttemptEvent, SessionEvent, replay
from storage.records import AttemptSums, ProgressRecord, SessionRecord

RULES = LearningRules()
LEARNER = b"L" * 16
FIRST_DAY = dt.date(2026, 1, 1)
units = st.integers(0, 10_000)
marks = units.map(lambda mark_units: mark_units / 10_000)
days = st.integers(0, 20).map(lambda offset: FIRST_DAY + dt.timedelta(days=offset))


@st.composite
def attempts(draw: st.DrawFn) -> AttemptSums:
    judged = draw(st.booleans())
    score, confidence, accuracy, fluency = (draw(units) if judged else 0 for _ in range(4))
    return AttemptSums(
        attempted_at_ms=0, duration_ms=draw(st.integers(0, 120_000)), sentence_index=0, judged=judged,
        is_successful=score >= 7_000, score=score, confidence=confidence, accuracy=accuracy, fluency=fluency,
    )  # fmt: skip


@st.composite
def sessions(draw: st.DrawFn) -> SessionRecord:
    return SessionRecord(
        id=b"S" * 16, tenant_id="default", user_id=LEARNER, story_id=None, session_type="practice", session_name="",
        sentences=(), difficulty_level=draw(st.integers(1, 5)), skill_areas=(), status="completed", epoch=1,
        stored_through=0, overall_score=None, sentences_completed=draw(st.integers(0, 20)), started_at_ms=0,
        completed_at_ms=0, duration_seconds=draw(st.integers(0, 7_200)), session_data={}, performance_metrics={},
        created_at_ms=0, updated_at_ms=0,
    )  # fmt: skip


happenings = st.lists(
    st.tuples(st.just("attempt"), attempts(), days)
    | st.tuples(st.just("session"), sessions(), days, st.lists(marks, max_size=5).map(tuple)),
    max_size=15,
)


def folded(events: list[tuple]) -> ProgressRecord:
    """Progress after these events, each applied as the store does it."""
    numbered = [
        AttemptEvent(seq, event[1], event[2], ()) if event[0] == "attempt" else SessionEvent(seq, *event[1:])
        for seq, event in enumerate(events, start=1)
    ]
    book = replay(LEARNER, "UTC", (), numbered, RULES)
    return book.progress.get("general") or ProgressRecord(LEARNER, "general")


def without_dates(progress: ProgressRecord) -> ProgressRecord:
    """Milestones in an order of their own; when each was reached is a matter of order by its nature."""
    names = tuple(sorted(milestone.code for milestone in progress.milestones))
    return progress._replace(milestones=names)


@given(st.data(), happenings)
def test_any_order_gives_the_same_progress(data: st.DataObject, events: list[tuple]) -> None:
    shuffled = data.draw(st.permutations(events))
    assert without_dates(folded(shuffled)) == without_dates(folded(events))


@given(st.lists(st.tuples(attempts(), days), max_size=12), st.integers(0, 12))
def test_attempts_in_groups_give_the_same_progress_as_one_by_one(
    practised: list[tuple[AttemptSums, dt.date]], split: int
) -> None:
    one_by_one = folded([("attempt", attempt, day) for attempt, day in practised])
    grouped = ProgressRecord(LEARNER, "general")
    for group in (practised[:split], practised):
        fresh = group if group is not practised else practised[split:]
        if fresh:
            known_days = sorted({day for _, day in group})
            grouped = RULES.after_attempts(grouped, [attempt for attempt, _ in fresh], known_days, at_ms=0)
    assert without_dates(grouped) == without_dates(one_by_one)


@given(happenings, happenings)
def test_rebuilding_from_nothing_equals_going_on(before: list[tuple], after: list[tuple]) -> None:
    """The store holds only the result of ``before``; going on from it must give what the whole past gives."""
    first, whole = folded(before), folded(before + after)
    past_days = {event[2] for event in before if event[0] == "attempt"}
    for event in after:
        if event[0] == "attempt":
            past_days.add(event[2])
            first = RULES.after_attempts(first, [event[1]], sorted(past_days), at_ms=0)
        else:
            first = RULES.after_session(first, event[1], event[3], at_ms=0)
    assert without_dates(first) == without_dates(whole)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_the_level_never_falls_as_experience_grows(points: float, more: float) -> None:
    assert 0.0 <= level_of(points) <= level_of(points + more) <= 10.0


@given(st.lists(marks, min_size=1, max_size=5), st.integers(0, 20), st.integers(0, 7_200), st.integers(1, 4), marks)
def test_experience_grows_with_everything_that_was_done(
    scores: list[float], sentences: int, duration_s: int, difficulty: int, better: float
) -> None:
    points = session_experience(scores, sentences, duration_s, difficulty)
    assert points >= 10
    assert session_experience(scores, sentences + 1, duration_s, difficulty) > points
    assert session_experience(scores, sentences, duration_s + 60, difficulty) >= points
    assert session_experience(scores, sentences, duration_s, difficulty + 1) >= points
    improved = [max(better, score) for score in scores]
    assert session_experience(improved, sentences, duration_s, difficulty) >= points


@given(st.lists(days, max_size=30))
def test_runs_partition_the_days(practised: list[dt.date]) -> None:
    runs = runs_of(practised)
    covered = [last - dt.timedelta(days=back) for last, length in runs for back in range(length)]
    assert sorted(covered) == sorted(set(practised))
    assert all(
        (later[0] - dt.timedelta(days=later[1])) > earlier[0] for earlier, later in zip(runs, runs[1:], strict=False)
    )
