"""Every page in every state: designed, pictured at two widths (reports/screenshots), and nothing grave found by axe.

The landmarks are recordings, so that each state comes about each time; all behind them is real. The way from a camera's
picture on is in test_pages_practice.py.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from protocol.codes import CloseCode
from tests.support.pages import capture, grave_findings, picture, recorded_landmarker, wait_for_feedback
from tests.support.server_process import ServerProcess

Visit = Callable[..., Any]
CAMERA_READY = "main[data-phase=ready][data-camera=ready]"
READY = f"body[data-connection=online] {CAMERA_READY}"
RESULT = "main[data-phase=result] .result"
NO_WORKERS = {"service_workers": "block", "permissions": ["camera"]}
"""A service worker would load modules past the recording that stands in for the camera."""


@pytest.fixture(scope="module")
def camera_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One grey picture: a camera that shows nothing in particular."""
    av = pytest.importorskip("av")
    path = tmp_path_factory.mktemp("camera") / "grey.mjpeg"
    with av.open(str(path), "w", format="mjpeg") as out:
        stream = out.add_stream("mjpeg", rate=30)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        frame = av.VideoFrame(640, 480, "yuvj420p")
        for plane, value in zip(frame.planes, (110, 128, 128), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    return path


@pytest.fixture
def practise(
    visit: Visit, page_server: ServerProcess, letter_clips: Path, camera_clip: Path
) -> Callable[[str, str], Any]:
    """Opens the practice page with somebody in front of the camera who signs the same letters again and again."""

    def open_(letters: str, query: str, **options: Any) -> Any:
        page = visit(
            page_server,
            f"/practice?{query}",
            landmarker=recorded_landmarker(letter_clips, letters),
            recording=camera_clip,
            **(NO_WORKERS | options),
        )
        page.watch.network_may_fail = True  # a busy machine may have no place for a session at once
        return page

    return open_


FRAMES_TO_DRAWING = """(() => {
    const drawn = globalThis.framesToDrawing = [];
    let [frame, arrived] = [0, null];
    const count = () => { frame += 1; requestAnimationFrame(count); };
    requestAnimationFrame(count);
    const isFeedback = (data) => new TextDecoder('latin1').decode(data.slice(0, 16)).includes('feedback');
    globalThis.WebSocket = class extends WebSocket {
        constructor(...words) {
            super(...words);
            this.addEventListener('message', ({data}) => { if (isFeedback(data)) arrived ??= frame; });
        }
    };
    const watch = {subtree: true, attributeFilter: ['data-feedbacks'], attributeOldValue: true};
    new MutationObserver((changes) => {
        if (arrived === null || changes.every(({target, oldValue}) => target.dataset.feedbacks === oldValue)) return;
        drawn.push(frame - arrived);
        arrived = null;
    }).observe(document, watch);
})()"""
"""Notes after how many frames of the screen marks that have come are drawn; its own count comes first in each frame."""


def sign_once(page: Any) -> None:
    """From the button to the result."""
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector(RESULT)


def test_stories(visit: Visit, page_server: ServerProcess) -> None:
    page = visit(page_server, "/")
    page.wait_for_selector("[data-story=first-letters]")
    capture(page, "stories")
    assert page.locator("[data-story]").count() >= 20


def test_stories_in_the_dark_and_while_they_load(visit: Visit, page_server: ServerProcess) -> None:
    page = visit(page_server, "/", color_scheme="dark", service_workers="block")
    page.wait_for_selector("[data-story=first-letters]")
    capture(page, "stories-dark")
    page.route("**/v1/stories", lambda route: None)
    page.goto(page_server.url + "/")
    page.wait_for_selector("[aria-busy=true]")
    capture(page, "stories-loading")


def test_the_server_is_away_when_a_page_opens(visit: Visit, page_server: ServerProcess) -> None:
    page = visit(page_server, "/", service_workers="block")
    page.wait_for_selector("[data-story]")
    page.watch.network_may_fail = True
    page.route("**/v1/**", lambda route: route.abort())
    for path in ("/", "/practice?story=first-letters", "/progress", "/data"):
        page.goto(page_server.url + path)
        page.wait_for_selector("[data-state=unreachable]")
        capture(page, f"unreachable-{path.strip('/').split('?')[0] or 'stories'}")
        assert page.get_by_role("button", name="Try again").count() == 1


@pytest.mark.parametrize("path", ["/camera", "/practice?story=first-letters"])
def test_there_is_no_camera(visit: Visit, page_server: ServerProcess, path: str) -> None:
    page = visit(page_server, path, permissions=["camera"])
    page.wait_for_selector("[data-state=none]")
    capture(page, f"no-camera-{path.strip('/').split('?')[0]}")


def test_the_camera_is_denied_and_then_allowed(
    visit: Visit, page_server: ServerProcess, camera_clip: Path, letter_clips: Path
) -> None:
    page = visit(
        page_server,
        "/camera",
        recording=camera_clip,
        landmarker=recorded_landmarker(letter_clips, "L"),
        service_workers="block",
    )
    page.add_init_script(
        "const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices); let no = true;"
        "globalThis.allow = () => { no = false; };"
        "navigator.mediaDevices.getUserMedia = async (wish) => {"
        " if (no) throw new DOMException('no', 'NotAllowedError'); return ask(wish); }"
    )
    for path in ("/camera", "/practice?story=first-letters"):
        page.goto(page_server.url + path)
        page.wait_for_selector("[data-state=denied]")
        capture(page, f"denied-{path.strip('/').split('?')[0]}")
    page.context.grant_permissions(["camera"])
    page.evaluate("allow()")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(READY)


def test_the_browser_asks_for_the_camera(visit: Visit, page_server: ServerProcess) -> None:
    page = visit(page_server, "/data")
    page.add_init_script("navigator.mediaDevices.getUserMedia = () => new Promise(() => {})")
    for path in ("/camera", "/practice?story=first-letters"):
        page.goto(page_server.url + path)
        page.wait_for_selector("text=Allow the camera")
        capture(page, f"asking-{path.strip('/').split('?')[0]}")


@pytest.mark.parametrize(
    ("state", "script"),
    [
        ("busy", "mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotReadableError'); }"),
        ("unsupported", "Object.defineProperty(navigator, 'mediaDevices', {value: undefined})"),
    ],
)
def test_the_camera_cannot_be_used(visit: Visit, page_server: ServerProcess, state: str, script: str) -> None:
    page = visit(page_server, "/practice?story=first-letters", script=f"const {{mediaDevices}} = navigator; {script}")
    page.wait_for_selector(f"[data-state={state}]")
    capture(page, f"{state}-practice")


def test_the_hand_finder_loads_and_does_not(visit: Visit, page_server: ServerProcess, camera_clip: Path) -> None:
    opening = "location.search.includes('missing') ? Promise.reject(new Error('no model')) : new Promise(() => {})"
    module = f"export class Landmarker {{ static open() {{ return {opening}; }} }}"
    page = visit(page_server, "/practice?glosses=L", recording=camera_clip, landmarker=module, **NO_WORKERS)
    page.wait_for_selector("text=Getting ready")
    capture(page, "models-loading-practice")
    page.goto(page_server.url + "/practice?glosses=L&missing")
    page.wait_for_selector("[data-state=models]")
    capture(page, "models-missing-practice")
    assert "The hand finder did not load" in page.locator(".stage").inner_text()


def test_the_page_is_older_than_the_server(practise: Callable[..., Any]) -> None:
    page = practise("L", "glosses=L")
    page.wait_for_selector(READY)
    page.route_web_socket("**/v1/stream", lambda socket: socket.close(code=CloseCode.VERSION_UNSUPPORTED))
    page.reload()
    page.wait_for_selector("[data-state=version]")
    capture(page, "practice-version")
    assert page.get_by_role("button", name="Load again").count() == 1


def test_the_database_is_away(practise: Callable[..., Any], page_server: ServerProcess) -> None:
    page = practise("L", "glosses=L")
    page.wait_for_selector(READY)
    page.evaluate("triesToSign = 0")
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector("main[data-phase=recording]")
    with contextlib.closing(sqlite3.connect(page_server.database, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        page.evaluate("triesToSign = 1")
        page.wait_for_selector(RESULT)
        page.wait_for_selector("[data-topic=saving]")
        capture(page, "practice-not-saved-yet")
        assert "Saving takes longer than usual" in page.locator(".banners").inner_text()
        assert page.locator("#saved").inner_text() == "1 try not saved yet"
        database.execute("ROLLBACK")
    page.wait_for_selector(".result [data-stored]")
    page.wait_for_selector("[data-topic=saving]", state="detached")
    assert page.locator("#saved").inner_text() == "All saved"


def test_practice_without_hands_on_the_keyboard(practise: Callable[..., Any]) -> None:
    page = practise("L", "glosses=L")
    page.wait_for_selector(CAMERA_READY)
    page.evaluate("triesToSign = 0")
    page.get_by_role("radio", name="Hands up").check()
    capture(page, "practice-hands-free")
    for mark in ("1", "2"):
        page.evaluate("triesToSign = 1")
        page.wait_for_selector(f".result[data-attempt='{mark}'] [data-stored]")
        assert "Raise your hands to try again." in page.locator(".controls").inner_text()
    assert page.evaluate("JSON.parse(localStorage.getItem('storysign.preferences')).handsFree")


def test_camera_check(visit: Visit, page_server: ServerProcess, camera_clip: Path, letter_clips: Path) -> None:
    seated = recorded_landmarker(letter_clips, "L")
    page = visit(page_server, "/camera?story=first-letters", recording=camera_clip, landmarker=seated, **NO_WORKERS)
    page.wait_for_selector("body[data-checked]")
    page.wait_for_selector(".check:last-child .tone-good")
    capture(page, "camera-check")
    page.get_by_role("radio", name="Left hand").check()
    page.locator("a.button.large").click()
    page.wait_for_url("**/practice?**")
    page.wait_for_selector(READY)
    assert page.get_by_role("radio", name="Left").is_checked()


def test_a_try_that_was_good(practise: Callable[..., Any], page_server: ServerProcess) -> None:
    page = practise("CAT", "story=animals-around-us", script=FRAMES_TO_DRAWING)
    page.wait_for_selector(READY)
    capture(page, "practice-ready")
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector(".gloss.now")
    page.wait_for_selector(".live .mark[data-tone=good]")
    picture(page, "practice-recording")
    page.wait_for_selector(RESULT)
    page.wait_for_selector(".result [data-stored]")
    capture(page, "practice-result-good")
    assert float(page.locator(".result").get_attribute("data-score")) >= 0.7
    assert page.locator(".finding-sign:not(.tone-good)").count() == 0, "the example itself has nothing to change"
    frames = page.evaluate("framesToDrawing")
    assert len(frames) > 3 and set(frames) == {1}, "marks are drawn in the frame after they have come"
    assert page.locator(".timeline-sign").all_inner_texts() == ["C", "A", "T"]
    assert page.locator("#saved").inner_text() == "All saved"
    page.get_by_role("button", name="Next").click()
    assert page.locator("h1").inner_text() == "Dog"


def test_a_try_with_something_to_change(practise: Callable[..., Any]) -> None:
    playwright_api = pytest.importorskip("playwright.sync_api")
    page = practise("B", "glosses=A", color_scheme="dark")
    sign_once(page)
    page.wait_for_selector(".result [data-stored]")
    page.locator("button.finding").first.click()
    page.get_by_text("All marks").click()
    capture(page, "practice-result-change-dark")
    finding = page.locator("button.finding[aria-pressed=true]")
    assert finding.count() == 1 and "hand" in finding.inner_text().lower()
    moment = page.get_by_role("slider", name="Moment of your try")
    moment.focus()
    page.keyboard.press("Home")
    playwright_api.expect(moment).to_have_value("0")
    page.evaluate("triesToSign = 0")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector("main[data-phase=recording]")
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_selector(READY)


def test_a_try_that_cannot_be_judged(practise: Callable[..., Any]) -> None:
    page = practise("", "glosses=A")
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector(".countdown")
    capture(page, "practice-countdown")  # here, where no try is over before the pictures have been taken
    page.wait_for_selector("main[data-phase=recording]")
    wait_for_feedback(page, 6)
    page.get_by_role("button", name="Done").click()
    page.wait_for_selector(RESULT)
    page.wait_for_selector(".result [data-stored]")
    capture(page, "practice-cannot-judge")
    assert "could not see" in page.locator("#result-title").inner_text()
    assert page.locator(".result-mark").count() == 0


def test_the_network_goes_while_signing(practise: Callable[..., Any]) -> None:
    page = practise("L", "glosses=L")
    page.wait_for_selector(READY)
    page.evaluate("triesToSign = 0")
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector("main[data-phase=recording]")
    page.context.set_offline(True)
    page.wait_for_selector("[data-topic=connection]")
    page.evaluate("triesToSign = 1")
    page.wait_for_selector("main[data-phase=kept]")
    capture(page, "practice-offline")
    assert "You are offline" in page.locator(".banners").inner_text()
    assert page.locator("#saved").inner_text() == "1 try not saved yet"
    page.context.set_offline(False)
    page.wait_for_selector(RESULT)
    page.wait_for_selector(".result [data-stored]")
    assert page.locator("#saved").inner_text() == "All saved"


def no_place(place: int, wait_s: int, retry_after_s: int) -> dict[str, Any]:
    """What a full server answers."""
    said = {"status": 503, "code": "no_capacity", "title": "Full", "detail": "Full", "action": "Wait", "type": "x"}
    body = json.dumps(said | {"place": place, "wait_s": wait_s})
    return {"status": 503, "body": body, "headers": {"Retry-After": str(retry_after_s)}}


def test_all_places_are_taken(visit: Visit, practise: Callable[..., Any], page_server: ServerProcess) -> None:
    page = visit(page_server, "/progress", **NO_WORKERS)
    page.watch.network_may_fail = True
    answers = [no_place(2, 75, 1), no_place(1, 20, 1)]

    def refuse(route: Any) -> None:
        if answers and route.request.method == "POST":
            route.fulfill(**answers.pop(0))
        else:
            route.continue_()

    page.route("**/v1/sessions", refuse)
    page.goto(page_server.url + "/practice?glosses=L")
    page.wait_for_selector("[data-state=in_line]")
    assert "You are number 2 in line: about 1 min." in page.locator("main").inner_text()
    page.wait_for_selector("text=You are next: about 20 s.")
    page.wait_for_selector("h1")  # let in, without a word from the learner
    assert not answers


def test_all_places_are_taken_when_a_learner_comes_back(practise: Callable[..., Any]) -> None:
    page = practise("L", "glosses=L")
    page.wait_for_selector(READY)
    page.route("**/ticket", lambda route: route.fulfill(**no_place(3, 40, 20)))
    page.route("**/v1/sessions", lambda route: route.fulfill(**no_place(3, 40, 20)))
    page.reload()
    page.wait_for_selector("[data-topic=connection]")
    page.wait_for_selector(CAMERA_READY)
    capture(page, "practice-waiting-for-place")
    assert "You are number 3 in line: about 40 s." in page.locator(".banners").inner_text()
    page.goto(page.url.split("?")[0] + "?glosses=L")
    page.wait_for_selector("[data-state=in_line]")
    capture(page, "practice-in-line")


def test_two_tabs(practise: Callable[..., Any], visit: Visit, page_server: ServerProcess) -> None:
    older = practise("L", "glosses=L")
    older.wait_for_selector(READY)
    newer = visit(page_server, older.url.removeprefix(page_server.url), context=older.context)
    newer.wait_for_selector(READY)
    older.wait_for_selector("[data-state=superseded]")
    capture(older, "practice-superseded")
    older.get_by_role("button", name="Use this tab").click()
    older.wait_for_selector(READY)
    newer.wait_for_selector("[data-state=superseded]")


def test_a_practice_that_is_not_here_and_a_story_without_signs(visit: Visit, page_server: ServerProcess) -> None:
    page = visit(page_server, f"/practice?session={'0' * 32}")
    page.wait_for_selector("[data-state=not_found]")
    capture(page, "practice-not-found")
    page.watch.expected = re.compile("status of 422")
    page.goto(f"{page_server.url}/practice?glosses=NO-SUCH-SIGN")
    page.wait_for_selector("[data-state=missing_signs]")
    capture(page, "practice-missing-signs")


def test_the_end_of_a_story_and_progress(practise: Callable[..., Any], page_server: ServerProcess) -> None:
    page = practise("B", "glosses=A")
    page.goto(page_server.url + "/progress")
    page.wait_for_selector("text=Nothing here yet")
    capture(page, "progress-empty")
    page.goto(page_server.url + "/practice?glosses=A")
    sign_once(page)
    for _ in range(2):
        page.get_by_role("button", name="Try again").click()
        page.wait_for_selector("main[data-phase=recording]")
        page.wait_for_selector(RESULT)
    page.wait_for_selector(".result [data-stored]")
    page.get_by_role("button", name="Finish").click()
    page.wait_for_selector("#summary-title")
    capture(page, "practice-story-done")
    page.get_by_role("link", name="My progress").last.click()
    page.wait_for_selector(".recent")
    page.wait_for_selector(".u-over")
    capture(page, "progress")
    assert page.locator(".recent tbody tr").count() == 3
    assert page.locator(".hard-gloss").all_inner_texts() == ["A"]
    assert page.locator(".correction").count() >= 1
    assert page.locator(".calendar .step-1").count() == 1


def test_my_data(visit: Visit, page_server: ServerProcess) -> None:
    page = visit(page_server, "/data")
    page.get_by_role("switch").check()
    page.wait_for_selector("text=Saved.")
    capture(page, "data")
    page.reload()
    page.wait_for_selector("#consent:checked")
    with page.expect_download() as download:
        page.get_by_role("button", name="Take my data").click()
    assert download.value.suggested_filename == "storysign-my-data.zip"
    token = page.evaluate("localStorage.getItem('storysign.token')")
    page.get_by_role("button", name="Delete my data").click()
    page.wait_for_selector("dialog[open]")
    capture(page, "data-delete")
    page.get_by_role("button", name="Delete everything").click()
    page.wait_for_selector("text=Everything is deleted")
    capture(page, "data-deleted")
    assert page.evaluate("localStorage.getItem('storysign.token')") is None
    asked = page.request.get(f"{page_server.url}/v1/learners/me", headers={"Authorization": f"Bearer {token}"})
    assert asked.status == 401


def test_practice_with_the_keyboard_alone(practise: Callable[..., Any]) -> None:
    page = practise("L", "glosses=L", reduced_motion="reduce")
    page.wait_for_selector(READY)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.evaluate("document.activeElement.blur(); triesToSign = 0")
    page.keyboard.press("Space")
    page.wait_for_selector("main[data-phase=recording]")
    page.keyboard.press("Escape")
    page.wait_for_selector(READY)
    page.evaluate("triesToSign = 1")
    page.keyboard.press("Space")
    page.wait_for_selector(RESULT)
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.className || document.activeElement.tagName"))
    assert {"finding", "timeline-range", "brand"} <= {name.split(" ")[0] for name in reached}
    assert grave_findings(page) == []
