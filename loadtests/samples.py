"""What a load test measures: every single value with its moment, exact percentiles, and whether the run counts."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

FEEDBACK = "frame→feedback"
SCORED = "end→scored"
STORED = "end→stored"
JOIN = "join"
RESUME_LIVE = "resume, live session"
RESUME_RESTORED = "resume, restored session"
OUTAGE = "outage"
LATENESS = "generator lateness"
FRAMES = "frames a message"
LATENCIES = (FEEDBACK, SCORED, STORED, JOIN, RESUME_LIVE, RESUME_RESTORED, OUTAGE)
"""In ms. ``resume`` is from the dialling of the connection to its welcome, ``outage`` from the loss to the welcome."""

INTERRUPTED = ", over a loss"
"""Appended to the name of a wait during which the connection was lost."""

LATE_P99_MS = 20.0
"""A generator whose moves come later than this, one in a hundred, measures itself."""

PERCENTS = (50, 90, 99, 99.9)


class Samples:
    """Values in ms by name, each with the monotonic second at which it was taken, and counts by name."""

    def __init__(self) -> None:
        self._at_s: dict[str, array[float]] = {}
        self._values: dict[str, array[float]] = {}
        self.counts: Counter[str] = Counter()

    def add(self, name: str, at_s: float, value_ms: float) -> None:
        """One measurement."""
        if name not in self._values:
            self._at_s[name], self._values[name] = array("d"), array("d")
        self._at_s[name].append(at_s)
        self._values[name].append(value_ms)

    def values_ms(self, name: str, since_s: float = -np.inf, until_s: float = np.inf) -> np.ndarray:
        """The values that were taken in a span of time."""
        at_s = np.array(self._at_s.get(name, ()))
        return np.array(self._values.get(name, ()))[(at_s >= since_s) & (at_s < until_s)]

    def times_s(self, name: str) -> np.ndarray:
        """When each value was taken."""
        return np.array(self._at_s.get(name, ()))

    @property
    def names(self) -> list[str]:
        """What has been measured at least once."""
        return sorted(self._values)

    def save(self, path: Path) -> None:
        """All of it in numpy's archive; nothing is rounded or merged."""
        names = self.names
        arrays = {f"at_{index}": np.array(self._at_s[name]) for index, name in enumerate(names)}
        arrays |= {f"ms_{index}": np.array(self._values[name]) for index, name in enumerate(names)}
        about = json.dumps({"names": names, "counts": self.counts}).encode()
        np.savez_compressed(path, about=np.frombuffer(about, np.uint8), **arrays)

    @classmethod
    def load(cls, path: Path) -> Samples:
        """What ``save`` has written."""
        samples = cls()
        with np.load(path) as archive:
            about = json.loads(archive["about"].tobytes())
            for index, name in enumerate(about["names"]):
                samples._at_s[name] = array("d", archive[f"at_{index}"].tobytes())
                samples._values[name] = array("d", archive[f"ms_{index}"].tobytes())
        samples.counts.update(about["counts"])
        return samples


def spread(values_ms: Sequence[float] | np.ndarray) -> dict[str, float]:
    """Count, least, exact percentiles (the value that so many do not exceed) and most; empty for no values."""
    if not len(values_ms):
        return {}
    found = np.percentile(values_ms, PERCENTS, method="inverted_cdf")
    return {
        "count": len(values_ms),
        "min": round(float(np.min(values_ms)), 3),
        **{f"p{percent:g}": round(float(value), 3) for percent, value in zip(PERCENTS, found, strict=True)},
        "max": round(float(np.max(values_ms)), 3),
    }


def why_not_counted(samples: Samples, since_s: float = -np.inf, until_s: float = np.inf) -> str | None:
    """What forbids to take a run's latencies for the server's; None where nothing does."""
    late = spread(samples.values_ms(LATENESS, since_s, until_s))
    if not late:
        return "The generator has sent nothing."
    if late["p99"] > LATE_P99_MS:
        return (
            f"The generator could not keep its pace: 1 % of its moves came more than {late['p99']:.0f} ms late "
            f"({LATE_P99_MS:.0f} ms are allowed). Take fewer learners, or another machine for the generator."
        )
    return None


def summary(samples: Samples, since_s: float = -np.inf, until_s: float = np.inf) -> dict[str, Any]:
    """All names with their spread, all counts, and whether the run counts."""
    reason = why_not_counted(samples, since_s, until_s)
    return {
        "counts_as_measurement": reason is None,
        "why_not": reason,
        "latency_ms": {
            name: spread(samples.values_ms(name, since_s, until_s)) for name in samples.names if name != FRAMES
        },
        "counts": dict(sorted(samples.counts.items())),
    }
