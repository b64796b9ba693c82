"""Folders of server processes: private, and what a killed one has left goes with the next start."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from server.node_folder import NodeFolder


def test_a_folder_is_private_and_goes_with_its_owner(tmp_path: Path):
    folder = NodeFolder(tmp_path)
    assert folder.path.stat().st_mode & 0o077 == 0
    (folder.path / "something").write_text("x")
    folder.remove()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_owner_left_is_removed_and_what_a_living_one_has_is_not(tmp_path: Path):
    code = (
        f"from pathlib import Path; from server.node_folder import NodeFolder; import time\n"
        f"print(NodeFolder(Path({str(tmp_path)!r})).path, flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert other.stdout is not None
    theirs = Path(other.stdout.readline().strip())
    mine = NodeFolder(tmp_path)
    assert theirs.exists(), "its owner lives"
    other.send_signal(signal.SIGKILL)
    other.communicate()
    mine.remove()
    third = NodeFolder(tmp_path)
    assert not theirs.exists() and third.path.exists()
    third.remove()
