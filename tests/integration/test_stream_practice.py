"""A learner's stream through a real server: practice, cuts at every message boundary, two tabs, REST in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from protocol.codes import CloseCode
from protocol.landmarks import LandmarkClip
from protocol.messages import Feedback, Progress, Scored, Status, Stored
from server.clips.reader import read_clip
from server.rest_client import RestProblem
from tests.support.live_learner import LiveLearner
from tests.support.server_process import ServerProcess

NewLive = Callable[..., Awaitable[LiveLearner]]


@pytest.fixture(scope="module")
def clip(letter_clips: Path) -> LandmarkClip:
    """Somebody who signs the letter A."""
    return read_clip(str(letter_clips / "A.pose"))


@pytest.fixture
async def live(running_server: ServerProcess, clip: LandmarkClip) -> AsyncIterator[NewLive]:
    """Makes learners with a session each."""
    made: list[LiveLearner] = []

    async def make(**wish: object) -> LiveLearner:
        made.append(LiveLearner(running_server, clip))
        await made[-1].open(**wish)
        return made[-1]

    yield make
    for learner in made:
        await learner.close()


async def test_a_whole_session(live: NewLive, clip: LandmarkClip):
    learner = await live(glosses=["A"])
    welcome = await learner.connect()
    assert (welcome.epoch, welcome.incarnation, welcome.status) == (1, "new", "active")
    number = learner.sign()
    await learner.say()
    marks = await learner.hear(Feedback)
    assert (marks.a, marks.g) == (number, "A")
    result = (await learner.hear(Scored)).result
    assert (result.attempt_no, result.frames, result.judged) == (number, len(clip.times_ms), True)
    assert (await learner.hear(Stored)).through == number
    (skill,) = (await learner.hear(Progress)).skills
    assert skill.total_attempts == 1
    await learner.complete()
    assert await learner.gone() == CloseCode.SESSION_ENDED
    session = await learner.session()
    assert (session.status, session.stored_through, session.overall_score) == ("completed", 1, result.score)
    await learner.assert_all_is_well()


async def test_a_cut_behind_every_message_of_the_learner(live: NewLive):
    learner = await live()
    await learner.connect()
    boundary, cuts = 0, 0
    while True:
        number = learner.sign(chunk=4)
        left = await learner.say(boundary)
        if left:
            learner.cut()
            await learner.connect()
            cuts += 1
        await learner.stored(number)
        boundary += 1
        if not left:
            break
    assert cuts == boundary - 1 > 5, "begin, frames, end"
    assert set(learner.epochs) == {1}, "one incarnation has seen it all"
    await learner.assert_all_is_well()


async def test_a_cut_behind_every_message_of_the_server(live: NewLive):
    learner = await live()
    boundary = 0
    while True:
        await learner.connect()
        number = learner.sign(chunk=1_000)
        await learner.say()
        heard = []
        while len(heard) < boundary and not any(isinstance(message, Progress) for message in heard):
            heard.append(await learner.hear_any())
        learner.cut()
        await learner.connect()
        await learner.stored(number)
        learner.cut()
        if any(isinstance(message, Progress) for message in heard):
            break
        boundary += 1
    assert boundary >= 3
    await learner.assert_all_is_well()


async def test_the_result_that_a_cut_swallowed_comes_with_the_welcome_or_is_stored(live: NewLive):
    learner = await live()
    await learner.connect()
    number = learner.sign()
    await learner.say()
    learner.cut()
    welcome = await learner.connect()
    if welcome.stored < number:
        await learner.stored(number)
    assert number in learner.stream.results or welcome.stored == number
    await learner.assert_all_is_well()


async def test_the_newest_connection_wins_and_goes_on_where_the_old_one_was(live: NewLive, clip: LandmarkClip):
    learner = await live()
    await learner.connect()
    number = learner.sign(end=False)
    await learner.say(4)
    old = learner.socket
    assert old is not None
    learner.stream.disconnected()
    welcome = await learner.connect()
    assert (welcome.incarnation, welcome.cursor.a) == ("live", number)
    await old.wait_closed()
    assert old.close_code == CloseCode.SUPERSEDED
    learner.finish(number)
    await learner.stored(number)
    await learner.assert_all_is_well()


async def test_a_new_tab_that_holds_nothing_is_told_what_is_lost(live: NewLive, clip: LandmarkClip, running_server):
    learner = await live()
    await learner.connect()
    learner.sign(end=False)
    await learner.say(4)
    await learner.socket.ping()  # type: ignore[union-attr]
    other = LiveLearner(running_server, clip)
    other.rest.token, other.session_id, other.learner_id = learner.rest.token, learner.session_id, learner.learner_id
    welcome = await other.connect()
    assert (welcome.recovered, welcome.cursor.a, welcome.cursor.q) == (not welcome.lost, 1, 0)
    assert await learner.gone() == CloseCode.SUPERSEDED
    assert learner.stream.stopped
    other.lost.clear()
    await other.practise()
    await other.assert_all_is_well()
    await other.close()


# ------------------------------------------------------------------------------------------------ REST in between


async def test_rest_pauses_resumes_and_completes_a_live_session(live: NewLive):
    learner = await live()
    await learner.connect()
    await learner.practise()
    for name, status in (("pause", "paused"), ("resume", "active")):
        assert (await learner.rest.command(learner.session_id, name)).status == status
        await learner.hear(Status, lambda said, status=status: said.status == status)
        assert (await learner.session()).status == status
    await learner.practise()
    completed = await learner.rest.command(learner.session_id, "complete")
    assert (completed.status, completed.stored_through) == ("completed", 2)
    assert await learner.gone() == CloseCode.SESSION_ENDED
    await learner.assert_all_is_well()


async def test_rest_cannot_complete_in_mid_attempt_but_can_abandon(live: NewLive):
    learner = await live()
    await learner.connect()
    await learner.practise()
    learner.sign(end=False)
    await learner.say()
    await learner.hear(Feedback)
    with pytest.raises(RestProblem) as refused:
        await learner.rest.command(learner.session_id, "complete")
    assert (refused.value.status, refused.value.code) == (409, "session_status")
    assert (await learner.rest.command(learner.session_id, "abandon")).status == "abandoned"
    assert await learner.gone() == CloseCode.SESSION_ENDED
    await learner.assert_all_is_well()


@pytest.mark.parametrize("end", ["complete", "abandon"])
async def test_rest_ends_a_session_whose_learner_is_away(live: NewLive, end: str):
    learner = await live()
    await learner.connect()
    await learner.practise()
    learner.cut()
    ended = await learner.rest.command(learner.session_id, end)
    assert ended.status == {"complete": "completed", "abandon": "abandoned"}[end]
    with pytest.raises(RestProblem):
        await learner.rest.ticket(learner.session_id)
    await learner.assert_all_is_well()


async def test_a_paused_session_is_still_paused_for_who_comes_back(live: NewLive):
    learner = await live()
    await learner.connect()
    await learner.rest.command(learner.session_id, "pause")
    await learner.hear(Status, lambda said: said.status == "paused")
    learner.cut()
    assert (await learner.connect()).status == "paused"
    learner.stream.resume()
    await learner.say()
    await learner.hear(Status, lambda said: said.status == "active")
    await learner.practise()
    await learner.assert_all_is_well()


async def test_many_learners_at_once_do_not_disturb_each_other(live: NewLive):
    learners = [await live() for _ in range(3)]
    await asyncio.gather(*(learner.connect() for learner in learners))
    assert len({learner.actor.pid for learner in learners}) == 3
    await asyncio.gather(*(learner.practise() for learner in learners))
    for learner in learners:
        await learner.assert_all_is_well()


async def test_marks_do_not_depend_on_how_the_frames_came(live: NewLive):
    one, other = await live(), await live()
    for learner, chunk in ((one, 1), (other, 64)):
        await learner.connect()
        await learner.practise(chunk=chunk)
    results = [learner.stream.results[1].model_dump() for learner in (one, other)]
    assert results[0] == results[1]
    assert np.isfinite(results[0]["score"])
