"""What goes wrong between a page and the server, in a real browser: the attempt is stored once, the page says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocol.landmarks import HANDS_POSE
from server.clips.reader import read_clip
from tests.support.server_process import ServerProcess

OpenPage = Callable[..., Any]

MOST = 20
KEPT = MOST - 3
"""Frames before something happens, and those that no message waits for any more: more than half a second, so that what
there is of the attempt is judged."""


@pytest.fixture(scope="session")
def signing(letter_clips: Path) -> dict[str, Any]:
    """Frames and times of somebody who signs the letter S, as JSON has them."""
    clip = read_clip(str(letter_clips / "S.pose"), layout=HANDS_POSE)
    frames = clip.landmarks.reshape(len(clip.landmarks), -1).astype(object)
    frames[np.isnan(clip.landmarks.reshape(frames.shape))] = None
    return {"frames": frames.tolist(), "timesMs": [int(time) for time in clip.times_ms]}


def stored_attempts(page: Any, server: ServerProcess) -> list[int]:
    """Numbers of the attempts of the page's session in the database."""
    query = "SELECT attempt_number FROM sentence_attempts WHERE lower(hex(session_id)) = ? ORDER BY 1"
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as database:
        return [number for (number,) in database.execute(query, (page.evaluate("bench.session.id"),))]


def stored_frames(page: Any) -> dict[int, int]:
    """How many frames each stored attempt of the page's learner has, by number."""
    attempts = page.evaluate("bench.rest.attempts({limit: 100})")["items"]
    return {attempt["attempt_no"]: attempt["result"]["frames"] for attempt in attempts}


def test_an_attempt_is_judged_and_stored(
    running_server: ServerProcess, open_page: OpenPage, signing: dict[str, Any]
) -> None:
    page = open_page(running_server)
    page.evaluate("bench.create({glosses: ['S']})")
    page.evaluate("bench.until(({session}) => session.state === 'online')")
    page.evaluate("({frames, timesMs}) => bench.attempt(frames, timesMs)", signing)
    page.evaluate("bench.until(({session}) => session.stored === 1 && session.progress !== null)")
    said = page.evaluate("bench.said")
    assert stored_attempts(page, running_server) == [1]
    assert stored_frames(page) == {1: len(signing["frames"])}
    states = [detail["state"] for name, detail in said if name == "attempt"]
    assert states == ["recording", "waiting", "judged", "stored"]
    assert [detail["attempts"] for name, detail in said if name == "unsaved"] == [[1], []]
    assert any(name == "feedback" and detail["latencyMs"] is not None for name, detail in said)
    assert page.evaluate("bench.session.results.get(1).judged")


def test_the_network_is_away_for_two_attempts(
    running_server: ServerProcess, open_page: OpenPage, signing: dict[str, Any]
) -> None:
    page = open_page(running_server)
    page.watch.network_may_fail = True
    begin(page, signing)
    go_offline(page)
    finish(page, signing)
    page.evaluate("({frames, timesMs}) => bench.attempt(frames, timesMs)", signing)
    assert page.evaluate("[bench.session.unsaved, bench.session.unjudged]") == [[1, 2], [1, 2]]
    assert page.evaluate("bench.session.state") == "offline"
    page.context.set_offline(False)
    page.evaluate("bench.until(({session}) => session.stored === 2)")
    assert stored_frames(page) == dict.fromkeys((1, 2), len(signing["frames"]))
    assert page.evaluate("bench.session.unsaved") == []


def test_a_reload_in_mid_attempt(running_server: ServerProcess, open_page: OpenPage, signing: dict[str, Any]) -> None:
    page = open_page(running_server)
    begin(page, signing)
    page.evaluate("count => bench.kept(count)", KEPT)
    page.reload()
    page.evaluate("import('/bench.mjs').then(() => null)")
    held = page.evaluate("bench.held()")
    assert [session["unsaved"] for session in held] == [1]
    page.evaluate("id => bench.reopen(id)", held[0]["sessionId"])
    page.evaluate("bench.until(({session}) => session.stored === 1)")
    [interrupted] = page.evaluate("bench.said.filter(([name]) => name === 'interrupted').map(([, detail]) => detail)")
    assert interrupted["attempt"] == 1 and interrupted["kept"]
    assert stored_frames(page) == {1: interrupted["frames"]}
    page.evaluate("bench.session.close()")
    assert [session["unsaved"] for session in page.evaluate("bench.held()")] == [0]


def test_a_crashed_tab_is_delivered_by_the_next_visit(
    running_server: ServerProcess, open_page: OpenPage, signing: dict[str, Any]
) -> None:
    page = open_page(running_server)
    page.watch.network_may_fail = True
    begin(page, signing)
    go_offline(page)
    finish(page, signing)
    assert page.evaluate("bench.session.unjudged") == [1]
    page.evaluate("count => bench.kept(count)", len(signing["frames"]))
    context = page.context
    page.close(run_before_unload=False)
    context.set_offline(False)
    later = open_page(running_server, context)
    counts = later.evaluate("bench.deliver()")
    assert counts[0] == 1 and counts[-1] == 0
    assert stored_frames(later) == {1: len(signing["frames"])}


