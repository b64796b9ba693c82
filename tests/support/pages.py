"""What tests of the pages share: recordings in the place of a camera, pictures of every state, and axe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from protocol.landmarks import HANDS_POSE, Block, LandmarkClip
from server.clips.reader import read_clip
from tests.support.node import WEB
from tests.support.server_process import ServerProcess

SCREENSHOTS = Path(__file__).parents[2] / "reports" / "screenshots"
WIDTHS = {"1280": (1280, 800), "390": (390, 844)}
DRAWN_LETTER = "B"
"""What the drawn signer of the fixture ``drawn_letter`` holds up."""
ZOOMED = (640, 400)
"""What is left of 1280 × 800 at a zoom of 200 %."""

_RECORDED = Path(__file__).parents[1] / "browser" / "recorded_landmarks.mjs"
_AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_CAMERA = (640, 480)
"""Pixels of the picture of the camera that the recorded landmarks stand in for."""
_INTERVAL_MS = 40
_REST_FRAMES = 40
_END_TRANSITIONS = """for (const animation of document.getAnimations()) {
    if (animation.effect.getComputedTiming().endTime !== Infinity) animation.finish();
}"""
"""In the middle of a transition colours have a contrast of their own."""
_GRAVE = ("serious", "critical")
_UNTIL_KEPT = """async (ms) => {
    const answer = (request) => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const database = await answer(indexedDB.open('storysign'));
    for (let keptMs = 0; keptMs < ms; ) {
        const pieces = await answer(database.transaction('frames').objectStore('frames').getAll());
        keptMs = (pieces.at(-1)?.timesMs.at(-1) ?? 0) - (pieces[0]?.timesMs[0] ?? 0);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    database.close();
}"""


def recorded_landmarker(letter_clips: Path, letters: str) -> str:
    """A module that takes the place of ``landmarks/landmarker.js`` and signs these letters again and again.

    Between them the hands are down, for longer than the page waits before it takes an attempt as finished.
    """
    clips = [_in_camera(read_clip(str(letter_clips / f"{letter}.pose"))) for letter in letters or "A"]
    rest = clips[0][:1].copy()
    for block in (Block.LEFT_HAND, Block.RIGHT_HAND, Block.LEFT_HAND_WORLD, Block.RIGHT_HAND_WORLD):
        rest[:, HANDS_POSE.slice(block)] = np.nan
    frames = np.concatenate([*(clips if letters else []), np.repeat(rest, _REST_FRAMES, axis=0)])
    listed = [[round(float(value), 5) if np.isfinite(value) else None for value in frame.ravel()] for frame in frames]
    recording = {"frames": listed, "intervalMs": _INTERVAL_MS, "brightness": 0.5}
    return _RECORDED.read_text("utf-8").replace("/* recording */ null", json.dumps(recording))


def _in_camera(clip: LandmarkClip) -> np.ndarray:
    """Landmarks ``(T, P, 3)`` of ``clip`` when its picture stands unstretched in the middle of the camera's."""
    across, along = _CAMERA
    enlarged = min(across / clip.video.width, along / clip.video.height)
    width, height = clip.video.width * enlarged / across, clip.video.height * enlarged / along
    landmarks = clip.landmarks.copy()
    for block in (Block.POSE, Block.LEFT_HAND, Block.RIGHT_HAND):
        points = HANDS_POSE.slice(block)
        landmarks[:, points] = landmarks[:, points] * (width, height, width) + ((1 - width) / 2, (1 - height) / 2, 0)
    return landmarks


def capture(page: Any, name: str) -> None:
    """A picture of the page at each width, nothing of it cut off at the side, and nothing grave found by axe."""
    for width, (across, along) in WIDTHS.items():
        page.set_viewport_size({"width": across, "height": along})
        picture(page, f"{name}-{width}")
        assert_nothing_cut_off(page, f"{name} at {width} px")
    page.set_viewport_size({"width": ZOOMED[0], "height": ZOOMED[1]})
    assert_nothing_cut_off(page, f"{name} at 200 %")
    page.set_viewport_size({"width": 1280, "height": 800})
    found = grave_findings(page)
    assert not found, f"{name}: {found}"


def picture(page: Any, name: str) -> None:
    """A picture of the page as it is."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def stored_results(page: Any, server: ServerProcess) -> list[dict[str, Any]]:
    """The results that the database holds of the learner of this page."""
    token = page.evaluate("localStorage.getItem('storysign.token')")
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.get(f"{server.url}/v1/learners/me/attempts", headers=headers, trust_env=False)
    return [item["result"] for item in answer.raise_for_status().json()["items"]]


def wait_for_feedback(page: Any, count: int) -> None:
    """Waits until marks have come back so many times; their policy forbids Playwright's own way."""
    for _ in range(count):
        seen = page.locator(".speed").get_attribute("data-feedbacks") or "0"
        if int(seen) >= count:
            return
        page.wait_for_selector(f".speed:not([data-feedbacks='{seen}'])", state="attached")


def end_the_try(page: Any) -> None:
    """By the button, unless the hands came out of view on a busy machine, which ends it as well."""
    page.evaluate("document.querySelector('main[data-phase=recording] .controls .primary')?.click()")


def wait_until_kept(page: Any, ms: int) -> None:
    """Waits until the browser's store has so much of the attempt that the end of the page does not take away."""
    page.evaluate(_UNTIL_KEPT, ms)


def assert_nothing_cut_off(page: Any, what: str) -> None:
    """Nobody has to scroll sideways."""
    over_px = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over_px <= 0, f"{what}: {over_px} px too wide"


def grave_findings(page: Any) -> list[str]:
    """What axe finds that is serious or critical, one line each."""
    if not page.evaluate("'axe' in globalThis"):
        page.evaluate(_AXE.read_text("utf-8"))
    page.evaluate(_END_TRANSITIONS)
    found = page.evaluate("rules => axe.run(document, rules)", _RULES)["violations"]
    return [
        f"{violation['id']} ({violation['impact']}): {node['target']} {node['failureSummary']}"
        for violation in found
        if violation["impact"] in _GRAVE
        for node in violation["nodes"]
    ]
