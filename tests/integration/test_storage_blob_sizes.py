"""Real recordings become blobs of at most a quarter, exact to a thousandth of the shoulders' width."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.blob_sizes import measure


@pytest.mark.parametrize("letter", "ABCDEFGHIJ")
def test_a_recording_becomes_small_and_stays_exact(letter_clips: Path, letter: str) -> None:
    blob_bytes, file_bytes, error = measure(letter_clips / f"{letter}.pose")
    assert blob_bytes <= file_bytes / 4
    assert 0 < error <= 0.001
