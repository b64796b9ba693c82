"""Pictures of an evaluation. matplotlib is the optional extra ``eval`` of the distribution, so it is imported late."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

_INCHES_PER_LABEL = 0.28


class PlottingUnavailable(RuntimeError):
    """matplotlib is not installed; the message says how to install it."""


def plot_evaluation(
    path: Path, title: str, confusion: np.ndarray, names: Sequence[str], same: np.ndarray, different: np.ndarray
) -> None:
    """Writes a picture of the score distributions and of the confusion matrix to ``path``.

    ``confusion`` ``(n, n + 1)``: counts, true label by nearest label, the last column "none". The file's ending decides
    its format. Raises PlottingUnavailable, ValueError for an unknown format, and OSError where it cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise PlottingUnavailable("Plots need matplotlib: pip install 'storysign[eval]'.") from None
    side = max(5.0, _INCHES_PER_LABEL * len(names) + 2.0)
    figure = Figure(figsize=(6.0 + side, side), layout="constrained")
    FigureCanvasAgg(figure)
    scores, matrix = figure.subplots(1, 2, width_ratios=(6.0, side))
    figure.suptitle(title)
    bins = np.linspace(0.0, 1.0, 41)
    for values, label in ((same, "same sign"), (different, "different sign")):
        scores.hist(values, bins, weights=np.full(len(values), 1.0 / max(len(values), 1)), alpha=0.6, label=label)
    scores.set(xlabel="overall score", ylabel="share of the pairs", title="Scores across signers")
    scores.legend()
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    image = matrix.imshow(shares, vmin=0.0, vmax=1.0, cmap="viridis")
    matrix.set(xlabel="nearest sign", ylabel="true sign", title="Confusions")
    matrix.set_xticks(range(len(names) + 1), [*names, "none"], rotation=90, fontsize=7)
    matrix.set_yticks(range(len(names)), names, fontsize=7)
    figure.colorbar(image, ax=matrix, label="share of the attempts")
    figure.savefig(path, dpi=120)
