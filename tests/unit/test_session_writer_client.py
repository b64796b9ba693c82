"""What the writer answers, or its death, as events of the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from actors.service_link import ServiceGone
from actors.session.events import Fenced, FlushCommitted, SessionClosed, StatusStored, StoreDelayed
from actors.writer_client import ActivationRefused, WriterClient
from actors.writer_replies import Delayed, Rejected
from protocol.codes import CloseCode
from storage.records import Activation, FlushOutcome, ProgressRecord, SessionClose, SessionFlush
from tests.support.store_makers import a_learner, a_session

SESSION = b"s" * 16
FLUSH = SessionFlush(SESSION, 1, 0, 2, ())
CLOSE = SessionClose(SESSION, 1, 2, "completed")
GONE = ServiceGone("it died")


class Link:
    """Stands for the socket to the writer: every method answers the same, or fails."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    async def call(self, *_: Any) -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


async def asked(call: str, answer: Any) -> Any:
    client = WriterClient(Link(answer))  # type: ignore[arg-type]
    calls: dict[str, Callable[[], Any]] = {
        "activate": lambda: client.activate(SESSION),
        "flush": lambda: client.flush(FLUSH),
        "status": lambda: client.set_status(SESSION, 1, "paused"),
        "close": lambda: client.close_session(CLOSE),
    }
    return await calls[call]()


@pytest.mark.parametrize("kind", ["committed", "already"])
async def test_durable_is_durable_however_often_it_was_asked(kind: Any):
    assert await asked("flush", FlushOutcome(SESSION, kind, 2)) == FlushCommitted(2, (), None)


async def test_rows_that_were_set_aside_are_named():
    outcome = FlushOutcome(SESSION, "quarantined", 2, detail="attempt 2: too large")
    assert await asked("flush", outcome) == FlushCommitted(2, (), "attempt 2: too large")


async def test_progress_comes_along():
    record = ProgressRecord(b"l" * 16, "general", total_attempts=3)
    committed = await asked("flush", FlushOutcome(SESSION, "committed", 2, progress=(record,)))
    assert [(skill.skill_area, skill.total_attempts) for skill in committed.skills] == [("general", 3)]


async def test_a_stale_epoch_fences():
    assert await asked("flush", FlushOutcome(SESSION, "fenced", 9, detail="epoch 2")) == Fenced("epoch 2")


async def test_status_and_end_that_are_stored():
    session = a_session(b"l" * 16, status="completed", overall_score=0.5)
    assert await asked("status", session) == StatusStored("paused")
    assert await asked("close", (session, ())) == SessionClosed("completed", 0.5, ())


@pytest.mark.parametrize("call", ["flush", "status", "close"])
async def test_a_store_that_is_away_delays(call: str):
    assert await asked(call, Delayed(70, "away")) == StoreDelayed(70, "away")


@pytest.mark.parametrize("call", ["flush", "status", "close"])
@pytest.mark.parametrize("kind", ["not_found", "illegal", "conflict"])
async def test_what_is_rejected_for_good_belongs_to_somebody_else(call: str, kind: Any):
    assert await asked(call, Rejected(kind, "why")) == Fenced("why")


@pytest.mark.parametrize("call", ["flush", "status", "close"])
async def test_the_death_of_the_writer_is_a_delay(call: str):
    delayed = await asked(call, GONE)
    assert isinstance(delayed, StoreDelayed) and delayed.retry_after_ms > 0


async def test_a_session_that_can_be_taken_over():
    learner = a_learner()
    activation = Activation(a_session(learner.id), learner)
    assert await asked("activate", activation) is activation


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Delayed(70, "away"), CloseCode.BUSY),
        (GONE, CloseCode.BUSY),
        (Rejected("not_found", "no such"), CloseCode.SESSION_NOT_FOUND),
        (Rejected("illegal", "it is completed"), CloseCode.SESSION_ENDED),
    ],
    ids=["away", "died", "missing", "ended"],
)
async def test_a_session_that_cannot_be_taken_over_is_refused_with_what_the_learner_should_do(answer: Any, code: Any):
    refused = await asked("activate", answer)
    assert isinstance(refused, ActivationRefused) and refused.close_code is code
    assert code.resumable == (code is CloseCode.BUSY)
    assert len(refused.reason.encode()) <= 123, "a close reason has to fit into its frame"
