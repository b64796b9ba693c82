"""The core and the store: pause, resume, the end, delays, rows set aside; who is told what, and when it is true."""

from __future__ import annotations

import pytest

from actors.session import events as ev
from actors.session.transitions import Life
from protocol.codes import CloseCode, ErrorCode
from protocol.messages import Progress, Status, Stored
from tests.support.session_bench import Bench, a_skill, said, waiting


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.attach()
    return bench


# ------------------------------------------------------------------------------------------------------- commands


def test_a_pause_is_said_when_it_is_durable(bench: Bench):
    assert bench.command("pause") == [ev.StoreStatus("paused")]
    assert bench.core.life is Life.PAUSED
    assert bench.tell(ev.StatusStored("paused")) == [said(Status(status="paused"))]
    assert bench.command("resume") == [ev.StoreStatus("active")]
    assert bench.tell(ev.StatusStored("active")) == [said(Status(status="active"))]


def test_a_wish_that_changed_before_it_was_durable_is_answered_once(bench: Bench):
    bench.command("pause", request=1)
    assert bench.command("resume", request=2) == []
    assert bench.tell(ev.StatusStored("paused")) == [ev.StoreStatus("active")]
    assert bench.tell(ev.StatusStored("active")) == [
        said(Status(status="active")),
        ev.Answer(1, None),
        ev.Answer(2, None),
    ]


@pytest.mark.parametrize(("before", "name", "status"), [(None, "resume", "active"), ("pause", "pause", "paused")])
def test_what_is_so_already_is_said_to_be_so(bench: Bench, before: ev.CommandName | None, name: ev.CommandName, status):
    if before:
        bench.command(before)
        assert bench.command(name) == [], "the store's answer is still to come, and is for all who asked"
        assert bench.command(name, request=3) == []
        assert ev.Answer(3, None) in bench.tell(ev.StatusStored(status))
    assert bench.command(name) == [said(Status(status=status))]
    assert bench.command(name, request=4) == [ev.Answer(4, None)]


@pytest.mark.parametrize(("before", "name"), [("complete", name) for name in ("pause", "resume", "complete")])
def test_what_the_status_does_not_allow_is_refused(bench: Bench, before: ev.CommandName | None, name: ev.CommandName):
    if before:
        bench.command(before)
    status = bench.core.life
    assert bench.command(name) == [("error", ErrorCode.ILLEGAL_NOW, None, None)]
    assert bench.command(name, request=3) == [ev.Answer(3, f"The session is {status}: it cannot {name} now.")]
    assert bench.core.life is status


def test_a_session_is_not_completed_in_the_middle_of_an_attempt(bench: Bench):
    bench.begin(1)
    assert bench.command("complete") == [("error", ErrorCode.ILLEGAL_NOW, None, None)]
    assert bench.core.life is Life.ACTIVE


def test_an_abandoned_session_drops_the_attempt_in_flight(bench: Bench):
    bench.begin(1)
    bench.frames(1, 0, 3)
    assert bench.command("abandon", request=1) == [ev.StopScoring(), ev.EndSession("abandoned", 0)]


def test_the_end_waits_for_the_attempts_and_closes_the_connection(bench: Bench):
    bench.attempt(1)
    assert bench.command("complete", request=7) == []
    assert bench.committed(1) == [said(Stored(through=1)), ev.EndSession("completed", 1)]
    skills = (a_skill(),)
    assert bench.tell(ev.SessionClosed("completed", 0.75, skills)) == [
        said(Status(status="completed", overall_score=0.75)),
        said(Progress(skills=list(skills))),
        ev.Answer(7, None),
        ev.CloseConnection(1, CloseCode.SESSION_ENDED, "The session is completed."),
        ev.Release("session completed"),
    ]


def test_an_end_makes_an_unstored_pause_needless(bench: Bench):
    bench.attempt(1)
    bench.command("pause")
    bench.command("complete")
    assert bench.committed(1) == [said(Stored(through=1)), ev.EndSession("completed", 1)]