def test_two_tabs_of_one_session(running_server: ServerProcess, open_page: OpenPage, signing: dict[str, Any]) -> None:
    older = open_page(running_server)
    begin(older, signing)
    older.evaluate("count => bench.kept(count)", KEPT)
    newer = open_page(running_server, older.context)
    newer.evaluate("id => bench.reopen(id)", older.evaluate("bench.session.id"))
    older.evaluate("bench.until(({session}) => session.state === 'superseded')")
    newer.evaluate("bench.until(({session}) => session.state === 'online')")
    number = newer.evaluate("({frames, timesMs}) => bench.attempt(frames, timesMs)", signing)
    newer.evaluate("bench.until(({session}) => session.stored === 2)")
    assert number == 2
    assert stored_frames(newer).keys() == {1, 2}
    assert newer.evaluate("bench.states()")[-1] == "online"
    assert older.evaluate("bench.states()").count("superseded") == 1


def test_practice_starts_without_the_server_where_a_session_is_held(
    running_server: ServerProcess, open_page: OpenPage, signing: dict[str, Any]
) -> None:
    page = open_page(running_server)
    page.watch.network_may_fail = True
    session_id = page.evaluate("bench.create({glosses: ['S']})")
    page.evaluate("bench.until(({session}) => session.state === 'online')")
    page.evaluate("bench.session.close()")
    page.context.set_offline(True)
    page.evaluate("id => bench.reopen(id)", session_id)
    page.evaluate("({frames, timesMs}) => bench.attempt(frames, timesMs)", signing)
    assert page.evaluate("[bench.session.unjudged, bench.session.sentences[0].glosses]") == [[1], ["S"]]
    page.context.set_offline(False)
    page.evaluate("bench.until(({session}) => session.stored === 1)")
    assert stored_frames(page) == {1: len(signing["frames"])}


def test_a_session_that_was_ended_offline_is_completed_by_the_next_visit(
    running_server: ServerProcess, open_page: OpenPage, signing: dict[str, Any]
) -> None:
    page = open_page(running_server)
    page.watch.network_may_fail = True
    begin(page, signing)
    go_offline(page)
    finish(page, signing)
    later = visit_after_the_end(page, open_page, running_server)
    later.evaluate("bench.deliver()")
    [session] = later.evaluate("bench.rest.sessions()")["items"]
    assert (session["status"], session["stored_through"]) == ("completed", 1)


def test_an_end_of_which_only_the_answer_was_lost_needs_nothing_more(
    running_server: ServerProcess, open_page: OpenPage, signing: dict[str, Any]
) -> None:
    page = open_page(running_server)
    page.watch.network_may_fail = True
    begin(page, signing)
    finish(page, signing)
    page.evaluate("bench.until(({session}) => session.stored === 1)")
    go_offline(page)
    session_id = page.evaluate("bench.session.id")
    later = visit_after_the_end(page, open_page, running_server)
    later.evaluate("bench.account()")
    later.evaluate("id => bench.rest.command(id, 'complete')", session_id)
    later.evaluate("bench.deliver()")
    assert later.evaluate("bench.held()") == []


def test_a_session_that_was_ended_offline_is_completed_when_the_network_is_back(
    running_server: ServerProcess, open_page: OpenPage, signing: dict[str, Any]
) -> None:
    page = open_page(running_server)
    page.watch.network_may_fail = True
    begin(page, signing)
    go_offline(page)
    finish(page, signing)
    page.evaluate("bench.session.complete()")
    page.context.set_offline(False)
    page.evaluate("bench.until(({session}) => session.status === 'completed')")
    assert stored_frames(page) == {1: len(signing["frames"])}


def go_offline(page: Any) -> None:
    """No network; a socket that is open may still carry what is said until the page has given it up."""
    page.context.set_offline(True)
    page.evaluate("bench.until(({session}) => session.state === 'offline')")


def visit_after_the_end(page: Any, open_page: OpenPage, server: ServerProcess) -> Any:
    """The learner ends the session without a network, leaves, and comes back with one."""
    page.evaluate("bench.session.complete()")
    page.evaluate("bench.session.close()")
    assert [session["completing"] for session in page.evaluate("bench.held()")] == [True]
    context = page.context
    page.close()
    context.set_offline(False)
    return open_page(server, context)


def begin(page: Any, signing: dict[str, Any]) -> None:
    """A new session, online, and most of an attempt."""
    page.evaluate("bench.create({glosses: ['S']})")
    page.evaluate("bench.until(({session}) => session.state === 'online')")
    page.evaluate("({frames, timesMs}) => bench.begin(frames, timesMs)", part(signing, 0, MOST))


def finish(page: Any, signing: dict[str, Any]) -> None:
    """The rest of the attempt, and its end."""
    page.evaluate("({frames, timesMs}) => bench.finish(frames, timesMs)", part(signing, MOST, len(signing["frames"])))


def part(signing: dict[str, Any], start: int, stop: int) -> dict[str, Any]:
    """Some of the frames."""
    return {name: values[start:stop] for name, values in signing.items()}
