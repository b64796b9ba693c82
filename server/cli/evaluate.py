"""`storysign eval`: how well the scorer tells signs apart, what changes its marks, whether its findings are true."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track as rich_track
from typer.core import TyperGroup

from actors.scoring.calibrate import to_json
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.evaluation.ablation import Source, ablation, held_out, measure_source, worth
from actors.scoring.evaluation.contrasts import contrasts
from actors.scoring.evaluation.dataset import DatasetError, LabelledClip, read_dataset
from actors.scoring.evaluation.excerpt import write_excerpt
from actors.scoring.evaluation.faults import LEAST_TRUE, fault_table
from actors.scoring.evaluation.figures import figures
from actors.scoring.evaluation.fit import fit_calibration, leave_one_out, sample_pairs
from actors.scoring.evaluation.invariance import invariance_table
from actors.scoring.evaluation.libraries import Item, References, prepare_references
from actors.scoring.evaluation.material import choose_material, in_turn
from actors.scoring.evaluation.minimal_pairs import minimal_pairs
from actors.scoring.evaluation.pairs import measure_scores
from actors.scoring.evaluation.plots import plot_evaluation
from actors.scoring.evaluation.starter import changed_copies, self_ranks
from actors.scoring.evaluation.timing import time_scoring
from actors.scoring.results import SCORER_VERSION
from protocol.landmarks import HANDS, HANDS_POSE, LAYOUTS, Layout
from server import models
from server.cli import evaluate_tables as tables
from server.clips import read_clip
from server.config import Settings

DEFAULT_COMMAND = "file"
COPIED_CLIPS, LENT_REFERENCES = 100, 300
"""Recordings that `invariance` and `faults` change, and references they judge by; more give the same picture."""
_PROGRESS_LINES = 10
PAIRED_CLIPS = 30
"""Recordings that `minimal` alters."""
SHOWN_CONTRASTS = 15
STARTER_SIGNER = "starter"
STARTER_PASS = 24
_LONG_TASK = 100
"""Steps from which a task says how far it is where no bar can be drawn."""


class SequenceLayout(StrEnum):
    """Layouts that a sequence file can be read in."""

    HANDS = HANDS.name
    HANDS_POSE = HANDS_POSE.name


class _FileFirst(TyperGroup):
    """`storysign eval FILE` stands for `storysign eval file FILE`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = [DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_FileFirst,
    no_args_is_help=True,
    help="Measure how well signs are told apart: `storysign eval FILE.npz`, or one of the commands below.",
)
_notes = Console(stderr=True, highlight=False, soft_wrap=True)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE.npz", help="Sequences, or static hands.")]
OptionalFile = Annotated[
    Path | None, typer.Argument(metavar="[FILE.npz]", help="Sequences, or static hands; else the starter signs.")
]


