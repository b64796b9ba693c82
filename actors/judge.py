"""The judge: a process of the node that judges the finished attempts of all its sessions, one after the other.

A judgement is a hundred times the work of a message of frames. In a process that does little else its code and data
stay in the processor's caches, and of several attempts that end at once the first is done before the next is begun,
where sessions that judged for themselves would all be done last (docs/performance.md). It keeps nothing between
attempts, so it may die at any time: sessions ask again.
"""

from __future__ import annotations

import gc
import logging
import time
from functools import lru_cache
from pathlib import Path

import numpy as np
import uvloop

from actors.judging import JudgeRequest, blob_of, not_judged, result_of
from actors.library_file import open_library
from actors.log_lines import LineSender, log_through
from actors.one_root import check_one_root
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.scorer import Scorer
from actors.service_link import serve
from actors.stats import Report, Tally
from protocol.codec import to_float, unpack_points
from protocol.landmarks import LAYOUTS, LandmarkClip
from protocol.messages import AttemptResult

_LIBRARIES = 2
"""Libraries that stay open: that of the sessions which are under way, and a newer one."""
_log = logging.getLogger(__name__)

JudgeReply = tuple[bytes, bytes | None]
"""An ``AttemptResult`` as JSON, and the landmarks as a blob where they were wanted."""


class JudgeActor:
    """The Ray shell: one method that does not end, as a session actor's, so that nothing wakes it but its callers."""

    def run(self, embedder_path: str, library: str, socket_path: str, log_path: str | None) -> str:
        """Answers on the socket until the process is ended; the first attempts will be judged by ``library``."""
        check_one_root()
        if log_path is not None:
            log_through(LineSender(log_path), "judge")
        judge = Judge(Path(embedder_path))
        judge.prepare(library)
        # What start-up made stays for good; a collection in mid-judgement need not walk it.
        gc.collect()
        gc.freeze()
        uvloop.run(serve(socket_path, judge))
        return "the judge's loop has ended"


class Judge:
    """What can be asked of a judge. Each answer is on its way before the next judgement begins."""

    def __init__(self, embedder_path: Path) -> None:
        self._embedder = HandshapeEmbedder(embedder_path)
        self._scorer_of = lru_cache(maxsize=_LIBRARIES)(self._scorer)
        self._tally = Tally()

    async def open(self) -> None:
        """It listens, so it is ready."""

    def prepare(self, library: str) -> Scorer | None:
        """Has the references in a folder at hand; None, and a line in the log, where they cannot be read."""
        try:
            return self._scorer_of(library)
        except (OSError, KeyError, ValueError):
            _log.exception("the references in %s cannot be read", library)
            return None

    async def judge(self, request: JudgeRequest) -> JudgeReply:
        """Judges one attempt. A fault of the scorer, or of its references, costs the marks, never the attempt."""
        began_s = time.monotonic()
        scorer = self.prepare(request.library)
        result = not_judged(request) if scorer is None else judged(scorer, request)
        blob = blob_of(request)
        self._tally.observe_ms("judgement", (time.monotonic() - began_s) * 1000)
        return result.model_dump_json().encode(), blob

    async def counted(self) -> Report:
        """What happened since the last time this was asked."""
        return self._tally.take()

    def _scorer(self, library: str) -> Scorer:
        return Scorer(open_library(Path(library)), self._embedder)


def judged(scorer: Scorer, request: JudgeRequest) -> AttemptResult:
    """The judgement of a finished attempt from all of its frames."""
    layout = LAYOUTS[request.layout]
    try:
        landmarks = to_float(unpack_points(request.packed, layout, len(request.times_ms)), layout)
        clip = LandmarkClip(landmarks, np.array(request.times_ms, np.int64), layout, request.video)
        return result_of(request, scorer.judge(clip, request.sentence.glosses))
    except Exception:
        _log.exception("the scorer could not judge attempt %d", request.attempt_no)
        return not_judged(request)
