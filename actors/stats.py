"""What a process counts while it works, and hands over as differences; the server adds them up for the node."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Any

BUCKETS_MS = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0)
"""Upper bounds of the buckets of every histogram of times, ms; one more bucket holds what is beyond."""

Report = dict[str, list[list[Any]]]
"""What ``Tally.take`` gives: counters as (name, label, count), times as (name, counts by bucket, sum in ms), levels as
(name, label, value now)."""
Levels = dict[tuple[str, str], float]


class Histogram:
    """Counts of observations by size."""

    def __init__(self, bounds: Sequence[float] = BUCKETS_MS) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Counts one observation."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def add(self, counts: Sequence[int], total: float) -> None:
        """Adds what another process has observed, with the same bounds."""
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, counts, strict=True)]
        self.total += total


class Tally:
    """Named counters and levels (each with one label, may be empty), and named histograms of times."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.levels: Levels = {}
        self.times: dict[str, Histogram] = {}

    def count(self, name: str, label: str = "", by: int = 1) -> None:
        """Counts an event."""
        self.counts[name, label] += by

    def observe_ms(self, name: str, value_ms: float) -> None:
        """Counts how long something took."""
        self._histogram(name).observe(value_ms)

    def take(self) -> Report:
        """All since the last time, and the levels of now, as msgpack types; empty lists where there is nothing."""
        report: Report = {
            "levels": [[name, label, value] for (name, label), value in self.levels.items()],
            "counts": [[name, label, value] for (name, label), value in self.counts.items()],
            "times": [[name, histogram.counts, histogram.total] for name, histogram in self.times.items()],
        }
        self.counts.clear()
        self.times.clear()
        return report

    def add(self, report: Report) -> None:
        """Adds what ``take`` of another tally gave, but its levels: those of several processes are no sum over time."""
        for name, label, value in report["counts"]:
            self.counts[str(name), str(label)] += int(value)
        for name, counts, total in report["times"]:
            self._histogram(str(name)).add(counts, float(total))

    def _histogram(self, name: str) -> Histogram:
        if name not in self.times:
            self.times[name] = Histogram()
        return self.times[name]


def levels_of(report: Report) -> Levels:
    """The levels that a process has reported."""
    return {(str(name), str(label)): value for name, label, value in report["levels"]}
