"""What `storysign eval` shows: rich tables, and sentences about what took part and what did not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from actors.scoring.evaluation.ablation import HeldOut, Worth
from actors.scoring.evaluation.contrasts import ALIKE, PARAMETERS, TELLS, Contrast
from actors.scoring.evaluation.faults import LEAST_TRUE, LEAST_UNCORRECTED, FaultTable
from actors.scoring.evaluation.figures import Figures, Measured
from actors.scoring.evaluation.fit import Transfer
from actors.scoring.evaluation.invariance import MOST_CHANGE, InvarianceRow
from actors.scoring.evaluation.material import MAX_PAIRS
from actors.scoring.evaluation.minimal_pairs import MinimalPairs
from actors.scoring.evaluation.starter import SelfRank
from actors.scoring.evaluation.weighing import KNOBS, Weighing

NO_PAIRS = (
    "There are no pairs across signers: no label is signed by two different signers. "
    "Give another file with --references, or one with several signers."
)
_MOST_NAMED = 12


def notes(measured: Measured) -> list[str]:
    """Sentences about what the figures leave out."""
    said = []
    material, searched = measured.material, measured.searched
    if not searched.pairs:
        said.append(NO_PAIRS)
    elif searched.unshared:
        said.append(f"Left out, for nobody else signs them: {_listed(searched.unshared)}.")
    if material is not searched:
        said.append(
            f"Sampled (the same way each time) to stay within {MAX_PAIRS:,} pairs: {len(material.attempts)} attempts "
            f"against {len(material.references)} references; top-1 is of {len(searched.attempts)} attempts and "
            f"{len(searched.references)} references."
        )
    if measured.nearest.not_judged:
        said.append(f"Not judged, so without a mark (too little to be seen): {measured.nearest.not_judged} attempts.")
    if measured.refused:
        said.append(f"Unfit as references (no hands, too short, hands lost): {measured.refused} recordings.")
    return said


def print_minimal_pairs(console: Console, rows: Sequence[MinimalPairs]) -> None:
    """How many pairs that differ in one parameter only are told apart."""
    table = Table("parameter", "pairs", "told apart", title="Signs that differ in one parameter only")
    for row in rows:
        table.add_row(row.parameter, str(row.pairs), f"{row.told_apart} ({row.told_apart / max(row.pairs, 1):.3f})")
    console.print(table)


def print_figures(console: Console, document: Mapping[str, Any], found: Figures) -> None:
    """The figures of one file."""
    summary = Table("figure", "value", title=document["file"], title_justify="left")
    for text, key in (
        ("pair AUC, the true sign in the library", "pair_auc"),
        ("pair AUC, the true sign not in the library", "pair_auc_open"),
        ("top-1", "top1"),
        ("equal error rate", "eer"),
        ("processor time of a final judgement, ms", "ms_per_attempt"),
        ("processor time of a streamed frame, µs", "us_per_frame"),
    ):
        summary.add_row(text, _number(document[key], 4 if "auc" in key or key in ("top1", "eer") else 1))
    for text, scores in (("same", found.same), ("another", found.different)):
        if len(scores):
            summary.add_row(f"median score of {text} sign", _number(float(np.median(scores)), 3))
    counts = " ".join(str(document[key]) for key in ("n", "labels", "signers"))
    summary.add_row("clips, labels, signers in the file", counts)
    summary.add_row("attempts and pairs compared", f"{found.attempts} {found.pairs}")
    console.print(summary)
    labels = Table("sign", "attempts", "signers", "AUC", "top-1", "same sign", "other sign", "taken for", title="Signs")
    for row in found.table:
        values = (row.auc, row.top1, row.same_median, row.other_median)
        labels.add_row(row.label, str(row.attempts), str(row.signers), *map(_number, values), row.taken_for or "")
    console.print(labels)
    if found.hard_pairs:
        hard = Table("sign", "and sign", "AUC", title="Hardest to tell apart")
        for pair in found.hard_pairs:
            hard.add_row(pair.a, pair.b, _number(pair.auc))
        console.print(hard)


def print_invariance(console: Console, rows: Sequence[InvarianceRow]) -> None:
    """Each transform with what it did to the overall score."""
    table = Table("transform", "attempts", "mean |change|", "drift", "worst", "no longer judged", "")
    for row in rows:
        changes = map(_number, (row.mean_change, row.drift, row.worst_change))
        table.add_row(row.transform, str(row.attempts), *changes, str(row.not_judged), _verdict(row.holds))
    console.print(table)
    console.print(f"Asked for: mean |change| of the score ≤ {MOST_CHANGE}, and every copy judged.", highlight=False)


def print_transfer(console: Console, rows: Sequence[Transfer]) -> None:
    """How marks, fitted to the other files, serve each file."""
    title = "Marks in each file, fitted to the others: same sign, other sign"
    columns = ("accuracy AUC", "AUC, true sign unknown", "median accuracy", "median score", "successes")
    table = Table("file", *columns, title=title)
    for row in rows:
        pairs = (f"{same:.3f}, {other:.3f}" for same, other in (row.accuracies, row.scores, row.successes))
        table.add_row(row.name, *map(_number, (row.pair_auc, row.pair_auc_open)), *pairs)
    console.print(table)


def print_ablation(
    console: Console, names: Sequence[str], rows: Sequence[tuple[Weighing, Sequence[Worth | None]]]
) -> None:
    """Each weighing with how it fares in each source."""
    title = "What each part is worth: AUC / AUC, true sign unknown · top-1, by distance and cohort"
    table = Table("weighing", *names, title=title)
    for weighing, found in rows:
        table.add_row(weighing.name, *map(_worth, found))
    console.print(table)


def print_held_out(console: Console, rows: Sequence[HeldOut]) -> None:
    """Each source under weights that were chosen without it."""
    title = "Weights chosen on the other sources"
    table = Table("source", "as shipped", "chosen without it", "all the same", title=title)
    for row in rows:
        table.add_row(row.name, *map(_worth, (row.shipped, row.chosen, row.equal)))
    console.print(table)
    weights = Table("chosen without", *KNOBS, title="The chosen weights, as multiples of the shipped ones")
    for row in rows:
        weights.add_row(row.name, *(f"{times:.2g}" for times in row.weighing.multiples))
    console.print(weights)


def _worth(found: Worth | None) -> str:
    return "–" if found is None else f"{found.closed:.4f} / {found.open:.4f} · {found.top1:.3f}"


def print_contrasts(console: Console, rows: Sequence[Contrast], every: Sequence[Contrast]) -> None:
    """Pairs of signs with what each parameter alone tells of them."""
    table = Table("sign", "and sign", "whole", *PARAMETERS, "differs in", title="AUC of each parameter alone")
    for row in rows:
        table.add_row(row.a, row.b, *map(_number, (row.whole, *row.by_parameter)), row.parameter or "")
    console.print(table)
    minimal = sum(row.parameter is not None for row in every)
    console.print(
        f"{minimal} of {len(every)} pairs differ in one parameter only: it tells them apart (AUC ≥ {TELLS}), and none "
        f"of the others does (≤ {ALIKE}).",
        highlight=False,
    )


def print_faults(console: Console, found: FaultTable) -> None:
    """Each alteration with how often it was named: by the recording itself, and by other signers' references."""
    _print_alterations(console, found)
    console.print(
        f"Named above the thresholds: {_number(found.named)}. Unchanged copies without a correction: "
        f"{_number(found.clean)} of {found.unchanged}. Asked for: ≥ {LEAST_TRUE} each.",
        highlight=False,
    )
    _print_false_codes(console, "unchanged copies", found)
    others = found.by_others
    if others is not None:
        console.print("\nJudged by other signers' references, as recorded and grossly altered:", highlight=False)
        _print_alterations(console, others)
        console.print(
            f"Correct signing by another signer: share without a correction: {_number(others.clean)} of "
            f"{others.unchanged}. Asked for: ≥ {LEAST_UNCORRECTED}.",
            highlight=False,
        )
        shares = ", ".join(f"{signer} {share:.2f} of {count}" for signer, count, share in others.by_signer)
        console.print(f"By signer: {shares}.", highlight=False, markup=False)
        _print_false_codes(console, "correct signing by another signer", others)
    console.print(f"All of that {_verdict(found.holds)}.", highlight=False)


