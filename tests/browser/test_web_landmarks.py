"""MediaPipe in a real browser: from the camera's pictures to a stored attempt, in the page and nowhere else."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from protocol.landmarks import COORDINATES, HANDS_POSE
from tests.support.server_process import ServerProcess

OpenPage = Callable[..., Any]


@pytest.fixture(scope="session")
def signer_recording(shared_data: Path) -> Path:
    """Somebody who signs HELLO before a webcam."""
    return shared_data / "video" / "isl_hello.mjpeg"


@pytest.fixture(scope="session")
def empty_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wall on which the light changes: a camera before which nobody is."""
    path = tmp_path_factory.mktemp("recordings") / "nobody.mjpeg"
    wall = np.linspace(60, 200, 640, dtype=np.float32)[None, :, None].repeat(480, axis=0).repeat(3, axis=2)
    with av.open(str(path), "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=30)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        for number in range(30):
            picture = (wall + 20 * np.sin(number / 5)).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def practise(page: Any, seconds: float) -> dict[str, Any]:
    """An attempt before the camera; returns its result when it is stored."""
    page.evaluate("bench.create({glosses: ['A']}, bench.camera)")
    page.evaluate("bench.until(({session}) => session.state === 'online')")
    page.evaluate("bench.session.beginAttempt(0)")
    began = time.monotonic()
    page.evaluate("bench.until(({said}) => said.some(([name]) => name === 'feedback'))")
    page.wait_for_timeout(max(0, 1_000 * (seconds - (time.monotonic() - began))))
    page.evaluate("bench.session.endAttempt()")
    page.evaluate("bench.until(({session}) => session.stored === 1)")
    return page.evaluate("bench.session.results.get(1)")


def test_hands_are_found_and_an_attempt_is_stored(
    running_server: ServerProcess, open_page: OpenPage, signer_recording: Path
) -> None:
    page = open_page(running_server, recording=signer_recording)
    opened = page.evaluate("bench.watch()")
    page.evaluate("bench.until(({looks}) => looks.some(({seen}) => seen.left || seen.right), 90_000)")
    result = practise(page, seconds=8)
    latencies = sorted(
        detail["latencyMs"]
        for name, detail in page.evaluate("bench.said")
        if name == "feedback" and detail["latencyMs"] is not None
    )
    looks, rates = page.evaluate("bench.looks"), page.evaluate("bench.rates")
    print(f"\n{opened}\nframes a second: {[round(rate['fps'], 1) for rate in rates]}")
    print(f"landmarks to feedback, ms: median {latencies[len(latencies) // 2]:.0f}, longest {latencies[-1]:.0f}")

    assert (opened["where"], opened["delegate"], opened["width"], opened["height"]) == ("worker", "CPU", 640, 480)
    assert {look["numbers"] for look in looks} == {HANDS_POSE.points * COORDINATES}
    assert sum(look["seen"]["body"] for look in looks) > len(looks) / 2
    assert all(0.05 < look["brightness"] < 0.95 for look in looks)
    assert result["frames"] > 0
    assert page.evaluate("bench.troubles") == []


def test_before_an_empty_wall_nothing_is_judged(
    running_server: ServerProcess, open_page: OpenPage, empty_recording: Path
) -> None:
    page = open_page(running_server, recording=empty_recording)
    page.evaluate("bench.watch()")
    page.evaluate("bench.until(({looks}) => looks.length > 1)")
    result = practise(page, seconds=3)

    assert page.evaluate("bench.looks.every(({finite}) => finite === 0)")
    assert not result["judged"] and result["score"] is None


def test_without_a_camera_it_is_said(running_server: ServerProcess, open_page: OpenPage) -> None:
    page = open_page(running_server)
    code = page.evaluate("bench.watch().then(() => 'opened', ({code}) => code)")
    assert code in ("none", "denied")
