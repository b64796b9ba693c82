"""What judging costs. The clock comes from the caller: scoring itself knows no time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from statistics import median

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.references import Library
from actors.scoring.scorer import Scorer
from protocol.codec import to_points

from .dataset import LabelledClip
from .figures import Timing
from .libraries import References

TIMED_ATTEMPTS = 20
MESSAGE_FRAMES = 3
"""Frames that a client sends at once; marks are made after each message."""


def time_scoring(
    attempts: Sequence[LabelledClip],
    references: References,
    embedder: HandshapeEmbedder,
    clock_s: Callable[[], float],
) -> Timing:
    """Median cost of a final judgement, and of a streamed frame, over some attempts spread through ``attempts``."""
    chosen = attempts[:: max(len(attempts) // TIMED_ATTEMPTS, 1)][:TIMED_ATTEMPTS]
    library_for = lru_cache(maxsize=1)(lambda signer: Library(references.of_others(signer)))
    attempt_ms: list[float] = []
    frame_us: list[float] = []
    for attempt in sorted(chosen, key=lambda clip: clip.signer):
        library = library_for(attempt.signer)
        frames = len(attempt.clip.times_ms)
        if not library.references_of(attempt.label) or not frames:
            continue
        scorer = Scorer(library, embedder)
        scorer.judge(attempt.clip, [attempt.label])  # the library packs itself the first time it is used
        began = clock_s()
        scorer.judge(attempt.clip, [attempt.label])
        attempt_ms.append((clock_s() - began) * 1e3)
        live = scorer.begin([attempt.label], attempt.clip.layout, attempt.clip.video)
        points, times_ms = to_points(attempt.clip.landmarks, attempt.clip.layout), attempt.clip.times_ms.tolist()
        began = clock_s()
        for start in range(0, frames, MESSAGE_FRAMES):
            message = slice(start, start + MESSAGE_FRAMES)
            live.push(points[message], times_ms[message])
            live.marks()
        frame_us.append((clock_s() - began) * 1e6 / frames)
    return Timing(median(attempt_ms) if attempt_ms else None, median(frame_us) if frame_us else None)