def _print_alterations(console: Console, found: FaultTable) -> None:
    table = Table("alteration", "size", "cases", "named", "named first", "only the parameter", "must be found")
    for row in found.rows:
        shares = map(_number, (row.named, row.first, row.parameter_only))
        table.add_row(row.kind, row.size, str(row.cases), *shares, "yes" if row.above_threshold else "")
    console.print(table)


def _print_false_codes(console: Console, of: str, found: FaultTable) -> None:
    if found.false_codes:
        listed = ", ".join(f"{code} {count}" for code, count in found.false_codes)
        console.print(f"Corrections of {of}: {listed}.", highlight=False)


def print_ranks(console: Console, ranks: Sequence[SelfRank]) -> None:
    """Each recording with the rank of its own sign."""
    table = Table("sign", "rank", "score", "best other", "its score")
    for row in ranks:
        rank = "not judged" if row.rank is None else str(row.rank)
        table.add_row(row.label, rank, _number(row.score), row.best_other or "", _number(row.best_other_score))
    console.print(table)
    first = sum(row.rank == 1 for row in ranks)
    console.print(f"{first} of {len(ranks)} rank their own sign first.", highlight=False)


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _verdict(holds: bool) -> str:
    return "[green]holds[/]" if holds else "[red]does not hold[/]"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
