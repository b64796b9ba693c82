"""One node: Ray, the writer, the pool of session actors, the store for REST, and the reference library for all."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Literal

from actors.control import Attach
from actors.launch import session_spawner, start_ray, stop_ray
from actors.learning.rules import LearningRules
from actors.pool import SessionPool
from actors.session.actor import ActorSetup
from actors.session.limits import SessionLimits
from actors.slot import SlotGone
from actors.stats import Levels, Tally
from server.auth import TicketOffice, TicketRefused
from server.config import Settings
from server.door import Door
from server.handoff import Admission
from server.library.starter import ensure_starter_library
from server.log_file import LogFile
from server.machine import memory_bytes, sessions_in
from server.metrics import NodeMetrics
from server.models import GESTURE_EMBEDDER, model_path
from server.node_folder import NodeFolder
from server.problems import Problem, ProblemCode
from server.reference_library import LibraryShelf
from server.services import Services
from server.upkeep import SWEEP_EVERY_S, sweep_landmarks
from storage.errors import StoreError
from storage.open import open_store
from storage.ports import Store
from storage.records import DEFAULT_TENANT, Id, SessionClose, SessionRecord

CommandName = Literal["pause", "resume", "complete", "abandon"]
_LOG_SOCKET = "log.sock"
_log = logging.getLogger(__name__)
_NOT_UP = "The server is starting or stopping."
_DRAIN_AFTER_MS = 200
_DRAIN_SPREAD_MS = 2_000
_COMMAND_TIMEOUT_S = 10.0
_PROBE_TIMEOUT_S = 2.0


class Node:
    """``start`` brings everything up, telling ``report`` what it does; ``stop`` leaves nothing running."""

    def __init__(self, settings: Settings, report: Callable[[str], None], log: LogFile) -> None:
        self.settings = settings
        self._log = log
        self._tally = Tally()
        self.store: Store = open_store(
            settings.database_url,
            LearningRules(),
            on_retry=lambda number: self._tally.count("store_retries", str(number)),
        )
        self.tickets = TicketOffice(secrets.token_bytes(32), settings.ticket_ttl_ms)
        self._report = report
        self._shelf: LibraryShelf | None = None
        self._folder: NodeFolder | None = None
        self._services: Services | None = None
        self._pool: SessionPool | None = None
        self._upkeep: list[asyncio.Task[None]] = []
        most_sessions = settings.max_sessions or sessions_in(memory_bytes())
        self._most_sessions = most_sessions
        self._door = Door(most_sessions, settings.late_share_max, self._tally, _monotonic_ms)
        self._metrics = NodeMetrics(self._tallies, self._levels)

    # ------------------------------------------------------------------------------------------------ life

    async def start(self) -> None:
        """Raises StoreError, ModelError or RuntimeError, each with a sentence for the operator."""
        embedder_path = model_path(self.settings.models_dir, GESTURE_EMBEDDER)
        self._report("Opening the database …")
        await self.store.open()
        self._folder = NodeFolder()
        folder = self._folder.path
        self._log.collect(folder / _LOG_SOCKET)
        self._report("Preparing the reference signs …")
        await ensure_starter_library(self.store, self.settings.models_dir, _now_ms())
        self._shelf = LibraryShelf(self.store, embedder_path, folder)
        await self._shelf.refresh()
        self._report("Starting Ray and the session actors …")
        await asyncio.to_thread(start_ray, self.settings.ray_address, folder)
        log_path = str(folder / _LOG_SOCKET)
        self._services = Services(folder)
        opening = asyncio.create_task(
            self._services.open(self.settings.database_url, embedder_path, self._shelf.folder, log_path)
        )
        setup = ActorSetup(
            slot=0,
            control_path=str(folder / "control.sock"),
            writer_path=self._services.writer_path,
            judge_paths=self._services.judge_paths,
            limits=SessionLimits(grace_ms=self.settings.passivate_after_ms, idle_ms=self.settings.connection_idle_ms),
            log_path=log_path,
        )
        self._pool = SessionPool(
            session_spawner(setup),
            setup.control_path,
            warm=self.settings.warm_actors,
            reserve=self.settings.reserve_actors,
            largest=self._most_sessions,
            starting_at_once=max(2, os.cpu_count() or 1),
            busy=lambda: self._door.busy,
            on_left=self._door.left,
        )
        await self._pool.open()  # session actors start beside the services
        await opening
        await self._pool.ready()
        sweep = sweep_landmarks(self.store, _now_ms, lambda: asyncio.sleep(SWEEP_EVERY_S))
        self._upkeep = [asyncio.create_task(sweep), asyncio.create_task(self._door.watch(self._pool))]

    async def stop(self) -> None:
        """Moves the learners on, flushes what they did, ends every process. Safe to call at any point of ``start``."""
        for task in self._upkeep:
            task.cancel()
        await asyncio.gather(*self._upkeep, return_exceptions=True)
        if self._pool is not None:
            _log.info("drain_began", extra={"sessions": self._pool.sessions})
            done = await self._pool.drain(_DRAIN_AFTER_MS, _DRAIN_SPREAD_MS, self.settings.drain_ms / 1000)
            if done:
                _log.info("drain_ended")
            else:
                text = "some sessions had not saved everything in time; their learners' clients still hold it"
                _log.warning(text, extra={"event": "drain_cut_short", "sessions": self._pool.sessions})
            self._pool.close()
        if self._services is not None:
            await self._services.close()
        await self.store.close()
        await asyncio.to_thread(stop_ray)
        self._log.stop_collecting()
        if self._folder is not None:
            self._folder.remove()

    # ---------------------------------------------------------------------------------------------- stream

    def admit(self, origin: str | None, ticket: str) -> Admission:
        """Redeems a ticket for one connection. Raises Problem."""
        if origin is not None and origin not in self.settings.origins:
            raise Problem(ProblemCode.ORIGIN_REFUSED, f"Pages of {origin} may not open streams here.")
        now_ms = _now_ms()
        try:
            holder = self.tickets.redeem(ticket, now_ms)
        except TicketRefused as refused:
            raise Problem(ProblemCode(f"ticket_{refused.reason}"), str(refused)) from None
        self.ask_for_place(holder.learner_id, holder.session_id)
        following = self.tickets.mint(holder.learner_id, holder.session_id, holder.tenant_id, now_ms)
        return Admission(holder.session_id, following, str(self._ready_shelf.folder))

    async def hand_over(self, packet: Attach, descriptor: int) -> None:
        """Gives a learner's socket to the session's actor. Raises PoolExhausted, SlotGone."""
        pool = self._running_pool
        self._door.came(packet.session_id)
        slot = await pool.acquire(packet.session_id)
        slot.attach(packet, descriptor)

    # ------------------------------------------------------------------------------------------------ REST

    def ask_for_place(self, learner_id: Id, session_id: Id) -> int:
        """In how many ms a session would have its actor. Raises Problem where there is no room now."""
        return self._door.ask(self._running_pool, learner_id, session_id)

    async def library_glosses(self) -> Collection[str]:
        """The signs that have a reference, those that were imported a moment ago among them."""
        await self._ready_shelf.refresh()
        return self._ready_shelf.glosses

    async def command(self, session_id: Id, name: CommandName) -> SessionRecord:
        """Has the session's owner do it: its actor while it lives here, else the store under a new epoch."""
        slot = self._running_pool.live(session_id)
        if slot is None:
            return await self._command_store(session_id, name)
        try:
            problem = await asyncio.wait_for(slot.command(name), _COMMAND_TIMEOUT_S)
        except SlotGone:
            return await self._command_store(session_id, name)
        except TimeoutError:
            raise Problem(ProblemCode.STORE_UNAVAILABLE, "The session could not save this yet; try again.") from None
        if problem is not None:
            raise Problem(ProblemCode.SESSION_STATUS, problem)
        session = await self.store.session(session_id)
        assert session is not None, "a session that answered is in the store"
        return session

    async def _command_store(self, session_id: Id, name: CommandName) -> SessionRecord:
        now_ms = _now_ms()
        session = (await self.store.activate(session_id, now_ms)).session
        if name in ("complete", "abandon"):
            status: Any = {"complete": "completed", "abandon": "abandoned"}[name]
            close = SessionClose(session_id, session.epoch, session.stored_through, status)
            return (await self.store.close_session(close, now_ms))[0]
        return await self.store.set_status(
            session_id, session.epoch, {"pause": "paused", "resume": "active"}[name], now_ms
        )

    # --------------------------------------------------------------------------------------------- dials

    async def scrape(self) -> bytes:
        """The figures of all processes of the node for Prometheus."""
        if self._services is not None:
            await self._services.count()
        return self._metrics.text()

    async def readiness(self) -> dict[str, str]:
        """What this node needs to take a learner in, each "ok" or a sentence that says what is wrong."""
        return {
            "database": await self._database_state(),
            "pool": self._pool_state(),
            "models": "ok" if self._embedder_path().is_file() else f"{self._embedder_path()} is gone.",
            "signs": "ok" if self._shelf is not None and self._shelf.glosses else "No sign has a reference.",
        }

    def _pool_state(self) -> str:
        if self._pool is None or self._pool.closing:
            return _NOT_UP
        return "ok" if self._pool.can_start else "Session actors die while they start; the log says more."

    def _embedder_path(self) -> Path:
        return self.settings.models_dir / GESTURE_EMBEDDER

    async def _database_state(self) -> str:
        try:
            await asyncio.wait_for(self.store.library_version(DEFAULT_TENANT), _PROBE_TIMEOUT_S)
        except TimeoutError:
            return "The database does not answer in time."
        except StoreError as failure:
            return str(failure)
        return "ok"

    def _tallies(self) -> list[Tally]:
        return [self._tally, *(part.tally for part in (self._services, self._pool) if part is not None)]

    def _levels(self) -> Levels:
        levels = dict(self._door.levels)
        for part in (self._services, self._pool):
            if part is not None:
                levels.update(part.levels)
        return levels

    @property
    def _ready_shelf(self) -> LibraryShelf:
        if self._shelf is None:
            raise Problem(ProblemCode.SERVER_CLOSING, _NOT_UP)
        return self._shelf

    @property
    def _running_pool(self) -> SessionPool:
        if self._pool is None:
            raise Problem(ProblemCode.SERVER_CLOSING, _NOT_UP)
        return self._pool


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000
