"""One attempt after another, as the core sees them: exact effects of everything a client can say."""

from __future__ import annotations

import pytest

from actors.session import events as ev
from actors.session.transitions import Life
from protocol.codec import FramesReceived
from protocol.codes import ErrorCode
from protocol.messages import Receipt, Scored
from tests.support.session_bench import HELLO, LIMITS, Bench, a_result, at, frames, said, waiting


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.attach()
    return bench


def test_an_attempt_from_begin_to_stored(bench: Bench):
    assert bench.begin(1, sentence=1) == [ev.StartScoring(1, 1, HELLO)]
    assert bench.frames(1, 0, 3) == [("score", 1, [0, 1, 2], 2)]
    assert bench.end(1, 3) == [("judge", 1, 1, [1, 1, 1])]
    assert bench.judged(1, sentence=1) == [
        said(Scored(result=a_result(1, 1))),
        ev.Flush(0, 1, (waiting(1, 1),)),
    ]
    assert at(bench.core.cursor) == (2, 0)
    assert bench.core.stored == 0, "a result is not a promise"
    bench.committed(1)
    assert bench.core.stored == 1


def test_feedback_is_asked_for_at_its_own_pace(bench: Bench):
    bench.begin(1)
    asked = []
    for seq in range(8):
        ((_, _, _, feedback_for_seq),) = bench.frames(1, seq, 1)
        asked.append(feedback_for_seq)
        bench.now_ms += 40
    assert asked == [0, None, 2, None, None, 5, None, 7], "ten times a second on average"


def test_messages_ten_times_a_second_all_get_marks_though_they_come_unevenly(bench: Bench):
    bench.begin(1)
    began_ms = bench.now_ms
    for seq, late_ms in enumerate([0, 12, -15, 20, -20, 5, 0, -9]):
        bench.now_ms = began_ms + 100 * seq + late_ms
        ((_, _, _, feedback_for_seq),) = bench.frames(1, seq, 1)
        assert feedback_for_seq == seq


def test_receipts_come_once_a_second(bench: Bench):
    bench.begin(1)
    receipts = []
    for seq in range(12):
        receipts += [effect for effect in bench.frames(1, seq, 1) if isinstance(effect, ev.Send)]
        bench.now_ms += 200
    assert receipts == [said(Receipt(a=1, q=6)), said(Receipt(a=1, q=11))]


def test_a_repeated_begin_changes_nothing(bench: Bench):
    bench.begin(1)
    bench.frames(1, 0, 2)
    assert bench.begin(1) == []
    assert at(bench.core.cursor) == (1, 2)


def test_a_begin_of_the_same_number_with_another_sentence_is_a_conflict(bench: Bench):
    bench.begin(1)
    assert bench.begin(1, sentence=1) == [("error", ErrorCode.ATTEMPT_CONFLICT, 1, None)]
    assert at(bench.core.cursor) == (1, 0)


def test_what_belongs_to_an_attempt_that_is_done_with_is_ignored(bench: Bench):
    bench.attempt(1)
    assert bench.begin(1) == bench.begin(1, sentence=1) == []
    assert bench.frames(1, 0, 3) == []
    assert bench.end(1, 3) == []
    assert bench.cancel(1) == []


@pytest.mark.parametrize(
    "early",
    [lambda b: b.begin(3), lambda b: b.frames(3, 0, 1), lambda b: b.end(3, 0), lambda b: b.cancel(3)],
    ids=["begin", "frames", "end", "cancel"],
)
def test_an_attempt_whose_turn_has_not_come_is_refused(bench: Bench, early):
    bench.begin(1)
    bench.frames(1, 0, 2)
    assert early(bench) == [("error", ErrorCode.WRONG_ATTEMPT, 3, (1, 2))]


def test_frames_and_end_without_begin_are_refused(bench: Bench):
    assert bench.frames(1, 0, 1) == [("error", ErrorCode.NOT_RECORDING, 1, (1, 0))]
    assert bench.end(1, 0) == [("error", ErrorCode.NOT_RECORDING, 1, (1, 0))]
    assert bench.begin(1) == [ev.StartScoring(1, 0, HELLO)], "the session goes on"


@pytest.mark.parametrize("sentence", [2, 4_095])
def test_a_sentence_that_does_not_exist_is_refused(bench: Bench, sentence: int):
    assert bench.begin(1, sentence) == [("error", ErrorCode.SENTENCE_UNKNOWN, 1, (1, 0))]
    assert bench.cancel(1) == [ev.Flush(0, 1, ())], "the number can be used up without an attempt"


def test_a_gap_is_said_once_until_it_is_closed(bench: Bench):
    bench.begin(1)
    bench.frames(1, 0, 2)
    assert bench.frames(1, 3, 1) == [("error", ErrorCode.SEQ_GAP, 1, (1, 2))]
    assert bench.frames(1, 4, 2) == []
    assert bench.frames(1, 2, 4) == [("score", 1, [2, 3, 4, 5], None)]
    assert bench.frames(1, 9, 1) == [("error", ErrorCode.SEQ_GAP, 1, (1, 6))], "a second gap is another one"


