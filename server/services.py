"""The services of a node: its writer and its judges, started by Ray and asked over their sockets."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

from actors.launch import start_judge, start_writer
from actors.service_link import ServiceGone, ServiceLink
from actors.slot import Spawned
from actors.stats import Levels, Tally, levels_of

_ANSWER_TIMEOUT_S = 2.0
_CLOSE_TIMEOUT_S = 5.0


class Services:
    """``open`` starts them and waits until they answer; Ray starts again what dies, and ends them all."""

    def __init__(self, folder: Path) -> None:
        self.writer_path = str(folder / "writer.sock")
        self.judge_paths = tuple(str(folder / f"judge-{number}.sock") for number in range(_judges()))
        self._writer = ServiceLink(self.writer_path)
        self._links = [self._writer, *map(ServiceLink, self.judge_paths)]
        self._processes: list[Spawned] = []
        """Kept, because Ray ends an actor of whom nobody holds a handle."""
        self.tally = Tally()
        """What they have counted."""
        self.levels: Levels = {}
        """How they stood when they were last asked."""

    async def open(self, database_url: str, embedder_path: Path, library: Path, log_path: str | None) -> None:
        """``library``: the folder of the references that the first attempts are judged by.

        Raises StoreUnusable, StoreUnavailable where the writer cannot use its database, RuntimeError where a process
        does not start.
        """
        self._processes = [
            start_writer(database_url, self.writer_path, log_path),
            *(start_judge(str(embedder_path), str(library), path, log_path) for path in self.judge_paths),
        ]
        for link, process in zip(self._links, self._processes, strict=True):
            await link.opened(process.ended)

    async def count(self) -> None:
        """Adds up what has happened in them since the last time; one that is gone has nothing to say."""
        for link in self._links:
            with contextlib.suppress(ServiceGone, TimeoutError):
                report = await asyncio.wait_for(link.call("counted"), _ANSWER_TIMEOUT_S)
                self.tally.add(report)
                self.levels.update(levels_of(report))

    async def close(self) -> None:
        """Has the writer finish what is under way."""
        with contextlib.suppress(ServiceGone, TimeoutError):
            await asyncio.wait_for(self._writer.call("close"), _CLOSE_TIMEOUT_S)


def _judges() -> int:
    """Two at least: while one is started again the other judges."""
    return max(2, (os.cpu_count() or 1) // 2)
