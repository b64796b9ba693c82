"""Fixtures that every kind of test shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_SHARED_DATA = Path(os.environ.get("STORYSIGN_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real landmark recordings; tests that need it skip where it is absent."""
    if not (_SHARED_DATA / "README.md").is_file():
        pytest.skip(f"the shared recordings are not in {_SHARED_DATA} (set STORYSIGN_SHARED_DATA)")
    return _SHARED_DATA
