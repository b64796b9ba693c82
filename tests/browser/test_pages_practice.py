"""The whole way in a real browser: picture, MediaPipe in the page, live marks, a result that is saved, progress."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.pages import DRAWN_LETTER as LETTER
from tests.support.pages import end_the_try, picture, stored_results, wait_for_feedback
from tests.support.server_process import ServerProcess

READY = "body[data-connection=online] main[data-phase=ready][data-camera=ready]"
PATIENCE_MS = 90_000
"""MediaPipe looks at 3 to 6 pictures a second on two cores without a graphics processor."""
LEAST_RATE_HZ = 5.0
"""Below this the scorer says that it cannot judge, and so the page has to."""


class Weight:
    """Bytes that the hand finder took over the network; it loads in a worker, which the page itself does not see."""

    def __init__(self, page: Any) -> None:
        self.bytes = 0
        page.on("requestfinished", self._on_finished)

    def _on_finished(self, request: Any) -> None:
        if request.url.split("/", 3)[-1].startswith(("models/", "packages/@mediapipe")):
            self.bytes += request.sizes()["responseBodySize"]


def page_weight(page: Any) -> int:
    """Bytes of a page with its styles, modules, typeface and answers of REST, as they came (compressed)."""
    entries = "['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind))"
    own = r".filter(({name}) => !/\/models\/|@mediapipe/.test(name))"
    return page.evaluate(f"{entries}{own}.reduce((sum, entry) => sum + entry.encodedBodySize, 0)")


def test_from_the_camera_to_progress(
    visit: Callable[..., Any],
    page_server: ServerProcess,
    drawn_letter: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = visit(page_server, "", recording=drawn_letter, permissions=["camera"], service_workers="block")
    page.set_default_timeout(PATIENCE_MS)
    hand_finder = Weight(page)
    page.goto(f"{page_server.url}/camera?glosses={LETTER}&delegate=cpu")
    page.wait_for_selector(".check:last-child .tone-good")
    picture(page, "real-camera-check")
    page.locator("a.button.large").click()
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector(".live .mark:not([data-tone=unknown])")
    picture(page, "real-recording")
    page.wait_for_selector(".live .mark[data-tone=good]")
    wait_for_feedback(page, 5)
    end_the_try(page)
    page.wait_for_selector(".result [data-stored]")
    figures = json.loads(page.locator(".speed").get_attribute("data-figures"))
    attempts = stored_results(page, page_server)
    picture(page, "real-result")
    weight = {"hand finder (once)": hand_finder.bytes, "practice page": page_weight(page)}
    _print(capsys, figures, weight)
    (result,) = attempts
    assert result["glosses"] == [LETTER] and result["frames"] > 3
    _assert_shown(page, result)
    assert page.locator("#saved").inner_text() == "All saved"
    page.goto(f"{page_server.url}/progress")
    page.wait_for_selector(f".recent tbody tr:has-text('{LETTER}')")


def test_a_filmed_signer(visit: Callable[..., Any], page_server: ServerProcess, shared_data: Path) -> None:
    clip = shared_data / "video" / "isl_hello.mjpeg"
    page = visit(page_server, "", recording=clip, permissions=["camera"], service_workers="block")
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{page_server.url}/practice?glosses={LETTER}&delegate=cpu")
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector("main[data-phase=recording]")
    wait_for_feedback(page, 3)
    picture(page, "real-filmed")
    end_the_try(page)
    page.wait_for_selector(".result [data-stored]")
    (result,) = stored_results(page, page_server)
    _assert_shown(page, result)


def _assert_shown(page: Any, result: dict[str, Any]) -> None:
    """The page says what the database says; it is judged wherever pictures came fast enough."""
    rate_hz = result["frames"] / max(result["duration_ms"], 1) * 1000
    title = page.locator("#result-title").inner_text()
    if result["judged"]:
        assert page.locator(".result-mark").inner_text().startswith(str(round(result["score"] * 100)))
    else:
        assert "could not see" in title
        assert rate_hz < LEAST_RATE_HZ or result["findings"][0]["code"] != "too_few_frames"


def _print(capsys: pytest.CaptureFixture[str], figures: dict[str, Any], weight: dict[str, int]) -> None:
    with capsys.disabled():
        print("\nbrowser:", ", ".join(f"{kind} {count / 1024:,.0f} KiB" for kind, count in weight.items()))
        print(
            f"  first frame sent {figures['firstFrameSentMs']:,.0f} ms after opening, 3 s of it counted down;"
            f" {figures['fps']:.1f} pictures/s; landmarks to feedback median {figures['feedbackMedianMs']:.0f} ms,"
            f" p95 {figures['feedbackP95Ms']:.0f} ms (n={figures['feedbackCount']});"
            f" feedback drawn p95 {figures['drawingP95Ms']:.0f} ms after it came"
        )
