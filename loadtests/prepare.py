"""``python -m loadtests.prepare OUT --learners 30``: signs for everyone who takes part and writes the cast.

A process of its own: it needs the readers of clips and the arithmetic of signing, which learners do without.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np

from loadtests.cast import Part, Take, write_cast
from loadtests.signing import draw_signer, sign_sentence
from protocol.codec import pack_landmarks
from protocol.landmarks import LandmarkClip
from server import models
from server.clips import read_clip
from server.config import Settings

SENTENCE_SIGNS = 4
TAKES = 3


def starter_clips() -> dict[str, LandmarkClip]:
    """The recordings of the starter library by gloss. Raises ModelError where they have not been fetched."""
    folder = Settings.from_environment().models_dir / models.STARTER_SIGNS_FOLDER
    clips = {path.stem: read_clip(str(path)) for path in sorted(folder.glob("*.pose"))}
    if not clips:
        raise models.ModelError("missing", "The starter signs are not there: run `storysign models pull`.")
    return clips


def make_cast(clips: dict[str, LandmarkClip], learners: int, seed: int, frame_rate_hz: float | None) -> list[Part]:
    """``learners`` people, each with a sentence of their own and ``TAKES`` attempts at it; the same for the same seed.

    ``frame_rate_hz`` None: everyone has a camera of another rate.
    """
    return [
        _part(clips, np.random.default_rng([seed, learner]), frame_rate_hz)
        for learner in range(learners)
    ]  # fmt: skip


def _part(clips: dict[str, LandmarkClip], rng: np.random.Generator, frame_rate_hz: float | None) -> Part:
    signer = draw_signer(rng, frame_rate_hz)
    glosses = tuple(str(gloss) for gloss in rng.choice(sorted(clips), SENTENCE_SIGNS, replace=False))
    others = [gloss for gloss in sorted(clips) if gloss not in glosses]
    donors = [clips[str(gloss)] for gloss in rng.choice(others, SENTENCE_SIGNS)]
    takes, video, layout = [], None, None
    for _ in range(TAKES):
        clip = sign_sentence(signer, [clips[gloss] for gloss in glosses], donors, rng)
        video, layout = clip.video, clip.layout
        takes.append(Take(tuple(clip.times_ms.tolist()), pack_landmarks(clip.landmarks, clip.layout)))
    camera = {"layout": layout.name, "width": video.width, "height": video.height, "fps": video.frame_rate_hz}
    truth = {**asdict(signer), "overall_skill": signer.overall_skill}
    return Part(glosses, camera, truth, tuple(takes))


def main() -> None:
    """Writes the file that is named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--learners", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--frame-rate", type=float, default=None, help="frames a second of every camera")
    wish = parser.parse_args()
    wish.out.parent.mkdir(parents=True, exist_ok=True)
    write_cast(wish.out, make_cast(starter_clips(), wish.learners, wish.seed, wish.frame_rate))


if __name__ == "__main__":
    main()
