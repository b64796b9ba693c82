"""``python -m loadtests.actor_memory``: what the process of one session costs, and what it has imported.

A real session actor under Ray practises a letter over a real socket; its memory is read from the operating system,
blank and after the attempt, and its modules are those it names itself at its end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import shutil
import socket
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import ray
from websockets.asyncio.client import ClientConnection, connect

from actors.control import Attach
from actors.launch import start_ray, stop_ray
from actors.learning.rules import LearningRules
from actors.pool import SessionPool
from actors.session.actor import ActorSetup, SessionActor
from actors.session.limits import SessionLimits
from actors.slot import Spawned
from protocol.client_stream import ClientStream
from protocol.landmarks import LandmarkClip
from protocol.messages import SUBPROTOCOL, Hello
from server.clips import read_clip
from server.config import Settings
from server.library.starter import ensure_starter_library
from server.models import GESTURE_EMBEDDER, STARTER_SIGNS_FOLDER, model_path
from server.reference_library import LibraryShelf
from server.services import Services
from storage.open import open_store
from storage.records import Id, Learner, SessionRecord, StorySentence, new_id
from storage.sql_store import SqlStore

FORBIDDEN = frozenset(
    {
        "ai_edge_litert", "asyncmy", "cv2", "fastapi", "matplotlib", "mediapipe", "pandas", "pose_format", "rich",
        "scipy", "sqlite3", "starlette.applications", "typer", "uvicorn",
    }
)  # fmt: skip
"""Modules that have no business in a session's process (DESIGN §3). Ray looks into starlette's data structures by
itself, to serialise them; the framework proper is not theirs."""
_CHUNK = 3


class MeasuredSession(SessionActor):
    """A session actor that says at its end what it has imported."""

    def run(self, setup: ActorSetup) -> str:
        """As ``SessionActor.run``; returns the names of all modules as JSON."""
        super().run(setup)
        return json.dumps(sorted(sys.modules))


@dataclass(frozen=True, slots=True)
class ActorCost:
    """``*_pss_bytes``: proportional set size, shared pages counted in shares; ``modules`` by their top-level name."""

    blank_pss_bytes: int
    live_pss_bytes: int
    live_rss_bytes: int
    threads: int
    module_count: int
    modules: dict[str, int]
    forbidden: tuple[str, ...]


async def measure(settings: Settings, folder: Path) -> ActorCost:
    """Runs one session in a folder of its own. Raises ModelError where the models have not been fetched."""
    embedder_path = model_path(settings.models_dir, GESTURE_EMBEDDER)
    url = f"sqlite:///{folder / 'measured.db'}"
    store = open_store(url, LearningRules())
    await store.open()
    await ensure_starter_library(store, settings.models_dir, 0)
    shelf = LibraryShelf(store, embedder_path, folder)
    await shelf.refresh()
    session_id = await _a_session(store)
    await asyncio.to_thread(start_ray, None, folder)
    try:
        services = Services(folder)
        await services.open(url, embedder_path, shelf.folder, log_path=None)
        control_path = str(folder / "control.sock")
        setup = ActorSetup(0, control_path, services.writer_path, services.judge_paths, SessionLimits())
        return await _practise(setup, session_id, shelf.folder, _letter(settings))
    finally:
        await asyncio.to_thread(stop_ray)
        await store.close()


async def _practise(setup: ActorSetup, session_id: Id, library: Path, clip: LandmarkClip) -> ActorCost:
    ended: list[asyncio.Future[str]] = []

    def spawn(slot: int) -> Spawned:
        handle = ray.remote(MeasuredSession).options(num_cpus=0).remote()
        own = replace(setup, slot=slot)
        ended.append(asyncio.wrap_future(handle.run.remote(own).future()))
        return Spawned(ended[-1], lambda: ray.kill(handle))

    pool = SessionPool(spawn, setup.control_path, warm=1, reserve=0, largest=1)
    await pool.open()
    await pool.ready()
    slot = await pool.acquire(session_id)
    assert slot.pid is not None
    process = psutil.Process(slot.pid)
    blank = process.memory_full_info()
    here, there = socket.socketpair()
    slot.attach(Attach(session_id, "none", str(library), b""), there.fileno())
    there.close()
    async with connect("ws://session/", sock=here, subprotocols=[SUBPROTOCOL], compression=None) as learner:
        await _one_attempt(learner, clip)
        live = process.memory_full_info()
        threads = process.num_threads()
    await pool.drain(0, 0, timeout_s=10)
    pool.close()
    modules = json.loads(ended[0].result())
    return _cost(blank.pss, live, threads, modules)


async def _one_attempt(learner: ClientConnection, clip: LandmarkClip) -> None:
    """Signs the clip and waits until it is stored."""
    video = clip.video
    stream = ClientStream(
        Hello(layout=clip.layout.name, width=video.width, height=video.height, fps=video.frame_rate_hz)
    )
    stream.connected()
    while not stream.stored:
        for data in stream.data_to_send():
            await learner.send(data)
        stream.receive(await learner.recv())
        if stream.welcomed and not stream.attempts and not stream.stored:
            stream.begin_attempt(0, 0)
            for first in range(0, len(clip.times_ms), _CHUNK):
                part = slice(first, first + _CHUNK)
                stream.add_frames(clip.landmarks[part], clip.times_ms[part])
            stream.end_attempt()


async def _a_session(store: SqlStore) -> Id:
    """A learner who consents to landmarks being kept, and a session of the letter A."""
    learner = Learner(new_id(), "default", "Guest", "UTC", bytes(32), True, 0)
    await store.create_learner(learner)
    session = SessionRecord(
        id=new_id(),
        tenant_id=learner.tenant_id,
        user_id=learner.id,
        story_id=None,
        session_type="practice",
        session_name="Measured",
        sentences=(StorySentence("A", ("A",)),),
        difficulty_level=1,
        skill_areas=("fingerspelling",),
        status="created",
        epoch=0,
        stored_through=0,
        overall_score=None,
        sentences_completed=0,
        started_at_ms=None,
        completed_at_ms=None,
        duration_seconds=0,
        session_data={},
        performance_metrics={},
        created_at_ms=0,
        updated_at_ms=0,
    )
    await store.create_session(session)
    return session.id


def _letter(settings: Settings) -> LandmarkClip:
    return read_clip(str(settings.models_dir / STARTER_SIGNS_FOLDER / "A.pose"))


def _cost(blank_pss_bytes: int, live: Any, threads: int, modules: list[str]) -> ActorCost:
    top_level = Counter(name.partition(".")[0] for name in modules)
    return ActorCost(
        blank_pss_bytes=blank_pss_bytes,
        live_pss_bytes=live.pss,
        live_rss_bytes=live.rss,
        threads=threads,
        module_count=len(modules),
        modules=dict(top_level.most_common()),
        forbidden=tuple(sorted(FORBIDDEN & set(modules))),
    )


def main() -> None:
    """Prints the cost for people, or with ``--json`` for programs; fails where a forbidden module was imported."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.actor_memory", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    # Unix socket paths have room for about 100 characters, so the folder is near the root.
    folder = Path(tempfile.mkdtemp(prefix="storysign-measured-"))
    try:
        cost = asyncio.run(measure(Settings.from_environment(), folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(asdict(cost), indent=2) if wanted.json else _told(cost))
    if cost.forbidden:
        raise SystemExit(f"imported, but has no business there: {', '.join(cost.forbidden)}")


def _told(cost: ActorCost) -> str:
    largest = ", ".join(f"{name} {count}" for name, count in list(cost.modules.items())[:12])
    live_mb, resident_mb = cost.live_pss_bytes / 1e6, cost.live_rss_bytes / 1e6
    return "\n".join(
        (
            f"blank session actor       {cost.blank_pss_bytes / 1e6:7.1f} MB PSS",
            f"live, after one attempt   {live_mb:7.1f} MB PSS ({resident_mb:.1f} MB RSS)",
            f"threads                   {cost.threads:7d}",
            f"modules                   {cost.module_count:7d}  ({largest}, …)",
            f"forbidden modules         {', '.join(cost.forbidden) or 'none'}",
        )
    )


if __name__ == "__main__":
    main()
