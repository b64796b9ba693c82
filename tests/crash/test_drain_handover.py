"""One server of two on the same Ray cluster and database is drained: its class goes on at the other."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from protocol.codes import CloseCode
from protocol.messages import Draining, Feedback
from server.clips import read_clip
from tests.support.databases import Database, create_database
from tests.support.forwarder import Forwarder
from tests.support.live_learner import LiveLearner
from tests.support.mariadb import MariaDb
from tests.support.ray_cluster import ray_cluster
from tests.support.server_process import ServerProcess

LEARNERS = 5


@pytest.fixture
def cluster() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="ss-") as folder, ray_cluster(Path(folder)) as address:
        yield address


async def test_a_class_goes_on_at_another_server_and_loses_nothing(
    own_mariadb: MariaDb, cluster: str, make_server: Callable[..., ServerProcess], letter_clips: Path
):
    database = Database(own_mariadb.url("storysign"))
    await create_database(database.url, "storysign")
    await database.migrated()
    joined = {"STORYSIGN_RAY_ADDRESS": cluster}
    first, second = [make_server(warm=LEARNERS, settings=joined, database_url=database.url) for _ in range(2)]
    await asyncio.gather(asyncio.to_thread(first.start), asyncio.to_thread(second.start))
    clip = read_clip(str(letter_clips / "A.pose"))
    async with Forwarder(first.port, database.url) as front:
        learners = [LiveLearner(front, clip) for _ in range(LEARNERS)]  # type: ignore[arg-type]
        for learner in learners:
            await learner.open()
        await asyncio.gather(*(learner.connect() for learner in learners))
        await asyncio.gather(*(learner.practise() for learner in learners))
        unfinished = [learner.sign(chunk=4, end=False) for learner in learners]
        for learner in learners:
            await learner.say(4)
            await learner.hear(Feedback)

        front.to_port = second.port
        drained = await asyncio.to_thread(first.storysign, "drain", "--port", str(first.port))
        assert drained.returncode == 0 and "everything is saved" in drained.stderr
        assert first.wait() == 0
        again = await asyncio.to_thread(first.storysign, "drain", "--port", str(first.port))
        assert again.returncode == 1 and "No StorySign server" in again.stderr
        for learner in learners:
            assert (await learner.hear(Draining)).reconnect.spread_ms > 0
            assert await learner.gone() == CloseCode.RESTARTING
        for welcome in await asyncio.gather(*(learner.connect() for learner in learners)):
            assert (welcome.incarnation, welcome.stored, welcome.epoch) == ("restored", 1, 2)
        for learner, number in zip(learners, unfinished, strict=True):
            learner.finish(number)
        await asyncio.gather(*(learner.stored(2) for learner in learners))
        await asyncio.gather(*(learner.complete() for learner in learners))
        for learner in learners:
            await learner.assert_all_is_well()
            await learner.close()

    assert readiness(second) == (200, "ok")
    own_mariadb.kill()
    status, database_state = readiness(second)
    assert status == 503 and "not available" in database_state
    own_mariadb.start()
    assert readiness(second) == (200, "ok")
    assert second.stop() == 0


def readiness(server: ServerProcess) -> tuple[int, str]:
    """The status of /readyz and what it says of the database; everything else is ready all the time."""
    answer = httpx.get(f"{server.url}/readyz", trust_env=False, timeout=30)
    checks = answer.json()
    assert {name: state for name, state in checks.items() if name != "database"} == {
        "pool": "ok",
        "models": "ok",
        "signs": "ok",
    }
    assert httpx.get(f"{server.url}/healthz", trust_env=False).status_code == 200, "the process lives all the same"
    return answer.status_code, checks["database"]
