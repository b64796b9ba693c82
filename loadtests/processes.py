"""What the processes of a server cost, as the operating system counts it."""

from __future__ import annotations

import time

import psutil


class CpuMeter:
    """Processor time of a process and all its descendants, sampled again and again."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._samples: list[tuple[float, dict[int, float]]] = []

    def sample(self) -> None:
        """Notes what every process has used up to now."""
        used = {}
        for process in (self._root, *self._root.children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue  # it has ended in between
            used[process.pid] = times.user + times.system
        self._samples.append((time.monotonic(), used))

    def between(self, since_s: float, until_s: float) -> tuple[float, float, float]:
        """The sampled moments nearest within a span and the processor seconds between them.

        A process that ended in between counts with what it had used when it was last seen.
        """
        inside = [sample for sample in self._samples if since_s <= sample[0] <= until_s]
        if len(inside) < 2:
            raise ValueError("the server was not sampled twice in this span")
        first, total = inside[0][1], 0.0
        last_seen: dict[int, float] = {}
        for _, used in inside:
            last_seen.update(used)
        total = sum(used - first.get(pid, 0.0) for pid, used in last_seen.items())
        return inside[0][0], inside[-1][0], total
