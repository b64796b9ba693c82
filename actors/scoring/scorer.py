"""The scorer as sessions and the command line use it: a library and an embedder in, marks out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from protocol.landmarks import LandmarkClip, Layout, VideoFormat

from .calibrate import calibration
from .embedder import HandshapeEmbedder
from .judge import judge_clip
from .live import SentenceStates
from .references import Library
from .results import Judgement
from .stream import AttemptScoring

SCORER_VERSION = "1.2"
_SENTENCES = 4
"""Sentences that stay prepared (0.1 MB each): learners try one again, and go on to the next."""


class UnknownGloss(LookupError):
    """The library has no reference of ``gloss``."""

    def __init__(self, gloss: str) -> None:
        super().__init__(f"the library has no reference of {gloss}")
        self.gloss = gloss


class Scorer:
    """Judges attempts at sentences of a library's signs. Keeps nothing between attempts."""

    def __init__(self, library: Library, embedder: HandshapeEmbedder) -> None:
        self._library = library
        self._embedder = embedder
        self._states_of = lru_cache(maxsize=_SENTENCES)(self._states)

    def begin(self, glosses: Sequence[str], layout: Layout, video: VideoFormat) -> AttemptScoring:
        """An attempt at the sentence ``glosses``, to be pushed frame by frame. Raises UnknownGloss."""
        self._check(glosses)
        return AttemptScoring(glosses, layout, video, self._states_of(tuple(glosses)))

    def judge(self, clip: LandmarkClip, glosses: Sequence[str]) -> Judgement:
        """The final judgement of a whole recording. Raises UnknownGloss; never raises on poor tracking."""
        self._check(glosses)
        return judge_clip(clip, tuple(glosses), self._library, self._embedder, calibration(), SCORER_VERSION)

    def _states(self, glosses: tuple[str, ...]) -> SentenceStates:
        typical = [self._library.references[self._library.typical[gloss]] for gloss in glosses]
        return SentenceStates([reference.sign for reference in typical])

    def _check(self, glosses: Sequence[str]) -> None:
        if not glosses:
            raise ValueError("a sentence needs at least one sign")
        for gloss in glosses:
            if not self._library.indices_of(gloss):
                raise UnknownGloss(gloss)
