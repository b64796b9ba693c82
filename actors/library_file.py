"""The prepared reference library as files that all session actors of a node map into memory, once for all of them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np

from actors.scoring.references import Library

_LISTS = "lists.json"


def save_library(library: Library, folder: Path) -> None:
    """Writes the library to ``folder``, which is there either whole or not at all. Raises OSError."""
    partial = folder.with_name(f".{folder.name}.{os.getpid()}")
    partial.mkdir(parents=True)
    lists = {}
    for name, values in library.to_arrays().items():
        if isinstance(values, np.ndarray):
            np.save(partial / f"{name}.npy", values, allow_pickle=False)
        else:
            lists[name] = values
    (partial / _LISTS).write_text(json.dumps(lists))
    if folder.exists():
        shutil.rmtree(folder)
    partial.rename(folder)


def open_library(folder: Path) -> Library:
    """The library in ``folder``; its arrays are read-only maps of the files. Raises OSError, KeyError."""
    arrays = json.loads((folder / _LISTS).read_text())
    for path in folder.glob("*.npy"):
        # As plain arrays: every operation on a ``memmap`` costs two calls into Python more.
        arrays[path.stem] = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    return Library.from_arrays(arrays)
