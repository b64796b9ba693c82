"""``storysign drain`` on a real server: learners are told, everything is saved, nothing is left running."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.server_process import ServerProcess


def test_a_drained_server_has_stopped_in_order(make_server: Callable[..., ServerProcess], letter_clips):
    server = make_server()
    server.start()
    stored = server.practise(str(letter_clips / "A.pose"), "--glosses", "A")
    assert stored["attempts"][0]["stored"]
    drained = server.storysign("drain", "--port", str(server.port))
    assert drained.returncode == 0, drained.stderr
    assert "everything is saved" in drained.stderr
    assert server.wait() == 0
    again = server.storysign("drain", "--port", str(server.port))
    assert again.returncode == 1 and "No StorySign server" in again.stderr
