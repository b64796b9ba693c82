"""A session's one timer: it rings by the deadline, at most once for each time that it is wound, and is seldom wound."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actors.session.alarm import Alarm
from tests.support.manual_loop import ManualLoop


@pytest.fixture
def loop() -> Iterator[ManualLoop]:
    loop = ManualLoop()
    yield loop
    loop.close()


class Listener:
    """Notes when it rings; winds it again for the deadline that it has then."""

    def __init__(self, loop: ManualLoop) -> None:
        self._loop = loop
        self.deadline_ms: int | None = None
        self.rung_ms: list[int] = []
        self.alarm = Alarm(loop, self._ring)

    def set(self, deadline_ms: int | None) -> None:
        self.deadline_ms = deadline_ms
        self.alarm.set(deadline_ms)

    def _ring(self) -> None:
        now_ms = int(self._loop.time() * 1000)
        self.rung_ms.append(now_ms)
        if self.deadline_ms is not None and now_ms >= self.deadline_ms:
            self.deadline_ms = None
        self.alarm.set(self.deadline_ms)


@pytest.fixture
def listener(loop: ManualLoop) -> Listener:
    return Listener(loop)


def in_ms(loop: ManualLoop, wait_ms: int) -> int:
    return int(loop.time() * 1000) + wait_ms


def test_it_rings_once_by_its_deadline_and_not_before(loop: ManualLoop, listener: Listener):
    deadline_ms = in_ms(loop, 100)
    listener.set(deadline_ms)
    loop.advance(0.099)
    assert listener.rung_ms == []
    loop.advance(0.003)
    loop.advance(10)
    assert len(listener.rung_ms) == 1 and listener.rung_ms[0] >= deadline_ms


def test_a_deadline_that_comes_nearer_is_kept(loop: ManualLoop, listener: Listener):
    listener.set(in_ms(loop, 10_000))
    listener.set(in_ms(loop, 100))
    loop.advance(0.102)
    assert len(listener.rung_ms) == 1
    loop.advance(60)
    assert len(listener.rung_ms) == 1, "the former deadline is forgotten"


def test_a_deadline_that_moves_away_is_kept_though_it_rings_before(loop: ManualLoop, listener: Listener):
    listener.set(in_ms(loop, 100))
    far_ms = in_ms(loop, 5_000)
    listener.set(far_ms)
    loop.advance(0.2)
    assert len(listener.rung_ms) == 1, "early, and wound again"
    loop.advance(5)
    assert len(listener.rung_ms) == 2 and listener.rung_ms[1] >= far_ms


def test_without_a_deadline_it_does_not_ring_more_than_once(loop: ManualLoop, listener: Listener):
    listener.set(None)
    loop.advance(60)
    assert listener.rung_ms == []
    listener.set(in_ms(loop, 100))
    listener.set(None)
    loop.advance(60)
    assert len(listener.rung_ms) <= 1
