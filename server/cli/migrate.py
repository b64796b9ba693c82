"""`storysign migrate`: the schema of the database, up, down, and compared with what it should be."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from server.cli.store_command import Database, now_ms
from server.config import Settings
from storage.errors import StoreError
from storage.migrate import Migrator
from storage.open import open_engine

T = TypeVar("T")
app = typer.Typer(no_args_is_help=True)


@app.command()
def up(database: Database = None, to: Annotated[int | None, typer.Option(help="Stop at this version.")] = None) -> None:
    """Bring the schema up to what this StorySign needs. What was interrupted is taken up again."""
    done = _with_migrator(database, lambda migrator: migrator.up(now_ms(), to))
    typer.echo(f"Applied {_numbers(done)}." if done else "The schema was up to date.")


@app.command()
def down(
    to: Annotated[int, typer.Option(help="The version to go back to; 0 removes everything.", min=0)],
    database: Database = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Undo migrations, newest first. The data in what they made is lost, so it asks first."""
    states = _with_migrator(database, lambda migrator: migrator.status())
    undone = [state for state in states if state.number > to and state.applied_at_ms is not None]
    if not undone:
        typer.echo("There is nothing to undo.")
        return
    names = ", ".join(f"{state.number:04}_{state.name}" for state in reversed(undone))
    if not yes:
        typer.confirm(f"Undo {names} and lose the data in the tables they made?", abort=True)
    typer.echo(f"Undid {_numbers(_with_migrator(database, lambda migrator: migrator.down(to)))}.")


@app.command()
def status(database: Database = None) -> None:
    """Show every migration and whether it is applied."""
    table = Table("version", "name", "state", "applied at (UTC)", box=None)
    for state in _with_migrator(database, lambda migrator: migrator.status()):
        table.add_row(f"{state.number:04}", state.name, state.state, _time(state.applied_at_ms))
    Console().print(table)


@app.command()
def verify(database: Database = None) -> None:
    """Compare the live schema with the declared one; the exit status is 1 where they differ."""
    differences = _with_migrator(database, lambda migrator: migrator.verify())
    for difference in differences:
        typer.echo(difference)
    if differences:
        raise typer.Exit(1)
    typer.echo("The schema is as declared.")


def _with_migrator(url: str | None, work: Callable[[Migrator], Awaitable[T]]) -> T:
    """Does the work on the database; whatever hinders it ends the command with one sentence."""

    async def run() -> T:
        engine = open_engine(Settings.from_environment(database_url=url).database_url)
        await engine.open()
        try:
            return await work(Migrator(engine))
        finally:
            await engine.close()

    try:
        return asyncio.run(run())
    except StoreError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def _numbers(numbers: list[int]) -> str:
    return ", ".join(f"{number:04}" for number in numbers)


def _time(at_ms: int | None) -> str:
    return "" if at_ms is None else f"{dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC):%Y-%m-%d %H:%M:%S}"
