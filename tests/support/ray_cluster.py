"""A Ray cluster of one machine that outlives the servers that join it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HEAD = """
import os, sys
os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_worker_niceness="0", RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO="0")
os.environ["RAY_AUTH_MODE"] = "disabled"  # else a cluster that was started in this way is for its own process alone
import ray
head = ray.init(address="local", include_dashboard=False, num_cpus=1, object_store_memory=80_000_000,
                _temp_dir=sys.argv[1], logging_level="ERROR")
print("cluster at", head.address_info["address"], flush=True)
sys.stdin.read()
ray.shutdown()
"""
STOP_TIMEOUT_S = 60


@contextmanager
def ray_cluster(folder: Path) -> Iterator[str]:
    """Its address; ``folder`` is for its files and has to have a short path, because of its unix sockets."""
    head = subprocess.Popen(
        [sys.executable, "-c", _HEAD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert head.stdin is not None and head.stdout is not None
    try:
        for line in head.stdout:
            if line.startswith("cluster at "):
                yield line.split()[-1]
                break
        else:
            raise RuntimeError("Ray did not start")
    finally:
        head.stdin.close()
        head.wait(STOP_TIMEOUT_S)
        head.stdout.close()
