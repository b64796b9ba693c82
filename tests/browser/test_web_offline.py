"""Pages open without a network once they have been visited, and without old files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.server_process import ServerProcess

KEEP = "import('/assets/client/offline.js').then(({keepForOffline}) => keepForOffline())"
KEPT = """caches.open('storysign-pages-1')
    .then((cache) => cache.keys())
    .then((requests) => requests.map(({url}) => new URL(url).pathname))"""


def test_a_page_opens_in_flight_mode(running_server: ServerProcess, launch_browser: Callable[..., Any]) -> None:
    context = launch_browser().new_context()
    try:
        page = context.new_page()
        page.goto(f"{running_server.url}/progress")
        page.wait_for_load_state("networkidle")
        online = page.title()
        page.evaluate(KEEP)
        kept = page.evaluate(KEPT)
        context.set_offline(True)
        page.reload()
        assert page.title() == online
        assert page.evaluate("[...document.styleSheets].every(({cssRules}) => cssRules.length > 0)")
        assert "/progress" in kept
        assert not any(path.startswith("/v1") for path in kept), "answers of REST are not for keeping"
    finally:
        context.close()


def test_files_of_another_version_are_let_go(running_server: ServerProcess, launch_browser: Callable[..., Any]) -> None:
    context = launch_browser().new_context()
    try:
        page = context.new_page()
        page.goto(f"{running_server.url}/progress")
        page.evaluate(KEEP)
        old = "/assets/000000000000/client/rest.js"
        page.evaluate("path => caches.open('storysign-pages-1').then((cache) => cache.add(path))", old)
        assert old in page.evaluate(KEPT)
        page.reload()
        for _ in range(600):  # the worker looks through what it keeps after it has answered
            if old not in page.evaluate(KEPT):
                break
            page.wait_for_timeout(50)
        assert old not in page.evaluate(KEPT)
    finally:
        context.close()
