"""An attempt on its way to be judged, and the result that comes back: what sessions and judges have in common."""

from __future__ import annotations

from dataclasses import dataclass

from actors.scoring.calibrate import calibration
from actors.scoring.results import SCORER_VERSION, Finding, Judgement
from protocol.codec import unpack_points
from protocol.landmarks import LAYOUTS, VideoFormat
from protocol.messages import AttemptResult, Sentence
from storage import landmark_blob


@dataclass(frozen=True, slots=True, eq=False)
class JudgeRequest:
    """A finished attempt: frames of ``layout`` at ``times_ms``, ``packed`` as they travelled. ``library`` is the folder
    of the references; ``wants_blob``: whether its landmarks are to be kept.
    """

    library: str
    attempt_no: int
    sentence_index: int
    sentence: Sentence
    layout: str
    video: VideoFormat
    times_ms: list[int]
    packed: bytes
    wants_blob: bool

    @property
    def duration_ms(self) -> int:
        """From the first frame to the last."""
        return self.times_ms[-1] - self.times_ms[0] if self.times_ms else 0


def result_of(request: JudgeRequest, judgement: Judgement) -> AttemptResult:
    """The judgement as the learner and the store get it."""
    return AttemptResult(
        attempt_no=request.attempt_no,
        sentence_index=request.sentence_index,
        sentence=request.sentence.text,
        glosses=request.sentence.glosses,
        frames=len(request.times_ms),
        duration_ms=request.duration_ms,
        **judgement.as_dict(),
    )


def not_judged(request: JudgeRequest) -> AttemptResult:
    """The scorer failed: no mark, and the frames are kept, so that a mended scorer can judge them later."""
    text = "This attempt could not be judged: something went wrong here. It was not you; please try again."
    where = {"parameter": None, "hand": None, "sign_index": None, "gloss": None, "size": None, "unit": None}
    finding = Finding(
        "scorer_failed", "cannot_judge", start_ms=0, end_ms=request.duration_ms, severity="none", text=text, **where
    )
    marks = dict.fromkeys(("score", "accuracy", "confidence", "fluency"))
    versions = {"scorer_version": SCORER_VERSION, "calibration_version": calibration().version}
    return result_of(
        request, Judgement(False, **marks, success=False, parameters={}, signs=(), findings=(finding,), **versions)
    )


def blob_of(request: JudgeRequest) -> bytes | None:
    """The attempt's landmarks as the store keeps them, where they are to be kept."""
    if not request.wants_blob:
        return None
    points = unpack_points(request.packed, LAYOUTS[request.layout], len(request.times_ms))
    return landmark_blob.encode(points, request.times_ms, request.layout)
