"""Connections come and go, the session stays: welcome, newest wins, what is lost, grace and silence."""

from __future__ import annotations

import pytest

from actors.session import events as ev
from actors.session.transitions import Life
from protocol.codes import CloseCode
from protocol.messages import Cursor, Scored, Status, Welcome
from tests.support.session_bench import HELLO, LIMITS, SENTENCES, Bench, a_result, at, said, waiting


def test_the_first_welcome_says_all_there_is_and_starts_the_session():
    bench = Bench(Life.CREATED)
    welcome = Welcome(
        session_id="s",
        epoch=1,
        status="active",
        stored=0,
        cursor=Cursor(a=1, q=0),
        sentences=list(SENTENCES),
        results=[],
        recovered=True,
        lost=[],
        incarnation="new",
        ticket="ticket-1",
        reconnect=LIMITS.reconnect,
    )
    assert bench.attach() == [said(welcome), ev.StoreStatus("active")]
    assert (bench.core.life, bench.core.connection) == (Life.ACTIVE, 1)
    assert bench.tell(ev.StatusStored("active")) == [said(Status(status="active"))]


@pytest.mark.parametrize(
    ("epoch", "before", "incarnation"), [(1, 0, "new"), (2, 0, "restored"), (1, 1, "live"), (7, 2, "live")]
)
def test_the_welcome_says_whether_this_incarnation_is_new_live_or_restored(epoch: int, before: int, incarnation: str):
    bench = Bench(epoch=epoch)
    for connection in range(1, before + 1):
        bench.attach(connection)
    assert bench.welcome(9).incarnation == incarnation
    assert bench.welcome(9).epoch == epoch


def test_a_restored_session_goes_on_behind_the_watermark():
    welcome = Bench(Life.PAUSED, epoch=3, stored=4).welcome()
    assert (welcome.stored, at(welcome.cursor), welcome.status) == (4, (5, 0), "paused")


def test_on_resume_the_cursor_asks_for_the_next_frame_of_the_attempt_in_flight():
    bench = Bench()
    bench.attach()
    bench.begin(1)
    bench.frames(1, 0, 5)
    bench.tell(ev.Detached(1))
    assert bench.frames(1, 5, 1) == [("score", 1, [5], None)], "what was on its way counts"
    welcome = bench.welcome(2, oldest=1)
    assert (at(welcome.cursor), welcome.recovered, welcome.lost) == ((1, 6), True, [])
    assert bench.begin(1) == []
    bench.now_ms += LIMITS.feedback_interval_ms
    assert bench.frames(1, 4, 4) == [("score", 1, [6, 7], 7)]


def test_results_that_are_not_stored_yet_come_with_the_welcome():
    bench = Bench()
    bench.attach()
    for number in (1, 2):
        bench.attempt(number)
    bench.committed(1)
    assert bench.welcome(2, oldest=2).results == [a_result(2)]


def test_the_newest_connection_wins():
    bench = Bench()
    bench.attach(1)
    close, welcome = bench.attach(2)
    assert close == ev.CloseConnection(1, CloseCode.SUPERSEDED, "This session was opened somewhere else.")
    assert welcome.message.ticket == "ticket-2"
    assert bench.tell(ev.Detached(1)) == []
    assert bench.core.connection == 2, "the end of the old one is not the end of the new one"
    bench.tell(ev.Detached(2))
    assert bench.core.connection is None


# ------------------------------------------------------------------------------------------ what cannot be restored


def recording_bench(count: int = 5) -> Bench:
    bench = Bench()
    bench.attach()
    bench.begin(1)
    bench.frames(1, 0, count)
    return bench


def welcome_of(effects: list) -> Welcome:
    (welcome,) = [one.message for one in effects if isinstance(one, ev.Send) and isinstance(one.message, Welcome)]
    return welcome


@pytest.mark.parametrize("oldest", [None, 2, 3])
def test_an_attempt_in_flight_that_the_client_no_longer_holds_is_lost(oldest: int | None):
    bench = recording_bench()
    effects = bench.attach(2, oldest=oldest)
    welcome = welcome_of(effects)
    assert ev.StopScoring() in effects
    assert not welcome.recovered
    assert welcome.lost == list(range(1, oldest or 2))
    assert at(welcome.cursor) == (oldest or 1, 0), "where the client holds nothing the number stays free"


