"""Downloads one wheel with pip, so that proxies, mirrors and credentials are those the user's pip already knows."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

Progress = Callable[[str, int, int], None]
"""Called with the package's name, the bytes that are here and the bytes in all."""

_RAW_PROGRESS_SINCE = (24, 1)
_RESUME_SINCE = (25, 1)
_PROGRESS_LINE = re.compile(r"Progress (\d+) of (\d+)")


class DownloadFailed(Exception):
    """pip could not download the package; ``str()`` is pip's reason."""

    def __init__(self, reason: str, *, disk_full: bool = False) -> None:
        super().__init__(reason)
        self.disk_full = disk_full


def download_wheel(name: str, version_: str, folder: Path, progress: Progress | None = None) -> Path:
    """Downloads exactly this version into ``folder`` and returns the wheel; nothing is built or installed.

    A wheel that an earlier, interrupted run left there is used as it is: the caller checks what it takes out.
    Raises DownloadFailed, and OSError where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pattern = f"{name.replace('-', '_')}-{version_}-*.whl"
    if not list(folder.glob(pattern)):
        _run_pip(name, version_, folder, progress)
    wheels = list(folder.glob(pattern))
    if not wheels:
        raise DownloadFailed("pip reported success but left no wheel.")
    return wheels[0]


def _run_pip(name: str, version_: str, folder: Path, progress: Progress | None) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-input", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--dest", str(folder), *_options_of_this_pip()]
    command.append(f"{name}=={version_}")
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with tempfile.TemporaryFile("w+") as complaints:
        with subprocess.Popen(command, stdin=nothing, stdout=pipe, stderr=complaints, text=True) as pip:
            for line in pip.stdout or ():
                found = _PROGRESS_LINE.match(line)
                if found and progress is not None:
                    progress(name, int(found[1]), int(found[2]))
        if pip.returncode:
            complaints.seek(0)
            raise _failure(complaints.read())


def _options_of_this_pip() -> list[str]:
    try:
        numbers = tuple(int(part) for part in re.findall(r"\d+", version("pip"))[:2])
    except PackageNotFoundError:
        raise DownloadFailed("this Python environment has no pip.") from None
    options = ["--progress-bar", "raw" if numbers >= _RAW_PROGRESS_SINCE else "off"]
    if numbers >= _RESUME_SINCE:
        options += ["--resume-retries", "10"]
    return options


def _failure(complaints: str) -> DownloadFailed:
    errors = [line.removeprefix("ERROR: ").strip() for line in complaints.splitlines() if line.startswith("ERROR: ")]
    reason = errors[-1] if errors else (complaints.strip().splitlines() or ["pip gave no reason"])[-1]
    disk_full = "No space left on device" in complaints or "Disk quota exceeded" in complaints
    return DownloadFailed(reason.rstrip(".") + ".", disk_full=disk_full)
