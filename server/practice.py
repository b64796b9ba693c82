"""A whole practice session with recorded clips in place of a camera: ``storysign practice`` without its looks.

A clip is streamed at its own frame rate times ``speed``. Its time stamps stay those of the recording, so the marks do
not depend on ``speed``, and neither on how often the connection is lost.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from protocol.client_stream import ClientStream
from protocol.landmarks import LandmarkClip
from protocol.messages import PROTOCOL_VERSION, AttemptResult, Feedback, Hello, ServerMessage, SkillProgress
from server.api.models import CreatedSession
from server.client import PracticeClient
from server.rest_client import RestClient

_CLIENT_NAME = "storysign-practice"
_ENDED = ("completed", "abandoned")


class PracticeObserver(Protocol):
    """Is shown the session while it happens."""

    def say(self, text: str) -> None:
        """Something a person should know, such as a lost connection."""

    def begin_attempt(self, number: int, sentence: str, glosses: list[str]) -> None:
        """The learner starts to sign a sentence."""

    def feedback(self, marks: Feedback) -> None:
        """Provisional marks."""

    def end_attempt(self) -> None:
        """The learner has finished the sentence."""

    def result(self, result: AttemptResult) -> None:
        """The judgement."""


@dataclass(frozen=True, slots=True)
class PracticeOutcome:
    """What came of a session. ``latencies_ms``: from a frame to the provisional marks that cover it, as seen here."""

    session_id: str
    attempts: tuple[AttemptResult, ...]
    stored_through: int
    progress: tuple[SkillProgress, ...]
    latencies_ms: tuple[float, ...]
    reconnects: int
    recovered: bool

    def latency_ms(self, percent: float) -> float | None:
        """A percentile of the latencies; None where no marks came."""
        return round(float(np.percentile(self.latencies_ms, percent)), 2) if self.latencies_ms else None

    def as_json(self) -> dict[str, Any]:
        """The object that ``storysign practice --json`` prints."""
        marks = ("score", "accuracy", "confidence", "fluency", "success")
        return {
            "session_id": self.session_id,
            "attempts": [
                {
                    "attempt_no": result.attempt_no,
                    "sentence": result.sentence,
                    "gloss": result.glosses,
                    **{name: getattr(result, name) for name in marks},
                    "stored": result.attempt_no <= self.stored_through,
                    "parameters": result.parameters,
                    "findings": [finding.model_dump(mode="json") for finding in result.findings],
                }
                for result in self.attempts
            ],
            "progress": {"skills": [skill.model_dump(mode="json") for skill in self.progress]},
            "latency_ms": {"p50": self.latency_ms(50), "p99": self.latency_ms(99)},
            "reconnects": self.reconnects,
            "recovered": self.recovered,
        }


def plan(sentence_count: int, clips: Sequence[LandmarkClip]) -> list[tuple[int, LandmarkClip]]:
    """Which sentence is signed with which clip: both lists go in turn, the shorter one again from its start.

    So each sentence gets a clip, and each clip is signed: three clips of one sentence are three attempts at it.
    """
    count = max(sentence_count, len(clips))
    return [(index % sentence_count, clips[index % len(clips)]) for index in range(count)]


async def practise(
    rest: RestClient,
    created: CreatedSession,
    clips: Sequence[LandmarkClip],
    observer: PracticeObserver,
    *,
    speed: float = 1.0,
    drop_every_s: float | None = None,
    sleep_s: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> PracticeOutcome:
    """Signs every sentence, waits until all is durable, and completes the session. Raises StreamStopped.

    A connection has one video format; where the next clip has another, the session goes on over another connection.
    """
    practice = _Practice(rest, created, observer, speed, drop_every_s, sleep_s)
    tries = plan(len(created.session.sentences), clips)
    groups = [list(group) for _, group in itertools.groupby(tries, key=lambda item: (item[1].video, item[1].layout))]
    for number, group in enumerate(groups, start=1):
        await practice.sign(group, then_complete=number == len(groups))
    return await practice.outcome()


class _Practice:
    """One session under way, and what has come of it so far."""

    def __init__(
        self,
        rest: RestClient,
        created: CreatedSession,
        observer: PracticeObserver,
        speed: float,
        drop_every_s: float | None,
        sleep_s: Callable[[float], Awaitable[None]],
    ) -> None:
        self._rest = rest
        self._session = created.session
        self._stream_url = created.stream.stream_url
        self._first_ticket: str | None = created.stream.ticket
        self._ready_in_ms = created.stream.ready_in_ms
        self._observer = observer
        self._speed = speed
        self._drop_every_s = drop_every_s
        self._sleep_s = sleep_s
        self._results: dict[int, AttemptResult] = {}
        self._latencies_ms: list[float] = []
        self._reconnects = 0
        self._recovered = True
        self._stored = 0

    async def sign(self, tries: Sequence[tuple[int, LandmarkClip]], *, then_complete: bool) -> None:
        """These attempts over connections of one video format."""
        client = self._client(tries[0][1])
        async with client, self._dropping(client):
            for sentence_index, clip in tries:
                number = await self._attempt(client, sentence_index, clip)
            await client.stored(number)
            if then_complete:
                client.complete()
                await client.until(lambda: client.stream.status in _ENDED)
        self._stored = client.stream.stored
        self._latencies_ms += client.latencies_ms
        self._reconnects += client.reconnects
        self._recovered = self._recovered and client.recovered

    async def outcome(self) -> PracticeOutcome:
        """Everything, the progress as the store has it now."""
        progress = await self._rest.progress()
        return PracticeOutcome(
            session_id=self._session.id,
            attempts=tuple(self._results[number] for number in sorted(self._results)),
            stored_through=self._stored,
            progress=tuple(progress.skills),
            latencies_ms=tuple(self._latencies_ms),
            reconnects=self._reconnects,
            recovered=self._recovered,
        )

    def _client(self, clip: LandmarkClip) -> PracticeClient:
        video = clip.video
        hello = Hello(
            v=PROTOCOL_VERSION,
            layout=clip.layout.name,  # type: ignore[arg-type]
            width=video.width,
            height=video.height,
            mirrored=video.mirrored,
            fps=video.frame_rate_hz,
            client=_CLIENT_NAME,
        )
        ticket, self._first_ticket = self._first_ticket, None
        return PracticeClient(
            ClientStream(hello),
            self._stream_url,
            ticket,
            self._fresh_ticket,
            ready_in_ms=self._ready_in_ms,
            on_message=self._show,
            on_trouble=self._observer.say,
        )

    async def _fresh_ticket(self) -> str:
        return (await self._rest.ticket(self._session.id)).ticket

    def _show(self, message: ServerMessage) -> None:
        if isinstance(message, Feedback):
            self._observer.feedback(message)

    async def _attempt(self, client: PracticeClient, sentence_index: int, clip: LandmarkClip) -> int:
        """Streams one clip as a camera would, and waits for its result."""
        sentence = self._session.sentences[sentence_index]
        number = client.begin_attempt(sentence_index)
        self._observer.begin_attempt(number, sentence.text, sentence.glosses)
        times_ms = clip.times_ms - clip.times_ms[0]
        now_s = asyncio.get_running_loop().time
        began_s = now_s()
        for frame, time_ms in zip(clip.landmarks, times_ms, strict=True):
            await self._sleep_s(max(0.0, began_s + time_ms / 1_000.0 / self._speed - now_s()))
            client.add_frames(frame[None], [int(time_ms)])
        client.end_attempt()
        await client.judged(number)
        self._observer.end_attempt()
        result = client.stream.results.get(number) or await self._stored_result(number)
        if result is not None:
            self._results[number] = result
            self._observer.result(result)
        return number

    async def _stored_result(self, number: int) -> AttemptResult | None:
        """The result of an attempt that was stored while no connection could tell of it."""
        attempts = await self._rest.attempts(self._session.id)
        return next((attempt.result for attempt in attempts if attempt.attempt_no == number), None)

    @asynccontextmanager
    async def _dropping(self, client: PracticeClient) -> AsyncIterator[None]:
        """Cuts the connection again and again, each time when it has been up long enough to have been welcomed."""
        task = asyncio.create_task(self._drop_again_and_again(client)) if self._drop_every_s else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _drop_again_and_again(self, client: PracticeClient) -> None:
        while True:
            await self._sleep_s(self._drop_every_s or 0.0)
            if client.stream.welcomed:
                client.drop()
