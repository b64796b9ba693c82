"""A practice session as it would be without a store: for the rivals of ``loadtests.rivals``, also inside Ray actors."""

from __future__ import annotations

import time
from collections import deque
from functools import cache

from actors.judge import judged
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.references import Library, prepare_reference
from actors.scoring.scorer import Scorer
from actors.session import events as ev
from actors.session.core import Restored, SessionCore
from actors.session.limits import SessionLimits
from actors.session.scoring_desk import ScoringDesk
from actors.session.transitions import Life
from loadtests.prepare import starter_clips
from protocol.codec import encode, pack
from protocol.messages import (
    AttemptBegin,
    AttemptCancel,
    AttemptEnd,
    Complete,
    Hello,
    Pause,
    Ping,
    Pong,
    Resume,
    Sentence,
)
from protocol.server_stream import ClientEvent, FramesReceived
from server import models
from server.config import Settings


class StorelessSession:
    """Our session machine and scoring desk with a store that says yes at once."""

    def __init__(self, session_id: str, glosses: list[str]) -> None:
        sentences = (Sentence(text=" ".join(glosses), glosses=glosses),)
        restored = Restored(session_id, epoch=1, status=Life.CREATED, stored=0, sentences=sentences)
        self._core = SessionCore(restored, SessionLimits(), _now_ms())
        self._desk = ScoringDesk(the_scorer(), sentences)

    def answer(self, said: ClientEvent) -> list[bytes]:
        """What is said back, encoded."""
        messages: list[bytes] = []
        if isinstance(said, Ping):
            return [encode(Pong(n=said.n))]
        events = deque([_event(said)])
        while events:
            for effect in self._core.handle(events.popleft(), _now_ms()):
                following = self._run(effect, messages)
                if following is not None:
                    events.append(following)
        return messages

    def _run(self, effect: ev.Effect, messages: list[bytes]) -> ev.Event | None:
        match effect:
            case ev.Send():
                messages.append(encode(effect.message))
            case ev.ScoreFrames():
                feedback = self._desk.push(effect)
                if feedback is not None:
                    messages.append(pack(feedback))
            case ev.StartScoring():
                self._desk.start(effect)
            case ev.StopScoring():
                self._desk.stop()
            case ev.Judge():
                request = self._desk.request(effect, library="", wants_blob=False)
                return ev.AttemptJudged(judged(the_scorer(), request), None)
            case ev.Flush():
                return ev.FlushCommitted(effect.hi, ())
            case ev.StoreStatus():
                return ev.StatusStored(effect.status)
            case ev.EndSession():
                return ev.SessionClosed(effect.status, None, ())
        return None


def _event(said: ClientEvent) -> ev.Event:
    match said:
        case Hello():
            return ev.Attached(1, said, "none")
        case FramesReceived():
            return said
        case AttemptBegin():
            return ev.AttemptBegan(said)
        case AttemptEnd():
            return ev.AttemptEnded(said.a, said.n)
        case AttemptCancel():
            return ev.AttemptCancelled(said.a)
        case Pause() | Resume() | Complete():
            return ev.CommandGiven(said.t)
    raise TypeError(f"no such event: {said!r}")


@cache
def the_scorer() -> Scorer:
    """The scorer with the starter library; one a process."""
    folder = Settings.from_environment().models_dir
    embedder = HandshapeEmbedder(models.model_path(folder, models.GESTURE_EMBEDDER))
    references = [
        prepare_reference(clip, reference_id=gloss, gloss=gloss, signer="starter", variant="", embedder=embedder)
        for gloss, clip in starter_clips().items()
    ]
    return Scorer(Library(references), embedder)


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
