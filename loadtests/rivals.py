"""Two other ways to build the same service, for ``make bench``: the same session machine, scorer, wire and client.

``python -m loadtests.rivals single`` is one FastAPI process with the scorer inside; ``gateway`` is FastAPI in front of
a Ray actor for each learner and calls it for every frame. Both keep nothing: what we store durably, they only answer.
That, and that they check no ticket and restore no session, speaks for them in the comparison.
"""

from __future__ import annotations

import argparse
import gc
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cache
from typing import Any

import uvicorn
from fastapi import Body, FastAPI, Request, WebSocket, WebSocketDisconnect

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.references import Library, prepare_reference
from actors.scoring.scorer import Scorer
from actors.session import events as ev
from actors.session.core import Restored, SessionCore
from actors.session.limits import SessionLimits
from actors.session.scoring_desk import ScoringDesk
from actors.session.transitions import Life
from loadtests.prepare import starter_clips
from protocol.codec import encode
from protocol.messages import (
    SUBPROTOCOL,
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
    ServerMessage,
)
from protocol.server_stream import ClientEvent, FramesReceived, ServerStream, Violation
from server import models
from server.config import Settings

READY = "ready at http://"
Answer = Callable[[ClientEvent], Awaitable[list[bytes]]]


class StorelessSession:
    """Our session machine and scoring desk with a store that says yes at once."""

    def __init__(self, session_id: str, glosses: list[str]) -> None:
        sentences = (Sentence(text=" ".join(glosses), glosses=glosses),)
        restored = Restored(session_id, epoch=1, status=Life.CREATED, stored=0, sentences=sentences)
        self._core = SessionCore(restored, SessionLimits(), _now_ms())
        self._desk = ScoringDesk(_scorer(), sentences)

    def answer(self, said: ClientEvent) -> list[bytes]:
        """What is said back, encoded."""
        return [encode(message) for message in self._messages(said)]

    def _messages(self, said: ClientEvent) -> list[ServerMessage]:
        messages: list[ServerMessage] = []
        if isinstance(said, Ping):
            return [Pong(n=said.n)]
        events = deque([_event(said)])
        while events:
            for effect in self._core.handle(events.popleft(), _now_ms()):
                following = self._run(effect, messages)
                if following is not None:
                    events.append(following)
        return messages

    def _run(self, effect: ev.Effect, messages: list[ServerMessage]) -> ev.Event | None:
        match effect:
            case ev.Send():
                messages.append(effect.message)
            case ev.ScoreFrames():
                feedback = self._desk.push(effect)
                if feedback is not None:
                    messages.append(feedback)
            case ev.StartScoring():
                self._desk.start(effect)
            case ev.StopScoring():
                self._desk.stop()
            case ev.Judge():
                return ev.AttemptJudged(self._desk.judge(effect), None)
            case ev.Flush():
                return ev.FlushCommitted(effect.hi, ())
            case ev.StoreStatus():
                return ev.StatusStored(effect.status)
            case ev.EndSession():
                return ev.SessionClosed(effect.status, None, ())
        return None


def single_process() -> FastAPI:
    """(c) One process: the scorer runs where the socket is."""

    async def begin(session_id: str, glosses: list[str]) -> Answer:
        session = StorelessSession(session_id, glosses)

        async def answer(said: ClientEvent) -> list[bytes]:
            return session.answer(said)

        return answer

    _scorer()
    return _service(begin)


def gateway() -> FastAPI:
    """(b) A gateway that hands each frame to the learner's actor by a Ray call and waits for the answer."""
    import ray

    ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, object_store_memory=80 * 2**20)
    actor_class = ray.remote(StorelessSession).options(num_cpus=0)

    async def begin(session_id: str, glosses: list[str]) -> Answer:
        actor = actor_class.remote(session_id, glosses)

        async def answer(said: ClientEvent) -> list[bytes]:
            if not isinstance(said, FramesReceived):
                return await actor.answer.remote(said)
            messages: list[bytes] = []
            for index in range(len(said.times_ms)):
                one = slice(index, index + 1)
                frame = FramesReceived(said.a, said.q + index, said.times_ms[one], said.points[one])
                messages += await actor.answer.remote(frame)
            return messages

        return answer

    return _service(begin)


def _service(begin: Callable[[str, list[str]], Awaitable[Answer]]) -> FastAPI:
    """REST as far as a learner of the load test needs it, and the stream."""
    app = FastAPI()
    wishes: dict[str, list[str]] = {}

    @app.post("/v1/learners")
    async def create_guest() -> dict[str, Any]:
        return {"token": "-", "learner": {"id": secrets.token_hex(8)}}

    @app.post("/v1/sessions")
    async def create_session(request: Request, wish: dict[str, Any] = Body()) -> dict[str, Any]:  # noqa: B008
        session_id = secrets.token_hex(8)
        wishes[session_id] = wish["glosses"]
        stream = {"ticket": session_id, "stream_url": f"ws://{request.headers['host']}/v1/stream"}
        return {"session": {"id": session_id}, "stream": stream}

    @app.websocket("/v1/stream")
    async def stream(socket: WebSocket) -> None:
        session_id = socket.scope["subprotocols"][1].removeprefix("ticket.")
        await socket.accept(SUBPROTOCOL)
        answer, wire = await begin(session_id, wishes[session_id]), ServerStream()
        with suppress(WebSocketDisconnect):
            while True:
                for said in wire.receive(await socket.receive_bytes()):
                    if isinstance(said, Violation):
                        raise RuntimeError(f"the load generator said what cannot be: {said.error.text}")
                    for data in await answer(said):
                        await socket.send_bytes(data)

    return app


def _event(said: ClientEvent) -> ev.Event:
    match said:
        case Hello():
            return ev.Attached(1, said, "none")
        case FramesReceived():
            return ev.FramesArrived(said.a, said.q, said.times_ms, said.points)
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
def _scorer() -> Scorer:
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


class _TellingServer(uvicorn.Server):
    """Says when it is ready, as ``storysign serve`` does."""

    async def startup(self, sockets: Any = None) -> None:
        """As uvicorn's."""
        await super().startup(sockets)
        print(f"{READY}{self.config.host}:{self.config.port}", flush=True)


def main() -> None:
    """Serves until a signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("single", "gateway"))
    parser.add_argument("--port", type=int, required=True)
    wish = parser.parse_args()
    app = single_process() if wish.kind == "single" else gateway()
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(
        app, port=wish.port, log_level="error", access_log=False, ws="websockets-sansio", ws_per_message_deflate=False
    )
    _TellingServer(config).run()


if __name__ == "__main__":
    main()
