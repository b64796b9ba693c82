"""The reference library changes under a running server: what is imported can be practised at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from tests.support.server_process import ServerProcess


def test_a_sign_imported_while_the_server_runs_can_be_practised_at_once(
    running_server: ServerProcess, new_learner: Callable[..., httpx.Client], letter_clips: Path
):
    learner = new_learner()
    wish = {"glosses": ["THANK-YOU"]}
    refused = learner.post("/v1/sessions", json=wish)
    assert (refused.status_code, refused.json()["glosses"]) == (422, ["THANK-YOU"])
    database = ("--database", f"sqlite:///{running_server.database}")
    running_server.storysign("signs", "import", str(letter_clips / "Y.pose"), "--gloss", "thank-you", *database)
    try:
        assert learner.post("/v1/sessions", json=wish).status_code == 201
        outcome = running_server.practise(letter_clips / "Y.pose", "--glosses", "THANK-YOU")
        assert outcome["attempts"][0]["gloss"] == ["THANK-YOU"] and outcome["attempts"][0]["stored"]
    finally:
        running_server.storysign("signs", "remove", "THANK-YOU", *database)
    assert learner.post("/v1/sessions", json=wish).status_code == 422
