"""What this machine, or the container that the server runs in, can hold."""

from __future__ import annotations

import os
from pathlib import Path

SESSION_BYTES = 80_000_000
"""A session actor in use, all in (docs/performance.md)."""
_OWN_BYTES = 700_000_000
"""Server, writer, judges, and Ray's own processes."""
_USABLE = 0.8
_CGROUP_LIMITS = ("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes")


def memory_bytes(root: Path = Path("/")) -> int:
    """Memory of the machine, or what its container may use where that is less."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for name in _CGROUP_LIMITS:
        try:
            found.append(int((root / name).read_text()))
        except (OSError, ValueError):
            continue  # another kind of cgroup, or "max"
    return min(found)


def sessions_in(memory: int) -> int:
    """How many sessions fit into so many bytes, beside what the node itself needs."""
    return max(1, int((memory * _USABLE - _OWN_BYTES) // SESSION_BYTES))