def test_a_session_that_was_only_created_can_be_ended():
    bench = Bench(Life.CREATED)
    assert bench.command("abandon", request=1) == [ev.EndSession("abandoned", 0)]
    assert bench.tell(ev.SessionClosed("abandoned", None, ())) == [
        said(Status(status="abandoned")),
        ev.Answer(1, None),
        ev.Release("session abandoned"),
    ]


def test_a_client_that_comes_back_before_the_end_is_durable_is_told_and_then_sent_away(bench: Bench):
    bench.command("complete")
    bench.tell(ev.Detached(1))
    assert bench.welcome(2).status == "completed"
    assert bench.tell(ev.SessionClosed("completed", None, ()))[-2:] == [
        ev.CloseConnection(2, CloseCode.SESSION_ENDED, "The session is completed."),
        ev.Release("session completed"),
    ]


# ------------------------------------------------------------------------------------------------ the store's answers


def test_progress_comes_with_the_watermark(bench: Bench):
    bench.attempt(1)
    skills = (a_skill(),)
    assert bench.tell(ev.FlushCommitted(1, skills)) == [said(Stored(through=1)), said(Progress(skills=list(skills)))]


def test_while_a_flush_is_under_way_the_next_one_gathers(bench: Bench):
    bench.attempt(1)
    assert [one for one in bench.attempt(2) if isinstance(one, ev.Flush)] == []
    bench.attempt(3)
    assert bench.committed(1) == [said(Stored(through=1)), ev.Flush(1, 3, (waiting(2), waiting(3)))]


def test_a_store_that_is_away_is_said_once_and_asked_again_unchanged(bench: Bench):
    asked = bench.attempt(1)[-1]
    assert bench.delayed(50) == [("error", ErrorCode.STORE_DELAYED, None, None)]
    assert bench.core.next_deadline_ms == bench.now_ms + 50
    bench.attempt(2)
    assert bench.at(bench.now_ms + 49) == []
    assert bench.at(bench.now_ms + 1) == [asked], "as it may have happened"
    assert bench.delayed(50) == [], "it has been said"
    assert bench.at(bench.now_ms + 50) == [asked]
    assert bench.committed(1) == [said(Stored(through=1)), ev.Flush(1, 2, (waiting(2),))]
    assert bench.delayed(50) == [("error", ErrorCode.STORE_DELAYED, None, None)], "a new outage is said again"


def test_a_detached_session_goes_on_asking(bench: Bench):
    asked = bench.attempt(1)[-1]
    bench.tell(ev.Detached(1))
    bench.delayed(50)
    assert bench.core.next_deadline_ms == bench.now_ms + 50
    assert bench.at(bench.now_ms + 50) == [asked]


def test_pause_and_end_are_asked_again_too(bench: Bench):
    (pause,) = bench.command("pause")
    bench.delayed(10)
    assert bench.at(bench.now_ms + 10) == [pause]
    bench.tell(ev.StatusStored("paused"))
    (end,) = bench.command("complete", request=1)
    bench.delayed(10)
    assert bench.at(bench.now_ms + 10) == [end]
    assert ev.Answer(1, None) in bench.tell(ev.SessionClosed("completed", None, ()))


def test_rows_that_are_set_aside_are_said_and_the_watermark_moves_on(bench: Bench):
    bench.attempt(1)
    assert bench.tell(ev.FlushCommitted(1, (), set_aside="attempt 1: too large")) == [
        ("error", ErrorCode.ATTEMPT_QUARANTINED, None, None),
        said(Stored(through=1)),
    ]
    assert bench.core.stored == 1


def test_stored_is_never_said_lower_than_before(bench: Bench):
    bench.attempt(1)
    bench.committed(1)
    bench.attempt(2)
    assert bench.committed(1)[0] == said(Stored(through=1))
    assert bench.core.stored == 1


def test_a_draining_session_whose_store_is_away_stays_until_it_is_back(bench: Bench):
    asked = bench.attempt(1)[-1]
    bench.tell(ev.DrainBegan(1, 1))
    bench.tell(ev.Detached(1))
    bench.delayed(50)
    assert bench.at(bench.now_ms + 50) == [asked]
    assert bench.committed(1)[-1] == ev.Release("drained")


def test_an_unknown_event_is_our_own_mistake(bench: Bench):
    with pytest.raises(TypeError, match="no such event"):
        bench.tell("hello")
