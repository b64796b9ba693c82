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
MakeServer = Callable[..., ServerProcess]


@pytest.fixture(scope="session")
def signing(letter_clips: Path) -> dict[str, Any]:
    """Frames and times of somebody who signs the letter A, as JSON has them."""
    clip = read_clip(str(letter_clips / "A.pose"), layout=HANDS_POSE)
    frames = clip.landmarks.reshape(len(clip.landmarks), -1).astype(object)
    frames[np.isnan(clip.landmarks.reshape(frames.shape))] = None
    return {"frames": frames.tolist(), "timesMs": [int(time) for time in clip.times_ms]}


def stored_attempts(server: ServerProcess) -> list[int]:
    """Numbers of the attempts in the database."""
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as database:
        return [number for (number,) in database.execute("SELECT attempt_number FROM sentence_attempts ORDER BY 1")]


def stored_frames(page: Any) -> dict[int, int]:
    """How many frames each stored attempt of the page's learner has, by number."""
    attempts = page.evaluate("bench.rest.attempts({limit: 100})")["items"]
    return {attempt["attempt_no"]: attempt["result"]["frames"] for attempt in attempts}


def test_an_attempt_is_judged_and_stored(make_server: MakeServer, open_page: OpenPage, signing: dict[str, Any]) -> None:
    server = make_server()
    server.start()
    page = open_page(server)
    page.evaluate("bench.create({glosses: ['A']})")
    page.evaluate("bench.until(({session}) => session.state === 'online')")
    page.evaluate("({frames, timesMs}) => bench.attempt(frames, timesMs)", signing)
    page.evaluate("bench.until(({session}) => session.stored === 1 && session.progress !== null)")
    said = page.evaluate("bench.said")
    assert stored_attempts(server) == [1]
    assert stored_frames(page) == {1: len(signing["frames"])}
    states = [detail["state"] for name, detail in said if name == "attempt"]
    assert states == ["recording", "waiting", "judged", "stored"]
    assert [detail["attempts"] for name, detail in said if name == "unsaved"] == [[1], []]
    assert any(name == "feedback" and detail["latencyMs"] is not None for name, detail in said)
    assert page.evaluate("bench.session.results.get(1).judged")
