"""`storysign seed-demo`: made-up learners with a past, in a tenant of their own."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from server.cli.store_command import Database, now_ms, with_store
from server.demo import DemoSize, demo_learner
from storage.ports import Store

DEMO_TENANT = "demo"


def seed_demo(
    learners: Annotated[int, typer.Option(help="How many learners.", min=1)] = 20,
    sessions: Annotated[int, typer.Option(help="Sessions of each.", min=1)] = 200,
    attempts: Annotated[int, typer.Option(help="Attempts in each session.", min=1, max=1_000)] = 10,
    seed: Annotated[int, typer.Option(help="Another number makes other learners.")] = 1,
    database: Database = None,
) -> None:
    """Fill the database with made-up learners, in the tenant `demo`, without landmarks."""
    with_store(database, lambda store: _fill(store, learners, DemoSize(sessions, attempts), seed))
    typer.echo(f"{learners} learners with {learners * sessions * attempts} attempts are in the tenant `{DEMO_TENANT}`.")


async def _fill(store: Store, learners: int, size: DemoSize, seed: int) -> None:
    console, at_ms = Console(stderr=True), now_ms()
    columns = (TextColumn("  learners"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        for number in bar.track(range(learners)):
            learner, history = demo_learner(number, seed, DEMO_TENANT, size, at_ms)
            await store.load_history(learner, history, at_ms)
