"""`storysign learner`: all of one learner's data, to take along or to remove for good, and the learner's role."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from server.cli.store_command import Database, with_store
from server.config import Settings
from server.learner_archive import write_zip
from storage.open import sqlite_path
from storage.records import Id, Role, id_from_text, id_text
from storage.sqlite.upgrade import copies_of

app = typer.Typer(no_args_is_help=True)


def _learner_id(text: str) -> Id:
    try:
        return id_from_text(text)
    except ValueError as error:
        raise typer.BadParameter("a learner's id is 32 hexadecimal digits") from error


LearnerId = Annotated[bytes, typer.Argument(metavar="ID", parser=_learner_id, help="The learner's id.")]


@app.command()
def export(
    learner_id: LearnerId,
    to: Annotated[Path | None, typer.Option(metavar="FILE", help="The zip [default: learner-ID.zip].")] = None,
    database: Database = None,
) -> None:
    """Put everything that is kept of a learner into a zip file."""
    path = to or Path(f"learner-{id_text(learner_id)}.zip")
    tables = with_store(database, lambda store: store.export_learner(learner_id))
    # The file is the learner's, not everybody's on this machine; an existing one is not overwritten.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        write_zip(file, tables)
    typer.echo(f"{sum(map(len, tables.values()))} rows of {len(tables)} tables are in {path}.")


@app.command()
def delete(
    learner_id: LearnerId,
    database: Database = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove everything that is kept of a learner, for good."""
    if not yes:
        typer.confirm(f"Remove learner {id_text(learner_id)} and all their data for good?", abort=True)
    removed = with_store(database, lambda store: store.delete_learner(learner_id))
    typer.echo(f"{removed} rows are gone.")
    path = sqlite_path(Settings.from_environment(database_url=database).database_url)
    for copy in copies_of(path) if path is not None else ():
        typer.echo(f"The copy that an upgrade made may still hold them: remove {copy}.")


@app.command()
def role(
    learner_id: LearnerId,
    wanted: Annotated[Role, typer.Argument(metavar="ROLE", help="learner or educator")],
    database: Database = None,
) -> None:
    """Make a learner an educator, who may look at the practice of every learner of the tenant, or a learner again."""
    with_store(database, lambda store: store.set_role(learner_id, wanted))
    typer.echo(f"Learner {id_text(learner_id)} has the role {wanted} now.")
