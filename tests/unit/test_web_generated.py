"""What the JavaScript client has from Python is what Python says."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from protocol import export_js
from server.api import export_js as rest_export
from tests.support.node import WEB, node_command, why_no_web_tests
from tests.vectors import generate_sessions

ROOT = Path(__file__).parents[2]


def test_constants_are_those_of_the_protocol() -> None:
    written = (WEB / "client" / "constants.js").read_text("utf-8")
    assert written == export_js.module(), "run: python -m protocol.export_js > server/web/client/constants.js"


def test_types_of_rest_are_those_of_the_server() -> None:
    written = (WEB / "client" / "restTypes.js").read_text("utf-8")
    assert written == rest_export.module(), "run: python -m server.api.export_js > server/web/client/restTypes.js"


@pytest.mark.parametrize("name", generate_sessions.FILES)
def test_sessions_go_as_the_vectors_say(name: str) -> None:
    written = (generate_sessions.FOLDER / name).read_text("utf-8")
    assert written == generate_sessions.text_of(name), "run: python -m tests.vectors.generate_sessions"


@pytest.mark.skipif(why_no_web_tests() is not None, reason=str(why_no_web_tests()))
def test_javascript_passes_its_own_tests() -> None:
    files = sorted(str(file) for file in (ROOT / "tests" / "js").glob("*.test.mjs"))
    done = subprocess.run(
        [str(node_command()), "--test", "--test-reporter", "spec", *files], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout[-8_000:]


@pytest.mark.skipif(not (WEB / "node_modules" / "typescript").is_dir(), reason="TypeScript is not installed")
def test_types_are_sound() -> None:
    compiler = WEB / "node_modules" / "typescript" / "bin" / "tsc"
    done = subprocess.run(
        [str(node_command()), str(compiler), "--project", str(WEB)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout[-8_000:]


@pytest.mark.skipif(not (WEB / "node_modules" / "prettier").is_dir(), reason="prettier is not installed")
def test_javascript_is_laid_out_alike() -> None:
    program = WEB / "node_modules" / "prettier" / "bin" / "prettier.cjs"
    words = ["--check", "--config", ".prettierrc.json", ".", "../../tests/js", "../../tests/browser"]
    done = subprocess.run(
        [str(node_command()), str(program), *words], capture_output=True, text=True, timeout=120, cwd=WEB
    )
    assert done.returncode == 0, f"run prettier --write in place of --check: {done.stderr}"
