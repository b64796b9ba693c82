"""SIGKILL of session actors, judges and the writer under a real server: the learner resumes, nothing is lost or
doubled.

The moment of a kill is made certain by holding the database's write lock: a flush that has begun can then not end.
"""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from protocol.landmarks import LandmarkClip
from protocol.messages import Error, Feedback
from server.clips.reader import read_clip
from storage.records import id_from_text
from tests.support.live_learner import WAIT_S, LiveLearner, no_commits
from tests.support.process_tree import JUDGE, WRITER, left_over, named
from tests.support.server_process import ServerProcess


@pytest.fixture(scope="module")
def clip(letter_clips: Path) -> LandmarkClip:
    """Somebody who signs the letter A."""
    return read_clip(str(letter_clips / "A.pose"))


@pytest.fixture
async def learner(running_server: ServerProcess, clip: LandmarkClip) -> AsyncIterator[LiveLearner]:
    """A connected learner with one attempt stored already."""
    learner = LiveLearner(running_server, clip)
    await learner.open(glosses=["A"])
    await learner.connect()
    await learner.practise()
    yield learner
    await learner.close()


def kill(process: psutil.Process) -> None:
    """Ends a process as the kernel does when memory runs out."""
    process.send_signal(signal.SIGKILL)
    assert left_over([process], WAIT_S) == []


def stored_through(learner: LiveLearner) -> int:
    """The watermark in the database, read by the test itself."""
    with closing(sqlite3.connect(learner.server.database)) as connection:
        (row,) = connection.execute(
            "SELECT stored_through FROM practice_sessions WHERE id=?", (id_from_text(learner.session_id),)
        )
    return row[0]


async def killed_and_resumed(learner: LiveLearner) -> None:
    """The actor dies, the learner notices and comes back to a restored session."""
    kill(learner.actor)
    assert await learner.gone() is None
    welcome = await learner.connect()
    assert welcome.incarnation == "restored"
    assert learner.epochs == [1, 2]


async def test_the_actor_dies_between_attempts(learner: LiveLearner):
    await killed_and_resumed(learner)
    await learner.practise()
    await learner.assert_all_is_well()


async def test_the_actor_dies_in_the_middle_of_an_attempt(learner: LiveLearner):
    number = learner.sign(chunk=4, end=False)
    await learner.say(5)
    await learner.hear(Feedback)
    await killed_and_resumed(learner)
    assert learner.stream.cursor is not None
    assert (learner.stream.cursor.a, learner.stream.cursor.q) == (number, 0)
    learner.finish(number)
    await learner.stored(number)
    await learner.assert_all_is_well()


async def test_the_actor_dies_between_the_result_and_stored(learner: LiveLearner):
    with no_commits(learner.server):
        number = learner.sign()
        await learner.scored(number)
        kill(learner.actor)
        assert learner.stream.stored < number, "a result is not a promise"
        assert await learner.gone() is None
        assert stored_through(learner) == number - 1
    await learner.connect()
    await learner.stored(number)
    await learner.assert_all_is_well()


async def test_the_actor_dies_during_the_commit_which_then_succeeds_without_it(learner: LiveLearner):
    """The flush of the first attempt waits for the lock while its actor dies: the new incarnation finds it done."""
    with no_commits(learner.server):
        first, second = learner.sign(), learner.sign()
        await learner.scored(second)  # by then the flush of the first one is with the writer
        kill(learner.actor)
        assert stored_through(learner) == first - 1
    assert await learner.gone() is None
    welcome = await learner.connect()
    assert (welcome.stored, welcome.cursor.a) == (first, second)
    await learner.stored(second)
    await learner.assert_all_is_well()


async def test_the_actor_dies_again_and_again(learner: LiveLearner):
    for _ in range(3):
        number = learner.sign(chunk=4, end=False)
        await learner.say(3)
        kill(learner.actor)
        assert await learner.gone() is None
        await learner.connect()
        learner.finish(number)
        await learner.stored(number)
    assert learner.epochs == [1, 2, 3, 4]
    await learner.assert_all_is_well()


async def test_a_judge_dies_and_the_other_one_judges(learner: LiveLearner):
    for judge in named(learner.server.pid, JUDGE)[:1]:
        kill(judge)
        await learner.practise()
    assert learner.epochs == [1], "the session has not noticed"
    await learner.assert_all_is_well()


async def test_all_judges_die_and_the_attempt_is_judged_when_they_are_back(learner: LiveLearner):
    for judge in named(learner.server.pid, JUDGE):
        kill(judge)
    number = learner.sign()
    await learner.scored(number)
    assert learner.stream.results[number].judged
    await learner.stored(number)
    await learner.assert_all_is_well()


async def test_the_writer_dies_between_flushes(learner: LiveLearner):
    (writer,) = named(learner.server.pid, WRITER)
    kill(writer)
    await learner.practise()
    assert learner.epochs == [1], "the session has not noticed"
    await learner.assert_all_is_well()


async def test_the_writer_dies_during_a_commit(learner: LiveLearner):
    (writer,) = named(learner.server.pid, WRITER)
    with no_commits(learner.server):
        number = learner.sign()
        await learner.scored(number)
        kill(writer)
        delayed = await learner.hear(Error)
        assert delayed.name == "STORE_DELAYED"
    await learner.stored(number)
    await learner.assert_all_is_well()


async def test_writer_and_actor_die_together(learner: LiveLearner):
    (writer,) = named(learner.server.pid, WRITER)
    with no_commits(learner.server):
        number = learner.sign()
        await learner.scored(number)
        actor = learner.actor
        kill(writer)
        kill(actor)
        assert await learner.gone() is None
    await learner.connect()
    await learner.stored(number)
    await learner.assert_all_is_well()


async def test_while_the_database_is_away_practice_goes_on_and_all_of_it_is_stored_afterwards(learner: LiveLearner):
    with no_commits(learner.server):
        numbers = [learner.sign() for _ in range(3)]
        for number in numbers:
            await learner.scored(number)
        delayed = await learner.hear(Error)
        assert delayed.name == "STORE_DELAYED"
        assert learner.stream.stored < numbers[0]
    await learner.stored(numbers[-1])
    await learner.assert_all_is_well()
