"""A part of a file of recordings as a file of its own: some signers, some signs, or all but some recordings."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from .dataset import DatasetError, is_static, load_arrays, read_dataset

PER_FRAME = ("pose", "pose_visibility", "left_hand", "right_hand")


def write_excerpt(
    path: Path,
    out: Path,
    signers: Collection[str] = (),
    labels: Collection[str] = (),
    without: Collection[tuple[str, str]] = (),
) -> int:
    """Writes the recordings of ``path`` by ``signers`` and of ``labels`` (all, where none are given), but for those of
    a (label, signer) in ``without``; returns how many there are. The same choice gives the same bytes.

    Raises DatasetError where the file is unreadable or nothing is left.
    """
    keep = np.array(
        [
            index
            for index, clip in enumerate(read_dataset(path))
            if (not signers or clip.signer in signers)
            and (not labels or clip.label in labels)
            and (clip.label, clip.signer) not in without
        ],
        np.intp,
    )
    if not len(keep):
        raise DatasetError(f"Nothing in {path} is by these signers and of these signs: check their names.")
    arrays = load_arrays(path)
    frames = keep
    if not is_static(path):
        offsets = arrays["offsets"]
        frames = np.concatenate([np.arange(offsets[index], offsets[index + 1]) for index in keep])
        arrays["offsets"] = np.concatenate([[0], np.cumsum(np.diff(offsets)[keep])])
    chosen = {
        name: values if name == "offsets" else values[frames if name in PER_FRAME else keep]
        for name, values in arrays.items()
    }
    np.savez_compressed(out, **chosen)
    return len(keep)