def test_of_overlapping_frames_only_the_new_ones_are_scored(bench: Bench):
    bench.begin(1)
    bench.frames(1, 0, 4)
    assert bench.frames(1, 0, 4) == []
    assert bench.frames(1, 2, 4) == [("score", 1, [4, 5], None)]


def test_the_same_frames_with_other_bytes_are_a_conflict(bench: Bench):
    bench.begin(1)
    bench.frames(1, 0, 2)
    assert bench.frames(1, 1, 2, value=7) == [("error", ErrorCode.SEQ_CONFLICT, 1, (1, 2))]
    assert bench.end(1, 2) == [("judge", 1, 0, [1, 1])]


def test_an_attempt_that_is_too_long_is_refused_and_can_be_ended(bench: Bench):
    bench.begin(1)
    bench.frames(1, 0, LIMITS.max_attempt_frames)
    full = LIMITS.max_attempt_frames
    assert bench.frames(1, full, 1) == [("error", ErrorCode.ATTEMPT_TOO_LONG, 1, (1, full))]
    assert bench.end(1, full) == [("judge", 1, 0, [1] * full)]


def test_times_that_do_not_grow_are_refused(bench: Bench):
    bench.begin(1)
    bench.frames(1, 0, 2)
    again = frames(1, 1, 1)
    late = FramesReceived(1, 2, again.times_ms, again.packed)
    assert bench.tell(late) == [("error", ErrorCode.TIMES_NOT_ASCENDING, 1, (1, 2))]


def test_an_end_that_announces_more_or_fewer_frames_than_arrived_is_refused(bench: Bench):
    bench.begin(1)
    bench.frames(1, 0, 3)
    assert bench.end(1, 5) == [("error", ErrorCode.SEQ_GAP, 1, (1, 3))]
    assert bench.end(1, 2) == [("error", ErrorCode.SEQ_CONFLICT, 1, (1, 3))]
    bench.frames(1, 3, 2)
    assert bench.end(1, 5) == [("judge", 1, 0, [1] * 5)]


def test_an_attempt_of_no_frames_is_judged_like_any_other(bench: Bench):
    bench.begin(1)
    assert bench.end(1, 0) == [("judge", 1, 0, [])]


def test_a_cancelled_attempt_uses_its_number_up(bench: Bench):
    bench.begin(1)
    bench.frames(1, 0, 2)
    assert bench.cancel(1) == [ev.StopScoring(), ev.Flush(0, 1, ())]
    assert at(bench.core.cursor) == (2, 0)
    assert bench.begin(2) == [ev.StartScoring(2, 0, HELLO)]


def test_an_attempt_can_be_cancelled_before_it_has_begun(bench: Bench):
    assert bench.cancel(1) == [ev.Flush(0, 1, ())]
    assert at(bench.core.cursor) == (2, 0)


def test_while_an_attempt_is_judged_what_the_client_says_waits_its_turn(bench: Bench):
    bench.begin(1)
    bench.frames(1, 0, 1)
    bench.end(1, 1)
    assert bench.begin(2, sentence=1) == bench.frames(2, 0, 2) == bench.command("pause") == []
    assert at(bench.core.cursor) == (2, 0)
    assert bench.judged(1) == [
        said(Scored(result=a_result(1))),
        ev.StartScoring(2, 1, HELLO),
        ("score", 2, [0, 1], 1),
        ev.Flush(0, 1, (waiting(1),)),
    ]
    assert bench.core.life is Life.PAUSED


def test_two_attempts_that_wait_are_judged_in_their_order(bench: Bench):
    bench.begin(1)
    bench.end(1, 0)
    for number in (2, 3):
        bench.begin(number)
        bench.end(number, 0)
    assert ("judge", 2, 0, []) in bench.judged(1)
    assert ("judge", 3, 0, []) in bench.judged(2)
    assert bench.judged(3) == [said(Scored(result=a_result(3)))], "the flush of the first is still under way"


def test_while_the_session_is_paused_nothing_begins_but_what_was_begun_goes_on(bench: Bench):
    bench.begin(1)
    bench.command("pause")
    assert bench.frames(1, 0, 1) == [("score", 1, [0], 0)]
    assert bench.end(1, 1) == [("judge", 1, 0, [1])]
    bench.judged(1)
    assert bench.begin(2) == [("error", ErrorCode.SESSION_PAUSED, 2, (2, 0))]
    bench.command("resume")
    assert bench.begin(2) == [ev.StartScoring(2, 0, HELLO)]


@pytest.mark.parametrize("end", ["complete", "abandon"])
def test_a_session_that_has_ended_takes_no_attempt(bench: Bench, end: ev.CommandName):
    bench.command(end)
    assert bench.begin(1) == [("error", ErrorCode.SESSION_ENDED, 1, (1, 0))]


def test_when_too_much_waits_for_the_store_nothing_new_begins(bench: Bench):
    for number in range(1, LIMITS.max_unstored_attempts + 1):
        bench.attempt(number)
    assert bench.begin(4) == [("error", ErrorCode.STORE_DELAYED, 4, (4, 0))]
    bench.committed(1)
    assert bench.begin(4) == [ev.StartScoring(4, 0, HELLO)]