def test_numbers_between_the_cursor_and_the_oldest_that_is_held_are_lost_and_used_up():
    bench = Bench(stored=2)
    effects = bench.attach(1, oldest=5)
    assert (welcome_of(effects).lost, at(welcome_of(effects).cursor)) == ([3, 4], (5, 0))
    assert effects[-1] == ev.Flush(2, 4, ())


@pytest.mark.parametrize("oldest", [1, 2, 3])
def test_a_client_that_holds_more_than_is_wanted_loses_nothing(oldest: int):
    welcome = Bench(stored=2).welcome(1, oldest=oldest)
    assert (welcome.recovered, welcome.lost, at(welcome.cursor)) == (True, [], (3, 0))


def test_a_client_that_speaks_another_layout_now_sends_the_attempt_again_from_its_first_frame():
    bench = recording_bench()
    effects = bench.attach(2, oldest=1, layout="holistic")
    welcome = welcome_of(effects)
    assert ev.StopScoring() in effects
    assert (welcome.recovered, at(welcome.cursor)) == (True, (1, 0))
    assert bench.begin(1) == [ev.StartScoring(1, 0, HELLO.model_copy(update={"layout": "holistic", "oldest": 1}))]


def test_another_name_of_the_client_changes_nothing():
    bench = recording_bench()
    assert at(welcome_of(bench.attach(2, oldest=1, client="reloaded", fps=15.0)).cursor) == (1, 5)


def test_an_attempt_that_is_being_judged_is_not_lost():
    bench = recording_bench()
    bench.end(1, 5)
    welcome = welcome_of(bench.attach(2))
    assert (welcome.recovered, at(welcome.cursor)) == (True, (2, 0))
    assert said(Scored(result=a_result(1))) in bench.judged(1)


def test_attempts_that_nobody_holds_any_more_are_passed_over_once_the_one_before_them_is_judged():
    bench = recording_bench()
    bench.end(1, 5)
    welcome = welcome_of(bench.attach(2, oldest=4))
    assert (welcome.lost, at(welcome.cursor)) == ([2, 3], (4, 0)), "not the first: all of it is here"
    effects = bench.judged(1)
    assert said(Scored(result=a_result(1))) in effects and ev.Flush(0, 3, (waiting(1),)) in effects
    assert bench.begin(4) == [ev.StartScoring(4, 0, HELLO.model_copy(update={"oldest": 4}))]


def test_a_session_that_nobody_is_connected_to_waits_for_its_judge_without_a_deadline():
    bench = recording_bench()
    bench.end(1, 5)
    bench.tell(ev.Detached(1))
    assert bench.core.next_deadline_ms is None, "a deadline that has passed would ring for ever"
    assert ev.Flush(0, 1, (waiting(1),)) in bench.judged(1)


# ------------------------------------------------------------------------------------------------ grace and silence


def test_a_session_without_a_connection_is_kept_for_its_grace_time_and_then_passivated():
    bench = recording_bench()
    bench.tell(ev.Detached(1))
    deadline_ms = bench.now_ms + LIMITS.grace_ms
    assert bench.core.next_deadline_ms == deadline_ms
    assert bench.at(deadline_ms - 1) == []
    assert bench.at(deadline_ms) == [ev.Release("passivated")]
    assert (bench.core.life, bench.core.next_deadline_ms) == (Life.LEFT, None)
    assert bench.begin(1) == bench.attach(2) == [], "who has left has nothing more to say"


def test_an_incarnation_that_nobody_comes_to_goes_after_the_grace_time():
    bench = Bench()
    assert bench.at(bench.core.next_deadline_ms or 0) == [ev.Release("passivated")]


def test_a_connection_in_the_grace_time_ends_it():
    bench = recording_bench()
    bench.tell(ev.Detached(1))
    bench.now_ms += LIMITS.grace_ms - 1
    bench.attach(2, oldest=1)
    assert bench.at(bench.now_ms + LIMITS.grace_ms) == []


