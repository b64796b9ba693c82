"""A session's process holds what a session needs and nothing else (DESIGN §3): a real actor names its modules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from loadtests.actor_memory import FORBIDDEN


def test_a_session_actor_imports_nothing_that_it_has_no_business_with(models_dir: Path):
    done = subprocess.run(
        [sys.executable, "-m", "loadtests.actor_memory", "--json"],
        env=os.environ | {"STORYSIGN_MODELS": str(models_dir), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    cost = json.loads(done.stdout)
    assert cost["forbidden"] == []
    assert not FORBIDDEN & set(cost["modules"])
    assert {"numpy", "websockets", "msgpack", "ray", "actors", "protocol"} <= set(cost["modules"]), "the real one"
    assert 0 < cost["blank_pss_bytes"] < cost["live_pss_bytes"] <= cost["live_rss_bytes"]
