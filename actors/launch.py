"""Where Ray begins: the plain classes become actors here, each in one visible place."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.judge import JudgeActor
from actors.session.actor import ActorSetup, SessionActor
from actors.slot import Spawned
from actors.writer import WriterActor

_OBJECT_STORE_BYTES = 80 * 1024 * 1024
"""Ray's smallest, nearly: no frame and no library travels through its object store."""


def start_ray(address: str | None, folder: Path) -> None:
    """Joins the cluster at ``address``, or starts Ray for this process alone with its files in ``folder``.

    The process's working folder goes first in the workers' module path, so it is left for an empty one.
    """
    os.chdir(folder)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray gives workers niceness 15: beside a browser that finds landmarks on the same machine, feedback would starve.
    os.environ.setdefault("RAY_worker_niceness", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Histories of tasks are for Ray's dashboard, which is not there: two threads and an eighth of an actor's wake-ups.
    os.environ.setdefault("RAY_task_events_report_interval_ms", "0")
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "namespace": "storysign"}
    if address is not None:
        ray.init(address=address, **quiet)
        return
    ray.init(
        address="local",
        include_dashboard=False,
        num_cpus=1,
        object_store_memory=_OBJECT_STORE_BYTES,
        _temp_dir=str(folder),
        **quiet,
    )
    _end_idle_helpers()


def _end_idle_helpers() -> None:
    """Ends two processes that nothing asks: the autoscaler's monitor of a cluster of one, and the reader of logs that
    go nowhere. They cost 97 MB and a fiftieth of a processor, and only ``ray start`` has switches for them.
    """
    node = ray._private.worker._global_node
    node.kill_monitor(check_alive=False)
    node.kill_log_monitor(check_alive=False)


def stop_ray() -> None:
    """Leaves the cluster; ends all of Ray that ``start_ray`` started."""
    ray.shutdown()


def start_writer(database_url: str, socket_path: str, log_path: str | None) -> Spawned:
    """The node's writer, asked by ``actors.service_link``. Ray starts it again when it dies, and it listens again."""
    return _start_service(WriterActor, database_url, socket_path, log_path)


def start_judge(embedder_path: str, library: str, socket_path: str, log_path: str | None) -> Spawned:
    """One of the node's judges, asked as the writer is, and started again as it is."""
    return _start_service(JudgeActor, embedder_path, library, socket_path, log_path)


def _start_service(kind: type[WriterActor] | type[JudgeActor], *arguments: str | None) -> Spawned:
    actor = ray.remote(kind).options(
        num_cpus=0, max_restarts=-1, max_task_retries=-1, scheduling_strategy=_this_node()
    )
    handle = actor.remote()
    ended = asyncio.wrap_future(handle.run.remote(*arguments).future())
    return Spawned(ended, lambda: ray.kill(handle))


def session_spawner(setup: ActorSetup) -> Callable[[int], Spawned]:
    """Starts blank session actors on this node; ``setup.slot`` is set for each."""
    actor = ray.remote(SessionActor).options(num_cpus=0, max_restarts=0, scheduling_strategy=_this_node())

    def spawn(slot: int) -> Spawned:
        handle = actor.remote()
        ended = asyncio.wrap_future(handle.run.remote(replace(setup, slot=slot)).future())
        return Spawned(ended, lambda: ray.kill(handle))

    return spawn


def _this_node() -> NodeAffinitySchedulingStrategy:
    """A learner's socket is handed over by file descriptor, which does not leave the machine."""
    return NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