def test_nobody_leaves_while_something_is_owed_to_the_store():
    bench = Bench()
    bench.attach()
    bench.attempt(1)
    bench.tell(ev.Detached(1))
    assert bench.core.next_deadline_ms is None, "only the store can change anything now"
    assert bench.at(bench.now_ms + 10 * LIMITS.grace_ms) == []
    assert bench.committed(1)[-1] == ev.Release("passivated")


def test_a_silent_connection_is_closed_resumably_once():
    bench = Bench()
    bench.attach()
    deadline_ms = bench.now_ms + LIMITS.idle_ms
    assert bench.core.next_deadline_ms == deadline_ms
    assert bench.at(deadline_ms - 1) == []
    assert bench.at(deadline_ms) == [ev.CloseConnection(1, CloseCode.IDLE, "Nothing was heard for a long time.")]
    assert CloseCode.IDLE.resumable
    next_ms = bench.core.next_deadline_ms
    assert next_ms is None or next_ms > deadline_ms, "a deadline that stays in the past is a busy loop"
    assert bench.at(deadline_ms + 1) == []


def test_after_a_silent_connection_the_grace_time_begins():
    bench = Bench()
    bench.attach()
    bench.at(bench.now_ms + LIMITS.idle_ms)
    bench.tell(ev.Detached(1))
    assert bench.at(bench.now_ms + LIMITS.grace_ms) == [ev.Release("passivated")]


@pytest.mark.parametrize(
    "heard",
    [lambda b: b.begin(1), lambda b: b.frames(1, 0, 1), lambda b: b.cancel(1), lambda b: b.command("pause")],
    ids=["begin", "frames", "cancel", "command"],
)
def test_everything_that_a_client_says_is_heard(heard):
    bench = Bench()
    bench.attach()
    bench.now_ms += LIMITS.idle_ms - 1
    heard(bench)
    assert bench.core.next_deadline_ms == bench.now_ms + LIMITS.idle_ms


# ------------------------------------------------------------------------------------------------ drain and fencing


def test_a_draining_server_sends_its_learner_away_and_keeps_what_is_not_stored_until_it_is():
    bench = Bench()
    bench.attach()
    bench.attempt(1)
    draining, close = bench.tell(ev.DrainBegan(after_ms=200, spread_ms=2_000))
    assert (draining.message.t, draining.message.reconnect.spread_ms) == ("draining", 2_000)
    assert close == ev.CloseConnection(1, CloseCode.RESTARTING, "This server is about to stop.")
    assert CloseCode.RESTARTING.resumable
    assert bench.tell(ev.DrainBegan(1, 1)) == [], "once is enough"
    assert bench.committed(1)[-1] == ev.Release("drained")


def test_a_draining_session_with_nothing_owed_goes_at_once_also_in_mid_attempt():
    bench = recording_bench()
    assert bench.tell(ev.DrainBegan(1, 1))[-1] == ev.Release("drained")


def test_a_draining_session_finishes_the_judgement_first():
    bench = recording_bench()
    bench.end(1, 5)
    assert ev.Release("drained") not in bench.tell(ev.DrainBegan(1, 1))
    assert ev.Flush(0, 1, (waiting(1),)) in bench.judged(1)
    assert bench.committed(1)[-1] == ev.Release("drained")


def test_a_fenced_incarnation_says_goodbye_and_never_writes_again():
    bench = Bench()
    bench.attach()
    bench.attempt(1)
    assert bench.tell(ev.Fenced("epoch 2 owns it")) == [
        ev.CloseConnection(1, CloseCode.SESSION_MOVED, "The session goes on in another place; reconnect."),
        ev.Release("fenced"),
    ]
    assert bench.core.life is Life.LEFT
    assert bench.committed(1) == bench.attempt(2) == []


def test_a_fenced_incarnation_answers_the_requests_that_wait():
    bench = Bench()
    bench.attach()
    bench.command("complete", request=4)
    effects = bench.tell(ev.Fenced())
    assert effects[0] == ev.Answer(4, "The session has moved to another server; ask again.")
    assert effects[-1] == ev.Release("fenced")
