"""``storysign signs``: the reference library that learners are measured against."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from actors.learning.rules import LearningRules
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.references import ReferenceRejected
from server.clips import ClipError, read_clip
from server.config import Settings
from server.library.record import as_gloss, checked_record
from server.library.starter import put_starter_signs
from server.models import GESTURE_EMBEDDER, model_path
from storage.landmark_blob import decode
from storage.open import open_store, sqlite_path
from storage.ports import Store
from storage.records import DEFAULT_TENANT, ReferenceRecord, id_from_text, id_text, new_id

T = TypeVar("T")
UNKNOWN_SIGNER = "unknown"

app = typer.Typer(no_args_is_help=True)
Database = Annotated[str | None, typer.Option(metavar="URL", help="Where data is kept: sqlite:///PATH.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class SignsRefused(Exception):
    """The command cannot be carried out as it was given; the text says what to change."""


@app.command("import")
def import_(
    clips: Annotated[
        list[str] | None, typer.Argument(metavar="[CLIP]…", help="A .pose file, FILE.npz#INDEX or a video.")
    ] = None,
    gloss: Annotated[str | None, typer.Option(help="The sign they show [default: the file's name].")] = None,
    signer: Annotated[str, typer.Option(help="Who signs it.")] = UNKNOWN_SIGNER,
    variant: Annotated[str, typer.Option(help="Which form of the sign, such as a region's.")] = "",
    starter: Annotated[bool, typer.Option("--starter", help="Bring the starter letters back.")] = False,
    database: Database = None,
) -> None:
    """Add recordings of signs; a sign can have several. Learners' next sessions are measured against them."""
    if not clips and not starter:
        raise SignsRefused("Say what to import: one or more recordings, or --starter.")
    settings = Settings.from_environment(database_url=database)
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    if starter:
        count = _with_store(settings, lambda store: put_starter_signs(store, settings.models_dir, _now_ms()))
        console.print(f"{count} starter letters are in the library.")
    if not clips:
        return
    records, refused = _read_records(clips, gloss, signer, variant, settings, console)
    _with_store(settings, lambda store: _put_all(store, records))
    for record in records:
        console.print(f"{record.gloss}: added from {record.source}")
    if refused:
        raise SignsRefused(f"{refused} of {len(clips)} recordings could not be used; the reasons stand above.")


@app.command("list")
def list_(as_json: AsJson = False, database: Database = None) -> None:
    """All signs, with the number of their references."""
    records = _references(database)
    by_gloss: dict[str, list[ReferenceRecord]] = {}
    for record in records:
        by_gloss.setdefault(record.gloss, []).append(record)
    if as_json:
        typer.echo(json.dumps({gloss: [_facts(record) for record in of] for gloss, of in by_gloss.items()}))
        return
    if not records:
        typer.echo("The library is empty. Bring the starter letters with: storysign signs import --starter")
        return
    table = Table("sign", "references", "signers", "variants", box=None, pad_edge=False)
    for gloss, of in by_gloss.items():
        signers, variants = {record.signer for record in of}, {record.variant for record in of} - {""}
        table.add_row(gloss, str(len(of)), ", ".join(sorted(signers)), ", ".join(sorted(variants)))
    Console().print(table)


@app.command()
def show(
    gloss: Annotated[str, typer.Argument(metavar="SIGN")], as_json: AsJson = False, database: Database = None
) -> None:
    """Everything known of a sign's references."""
    wanted = as_gloss(gloss)
    facts = [_facts(record) for record in _references(database) if record.gloss == wanted]
    if not facts:
        raise SignsRefused(f"{wanted} is not in the library. What is in it: storysign signs list")
    if as_json:
        typer.echo(json.dumps(facts))
        return
    console = Console(highlight=False, soft_wrap=True, markup=False)
    for fact in facts:
        variant = f", variant {fact['variant']}" if fact["variant"] else ""
        console.print(f"{wanted}  {fact['reference_id']}")
        console.print(f"  signed by {fact['signer']}{variant}; from {fact['source']}, added {fact['added']}")
        console.print(
            f"  {fact['frames']} frames in {fact['duration_ms'] / 1000:.1f} s, layout {fact['layout']}, "
            f"picture {fact['width']} × {fact['height']}"
        )


@app.command()
def remove(
    gloss: Annotated[str, typer.Argument(metavar="SIGN")],
    reference: Annotated[str | None, typer.Option(metavar="ID", help="Only this one (see show).")] = None,
    database: Database = None,
) -> None:
    """Take a sign, or one of its references, out of the library."""
    wanted = as_gloss(gloss)
    try:
        reference_id = None if reference is None else id_from_text(reference)
    except ValueError:
        raise SignsRefused(f"'{reference}' is no reference's id: `storysign signs show {wanted}` lists them.") from None
    settings = Settings.from_environment(database_url=database)
    count = _with_store(settings, lambda store: store.remove_references(DEFAULT_TENANT, wanted, reference_id))
    if not count:
        raise SignsRefused(f"There is no such reference of {wanted}. What is in the library: storysign signs list")
    typer.echo(f"{wanted}: {count} {'reference' if count == 1 else 'references'} removed")


def _read_records(
    clips: Sequence[str], gloss: str | None, signer: str, variant: str, settings: Settings, console: Console
) -> tuple[list[ReferenceRecord], int]:
    """The records of all recordings that can be used, and how many cannot; the reasons are printed."""
    embedder = HandshapeEmbedder(model_path(settings.models_dir, GESTURE_EMBEDDER))
    records, refused = [], 0
    for clip in clips:
        sign = _gloss_of(clip, gloss)
        try:
            recording = read_clip(clip, models_dir=settings.models_dir, note=console.print)
            records.append(
                checked_record(
                    recording,
                    record_id=new_id(),
                    tenant_id=DEFAULT_TENANT,
                    gloss=sign,
                    signer=signer,
                    variant=variant,
                    source=Path(clip).name,
                    now_ms=_now_ms(),
                    embedder=embedder,
                )
            )
        except (ClipError, ReferenceRejected) as error:
            refused += 1
            console.print(f"{clip}: {error}")
    return records, refused


def _gloss_of(clip: str, gloss: str | None) -> str:
    if gloss is not None:
        return as_gloss(gloss)
    if ".npz#" in clip:
        raise SignsRefused(f"Say with --gloss which sign {clip} shows.")
    return as_gloss(Path(clip).name.partition(".")[0])


async def _put_all(store: Store, records: Sequence[ReferenceRecord]) -> None:
    for record in records:
        await store.put_reference(record)


def _references(database: str | None) -> tuple[ReferenceRecord, ...]:
    settings = Settings.from_environment(database_url=database)
    return _with_store(settings, lambda store: store.references(DEFAULT_TENANT))


def _with_store(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    """Opens the store, works, closes it. Raises StoreError."""

    async def run() -> T:
        store = open_store(settings.database_url, LearningRules())
        await store.open()
        try:
            return await work(store)
        finally:
            await store.close()

    path = sqlite_path(settings.database_url)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    return asyncio.run(run())


def _facts(record: ReferenceRecord) -> dict[str, Any]:
    times_ms = decode(record.landmark_blob).times_ms
    return {
        "reference_id": id_text(record.id),
        "signer": record.signer,
        "variant": record.variant,
        "source": record.source,
        "layout": record.layout,
        "width": record.width,
        "height": record.height,
        "frames": len(times_ms),
        "duration_ms": int(times_ms[-1] - times_ms[0]),
        "added": dt.datetime.fromtimestamp(record.created_at_ms / 1000, dt.UTC).date().isoformat(),
    }


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
