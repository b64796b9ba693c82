"""The writer as a plain class on a real database: what sessions get for an answer, whatever the store says."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.learning.rules import LearningRules
from actors.writer import Writer
from actors.writer_replies import Delayed, Rejected
from storage.open import open_store
from storage.records import Activation, FlushOutcome, Id, SessionClose, new_id
from storage.sql_store import SqlStore
from tests.support.store_makers import a_flush, a_learner, a_session, an_attempt


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """The same database, as a test sees it."""
    store = open_store(f"sqlite:///{tmp_path / 'a.db'}", LearningRules())
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def writer(store: SqlStore, tmp_path: Path) -> AsyncIterator[Writer]:
    """A writer as Ray starts it again: nobody has called ``open``."""
    writer = Writer(f"sqlite:///{tmp_path / 'a.db'}")
    yield writer
    await writer.close()


async def session_of(store: SqlStore) -> Id:
    learner = a_learner()
    await store.create_learner(learner)
    session = a_session(learner.id)
    await store.create_session(session)
    return session.id


async def activated(writer: Writer, store: SqlStore) -> Activation:
    reply = await writer.activate(await session_of(store))
    assert isinstance(reply, Activation)
    return reply


async def test_a_writer_that_was_started_again_opens_its_store_by_itself(writer: Writer, store: SqlStore):
    activation = await activated(writer, store)
    reply = await writer.flush(a_flush(activation, 0, 2))
    assert isinstance(reply, FlushOutcome)
    assert (reply.kind, reply.stored_through) == ("committed", 2)
    session = await store.session(activation.session.id)
    assert session is not None and session.stored_through == 2


async def test_many_sessions_at_once_are_each_stored_once(writer: Writer, store: SqlStore):
    activations = [await activated(writer, store) for _ in range(20)]
    replies = await asyncio.gather(*(writer.flush(a_flush(activation, 0, 1)) for activation in activations * 2))
    assert sorted(reply.kind for reply in replies) == ["already"] * 20 + ["committed"] * 20
    for activation in activations:
        assert await store.progress_of(activation.learner.id) == await store.rebuild_progress(activation.learner.id)


async def test_a_former_incarnation_is_fenced(writer: Writer, store: SqlStore):
    former = await activated(writer, store)
    await writer.activate(former.session.id)
    reply = await writer.flush(a_flush(former, 0, 1))
    assert isinstance(reply, FlushOutcome) and reply.kind == "fenced"
    status = await writer.set_status(former.session.id, former.session.epoch, "paused")
    assert isinstance(status, Rejected) and status.kind == "conflict"


async def test_what_the_store_will_never_do_is_rejected(writer: Writer, store: SqlStore):
    missing = await writer.activate(new_id())
    assert isinstance(missing, Rejected) and missing.kind == "not_found"
    activation = await activated(writer, store)
    close = SessionClose(activation.session.id, activation.session.epoch, 0, "abandoned")
    assert not isinstance(await writer.close_session(close), Delayed | Rejected)
    ended = await writer.activate(activation.session.id)
    assert isinstance(ended, Rejected) and ended.kind == "illegal"


async def test_an_attempt_of_an_impossible_time_is_set_aside_and_the_others_of_its_group_are_stored(
    writer: Writer, store: SqlStore
):
    sane, mad = await activated(writer, store), await activated(writer, store)
    attempt = dataclasses.replace(an_attempt(mad.session.id, 1), attempted_at_ms=2**50)
    flush = a_flush(mad, 0, 1, [attempt])
    replies = await asyncio.gather(writer.flush(a_flush(sane, 0, 1)), writer.flush(flush))
    assert [reply.kind for reply in replies] == ["committed", "quarantined"]


async def test_a_fault_of_ours_delays_and_does_not_hang_or_kill(
    writer: Writer, store: SqlStore, monkeypatch: pytest.MonkeyPatch
):
    activation = await activated(writer, store)
    with monkeypatch.context() as broken:
        broken.setattr(LearningRules, "after_attempts", lambda *_: 1 / 0)
        reply = await writer.flush(a_flush(activation, 0, 1))
    assert isinstance(reply, Delayed) and "ZeroDivisionError" in reply.detail
    again = await writer.flush(a_flush(activation, 0, 1))
    assert isinstance(again, Delayed), "the breaker is open"
    assert 0 < again.retry_after_ms <= reply.retry_after_ms


async def test_a_database_that_is_none_delays(tmp_path: Path):
    contents = b"this is not a database" * 1_000
    (tmp_path / "no.db").write_bytes(contents)
    writer = Writer(f"sqlite:///{tmp_path / 'no.db'}")
    assert isinstance(await writer.activate(new_id()), Delayed)
    assert (tmp_path / "no.db").read_bytes() == contents
