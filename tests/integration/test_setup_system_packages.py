"""The script that sees to system packages decides rightly; the programs that it asks and calls are stand-ins here,
because the real ones would change the machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "system_packages.sh"
LIBRARIES = ("libEGL.so.1", "libGLESv2.so.2", "libGL.so.1", "libglib-2.0.so.0")


class Machine:
    """A PATH on which ``ldconfig``, ``id`` and ``apt-get`` are ours, before the rest of the system."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.apt_log = folder / "apt.log"
        self.libraries(*LIBRARIES)
        self._program("mariadbd", "exit 0")
        self._program("my_print_defaults", "exit 0")
        self.user(1000)
        self.apt(succeeds=True)

    def libraries(self, *names: str) -> None:
        lines = "".join(f"\\t{name} (libc6,x86-64) => /lib/{name}\\n" for name in names)
        self._program("ldconfig", f"printf '{lines}'")

    def user(self, number: int) -> None:
        self._program("id", f"echo {number}")

    def apt(self, *, succeeds: bool) -> None:
        status = 0 if succeeds else 100
        self._program("apt-get", f"echo \"$@\" >>'{self.apt_log}'; echo 'E: words of apt'; exit {status}")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        path = f"{self._folder}:/usr/bin:/bin"
        return subprocess.run(
            ["/bin/sh", str(SCRIPT), *words], env={"PATH": path}, capture_output=True, text=True, check=False
        )

    def _program(self, name: str, body: str) -> None:
        program = self._folder / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("words", [("mediapipe",), ("python", sys.executable), ("tests",)])
def test_what_is_there_is_passed_over_in_silence(machine: Machine, words: tuple[str, ...]) -> None:
    machine.user(0)

    done = machine.run(*words)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not machine.apt_log.exists()


@pytest.mark.parametrize("missing", LIBRARIES)
def test_root_gets_the_libraries_installed(machine: Machine, missing: str) -> None:
    machine.user(0)
    machine.libraries(*(name for name in LIBRARIES if name != missing))

    done = machine.run("mediapipe")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "• Installing system packages: libegl1 libgles2 libgl1 libglib2.0-0\n"
    update, install = machine.apt_log.read_text().splitlines()
    assert update.endswith("update")
    assert install.endswith("install -y --no-install-recommends libegl1 libgles2 libgl1 libglib2.0-0")


def test_others_are_told_what_to_install(machine: Machine) -> None:
    machine.libraries("libGL.so.1")

    done = machine.run("mediapipe")

    assert done.returncode == 1
    assert "needs the shared library libEGL.so.1" in done.stderr
    assert "sudo apt-get install libegl1 libgles2 libgl1 libglib2.0-0" in done.stderr
    assert not machine.apt_log.exists()


def test_when_apt_fails_its_words_are_shown(machine: Machine) -> None:
    machine.user(0)
    machine.libraries()
    machine.apt(succeeds=False)

    done = machine.run("mediapipe")

    assert done.returncode == 1
    assert "E: words of apt" in done.stderr
    assert "sudo apt-get install" in done.stderr


@pytest.mark.parametrize("python", ["", "/nonexistent/python3.11", "/bin/false"])
def test_another_python_is_refused(machine: Machine, python: str) -> None:
    done = machine.run("python", python)

    assert done.returncode == 1
    assert "StorySign needs Python 3.11." in done.stderr
    assert "sudo apt-get install python3.11 python3.11-venv" in done.stderr
