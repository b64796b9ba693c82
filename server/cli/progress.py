"""`storysign progress`: is what was added up still what the attempts say?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from server.cli.store_command import Database, now_ms, with_store
from storage.ports import Store
from storage.records import Id, id_text

app = typer.Typer(no_args_is_help=True)
PAGE = 200


@app.command()
def check(database: Database = None) -> None:
    """Recompute all progress from the attempts and show each difference; the exit status is 1 where there is one."""
    learners, differing = with_store(database, lambda store: _walk(store, store.check_progress))
    typer.echo(f"{learners} learners checked, {differing} differ.")
    if differing:
        raise typer.Exit(1)


@app.command()
def rebuild(database: Database = None) -> None:
    """Write anew what differs. A server may go on meanwhile."""
    learners, repaired = with_store(
        database, lambda store: _walk(store, lambda learner_id: store.repair_progress(learner_id, now_ms()))
    )
    typer.echo(f"{learners} learners checked, {repaired} repaired.")


async def _walk(store: Store, look: Callable[[Id], Awaitable[tuple[str, ...]]]) -> tuple[int, int]:
    """Looks at every learner, shows what is found; gives how many there are and how many had something."""
    seen = found = 0
    console = Console(stderr=True)
    columns = (TextColumn("  learners"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        async for learner_id in _learners(store):
            differences = await look(learner_id)
            for difference in differences:
                typer.echo(f"{id_text(learner_id)}: {difference}")
            seen, found = seen + 1, found + bool(differences)
            bar.update(task, completed=seen)
    return seen, found


async def _learners(store: Store) -> AsyncIterator[Id]:
    page = await store.learner_ids(None, PAGE)
    while page:
        for learner_id in page:
            yield learner_id
        page = await store.learner_ids(page[-1], PAGE)
