"""What a session owes the store: one thing at a time, in an order that loses nothing, the same again while in doubt."""

from __future__ import annotations

import pytest

from actors.session.events import EndSession, Flush, StoreStatus
from actors.session.store_queue import StoreQueue
from tests.support.session_bench import waiting


def owing(*numbers: int) -> StoreQueue:
    queue = StoreQueue(0)
    for number in numbers:
        queue.finish(number, waiting(number))
    return queue


def test_nothing_owed_nothing_asked():
    queue = StoreQueue(4)
    assert queue.empty
    assert queue.take(0) is None
    assert (queue.stored, queue.finished) == (4, 4)


def test_attempts_go_before_the_status_and_the_end_goes_last():
    queue = owing(1)
    queue.status_wish, queue.end_wish = "paused", "completed"
    assert queue.take(0) == Flush(0, 1, (waiting(1),))
    queue.committed(1)
    assert queue.take(0) == StoreStatus("paused")
    queue.status_stored("paused")
    assert queue.take(0) == EndSession("completed", 1)
    assert not queue.empty
    queue.ended()
    assert queue.empty


def test_one_operation_at_a_time():
    queue = owing(1)
    first = queue.take(0)
    queue.finish(2, waiting(2))
    queue.status_wish = "paused"
    assert queue.take(0) is None
    assert queue.under_way is first


def test_what_piles_up_meanwhile_goes_together():
    queue = owing(1)
    queue.take(0)
    for number in (2, 3):
        queue.finish(number, waiting(number))
    queue.committed(1)
    assert queue.take(0) == Flush(1, 3, (waiting(2), waiting(3)))


def test_a_number_without_an_attempt_moves_the_watermark_too():
    queue = owing(1)
    queue.finish(3)
    assert queue.take(0) == Flush(0, 3, (waiting(1),))
    queue.committed(3)
    assert (queue.stored, queue.attempts, queue.empty) == (3, [], True)


def test_in_doubt_the_same_is_asked_again_unchanged():
    queue = owing(1)
    asked = queue.take(0)
    queue.finish(2, waiting(2))
    queue.failed(retry_at_ms=100)
    assert queue.take(99) is None
    assert not queue.empty
    assert queue.take(100) is asked, "it may have happened: only the same again tells by its watermark"
    queue.committed(1)
    assert queue.take(100) == Flush(1, 2, (waiting(2),))


def test_a_wish_that_has_changed_waits_for_the_one_in_doubt():
    queue = StoreQueue(0)
    queue.status_wish = "paused"
    asked = queue.take(0)
    queue.failed(10)
    queue.status_wish = "active"
    assert queue.take(10) is asked
    queue.status_stored("paused")
    assert queue.take(10) == StoreStatus("active")
    queue.status_stored("active")
    assert queue.empty


def test_an_answer_that_knows_of_more_is_believed():
    queue = owing(1, 2, 3)
    queue.take(0)
    queue.committed(5)
    assert (queue.stored, queue.attempts) == (5, [])


@pytest.mark.parametrize("through", [0, 1])
def test_the_watermark_never_goes_back(through: int):
    queue = StoreQueue(2)
    queue.committed(through)
    assert queue.stored == 2


def test_delayed_until_something_succeeds():
    queue = owing(1)
    queue.take(0)
    queue.failed(10)
    assert queue.delayed
    queue.take(10)
    assert queue.delayed
    queue.committed(1)
    assert not queue.delayed
