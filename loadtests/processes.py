"""What the processes of a server cost, as the operating system counts it."""

from __future__ import annotations

import signal
import sys
import time

import numpy as np
import psutil

from loadtests.samples import FRAMES, Samples
from tests.support.process_tree import SESSION_ACTOR


def tidy_up_on_sigterm() -> None:
    """Has SIGTERM unwind the program as Ctrl-C does, so that the servers it has started are stopped."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


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


def frame_costs(samples: Samples, since_s: float, until_s: float, cpu_s: float) -> dict[str, float]:
    """What a server that used ``cpu_s`` of processor time in a span used for each frame sent to it."""
    frames = float(samples.values_ms(FRAMES, since_s, until_s).sum())
    return {
        "frames_per_s": round(frames / (until_s - since_s), 1),
        "cpu_us_per_frame": round(cpu_s / max(frames, 1.0) * 1e6, 1),
        "cores": round(cpu_s / (until_s - since_s), 3),
    }


class MemoryMeter:
    """Memory (PSS: shared pages counted in shares) of a server's processes over time."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._taken: list[tuple[float, int, float]] = []

    def sample(self) -> None:
        """Notes the mean of the session actors, and the sum of everything."""
        total = 0
        actors: list[int] = []
        for process in (self._root, *self._root.children(recursive=True)):
            try:
                pss, name = process.memory_full_info().pss, process.name()
            except psutil.Error:
                continue
            total += pss
            if name.startswith(_SESSION_ACTOR):
                actors.append(pss)
        self._taken.append((time.monotonic(), total, float(np.mean(actors)) if actors else np.nan))

    def report(self) -> dict[str, float]:
        """Last figures in MB, and how the mean of a session actor grew: MB an hour over the second half of the run."""
        at_s, total, actor = (np.array(column) for column in zip(*self._taken, strict=True))
        known = np.isfinite(actor) & (at_s >= (at_s[0] + at_s[-1]) / 2)
        found = {"all_mb": round(float(total[-1]) / 2**20, 1)}
        if known.any():
            found["session_actor_mb"] = round(float(actor[known][-1]) / 2**20, 1)
        if known.sum() >= 3:
            slope = float(np.polyfit(at_s[known], actor[known], 1)[0])
            found["session_actor_growth_mb_per_hour"] = round(slope * 3600 / 2**20, 2)
        return found


_SESSION_ACTOR = SESSION_ACTOR[:15]
"""A process's name in the kernel has fifteen letters."""
