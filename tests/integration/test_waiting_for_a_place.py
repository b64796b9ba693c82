"""A real server with room for two sessions, and four learners who all want to practise."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from protocol.landmarks import LandmarkClip
from server.api.models import CreatedSession
from server.clips import read_clip
from server.rest_client import InLine, Line, when_there_is_room
from tests.support.live_learner import WAIT_S, LiveLearner
from tests.support.server_process import ServerProcess

GLOSSES = {"glosses": ["A"]}


@pytest.fixture(scope="module")
def clip(letter_clips: Path) -> LandmarkClip:
    return read_clip(str(letter_clips / "A.pose"))


@pytest.fixture(scope="module")
def server(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Two sessions at most; one that its learner has left makes room soon."""
    settings = {"STORYSIGN_MAX_SESSIONS": "2", "STORYSIGN_PASSIVATE_AFTER_MS": "300"}
    server = ServerProcess(tmp_path_factory.mktemp("small-server"), warm=2, settings=settings)
    server.start()
    yield server
    server.kill()


NewLearner = Callable[[], Awaitable[LiveLearner]]


@pytest.fixture
async def guest(server: ServerProcess, clip: LandmarkClip) -> AsyncIterator[NewLearner]:
    """Makes learners without a session."""
    made: list[LiveLearner] = []

    async def make() -> LiveLearner:
        made.append(LiveLearner(server, clip))
        await made[-1].become_guest()
        return made[-1]

    yield make
    for learner in made:
        await learner.close()


async def come_in(learner: LiveLearner, places: list[Line] | None = None) -> None:
    """A session and its connection, however long the line is."""

    def ask() -> Awaitable[CreatedSession]:
        return learner.rest.create_session(**GLOSSES)

    async with asyncio.timeout(WAIT_S):
        learner.take(await when_there_is_room(ask, (places if places is not None else []).append, asyncio.sleep))
    await learner.connect()


async def refused(learner: LiveLearner) -> InLine:
    with pytest.raises(InLine) as problem:
        await learner.rest.create_session(**GLOSSES)
    assert (problem.value.status, problem.value.code) == (503, "no_capacity")
    assert problem.value.line.wait_s >= 1 and 2 <= (problem.value.retry_after_s or 0) <= 10
    return problem.value


async def test_four_learners_at_a_server_with_two_places(guest: NewLearner, server: ServerProcess, letter_clips: Path):
    first, second, third = [await guest() for _ in range(3)]
    for learner in (first, second):
        await come_in(learner)
    assert (await refused(third)).line.place == 1
    words = ("practice", str(letter_clips / "A.pose"), "--glosses", "A", "--speed", "10", "--url", server.url)
    fourth = await asyncio.create_subprocess_exec(
        *server.command(*words), env=server.environment, stdout=asyncio.subprocess.PIPE
    )
    assert fourth.stdout is not None
    async with asyncio.timeout(WAIT_S):
        while "you are number 2 in line, about" not in (line := (await fourth.stdout.readline()).decode()):
            assert line, "the command has ended"
    assert (await refused(third)).line.place == 1, "who asks again keeps the place"
    figures = httpx.get(f"{server.url}/metrics", trust_env=False).text
    assert 'storysign_queue_depth{queue="learners_waiting"} 2.0' in figures
    assert 'storysign_newcomers_total{outcome="told_to_wait"}' in figures
    assert sum(map(float, re.findall(r"^storysign_sessions{.*} (\S+)$", figures, re.MULTILINE))) == 2

    first.cut()
    assert (await first.connect()).incarnation == "live", "who is inside is never refused"
    await first.practise()
    first.actor.kill()
    await first.gone()
    assert (await first.connect()).incarnation == "restored", "nor who comes back after a crash"

    await first.complete()
    places: list[Line] = []
    await come_in(third, places)
    assert all(line.place == 1 for line in places)
    await second.practise()
    await second.complete()
    said = (await asyncio.wait_for(fourth.stdout.read(), WAIT_S)).decode()
    assert await fourth.wait() == 0 and "Stored: 1 attempt" in said
    await third.practise()
    await third.complete()
    for learner in (first, second, third):
        await learner.assert_all_is_well()


async def test_a_session_that_fell_asleep_waits_like_everybody_when_its_place_is_taken(guest: NewLearner):
    asleep, one, other = [await guest() for _ in range(3)]
    await come_in(asleep)
    await asleep.practise()
    actor = asleep.actor
    asleep.cut()
    await asyncio.to_thread(actor.wait, WAIT_S)
    for learner in (one, other):
        await come_in(learner)
    with pytest.raises(InvalidStatus) as full:
        await asleep.connect_once()
    assert full.value.response.status_code == 503
    assert b'"place": 1' in full.value.response.body
    asleep.cut()
    await one.complete()
    assert (await asleep.connect()).stored == 1
    for learner in (other, asleep):
        await learner.complete()
    await asleep.assert_all_is_well()


async def test_who_does_not_come_after_all_takes_no_place_for_long(guest: NewLearner):
    """A ticket keeps one place only, whatever its learner asks for beside."""
    wavering, one, other = [await guest() for _ in range(3)]
    for _ in range(3):
        await wavering.rest.create_session(**GLOSSES)
    await come_in(one)
    await refused(other)
