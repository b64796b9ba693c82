"""What a node does now and then: by an injected clock, on a real store."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from server.upkeep import sweep_landmarks
from storage.open import open_store
from tests.support.store_makers import DAY_MS, NOON_MS, StepRules, a_flush, a_practising_learner


async def test_landmarks_go_when_their_time_is_over_and_an_outage_is_survived(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'a.db'}", StepRules(), retention_days=10)
    await store.open()
    _, activation = await a_practising_learner(store)
    await store.flush([a_flush(activation, 0, 1)], NOON_MS)
    await store.flush([a_flush(activation, 1, 2)], NOON_MS + 5 * DAY_MS)
    clock_ms = NOON_MS + 9 * DAY_MS
    kept: list[tuple[bool, ...]] = []

    async def wait() -> None:
        nonlocal clock_ms
        if len(kept) == 1:
            await store.open()
        kept.append(tuple([await store.landmark_blob(activation.session.id, n) is not None for n in (1, 2)]))
        clock_ms += 2 * DAY_MS
        if len(kept) == 1:
            await store.close()
        if len(kept) == 5:
            raise asyncio.CancelledError

    with caplog.at_level(logging.WARNING), pytest.raises(asyncio.CancelledError):
        await sweep_landmarks(store, lambda: clock_ms, wait)
    await store.close()
    # Day 9; day 11 with the store closed, so that nothing could be removed; days 13, 15, 17.
    assert kept == [(True, True), (True, True), (False, True), (False, False), (False, False)]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "the store is not open" in caplog.text
