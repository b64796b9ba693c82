"""The scorer as judges and the command line use it: a library and an embedder in, marks out."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.landmarks import LandmarkClip, Layout, VideoFormat

from .calibrate import calibration
from .embedder import HandshapeEmbedder
from .follower import Follower, check_known
from .judge import judge_clip
from .references import Library
from .results import SCORER_VERSION, Judgement
from .stream import AttemptScoring


class Scorer:
    """Judges attempts at sentences of a library's signs. Keeps nothing between attempts."""

    def __init__(self, library: Library, embedder: HandshapeEmbedder) -> None:
        self._library = library
        self._embedder = embedder
        self._follower = Follower(library)

    def begin(self, glosses: Sequence[str], layout: Layout, video: VideoFormat) -> AttemptScoring:
        """An attempt at the sentence ``glosses``, to be pushed frame by frame. Raises UnknownGloss."""
        return self._follower.begin(glosses, layout, video)

    def judge(self, clip: LandmarkClip, glosses: Sequence[str]) -> Judgement:
        """The final judgement of a whole recording. Raises UnknownGloss; never raises on poor tracking."""
        check_known(glosses, self._library)
        return judge_clip(clip, tuple(glosses), self._library, self._embedder, calibration(), SCORER_VERSION)
