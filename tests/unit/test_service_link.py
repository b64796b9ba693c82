"""Calls to the writer over its socket: answers, failures, and a writer that dies and comes back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import uvloop

from actors.service_link import ServiceGone, ServiceLink, serve
from storage.errors import StoreUnusable


class Target:
    """Stands for the writer; ``gate`` holds back what waits for it."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.entered = asyncio.Event()

    async def open(self) -> None:
        return None

    async def size(self, blob: bytes) -> int:
        return len(blob)

    async def wait(self, number: int) -> int:
        self.entered.set()
        await self.gate.wait()
        return number

    async def fail(self) -> None:
        raise StoreUnusable("no such schema")


class Served:
    """A listening target that can die."""

    def __init__(self, path: Path) -> None:
        self.target = Target()
        self.path = str(path)
        self._task = asyncio.create_task(serve(self.path, self.target))

    async def die(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def linked(served: Served) -> ServiceLink:
    link = ServiceLink(served.path)
    await link.opened(asyncio.get_running_loop().create_future())
    return link


@pytest.fixture
async def served(tmp_path: Path) -> Served:
    return Served(tmp_path / "w")


@pytest.mark.parametrize("size", [0, 1, 70_000, 5_000_000])
async def test_messages_of_every_size_arrive(served: Served, size: int):
    assert await (await linked(served)).call("size", bytes(size)) == size


async def test_answers_find_those_who_asked(served: Served):
    link = await linked(served)
    waiting = [asyncio.create_task(link.call("wait", number)) for number in range(50)]
    assert await link.call("size", b"quick") == 5, "a slow call holds up no other"
    served.target.gate.set()
    assert await asyncio.gather(*waiting) == list(range(50))


async def test_what_the_writer_raises_is_raised(served: Served):
    link = await linked(served)
    with pytest.raises(StoreUnusable, match="no such schema"):
        await link.call("fail")
    assert await link.call("size", b"x") == 1


async def test_who_waits_hears_of_the_writers_death_and_finds_the_next_one(served: Served):
    link = await linked(served)
    waiting = [asyncio.create_task(link.call("wait", number)) for number in range(3)]
    await served.target.entered.wait()
    link._pipe._transport.abort()  # as the kernel ends the connection of a process that was killed
    assert all(isinstance(death, ServiceGone) for death in await asyncio.gather(*waiting, return_exceptions=True))
    await served.die()
    with pytest.raises(ServiceGone):
        await link.call("size", b"x")
    Served(Path(served.path))
    await link.opened(asyncio.get_running_loop().create_future())
    assert await link.call("size", b"xy") == 2


async def test_a_caller_that_has_gone_disturbs_nobody(served: Served):
    gone, stays = await linked(served), await linked(served)
    task = asyncio.create_task(gone.call("wait", 1))
    await served.target.entered.wait()
    gone._pipe._transport.abort()
    with pytest.raises(ServiceGone):
        await task
    served.target.gate.set()
    assert await stays.call("size", b"abc") == 3


async def test_an_answer_that_nobody_waits_for_any_more(served: Served):
    link = await linked(served)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(link.call("wait", 1), 0.001)
    served.target.gate.set()
    assert await link.call("size", b"") == 0


async def test_a_writer_that_never_starts_is_said(tmp_path: Path):
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    ended.set_exception(OSError("no memory"))
    with pytest.raises(RuntimeError, match="did not start: no memory"):
        await ServiceLink(str(tmp_path / "nobody")).opened(ended)


async def test_a_writer_that_cannot_open_its_store_says_why(served: Served):
    served.target.open = served.target.fail  # type: ignore[method-assign]
    with pytest.raises(StoreUnusable, match="no such schema"):
        await linked(served)


def test_under_the_loop_of_writer_and_sessions(tmp_path: Path):
    async def call() -> int:
        served = Served(tmp_path / "w")
        return await (await linked(served)).call("size", bytes(70_000))

    assert uvloop.run(call()) == 70_000
