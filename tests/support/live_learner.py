"""A learner with a recorded camera against a real server, moved message by message by the test."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, contextmanager
from typing import Any, TypeVar

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from actors.learning.rules import LearningRules
from protocol.client_stream import ClientStream
from protocol.codec import to_points
from protocol.landmarks import LandmarkClip
from protocol.messages import SUBPROTOCOL, Hello, ServerMessage, Status, Welcome
from server.api.models import CreatedSession, SessionBody
from server.rest_client import RestClient, RestProblem, ServerUnreachable
from storage.landmark_blob import decode
from storage.open import open_store
from storage.records import Id, id_from_text
from storage.sql_store import SqlStore
from tests.support.process_tree import serving
from tests.support.server_process import ServerProcess

Kind = TypeVar("Kind", bound=ServerMessage)
WAIT_S = 90
"""Far more than anything takes: a test that waits this long has failed."""


class LiveLearner:
    """One guest, one session, any number of connections."""

    def __init__(self, server: ServerProcess, clip: LandmarkClip) -> None:
        self.server = server
        self.clip = clip
        video = clip.video
        self.stream = ClientStream(
            Hello(
                layout=clip.layout.name,
                width=video.width,
                height=video.height,
                mirrored=video.mirrored,
                fps=video.frame_rate_hz,
            )
        )
        self.rest = RestClient(server.url)
        self.learner_id: Id = b""
        self.session_id = ""
        self.socket: ClientConnection | None = None
        self.outbox: list[bytes] = []
        self.epochs: list[int] = []
        self.lost: set[int] = set()
        self.ended: dict[int, int] = {}
        """Frames of each attempt that was ended, by its number."""
        self._ticket: str | None = None

    async def open(self, **wish: Any) -> None:
        """Becomes a guest with a session, not yet connected."""
        await self.become_guest()
        self.take(await self.rest.create_session(**(wish or {"glosses": ["A"]})))

    async def become_guest(self) -> None:
        """A learner without a session."""
        guest = await self.rest.create_guest(landmark_consent=True)
        self.learner_id = id_from_text(guest.learner.id)

    def take(self, created: CreatedSession) -> None:
        """The session is this learner's from now on."""
        self.session_id = created.session.id
        self._ticket = created.stream.ticket

    # ------------------------------------------------------------------------------------------------ connections

    async def connect(self) -> Welcome:
        """Connects as often as it takes, as the server says, and is welcomed."""
        for failures in range(40):
            try:
                return await self.connect_once()
            except (InvalidHandshake, ConnectionClosed, RestProblem, ServerUnreachable, OSError) as refusal:
                self.socket = None
                self.stream.disconnected()
                if isinstance(refusal, InvalidStatus) and refusal.response.status_code not in (401, 503):
                    raise
                await asyncio.sleep(self.stream.reconnect_delay_ms(0.0, min(failures, 1)) / 1_000)
        raise AssertionError("the server never took the learner back")

    async def connect_once(self) -> Welcome:
        """One try. Raises InvalidHandshake, ConnectionClosed, RestProblem, OSError."""
        ticket = self._ticket or self.stream.ticket or (await self.rest.ticket(self.session_id)).ticket
        self._ticket = None
        self.stream.connected()
        self.socket = await dial(self.server, ticket)
        self.outbox = []
        await self.say()
        welcome = await self.hear(Welcome)
        self.epochs.append(welcome.epoch)
        self.lost.update(welcome.lost)
        return welcome

    def cut(self) -> None:
        """Loses the connection as a network does: at once, without a word."""
        if self.socket is not None:
            self.socket.transport.abort()
            self.socket = None
        self.stream.disconnected()
        self.outbox = []

    async def gone(self) -> int | None:
        """Waits for the end of the connection; its close code, None for a cut."""
        assert self.socket is not None
        async with asyncio.timeout(WAIT_S):
            while True:
                try:
                    self.stream.receive(await self.socket.recv())
                except ConnectionClosed:
                    break
        code = self.socket.close_code
        self.socket = None
        self.stream.disconnected(code)
        return None if code == 1006 else code

    @property
    def actor(self) -> Any:
        """The process that holds this learner's socket."""
        assert self.socket is not None
        return serving(self.server.pid, self.socket.local_address[1])

    # -------------------------------------------------------------------------------------------------- messages

    async def say(self, most: int | None = None) -> int:
        """Sends what is to be said, at most ``most`` messages of it; returns how many are left."""
        assert self.socket is not None
        self.outbox += self.stream.data_to_send()
        count = len(self.outbox) if most is None else most
        ready, self.outbox = self.outbox[:count], self.outbox[count:]
        for data in ready:
            await self.socket.send(data)
        return len(self.outbox)

    async def hear_any(self) -> ServerMessage:
        """The next message."""
        assert self.socket is not None
        async with asyncio.timeout(WAIT_S):
            data = await self.socket.recv()
        (message,) = self.stream.receive(data)
        return message

    async def hear(self, kind: type[Kind], wanted: Callable[[Kind], bool] = lambda _: True) -> Kind:
        """The next message of a kind; others before it are taken in, and what they call for is said."""
        while True:
            message = await self.hear_any()
            if isinstance(message, kind) and wanted(message):
                return message
            await self.say()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Talks until the client's own state is as wanted."""
        while not condition():
            await self.say()
            if not condition():
                await self.hear_any()

    # ------------------------------------------------------------------------------------------------- practice

    def sign(self, sentence: int = 0, *, chunk: int = 8, end: bool = True) -> int:
        """Signs the clip as one attempt, ``chunk`` frames a message once they are sent; nothing is sent yet."""
        number = self.stream.begin_attempt(sentence, 1_700_000_000_000)
        self.outbox += self._encoded()
        for first in range(0, len(self.clip.times_ms), chunk):
            part = slice(first, first + chunk)
            self.stream.add_frames(self.clip.landmarks[part], self.clip.times_ms[part])
            self.outbox += self._encoded()
        if end:
            self.finish(number)
        return number

    def finish(self, number: int) -> None:
        """Ends the attempt."""
        self.stream.end_attempt()
        self.ended[number] = len(self.clip.times_ms)
        self.outbox += self._encoded()

    def _encoded(self) -> list[bytes]:
        return self.stream.data_to_send() if self.socket is not None else []

    async def scored(self, number: int) -> None:
        await self.until(lambda: number in self.stream.results)

    async def stored(self, number: int) -> None:
        await self.until(lambda: self.stream.stored >= number)

    async def practise(self, **options: Any) -> int:
        """One attempt from its begin until it is durable."""
        number = self.sign(**options)
        await self.stored(number)
        return number

    async def complete(self) -> None:
        """Completes the session and waits until it is so."""
        self.stream.complete()
        await self.say()
        await self.hear(Status, lambda said: said.status == "completed")

    async def session(self) -> SessionBody:
        """The session as REST tells it."""
        return await self.rest.session(self.session_id)

    # -------------------------------------------------------------------------------------------- what must be so

    async def assert_all_is_well(self) -> None:
        """Every attempt that was ended is stored exactly once, frame by frame, and progress is what they make of it."""
        assert not self.lost
        async with a_store(self.server) as store:
            session_id = id_from_text(self.session_id)
            stored = await store.attempts_of(
                self.learner_id, session_id=session_id, sentence_index=None, successful=None, limit=100, cursor=None
            )
            assert sorted(row.attempt_no for row in stored.items) == sorted(self.ended), "every attempt exactly once"
            points = to_points(np.asarray(self.clip.landmarks, np.float32), self.clip.layout)
            for row in stored.items:
                blob = decode(await store.landmark_blob(session_id, row.attempt_no) or b"")
                count = self.ended[row.attempt_no]
                assert row.result["frames"] == len(blob.times_ms) == count
                assert np.array_equal(blob.points, points[:count]), "every frame once, in order, unchanged"
                assert blob.times_ms.tolist() == [int(time) for time in self.clip.times_ms[:count]]
            progress = await store.progress_of(self.learner_id)
            assert progress == await store.rebuild_progress(self.learner_id)
            assert sum(record.total_attempts for record in progress) == len(self.ended), "in one skill area"

    async def close(self) -> None:
        self.cut()
        await self.rest.__aexit__(None, None, None)


async def dial(server: ServerProcess, ticket: str, **options: Any) -> ClientConnection:
    """A bare connection to the stream. Raises InvalidStatus."""
    return await connect(
        server.url.replace("http", "ws") + "/v1/stream",
        subprotocols=[SUBPROTOCOL, f"ticket.{ticket}"],  # type: ignore[list-item]
        compression=None,
        proxy=None,
        max_size=None,
        open_timeout=WAIT_S,
        **options,
    )


@asynccontextmanager
async def a_store(server: ServerProcess) -> AsyncIterator[SqlStore]:
    """The server's database, as a second process sees it."""
    store = open_store(server.database_url, LearningRules())
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@contextmanager
def no_commits(server: ServerProcess):
    """Holds the database's write lock: whatever wants to commit waits."""
    with closing(sqlite3.connect(server.database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")
