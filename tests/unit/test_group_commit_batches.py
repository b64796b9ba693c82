"""Groups of flushes: gathered while one runs, answered one by one, and a failure reaches everybody it concerns."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

import pytest

from actors.group_commit import GROUP_SIZE, UNDER_WAY, Breaker, GroupCommit
from storage.errors import StoreConflict, StoreUnavailable
from storage.records import FlushOutcome, SessionFlush

OUTAGES = [StoreUnavailable("away"), StoreConflict("in the way"), ZeroDivisionError("a mistake of ours")]


def item(number: int) -> SessionFlush:
    return SessionFlush(number.to_bytes(16, "big"), 1, 0, 1, ())


def outcome(flush: SessionFlush) -> FlushOutcome:
    return FlushOutcome(flush.session_id, "committed", flush.hi)


class Store:
    """Holds every group until the test lets it go."""

    def __init__(self) -> None:
        self.groups: list[list[SessionFlush]] = []
        self.answers: asyncio.Queue[Exception | None] = asyncio.Queue()
        self.asked = asyncio.Semaphore(0)

    async def flush(self, batch: Sequence[SessionFlush]) -> list[FlushOutcome]:
        self.groups.append(list(batch))
        self.asked.release()
        answer = await self.answers.get()
        if answer is not None:
            raise answer
        return [outcome(one) for one in batch]


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def commit(store: Store) -> GroupCommit:
    return GroupCommit(store.flush)


async def submitted(commit: GroupCommit, *numbers: int) -> list[asyncio.Task[FlushOutcome]]:
    tasks = [asyncio.create_task(commit.submit(item(number))) for number in numbers]
    await asyncio.sleep(0)
    return tasks


async def test_nobody_waits_for_company(store: Store, commit: GroupCommit):
    (task,) = await submitted(commit, 1)
    store.answers.put_nowait(None)
    assert await task == outcome(item(1))
    assert store.groups == [[item(1)]]


async def test_what_comes_while_a_transaction_runs_is_the_next_group_in_order(store: Store, commit: GroupCommit):
    first = await submitted(commit, 0)
    await store.asked.acquire()
    others = await submitted(commit, *range(1, GROUP_SIZE + 3))
    for _ in range(3):
        store.answers.put_nowait(None)
    outcomes = await asyncio.gather(*first, *others)
    assert [[one.session_id[-1] for one in group] for group in store.groups] == [
        [0],
        list(range(1, GROUP_SIZE + 1)),
        [GROUP_SIZE + 1, GROUP_SIZE + 2],
    ]
    assert outcomes == [outcome(item(number)) for number in range(GROUP_SIZE + 3)]


async def test_only_so_many_transactions_are_under_way(store: Store, commit: GroupCommit):
    tasks = []
    for number in range(UNDER_WAY + 2):
        tasks += await submitted(commit, number)
        await asyncio.sleep(0)
    assert store.groups == [[item(number)] for number in range(UNDER_WAY)]
    store.answers.put_nowait(None)
    assert await tasks[0] == outcome(item(0))
    await asyncio.sleep(0)
    assert store.groups[UNDER_WAY:] == [[item(UNDER_WAY), item(UNDER_WAY + 1)]]
    for _ in range(UNDER_WAY):
        store.answers.put_nowait(None)
    assert await asyncio.gather(*tasks[1:]) == [outcome(item(number)) for number in range(1, UNDER_WAY + 2)]


async def test_who_comes_at_the_moment_when_everybody_is_answered_is_not_forgotten():
    async def flush(batch: Sequence[SessionFlush]) -> list[FlushOutcome]:
        await asyncio.sleep(0)
        return [outcome(one) for one in batch]

    async def practise(number: int) -> None:
        for _ in range(3 - number % 3):
            assert await commit.submit(item(number)) == outcome(item(number))

    for group_size, learners in itertools.product(range(1, 4), range(1, 9)):
        commit = GroupCommit(flush, group_size)
        async with asyncio.timeout(10):
            await asyncio.gather(*(practise(number) for number in range(learners)))


@pytest.mark.parametrize("failure", OUTAGES, ids=lambda failure: type(failure).__name__)
async def test_a_failure_reaches_all_of_its_group_and_nobody_else(
    store: Store, commit: GroupCommit, failure: Exception
):
    first = await submitted(commit, 0)
    await store.asked.acquire()
    second = await submitted(commit, 1, 2)
    await store.asked.acquire()
    store.answers.put_nowait(failure)
    store.answers.put_nowait(None)
    assert await asyncio.gather(*first, return_exceptions=True) == [failure]
    assert await asyncio.gather(*second) == [outcome(item(1)), outcome(item(2))]


async def test_after_a_failure_it_goes_on(store: Store, commit: GroupCommit):
    for failure in (StoreUnavailable("away"), None):
        (task,) = await submitted(commit, 1)
        store.answers.put_nowait(failure)
        assert await asyncio.gather(task, return_exceptions=True) == [failure or outcome(item(1))]


async def test_who_no_longer_waits_does_not_disturb_the_others(store: Store, commit: GroupCommit):
    gone, stays = await submitted(commit, 1, 2)
    await store.asked.acquire()
    gone.cancel()
    store.answers.put_nowait(None)
    assert await stays == outcome(item(2))
    assert gone.cancelled()


# ----------------------------------------------------------------------------------------------- circuit breaker


def test_the_breaker_waits_longer_with_each_failure_up_to_a_bound():
    breaker = Breaker(first_ms=100, longest_ms=1_000)
    waits, now_ms = [], 0
    for _ in range(6):
        waits.append(breaker.failed(now_ms))
        now_ms += waits[-1]
    assert waits == [100, 200, 400, 800, 1_000, 1_000]


def test_the_breaker_is_open_until_its_time_is_over_and_closes_with_a_success():
    breaker = Breaker(first_ms=100, longest_ms=1_000)
    assert breaker.remaining_ms(0) == 0
    breaker.failed(50)
    assert [breaker.remaining_ms(now) for now in (50, 149, 150)] == [100, 1, 0]
    breaker.failed(150)
    breaker.succeeded()
    assert breaker.remaining_ms(151) == 0
    assert breaker.failed(200) == 100


def test_many_who_fail_together_are_one_failure():
    breaker = Breaker(first_ms=100, longest_ms=100_000)
    assert [breaker.failed(now) for now in (0, 0, 30, 99)] == [100, 100, 70, 1], "a group is one transaction"
    assert breaker.failed(100) == 200


def test_a_long_outage_does_not_make_it_slower_and_slower():
    breaker = Breaker(first_ms=1, longest_ms=10)
    for now_ms in range(0, 100_000, 10):
        assert breaker.failed(now_ms) <= 10
