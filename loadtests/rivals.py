"""Two other ways to build the same service, for ``make bench``: the same session machine, scorer, wire and client.

``python -m loadtests.rivals single`` is one FastAPI process with the scorer inside; ``gateway`` is FastAPI in front of
a Ray actor for each learner and calls it for every frame. Both keep nothing: what we store durably, they only answer.
That, and that they check no ticket and restore no session, speaks for them in the comparison.
"""

from __future__ import annotations

import argparse
import gc
import secrets
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import Body, FastAPI, Request, WebSocket, WebSocketDisconnect

from loadtests.storeless import StorelessSession, the_scorer
from protocol.messages import SUBPROTOCOL
from protocol.server_stream import ClientEvent, FramesReceived, ServerStream, Violation

Answer = Callable[[ClientEvent], Awaitable[list[bytes]]]


def single_process() -> FastAPI:
    """(c) One process: the scorer runs where the socket is."""

    async def begin(session_id: str, glosses: list[str]) -> Answer:
        session = StorelessSession(session_id, glosses)

        async def answer(said: ClientEvent) -> list[bytes]:
            return session.answer(said)

        return answer

    the_scorer()
    return _service(begin)


def gateway(folder: Path) -> FastAPI:
    """(b) A gateway that hands each frame to the learner's actor by a Ray call and waits for the answer."""
    import ray

    ray.init(
        address="local",
        num_cpus=1,
        include_dashboard=False,
        log_to_driver=False,
        object_store_memory=80 * 2**20,
        _temp_dir=str(folder),
    )
    actor_class = ray.remote(StorelessSession).options(num_cpus=0)

    async def begin(session_id: str, glosses: list[str]) -> Answer:
        actor = actor_class.remote(session_id, glosses)

        async def answer(said: ClientEvent) -> list[bytes]:
            if not isinstance(said, FramesReceived):
                return await actor.answer.remote(said)
            messages: list[bytes] = []
            frame_bytes = len(said.packed) // len(said.times_ms)
            for index, time_ms in enumerate(said.times_ms):
                packed = said.packed[index * frame_bytes : (index + 1) * frame_bytes]
                frame = FramesReceived(said.a, said.q + index, [time_ms], packed)
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


def main() -> None:
    """Serves until a signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("single", "gateway"))
    parser.add_argument("--port", type=int, required=True)
    wish = parser.parse_args()
    # Ray's sockets lie in it, and the path of a socket has room for about 100 characters.
    with tempfile.TemporaryDirectory(prefix="rival-") as folder:
        app = single_process() if wish.kind == "single" else gateway(Path(folder))
        gc.collect()
        gc.freeze()
        wire = {"ws": "websockets-sansio", "ws_per_message_deflate": False}
        uvicorn.Server(uvicorn.Config(app, port=wish.port, log_level="error", access_log=False, **wire)).run()


if __name__ == "__main__":
    main()
