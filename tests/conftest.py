"""Fixtures that every kind of test shares."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server import models
from server.config import Settings
from tests.support.server_process import ServerProcess

_SHARED_DATA = Path(os.environ.get("STORYSIGN_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", help="mysql://… of a TiDB or MySQL server that the store's contract runs on as well")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real landmark recordings; tests that need it skip where it is absent."""
    if not (_SHARED_DATA / "README.md").is_file():
        pytest.skip(f"the shared recordings are not in {_SHARED_DATA} (set STORYSIGN_SHARED_DATA)")
    return _SHARED_DATA


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """Folder of the MediaPipe models and starter signs; tests that need it skip where they have not been fetched."""
    folder = Settings.from_environment().models_dir
    missing = [name for name, state in models.verify(folder).items() if state != "present"]
    if missing:
        pytest.skip(f"{len(missing)} model files are not in {folder} (fetch them: storysign models pull)")
    return folder


@pytest.fixture(scope="session")
def letter_clips(models_dir: Path) -> Path:
    """Folder with one recording of each letter: ``A.pose`` to ``Z.pose``."""
    return models_dir / models.STARTER_SIGNS_FOLDER


@pytest.fixture
def make_server(models_dir: Path, tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Makes servers for one test, in folders of their own, not yet started; all are gone when the test is over."""
    made: list[ServerProcess] = []

    def make(**options: Any) -> ServerProcess:
        folder = tmp_path / f"server-{len(made)}"
        folder.mkdir()
        made.append(ServerProcess(folder, **options))
        return made[-1]

    yield make
    for server in made:
        server.kill()


@pytest.fixture(scope="session")
def running_server(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all tests that leave it as they found it."""
    server = ServerProcess(tmp_path_factory.mktemp("running-server"))
    server.start()
    yield server
    if server.running:
        server.stop()
    server.kill()
