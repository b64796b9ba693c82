"""Who takes part in a load test and what each will sign: made once, kept in a file, packed as it will travel.

Learners read it and never compute landmarks themselves: the generator shares its machine with the server.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from protocol.landmarks import LAYOUTS


@dataclass(frozen=True, slots=True)
class Take:
    """One prepared attempt: packed frames, one after the other, and their times in ms from its begin."""

    times_ms: tuple[int, ...]
    frames: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """One learner: the sentence, the camera (``Hello``'s words for it), the takes, and the truth about the person."""

    glosses: tuple[str, ...]
    camera: dict[str, Any]
    truth: dict[str, Any]
    takes: tuple[Take, ...]

    @property
    def frame_bytes(self) -> int:
        """Size of one packed frame."""
        return LAYOUTS[self.camera["layout"]].frame_bytes


def write_cast(path: Path, cast: Sequence[Part]) -> None:
    """One file: numpy's archive of all frames, all times, and the rest as JSON."""
    about = [{"lengths": [len(take.times_ms) for take in part.takes], **_about(part)} for part in cast]
    takes = [take for part in cast for take in part.takes]
    np.savez(
        path,
        about=np.frombuffer(json.dumps(about).encode(), np.uint8),
        times_ms=np.concatenate([np.array(take.times_ms, np.int64) for take in takes]),
        frames=np.frombuffer(b"".join(take.frames for take in takes), np.uint8),
    )


def read_cast(path: Path) -> list[Part]:
    """What ``write_cast`` has written. Raises OSError, ValueError."""
    with np.load(path) as archive:
        about = json.loads(archive["about"].tobytes())
        times_ms, frames = archive["times_ms"].tolist(), archive["frames"].tobytes()
    cast, at_frame, at_byte = [], 0, 0
    for entry in about:
        takes = []
        frame_bytes = LAYOUTS[entry["camera"]["layout"]].frame_bytes
        for length in entry["lengths"]:
            stop = at_byte + length * frame_bytes
            takes.append(Take(tuple(times_ms[at_frame : at_frame + length]), frames[at_byte:stop]))
            at_frame, at_byte = at_frame + length, stop
        cast.append(Part(tuple(entry["glosses"]), entry["camera"], entry["truth"], tuple(takes)))
    return cast


def _about(part: Part) -> dict[str, Any]:
    return {name: value for name, value in asdict(part).items() if name != "takes"}
