"""Sessions import the scorer's modules: they may bring in nothing that is big, and nothing that is not pure. The
interpreter of the embedder's file is loaded by who embeds."""

from __future__ import annotations

import subprocess
import sys

FORBIDDEN = {
    "numba",
    "scipy",
    "ray",
    "asyncio",
    "matplotlib",
    "mediapipe",
    "pandas",
    "cv2",
    "jax",
    "tensorflow",
    "ai_edge_litert",
    "sqlite3",
}
OURS_ALLOWED = ("actors", "actors.scoring", "protocol")


def test_the_scorer_imports_numpy_alone() -> None:
    script = "import sys, actors.scoring.scorer; print('\\n'.join(sys.modules))"
    listed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in listed
    assert not FORBIDDEN & {name.partition(".")[0] for name in listed}
    ours = {name for name in listed if name.startswith(("actors", "protocol", "storage", "server"))}
    assert {name for name in ours if not name.startswith(("actors.scoring", "protocol"))} == {"actors"}
    assert not any(name.startswith("actors.scoring.evaluation") for name in ours)
