"""The report of a run: JSON for machines, one HTML file with plots for people, and the raw samples."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from loadtests import samples as names
from loadtests.samples import LATENCIES, PERCENTS, Samples, summary
from loadtests.truth import Row, marks_against_truth

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; margin: 1rem 0; } th, td { padding: .25rem .8rem; text-align: right; }
th:first-child, td:first-child { text-align: left; } tr { border-bottom: 1px solid #d0d7de; }
.void { background: #ffebe9; border-left: 4px solid #cf222e; padding: .5rem 1rem; } img { max-width: 100%; }
"""


def write_report(stem: Path, facts: dict[str, Any], samples: Samples, rows: Sequence[Row]) -> dict[str, Any]:
    """Writes ``stem``.json, .html and .samples.npz; returns what the JSON holds."""
    found = {**facts, **summary(samples), "marks": marks_against_truth(rows)}
    stem.parent.mkdir(parents=True, exist_ok=True)
    stem.with_suffix(".json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
    samples.save(stem.with_suffix(".samples.npz"))
    stem.with_suffix(".html").write_text(_page(found, samples, rows), "utf-8")
    return found


def _page(found: dict[str, Any], samples: Samples, rows: Sequence[Row]) -> str:
    title = f"Load: {found['shape']}, {found['learners']} learners, {found['run_s']:g} s"
    void = f'<p class="void">This run does not count. {html.escape(found["why_not"])}</p>' if found["why_not"] else ""
    troubles = "".join(f'<p class="void">{html.escape(text)}</p>' for text in found["troubles"])
    heads = ("what, ms", "count", "min", *(f"p{percent:g}" for percent in PERCENTS), "max")
    latencies = [
        [name, *(spread[key] for key in ("count", "min", *heads[3:]))] for name, spread in found["latency_ms"].items()
    ]
    marks = found["marks"]
    fairness = [
        [name, " / ".join(entry["groups"]), f"{entry['difference']:+.4f}", f"± {entry['error']:.4f}"]
        for name, entry in marks["fairness"].items()
    ]
    return "\n".join(
        (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>',
            f"<h1>{title}</h1><p>{html.escape(found['what'])}; seed {found['seed']}; the generator used "
            f"{found['generator_cpu_share']:.0%} of one core.</p>{void}{troubles}",
            "<h2>Times</h2>",
            _table(heads, latencies),
            _image(_over_time(samples)),
            _image(_distribution(samples)),
            "<h2>Counts</h2>",
            _table(("what", "count"), list(found["counts"].items())),
            "<h2>Marks against the known truth</h2>",
            _table(("mark", "rank correlation with skill"), list(marks["rank_correlation"].items())),
            _table(("fairness", "groups", "difference of marks", "standard error"), fairness),
            _image(_marks(rows)),
        )
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    def line(cells: Sequence[Any], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    return "<table>" + line(heads, "th") + "".join(line(row, "td") for row in rows) + "</table>"


def _figure(height: float) -> Any:
    # Imported here: a run needs matplotlib only once, after its measurements.
    from matplotlib.figure import Figure

    return Figure(figsize=(10.0, height), layout="constrained")


def _image(figure: Any) -> str:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110)
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}">'


def _over_time(samples: Samples) -> Any:
    figure = _figure(4.0)
    axes = figure.subplots()
    start_s = min((samples.times_s(name)[0] for name in samples.names), default=0.0)
    for name in LATENCIES:
        values_ms = samples.values_ms(name)
        if len(values_ms):
            axes.plot(samples.times_s(name) - start_s, values_ms, ".", markersize=2, label=name)
    axes.set(yscale="log", xlabel="seconds", ylabel="ms", title="Every measurement")
    axes.legend(markerscale=5, fontsize=8)
    return figure


def _distribution(samples: Samples) -> Any:
    figure = _figure(4.0)
    axes = figure.subplots()
    for name in (*LATENCIES, names.LATENESS):
        values_ms = np.sort(samples.values_ms(name))
        if len(values_ms):
            above = 1.0 - np.arange(len(values_ms)) / len(values_ms)
            axes.plot(values_ms, above, drawstyle="steps-post", label=name)
    axes.set(xscale="log", yscale="log", xlabel="ms", ylabel="share that took longer", title="Tails")
    axes.legend(fontsize=8)
    return figure


def _marks(rows: Sequence[Row]) -> Any:
    figure = _figure(4.0)
    axes = figure.subplots()
    for left_handed, colour in ((True, "tab:blue"), (False, "tab:orange")):
        shown = [row for row in rows if row[1]["judged"] and row[0]["left_handed"] is left_handed]
        skills = [truth["overall_skill"] for truth, _ in shown]
        label = "left-handed" if left_handed else "right-handed"
        axes.plot(skills, [result["score"] for _, result in shown], ".", color=colour, label=label)
    axes.set(xlabel="true skill", ylabel="mark", title="Each attempt")
    axes.legend(fontsize=8)
    return figure
