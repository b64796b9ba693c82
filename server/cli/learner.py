"""`storysign learner`: all of one learner's data, to take along or to remove for good."""

from __future__ import annotations

import datetime as dt
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli.store_command import Database, with_store
from storage.records import Id, id_from_text, id_text

app = typer.Typer(no_args_is_help=True)
SECRET = "token_hash"
LANDMARKS = "landmark_data"
_ABOUT = """One learner's data, exported from StorySign.

One file a table, one JSON object a line. Ids are hexadecimal; times are Unix time in milliseconds, UTC; marks are whole
numbers of 1/10,000; experience points whole numbers of 1/100. landmarks/SESSION-ATTEMPT.blob holds the landmarks of
an attempt (format: StorySign's docs/storage.md).
"""


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


def write_zip(file: Any, tables: Mapping[str, list[dict[str, Any]]]) -> None:
    """Writes the tables of ``Upkeep.export_learner`` as JSON lines, landmarks as files of their own."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _ABOUT)
        for table, rows in sorted(tables.items()):
            lines = []
            for row in rows:
                if LANDMARKS in row:
                    name = f"landmarks/{bytes(row['session_id']).hex()}-{row['attempt_number']}.blob"
                    archive.writestr(name, bytes(row[LANDMARKS]))
                    row = row | {LANDMARKS: name}
                lines.append(json.dumps({key: _plain(value) for key, value in row.items() if key != SECRET}) + "\n")
            archive.writestr(f"{table}.jsonl", "".join(lines))


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, dt.date) else value
