"""How much fits into a machine or a container."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.machine import SESSION_BYTES, memory_bytes, sessions_in

GIB = 2**30


@pytest.mark.parametrize("name", ["sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"])
def test_a_container_may_have_less_than_its_machine(tmp_path: Path, name: str):
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    file.write_text("123456789\n")
    assert memory_bytes(tmp_path) == 123_456_789
    file.write_text("max\n")
    assert memory_bytes(tmp_path) == memory_bytes(tmp_path / "nowhere") > 2**28


def test_sessions_follow_memory_and_one_always_fits():
    assert sessions_in(GIB // 4) == 1
    assert 30 <= sessions_in(4 * GIB) <= 4 * GIB // SESSION_BYTES
    assert sessions_in(32 * GIB) > sessions_in(16 * GIB) > 100
