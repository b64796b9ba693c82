"""What scoring costs, in processor time: a streamed frame, a final judgement, and the handshape embedder alone.

``python -m loadtests.bench_scoring`` prints a table and writes ``reports/bench_scoring.json``. The attempt is three
seconds of five starter letters, one after the other, with the signing hand's mirror image as a second hand, so that
both hands are seen in every frame; the library holds all 26 letters.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import numpy as np
from rich.console import Console
from rich.table import Table

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.evaluation.transforms import mirrored, resampled
from actors.scoring.references import Library, prepare_reference
from actors.scoring.scorer import Scorer
from actors.scoring.stream import AttemptScoring
from protocol.codec import to_points
from protocol.landmarks import Block, LandmarkClip
from server import models
from server.clips import read_clip
from server.config import Settings

GLOSSES = ("H", "E", "L", "O", "W")
FRAME_RATE_HZ = 30.0
ATTEMPT_FRAMES = 90
MESSAGE_FRAMES = 3
"""A client sends every 100 ms."""
ROUNDS = 10
REPORT = Path("reports") / "bench_scoring.json"
_TARGETS_MS = {"one streamed frame": 1.0, "final judgement": 30.0}


def measure() -> dict[str, dict[str, float]]:
    """Processor time in ms (least, median, most) of each task. Raises ModelError where models or signs are missing."""
    folder = Settings.from_environment().models_dir
    embedder = HandshapeEmbedder(models.model_path(folder, models.GESTURE_EMBEDDER))
    clips = {path.stem: read_clip(str(path)) for path in sorted((folder / models.STARTER_SIGNS_FOLDER).glob("*.pose"))}
    if not clips.keys() >= set(GLOSSES):
        raise models.ModelError("missing", "The starter signs are not all there: run `storysign models pull`.")
    scorer = Scorer(_library(clips, embedder), embedder)
    attempt = _attempt([clips[gloss] for gloss in GLOSSES])
    scorer.judge(attempt, GLOSSES)  # packs the library, as a session does before its first attempt
    frames: list[float] = []
    together: list[float] = []
    judgements: list[float] = []
    points, times_ms = to_points(attempt.landmarks, attempt.layout), attempt.times_ms.tolist()
    for _ in range(ROUNDS):
        for costs, size in ((frames, 1), (together, MESSAGE_FRAMES)):
            live = scorer.begin(GLOSSES, attempt.layout, attempt.video)
            for first in range(0, len(times_ms), size):
                message = slice(first, first + size)
                cost = _cost_ms(lambda at=message, to=live: _follow(to, points[at], times_ms[at]))
                costs.append(cost / size)
        judgements.append(_cost_ms(lambda: scorer.judge(attempt, GLOSSES)))
    hands = np.nan_to_num(attempt.block(Block.RIGHT_HAND))
    embedded = [_cost_ms(lambda at=index: embedder.embed(hands[at : at + 1])) for index in range(len(hands))]
    return {
        "one streamed frame": _spread(frames),
        "a frame of a message": _spread(together),
        "final judgement": _spread(judgements),
        "embedder, one hand": _spread(embedded),
    }


def main() -> None:
    """Measures, prints and writes the report."""
    found = measure()
    table = Table("task", "least, ms", "median, ms", "most, ms", "wanted, ms", title="Processor time of scoring")
    for task, spread in found.items():
        wanted = f"≤ {_TARGETS_MS[task]:g}" if task in _TARGETS_MS else ""
        table.add_row(task, *(f"{spread[key]:.3f}" for key in ("min_ms", "median_ms", "max_ms")), wanted)
    Console().print(table)
    REPORT.parent.mkdir(exist_ok=True)
    report = {"glosses": GLOSSES, "frames": ATTEMPT_FRAMES, "cost": found}
    REPORT.write_text(json.dumps(report, indent=2) + "\n", "utf-8")


def _library(clips: dict[str, LandmarkClip], embedder: HandshapeEmbedder) -> Library:
    return Library(
        [
            prepare_reference(clip, reference_id=gloss, gloss=gloss, signer="starter", variant="", embedder=embedder)
            for gloss, clip in clips.items()
        ]
    )


def _attempt(clips: Sequence[LandmarkClip]) -> LandmarkClip:
    """The clips one after the other in three seconds, with the leading hand's mirror image as the other hand."""
    share = ATTEMPT_FRAMES // len(clips)
    parts = []
    for clip in clips:
        even = resampled(clip, FRAME_RATE_HZ)
        hands = np.stack([even.block(Block.LEFT_HAND), even.block(Block.RIGHT_HAND)])
        seen = np.flatnonzero(np.isfinite(hands).all(axis=(2, 3)).any(axis=0))
        chosen = seen[np.linspace(0, len(seen) - 1, share).round().astype(int)]
        both, other = even.landmarks[chosen].copy(), mirrored(even).landmarks[chosen]
        parts.append(np.where(np.isnan(both), other, both))
    landmarks = np.concatenate(parts)
    times_ms = np.round(np.arange(len(landmarks)) * 1000.0 / FRAME_RATE_HZ).astype(np.int64)
    return LandmarkClip(landmarks, times_ms, clips[0].layout, resampled(clips[0], FRAME_RATE_HZ).video)


def _follow(live: AttemptScoring, points: np.ndarray, times_ms: list[int]) -> None:
    live.push(points, times_ms)
    live.marks()


def _cost_ms(task: Callable[[], object]) -> float:
    began = time.process_time_ns()
    task()
    return (time.process_time_ns() - began) / 1e6


def _spread(costs_ms: Sequence[float]) -> dict[str, float]:
    return {
        "min_ms": round(min(costs_ms), 4),
        "median_ms": round(median(costs_ms), 4),
        "max_ms": round(max(costs_ms), 4),
    }


if __name__ == "__main__":
    main()
