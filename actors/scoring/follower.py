"""Provisional marks for sessions: a library in, attempts to be followed out. Free of what only a judgement needs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from protocol.landmarks import Layout, VideoFormat

from .live import SentenceStates
from .references import Library
from .stream import AttemptScoring

_SENTENCES = 4
"""Sentences that stay prepared (0.1 to 0.3 MB each): learners try one again, and go on to the next."""


class UnknownGloss(LookupError):
    """The library has no reference of ``gloss``."""

    def __init__(self, gloss: str) -> None:
        super().__init__(f"the library has no reference of {gloss}")
        self.gloss = gloss


class Follower:
    """Follows attempts at sentences of a library's signs. Keeps nothing between attempts."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._states_of = lru_cache(maxsize=_SENTENCES)(self._states)

    def begin(self, glosses: Sequence[str], layout: Layout, video: VideoFormat) -> AttemptScoring:
        """An attempt at the sentence ``glosses``, to be pushed frame by frame. Raises UnknownGloss."""
        check_known(glosses, self._library)
        return AttemptScoring(glosses, layout, video, self._states_of(tuple(glosses)))

    def _states(self, glosses: tuple[str, ...]) -> SentenceStates:
        typical = [self._library.references[self._library.typical[gloss]] for gloss in glosses]
        return SentenceStates([reference.sign for reference in typical])


def check_known(glosses: Sequence[str], library: Library) -> None:
    """Raises UnknownGloss for a sign without a reference, ValueError for a sentence without signs."""
    if not glosses:
        raise ValueError("a sentence needs at least one sign")
    for gloss in glosses:
        if not library.indices_of(gloss):
            raise UnknownGloss(gloss)
