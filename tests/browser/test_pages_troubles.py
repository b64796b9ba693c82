"""What goes wrong in the middle of a try, on the practice page itself, from a camera's picture to the database.

However it ends, the try is stored exactly once, and the page says what is going on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.pages import DRAWN_LETTER, end_the_try, stored_results, wait_for_feedback, wait_until_kept
from tests.support.server_process import ServerProcess

Visit = Callable[..., Any]
READY = "body[data-connection=online] main[data-phase=ready][data-camera=ready]"
PATIENCE_MS = 90_000
CUT_MS = 10_000
MORE_THAN_A_TWITCH_MS = 700
"""So much of a try that was cut off is judged."""


@pytest.fixture
def signing(visit: Visit, page_server: ServerProcess, drawn_letter: Path) -> Any:
    """The practice page in the middle of a try, with marks coming back."""
    page = visit(page_server, "", recording=drawn_letter, permissions=["camera"], service_workers="block")
    page.set_default_timeout(PATIENCE_MS)
    page.watch.network_may_fail = True
    page.goto(f"{page_server.url}/practice?glosses={DRAWN_LETTER}&delegate=cpu")
    page.wait_for_selector(READY)
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector("main[data-phase=recording]")
    wait_for_feedback(page, 3)
    wait_until_kept(page, MORE_THAN_A_TWITCH_MS)
    return page


def test_the_server_is_killed_and_started_again(signing: Any, page_server: ServerProcess) -> None:
    page_server.kill()
    try:
        signing.wait_for_selector("[data-topic=connection]")
        assert "No connection. We try again. Practise on" in said(signing)
        end_the_try(signing)
        assert_kept(signing)
    finally:
        page_server.start()
    assert_judged_and_saved(signing, page_server)


def test_the_network_is_away_for_ten_seconds(signing: Any, page_server: ServerProcess) -> None:
    signing.context.set_offline(True)
    signing.wait_for_selector("text=You are offline.")
    end_the_try(signing)
    assert_kept(signing)
    signing.wait_for_timeout(CUT_MS)
    assert_kept(signing)
    signing.context.set_offline(False)
    assert_judged_and_saved(signing, page_server)


def test_the_page_is_loaded_again(signing: Any, page_server: ServerProcess) -> None:
    signing.reload()
    assert_cut_off_and_saved(signing, page_server)


def test_a_second_tab_goes_on(signing: Any, page_server: ServerProcess, visit: Visit) -> None:
    newer = visit(page_server, signing.url.removeprefix(page_server.url), context=signing.context)
    signing.wait_for_selector("[data-state=superseded]")
    assert "You practise in another tab" in said(signing)
    assert_cut_off_and_saved(newer, page_server)


def said(page: Any) -> str:
    """The words on the page."""
    return page.locator("body").inner_text()


def assert_kept(page: Any) -> None:
    """The try is in the browser, and the page says so."""
    page.wait_for_selector("main[data-phase=kept]")
    assert "Recorded. It is judged when you are back." in said(page)
    assert "1 try not saved yet" in said(page)


def assert_judged_and_saved(page: Any, server: ServerProcess) -> None:
    """The page shows what came of its try, which is stored once."""
    page.wait_for_selector(".result [data-stored]")
    page.wait_for_selector("#saved:has-text('All saved')")
    assert page.locator("[data-topic=connection]").count() == 0
    assert_stored_once(page, server)


def assert_cut_off_and_saved(page: Any, server: ServerProcess) -> None:
    """The page that goes on says what becomes of the try of the former one, which is stored once."""
    page.wait_for_selector("text=Your last try was cut off. What we have of it will be judged.")
    page.wait_for_selector("#saved[data-unsaved='0']:has-text('All saved')")
    page.wait_for_selector(READY)
    assert_stored_once(page, server)


def assert_stored_once(page: Any, server: ServerProcess) -> None:
    """By REST and in the database; more than nothing of it has been judged."""
    (result,) = stored_results(page, server)
    assert (result["attempt_no"], result["glosses"]) == (1, [DRAWN_LETTER])
    assert result["frames"] > 1
    session_id = page.url.split("session=")[1].split("&")[0]
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as database:
        rows = database.execute(
            "SELECT attempt_number FROM sentence_attempts WHERE lower(hex(session_id)) = ?", (session_id,)
        ).fetchall()
    assert rows == [(1,)]
