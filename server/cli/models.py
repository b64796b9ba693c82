"""`storysign models`: fetch and check the model files and starter recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from server import models
from server.config import Settings

app = typer.Typer(no_args_is_help=True)


@app.command()
def pull(
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="DIR", exists=True, file_okay=False, help="Take the files from this folder."),
    ] = None,
    quiet_when_complete: Annotated[bool, typer.Option(help="Say nothing where nothing is missing.")] = False,
) -> None:
    """Fetch what is missing or damaged, check it, keep it in the cache folder."""
    folder = Settings.from_environment().models_dir
    console = Console(stderr=True)
    columns = (TextColumn("  {task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
            tasks: dict[str, int] = {}

            def show(name: str, done_bytes: int, total_bytes: int) -> None:
                if name not in tasks:
                    tasks[name] = bars.add_task(name, total=total_bytes)
                bars.update(tasks[name], completed=done_bytes)  # type: ignore[arg-type]

            if not quiet_when_complete or not all(state == "present" for state in models.verify(folder).values()):
                console.print(f"• Fetching models and starter signs into {folder}", highlight=False, soft_wrap=True)
            fetched = models.pull(folder, source, show)
    except models.ModelError as error:
        console.print(str(error), highlight=False, soft_wrap=True, markup=False)
        raise typer.Exit(1) from error
    if fetched:
        console.print(f"  {len(fetched)} files fetched and checked", highlight=False)
    elif not quiet_when_complete:
        console.print("  everything was there already", highlight=False)


@app.command()
def verify() -> None:
    """Check every file against its SHA-256; the exit status is 1 where one is missing or damaged."""
    folder = Settings.from_environment().models_dir
    states = models.verify(folder)
    wrong = {name: state for name, state in states.items() if state != "present"}
    typer.echo(f"{len(states) - len(wrong)} of {len(states)} files are in {folder}, whole.")
    for name, state in wrong.items():
        typer.echo(f"  {state}: {name}")
    if wrong:
        typer.echo("Fetch them with: storysign models pull")
        raise typer.Exit(1)
