"""A server of its own whose sessions soon sleep: they wake; SIGKILL and restart, SIGTERM with learners at work."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import psutil
import pytest

from protocol.codes import CloseCode
from protocol.landmarks import LandmarkClip
from protocol.messages import Draining, Feedback
from server.clips.reader import read_clip
from tests.support.live_learner import WAIT_S, LiveLearner, no_commits
from tests.support.process_tree import descendants, left_over
from tests.support.server_process import ServerProcess

NewLive = Callable[[], Awaitable[LiveLearner]]


@pytest.fixture(scope="module")
def clip(letter_clips: Path) -> LandmarkClip:
    """Somebody who signs the letter A."""
    return read_clip(str(letter_clips / "A.pose"))


@pytest.fixture(scope="module")
def own_server(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for this module, which ends it, too."""
    settings = {"STORYSIGN_PASSIVATE_AFTER_MS": "300"}
    server = ServerProcess(tmp_path_factory.mktemp("own-server"), settings=settings)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def server(own_server: ServerProcess) -> ServerProcess:
    """The module's server, running."""
    if not own_server.running:
        own_server.start()
    return own_server


@pytest.fixture
async def live(server: ServerProcess, clip: LandmarkClip) -> AsyncIterator[NewLive]:
    """Makes connected learners."""
    made: list[LiveLearner] = []

    async def make() -> LiveLearner:
        made.append(LiveLearner(server, clip))
        await made[-1].open(glosses=["A"])
        await made[-1].connect()
        return made[-1]

    yield make
    for learner in made:
        await learner.close()


def is_agent(process: psutil.Process) -> bool:
    """Ray's own agents notice the death of their raylet by themselves, but some take a minute for it."""
    return process.name().startswith(("ray::Dashboard", "ray::RuntimeEnv"))


def folder_of_node(server: ServerProcess) -> Path:
    """What the server keeps its sockets in while it runs; Ray's processes name it in their command lines."""
    words = [word for process in descendants(server.pid) for word in process.cmdline()]
    found = {match[0] for word in words if (match := re.search(r"/\S*?/storysign-\w+", word))}
    assert len(found) == 1, found
    return Path(found.pop())


async def gone(process: psutil.Process) -> bool:
    """Waits in a thread: a connection that is cut is closed by this test's own loop."""
    return await asyncio.to_thread(left_over, [process], WAIT_S) == []


async def test_a_session_falls_asleep_without_its_learner_and_wakes_where_it_was(live: NewLive):
    learner = await live()
    await learner.practise()
    unfinished = learner.sign(chunk=4, end=False)
    await learner.say(4)
    actor: psutil.Process = learner.actor
    learner.cut()
    assert await gone(actor), "its process is given back"
    welcome = await learner.connect()
    assert (welcome.incarnation, welcome.epoch, welcome.stored) == ("restored", 2, 1)
    learner.finish(unfinished)
    await learner.stored(unfinished)
    await learner.assert_all_is_well()


async def test_rest_ends_a_session_that_is_asleep(live: NewLive):
    learner = await live()
    await learner.practise()
    actor = learner.actor
    learner.cut()
    assert await gone(actor)
    assert (await learner.rest.command(learner.session_id, "pause")).status == "paused"
    assert (await learner.connect()).status == "paused"
    assert (await learner.rest.command(learner.session_id, "complete")).status == "completed"
    assert await learner.gone() == CloseCode.SESSION_ENDED
    await learner.assert_all_is_well()


async def test_the_server_is_killed_in_mid_attempt_and_between_result_and_stored(live: NewLive, server: ServerProcess):
    signing, waiting = await live(), await live()
    for learner in (signing, waiting):
        await learner.practise()
    with no_commits(server):
        unfinished = signing.sign(chunk=4, end=False)
        await signing.say(4)
        await signing.hear(Feedback)
        judged = waiting.sign()
        await waiting.scored(judged)
        family = [process for process in descendants(server.pid) if not is_agent(process)]
        server.kill()
        assert left_over(family, WAIT_S) == [], "nothing outlives its server"
    assert waiting.stream.stored == judged - 1
    for learner in (signing, waiting):
        learner.cut()
    server.start()
    for learner in (signing, waiting):
        welcome = await learner.connect()
        assert (welcome.incarnation, welcome.stored) == ("restored", 1)
    signing.finish(unfinished)
    await signing.stored(unfinished)
    await waiting.stored(judged)
    for learner in (signing, waiting):
        await learner.assert_all_is_well()


async def test_sigterm_saves_everything_sends_the_learners_on_and_leaves_nothing(live: NewLive, server: ServerProcess):
    folder = folder_of_node(server)
    assert folder.is_dir()
    signing, judged = await live(), await live()
    unfinished = signing.sign(chunk=4, end=False)
    await signing.say(4)
    await signing.hear(Feedback)
    done = judged.sign()
    await judged.scored(done)
    family = descendants(server.pid)
    psutil.Process(server.pid).terminate()
    for learner in (signing, judged):
        assert (await learner.hear(Draining)).reconnect.spread_ms > 0
        assert await learner.gone() == CloseCode.RESTARTING
    assert server.stop() == 0
    assert left_over(family, WAIT_S) == []
    assert not folder.exists()
    assert signing.stream.unsaved == (unfinished,), "its client still holds what was not ended"
    for learner in (signing, judged):
        await learner.assert_all_is_well()
