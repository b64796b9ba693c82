"""A real Chromium, headless, with a recording for a camera and no way to any other host."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.drawn_signer import write_camera_clip
from tests.support.node import WEB
from tests.support.pages import DRAWN_LETTER
from tests.support.server_process import ServerProcess

_BENCH = Path(__file__).parent / "bench.mjs"
_PAGE = '<!doctype html><meta charset="utf-8"><title>bench</title><script type="module" src="/bench.mjs"></script>'
_QUIET = (
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    # The bench page is put in by the test and has no address, which Chromium takes for somewhere on the internet.
    "--disable-features=LocalNetworkAccessChecks",
)  # fmt: skip
_NETWORK_LOST = re.compile(r"net::ERR_|WebSocket connection to .* failed|status of 50[03]")
"""What the browser itself writes to the console when the server or the network is away."""
_WORKER_BLOCKED = "Service Worker registration blocked by Playwright"
"""Said where a test wants the pages without their service worker."""
_PATIENCE_MS = 60_000


def chromium() -> str | None:
    """Path of the browser; None where it is not installed."""
    return shutil.which("chromium")


@pytest.fixture(scope="module")
def launch_browser() -> Iterator[Callable[[Path | None], Any]]:
    """Starts a browser whose camera plays a recording (MJPEG), or that has no camera; one for each recording.

    For one module: while Playwright is there its event loop counts as running, and no asynchronous test can start.
    """
    playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (make test does)")
    path = chromium()
    if path is None:
        pytest.skip("Chromium is not installed (on Debian: apt-get install chromium)")
    if not (WEB / "node_modules" / "@mediapipe").is_dir():
        pytest.skip("the web packages are not installed (make setup brings them)")
    with playwright_api.sync_playwright() as playwright:
        opened: dict[Path | None, Any] = {}

        def launch(recording: Path | None = None) -> Any:
            if recording not in opened:
                camera = () if recording is None else (
                    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
                    f"--use-file-for-fake-video-capture={recording}",
                )  # fmt: skip
                opened[recording] = playwright.chromium.launch(executable_path=path, args=[*_QUIET, *camera])
            return opened[recording]

        yield launch
        for browser in opened.values():
            browser.close()


def _put_in(context: Any, address: str, body: str, headers: dict[str, str]) -> None:
    context.route(address, lambda route: route.fulfill(body=body, headers=headers))


class Watch:
    """What a page must not do: ask another host, or complain on the console."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.complaints: list[str] = []
        self.network_may_fail = False
        self.expected: re.Pattern[str] | None = None

    def over(self, page: Any) -> None:
        """Watches one more page."""
        page.on("request", self._on_request)
        page.on("websocket", self._on_request)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))

    def _on_request(self, request: Any) -> None:
        host = request.url.split("://", 1)[-1]
        if not request.url.startswith(("data:", "blob:")) and not host.startswith(self.url.split("://", 1)[-1]):
            self.complaints.append(f"asked another host: {request.url}")

    def _on_console(self, message: Any) -> None:
        expected = (
            (self.network_may_fail and _NETWORK_LOST.search(message.text))
            or (self.expected is not None and self.expected.search(message.text))
            or message.text == _WORKER_BLOCKED
        )
        if message.type in ("error", "warning") and not expected:
            self.complaints.append(f"console: {message.text}")


@pytest.fixture
def open_page(launch_browser: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Opens a page of a browser profile: ``open_page(server, context=None, recording=None)``.

    It is on ``/bench`` of the server's origin, under the content policy of our own pages, and has ``bench`` of
    ``bench.mjs``. When the test is over, no page may have asked another host or complained on its console.
    """
    contexts: list[Any] = []
    watches: dict[str, Watch] = {}

    def open_(server: ServerProcess, context: Any = None, recording: Path | None = None, query: str = "") -> Any:
        if context is None:
            context = launch_browser(recording).new_context(permissions=["camera"] if recording else [])
            contexts.append(context)
            served = httpx.get(f"{server.url}/assets/client/rest.js", trust_env=False)
            policy = served.headers["Content-Security-Policy"]
            page_headers = {"Content-Security-Policy": policy, "Content-Type": "text/html"}
            _put_in(context, f"{server.url}/bench?*", _PAGE, page_headers)
            _put_in(context, f"{server.url}/bench.mjs", _BENCH.read_text("utf-8"), {"Content-Type": "text/javascript"})
        page = context.new_page()
        watch = watches.setdefault(server.url, Watch(server.url))
        watch.over(page)
        page.watch = watch
        page.goto(f"{server.url}/bench?{query}")
        page.evaluate("import('/bench.mjs').then(() => null)")
        return page

    yield open_
    for context in contexts:
        context.close()
    for watch in watches.values():
        assert not watch.complaints


@pytest.fixture(scope="session")
def drawn_letter(tmp_path_factory: pytest.TempPathFactory, letter_clips: Path) -> Path:
    """A signer who holds up a letter, made here: it is there where the shared recordings are not."""
    path = tmp_path_factory.mktemp("camera") / f"{DRAWN_LETTER}.mjpeg"
    write_camera_clip(path, letter_clips, DRAWN_LETTER, rest_ms=400, hold_ms=9000)
    return path


@pytest.fixture(scope="session")
def page_server(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for the tests of the pages; it soon lets the sessions go that pages have left."""
    folder = tmp_path_factory.mktemp("page-server")
    server = ServerProcess(folder, warm=2, settings={"STORYSIGN_PASSIVATE_AFTER_MS": "1000"})
    server.start()
    yield server
    server.stop()
    server.kill()


@pytest.fixture
def visit(launch_browser: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Opens one of our own pages: ``visit(server, path, landmarker=None, recording=None, context=None, **options)``.

    An empty ``path`` leaves the page blank, ``landmarker`` is a module in the place of ours, ``script`` runs before
    those of the page, ``options`` are those of the browser's context. When the test is over, no page may have asked
    another host or complained on its console.
    """
    contexts: list[Any] = []
    watches: dict[str, Watch] = {}

    def open_(
        server: ServerProcess,
        path: str,
        *,
        landmarker: str | None = None,
        recording: Path | None = None,
        context: Any = None,
        script: str | None = None,
        **options: Any,
    ) -> Any:
        if context is None:
            context = launch_browser(recording).new_context(**options)
            contexts.append(context)
        if script is not None:
            context.add_init_script(script)
        if landmarker is not None:
            _put_in(context, "**/landmarks/landmarker.js", landmarker, {"Content-Type": "text/javascript"})
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        watch = watches.setdefault(server.url, Watch(server.url))
        watch.over(page)
        page.watch = watch
        if path:
            page.goto(server.url + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    for watch in watches.values():
        assert not watch.complaints