@app.command(DEFAULT_COMMAND)
def file(
    path: FileArgument,
    references: Annotated[
        Path | None, typer.Option(metavar="FILE.npz", help="Compare with these, not with the file's other signers.")
    ] = None,
    layout: Annotated[
        SequenceLayout | None, typer.Option(help="Read these points only; default: all that the file has.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="OUT.png", help="Draw the scores and confusions.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Score every attempt in FILE against other signers' references, and say how well that tells signs apart."""
    points = None if layout is None else LAYOUTS[layout.value]
    clips = read_dataset(path, points)
    embedder = _embedder()
    library = None if references is None else read_dataset(references, points)
    measured, made = measure_scores(clips, library, embedder, _track)
    timing = time_scoring(measured.searched.attempts, made, embedder, time.process_time)
    found = figures(measured)
    for note in tables.notes(measured):
        _notes.print(note, markup=False)
    labels, signers = {clip.label for clip in clips}, {clip.signer for clip in clips}
    document = found.as_json(str(path), len(clips), len(labels), len(signers), timing)
    if as_json:
        print(json.dumps(document, ensure_ascii=False, allow_nan=False))
    else:
        tables.print_figures(Console(), document, found)
    if plot is not None:
        plot_evaluation(plot, path.name, found.confusion, found.names, found.same, found.different)
        _notes.print(f"The plot is in {plot}.", markup=False)


@app.command()
def calibrate(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE.npz …", help="Files of different people and signs.")],
    out: Annotated[Path, typer.Option(metavar="OUT.json", help="Where to write the calibration.")],
) -> None:
    """Fit the curves from distances to marks, and show how the fit to the other files serves each file."""
    embedder = _embedder()
    samples, sources = [], []
    for path in paths:
        sample = sample_pairs(path.name, read_dataset(path), embedder, _track)
        if sample is None:
            raise DatasetError(f"{path}: {tables.NO_PAIRS}")
        samples.append(sample)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        sources.append({"file": path.name, "sha256": digest, "pairs": len(sample.same), "same": int(sample.same.sum())})
    fitted = fit_calibration(samples, {"scorer_version": SCORER_VERSION, "files": sources})
    out.write_text(json.dumps(to_json(fitted), indent=2) + "\n", "utf-8")
    tables.print_transfer(Console(), leave_one_out(samples) if len(samples) > 1 else [])
    _notes.print(f"Calibration {fitted.version} is in {out}.", markup=False)


@app.command("ablation")
def ablate(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE.npz …", help="Files of different people and signs.")],
    shown: Annotated[
        list[Path] | None, typer.Option(metavar="FILE.npz", help="Show this file too, but choose no weights by it.")
    ] = None,
) -> None:
    """Show what each block and measurement is worth, and what weights other files would choose for each file."""
    embedder = _embedder()
    chosen = [(path, True) for path in paths] + [(path, False) for path in shown or []]
    sources = [_source(path, embedder, chooses) for path, chooses in chosen]
    judge = cache(worth)
    tables.print_ablation(Console(), [source.name for source in sources], ablation(sources, judge, _track))
    tables.print_held_out(Console(), held_out(sources, judge, _track))


def _source(path: Path, embedder: HandshapeEmbedder, chooses: bool) -> Source:
    found = measure_source(path.stem, read_dataset(path), embedder, chooses, _track)
    if found is None:
        raise DatasetError(f"{path}: {tables.NO_PAIRS}")
    return found


@app.command()
def excerpt(
    path: FileArgument,
    out: Annotated[Path, typer.Option(metavar="OUT.npz", help="Where to write the part.")],
    signer: Annotated[list[str] | None, typer.Option(help="Only this signer; may be given again.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="Only this sign; may be given again.")] = None,
    without: Annotated[
        list[str] | None, typer.Option(metavar="LABEL:SIGNER", help="Not this signer's recordings of this sign.")
    ] = None,
) -> None:
    """Write a part of FILE, such as the recordings of some signers, as a file of its own."""
    left_out = {(label, signer) for label, _, signer in (each.partition(":") for each in without or [])}
    count = write_excerpt(path, out, signer or (), label or (), left_out)
    _notes.print(f"{count} recordings are in {out}.", markup=False)


@app.command()
def invariance(path: OptionalFile = None) -> None:
    """Judge recordings as they are and mirrored, scaled, moved, rolled, at other frame rates and tempos."""
    rows = invariance_table(*_recordings_to_change(path), _track)
    tables.print_invariance(Console(), rows)
    if not all(row.holds for row in rows):
        raise typer.Exit(1)


@app.command()
def faults(path: OptionalFile = None) -> None:
    """Change one parameter of one hand of real recordings, and see whether the findings name it."""
    table = fault_table(*_recordings_to_change(path), _track)
    tables.print_faults(Console(), table)
    if not table.holds:
        raise typer.Exit(1)


@app.command()
def minimal(path: OptionalFile = None) -> None:
    """Make signs that differ in one parameter only out of real recordings, and see whether they are told apart."""
    clips = _starter_clips() if path is None else in_turn(read_dataset(path))[:PAIRED_CLIPS]
    rows = minimal_pairs(clips, _embedder(), _track)
    tables.print_minimal_pairs(Console(), rows)
    if any(row.told_apart < LEAST_TRUE * row.pairs for row in rows):
        raise typer.Exit(1)


@app.command("contrasts")
def contrast(
    path: FileArgument,
    pair: Annotated[
        list[str] | None, typer.Option(metavar="A:B", help="Show these two signs; may be given again.")
    ] = None,
    with_starter: Annotated[
        bool, typer.Option("--with-starter", help="The starter letters are one more signer; only hands are compared.")
    ] = False,
) -> None:
    """For each two signs of FILE, say how well each parameter alone tells them apart: what differs in one only?"""
    clips = read_dataset(path, HANDS if with_starter else None)
    found = contrasts(clips + (_starter_clips(HANDS) if with_starter else []), _embedder(), _track)
    if not found:
        raise DatasetError(f"{path}: {tables.NO_PAIRS}")
    asked = [set(each.split(":", 1)) for each in pair or []]
    shown = [each for each in found if {each.a, each.b} in asked] if asked else found[:SHOWN_CONTRASTS]
    tables.print_contrasts(Console(), shown, found)


@app.command()
def starter() -> None:
    """Judge a changed copy of every starter letter as each of the 26: does its own letter come first?"""
    ranks = self_ranks(_starter_clips(), _embedder(), _track)
    tables.print_ranks(Console(), ranks)
    if sum(rank.rank == 1 for rank in ranks) < STARTER_PASS:
        raise typer.Exit(1)


def _recordings_to_change(path: Path | None) -> tuple[Sequence[LabelledClip], References, HandshapeEmbedder]:
    """Attempts and other signers' references; the starter signs, which one person signs, are judged as copies."""
    embedder = _embedder()
    if path is None:
        clips = _starter_clips()
        return changed_copies(clips), prepare_references(clips, embedder, _track), embedder
    material = choose_material(read_dataset(path))
    if not material.pairs:
        raise DatasetError(tables.NO_PAIRS)
    attempts = in_turn(material.attempts)[:COPIED_CLIPS]
    return attempts, prepare_references(in_turn(material.references)[:LENT_REFERENCES], embedder, _track), embedder


def _starter_clips(layout: Layout = HANDS_POSE) -> list[LabelledClip]:
    folder = Settings.from_environment().models_dir / models.STARTER_SIGNS_FOLDER
    paths = sorted(folder.glob("*.pose"))
    if not paths:
        raise models.ModelError("missing", f"There are no starter signs in {folder}: run `storysign models pull`.")
    return [
        LabelledClip(read_clip(str(path), layout=layout), path.stem, STARTER_SIGNER, path.name, index)
        for index, path in enumerate(paths)
    ]


def _embedder() -> HandshapeEmbedder:
    return HandshapeEmbedder(models.model_path(Settings.from_environment().models_dir, models.GESTURE_EMBEDDER))


def _track(items: Sequence[Item], what: str) -> Iterable[Item]:
    """A bar on a terminal; elsewhere (a log, a pipe) a line for every tenth of the way."""
    if _notes.is_terminal:
        yield from rich_track(items, what, console=_notes, transient=True)
        return
    step = max(-(-len(items) // _PROGRESS_LINES), 1)
    for number, item in enumerate(items, 1):
        yield item
        if number % step == 0 and len(items) > _PROGRESS_LINES:
            _notes.print(f"{what}: {number} of {len(items)}", markup=False)
