"""The Ray shell of a session: one process, one method, one event loop (DESIGN §3).

An actor with a single long method idles four times cheaper than an async one, and its death shows in the method's
future within milliseconds. Calls to it would wait for ever; the server speaks to it over its control socket.
"""

from __future__ import annotations

import asyncio
import gc
import os
from dataclasses import dataclass

import uvloop

from actors.control import Ready, connect
from actors.judge_client import JudgeClient
from actors.log_lines import LineSender, log_through
from actors.one_root import check_one_root
from actors.service_link import ServiceLink
from actors.session.host import SessionHost
from actors.session.limits import SessionLimits
from actors.writer_client import WriterClient


@dataclass(frozen=True, slots=True)
class ActorSetup:
    """What a blank session actor is started with."""

    slot: int
    control_path: str
    writer_path: str
    judge_paths: tuple[str, ...]
    limits: SessionLimits
    log_path: str | None = None
    """Socket that takes lines of the log."""


class SessionActor:
    """Plain class; wrapped as a Ray actor by the pool."""

    def run(self, setup: ActorSetup) -> str:
        """Waits for a session, serves it to its end, and says why it ended."""
        check_one_root()
        return uvloop.run(_run(setup))


async def _run(setup: ActorSetup) -> str:
    channel = await asyncio.to_thread(connect, setup.control_path)
    writer = WriterClient(ServiceLink(setup.writer_path))
    # Sessions begin with different judges, so that all have about as much to do.
    first = setup.slot % len(setup.judge_paths)
    judge = JudgeClient([ServiceLink(path) for path in (*setup.judge_paths[first:], *setup.judge_paths[:first])])
    host = SessionHost(channel, writer, judge, setup.limits)
    if setup.log_path is not None:
        host.meter.lines = log_through(LineSender(setup.log_path), "session")
    # What start-up made stays for good; a collection in mid-attempt need not walk it.
    gc.collect()
    gc.freeze()
    host.announce(Ready(setup.slot, os.getpid()))
    return await host.released
