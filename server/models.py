"""Models and starter recordings: which files there are, where they come from, whether they are whole.

``models.json`` lists every file with its SHA-256 and its place in a package of the Python package index. The packages
are only unzipped, never installed. Everything lands in one cache folder, a file at a time and by an atomic rename, so
that an interrupted pull leaves whole files behind and the next one goes on from there.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

from server.pip_download import DownloadFailed, Progress, download_wheel

GESTURE_EMBEDDER = "gesture_embedder.tflite"
HAND_LANDMARKER = "hand_landmarker.task"
POSE_LANDMARKER = "pose_landmarker.task"
FACE_LANDMARKER = "face_landmarker.task"
STARTER_SIGNS_FOLDER = "starter-signs"
_DOWNLOADS_FOLDER = ".downloads"

FileState = Literal["present", "missing", "damaged"]
ModelErrorCode = Literal["missing", "damaged", "no_space", "not_writable", "unreachable"]


class ModelError(Exception):
    """A model file cannot be had; ``str()`` says what happened and what to do."""

    def __init__(self, code: ModelErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of the cache. ``member``: where it lies in its package, from zip to zip inside it."""

    name: str
    sha256: str
    member: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the Python package index that carries some of the files."""

    name: str
    version: str
    holds: str
    files: tuple[ModelFile, ...]


@cache
def manifest() -> tuple[Package, ...]:
    """Every package, with its files."""
    document = json.loads(resources.files("server").joinpath("models.json").read_text("utf-8"))
    return tuple(
        Package(
            package["name"],
            package["version"],
            package["holds"],
            tuple(ModelFile(file["name"], file["sha256"], tuple(file["member"])) for file in package["files"]),
        )
        for package in document["packages"]
    )


def file_state(folder: Path, file: ModelFile) -> FileState:
    """Whether ``folder`` holds this file, whole."""
    try:
        with (folder / file.name).open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return "missing"
    return "present" if found == file.sha256 else "damaged"


def verify(folder: Path) -> dict[str, FileState]:
    """The state of every file of the manifest by its name."""
    return {file.name: file_state(folder, file) for package in manifest() for file in package.files}


def model_path(folder: Path, name: str) -> Path:
    """Path of a file of the manifest, once it is known to be whole. Raises ModelError (missing, damaged)."""
    file = next(file for package in manifest() for file in package.files if file.name == name)
    match file_state(folder, file):
        case "missing":
            raise ModelError("missing", f"{name} is not in {folder}. Fetch it with: storysign models pull")
        case "damaged":
            raise ModelError("damaged", f"{name} in {folder} is damaged. Fetch it again with: storysign models pull")
    return folder / name


def pull(folder: Path, source: Path | None = None, progress: Progress | None = None) -> list[str]:
    """Brings every file that is missing or damaged; returns the names of those it brought.

    ``source`` is a folder that holds the files (under their own names, or the packages as wheels); without it they
    are downloaded with pip from the index it is configured for. Raises ModelError.
    """
    fetched: list[str] = []
    for package in manifest():
        wanted = [file for file in package.files if file_state(folder, file) != "present"]
        if not wanted:
            continue
        with _disk_errors(folder):
            if source is None:
                _install_from_wheel(folder, wanted, _download(folder, package, progress))
            else:
                _install_from_folder(folder, package, wanted, source)
        fetched += [file.name for file in wanted]
    return fetched


def _download(folder: Path, package: Package, progress: Progress | None) -> Path:
    try:
        return download_wheel(package.name, package.version, folder / _DOWNLOADS_FOLDER, progress)
    except DownloadFailed as error:
        if error.disk_full:
            raise _no_space(folder) from error
        raise ModelError(
            "unreachable",
            f"{package.name} {package.version} ({package.holds}) could not be downloaded: {error} "
            "Check the network or pip's index settings and try again, or bring the files from another machine: "
            "storysign models pull --from FOLDER",
        ) from error


def _install_from_wheel(folder: Path, wanted: Sequence[ModelFile], wheel: Path) -> None:
    try:
        content = wheel.read_bytes()
        for file in wanted:
            _write_whole(folder, file, _read_member(content, file.member), wheel.name)
    finally:
        # A good download is no longer needed, and a damaged one must not be taken for good the next time.
        wheel.unlink(missing_ok=True)


def _install_from_folder(folder: Path, package: Package, wanted: Sequence[ModelFile], source: Path) -> None:
    wheels = sorted(source.glob(f"{package.name.replace('-', '_')}-{package.version}-*.whl"))
    for file in wanted:
        containers = [(source / file.name, ()), (source / Path(file.member[0]).name, file.member[1:])]
        containers += [(wheel, file.member) for wheel in wheels]
        found = next(((path, member) for path, member in containers if path.is_file()), None)
        if found is None:
            raise ModelError(
                "missing",
                f"{source} holds neither {file.name} nor {package.name} {package.version} as a wheel. "
                "Copy there the whole folder which `storysign models verify` names on a machine that has it.",
            )
        path, member = found
        _write_whole(folder, file, _read_member(path.read_bytes(), member), str(path))


def _read_member(content: bytes, member: Sequence[str]) -> bytes:
    """Unzips from zip to zip; raises ModelError (damaged) where one is not a zip or lacks the next."""
    try:
        for name in member:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content = archive.read(name)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError) as error:
        raise ModelError("damaged", f"{' in '.join(reversed(member))} could not be unpacked ({error}).") from error
    return content


def _write_whole(folder: Path, file: ModelFile, content: bytes, origin: str) -> None:
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise ModelError(
            "damaged", f"{file.name} from {origin} is not the file that was expected (its SHA-256 differs). Try again."
        )
    target = folder / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as stream:
        try:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
            os.chmod(stream.name, 0o644)
            os.replace(stream.name, target)
        except BaseException:
            os.unlink(stream.name)
            raise


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    """Turns what the file system says into a ModelError that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_space(folder) from error
        raise ModelError(
            "not_writable",
            f"{folder} cannot be written ({error.strerror}). Choose another folder with STORYSIGN_MODELS.",
        ) from error


def _no_space(folder: Path) -> ModelError:
    return ModelError(
        "no_space",
        f"There is not enough space for the models in {folder} (about 200 MB while downloading, 45 MB after). "
        "Make room and try again, or choose another folder with STORYSIGN_MODELS.",
    )
