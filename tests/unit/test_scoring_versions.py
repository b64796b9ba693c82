"""Which scorer and which calibration gave a mark stands with it, and both give the same mark again anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from actors.judge import judged
from actors.scoring.calibrate import calibration
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.results import SCORER_VERSION
from actors.scoring.scorer import Scorer
from actors.session.events import Judge, JudgedAttempt, StartScoring
from actors.session.rows import attempt_entry
from actors.session.scoring_desk import ScoringDesk
from protocol.codec import pack_landmarks
from protocol.landmarks import LandmarkClip
from protocol.messages import Hello, Sentence
from server.models import GESTURE_EMBEDDER
from storage.records import AttemptEntry
from storage.rows import ATTEMPT
from tests.support.scoring_material import letter, letter_library

VERSIONS = {"scorer_version": SCORER_VERSION, "calibration_version": calibration().version}
JUDGE = """
import json, sys
from pathlib import Path
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.scorer import Scorer
from tests.support.scoring_material import letter, letter_library
model, folder = map(Path, sys.argv[1:])
embedder = HandshapeEmbedder(model)
scorer = Scorer(letter_library(folder, "BJZ", embedder), embedder)
print(json.dumps([scorer.judge(letter(folder, shown), [asked]).as_dict() for shown, asked in ("BB", "ZJ")]))
"""


@pytest.fixture(scope="module")
def scorer(models_dir: Path, letter_clips: Path) -> Scorer:
    embedder = HandshapeEmbedder(models_dir / GESTURE_EMBEDDER)
    return Scorer(letter_library(letter_clips, "BJZ", embedder), embedder)


class FailingScorer:
    """Fails whatever it is asked."""

    def begin(self, *_: Any) -> Any:
        raise RuntimeError("begin")

    def judge(self, *_: Any) -> Any:
        raise RuntimeError("judge")


def _stored(scorer: Any, clip: LandmarkClip) -> dict[str, Any]:
    """The columns that the store gets of an attempt to sign B."""
    desk = ScoringDesk(scorer, [Sentence(text="B", glosses=["B"])])
    desk.start(StartScoring(1, 0, Hello(layout=clip.layout.name, width=clip.video.width, height=clip.video.height)))
    desk.stop()
    effect = Judge(1, 0, clip.times_ms.tolist(), pack_landmarks(clip.landmarks, clip.layout))
    result = judged(scorer, desk.request(effect, library="", wants_blob=False))
    entry = attempt_entry(bytes(16), JudgedAttempt(result, 1_700_000_000_000))
    assert isinstance(entry, AttemptEntry)
    return dict(zip(ATTEMPT.names, entry.row, strict=False))


def test_a_stored_attempt_says_which_scorer_and_calibration_judged_it(scorer: Scorer, letter_clips: Path) -> None:
    row = _stored(scorer, letter(letter_clips, "B"))
    assert row["judged"] and VERSIONS.items() <= row.items()
    assert VERSIONS.items() <= json.loads(row["ai_feedback"]).items()


def test_an_attempt_that_the_scorer_failed_at_says_which_one_it_was(letter_clips: Path) -> None:
    row = _stored(FailingScorer(), letter(letter_clips, "B"))
    assert not row["judged"] and VERSIONS.items() <= row.items()


def test_another_process_gives_the_same_bytes(models_dir: Path, letter_clips: Path, scorer: Scorer) -> None:
    """Other hashes of texts, another address of everything: the order of sets and objects must not show."""
    here = json.dumps([scorer.judge(letter(letter_clips, shown), [asked]).as_dict() for shown, asked in ("BB", "ZJ")])
    done = subprocess.run(
        [sys.executable, "-c", JUDGE, str(models_dir / GESTURE_EMBEDDER), str(letter_clips)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().strip() == here
