"""A learner who practises by the clock: what is sent and when, over the shared client machine, without I/O or clock.

``next_at_s`` says when ``advance`` is due; ``to_send`` what has to go out; ``heard`` and ``lost`` what came back.
All times are seconds of one monotonic clock. The waits that the run is about go into ``Samples``.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from loadtests import samples as names
from loadtests.cast import Part, Take
from loadtests.samples import INTERRUPTED, Samples
from protocol.client_stream import ClientStream
from protocol.messages import Error, Feedback, Hello, Scored, ServerMessage, Stored, Welcome

FRAMES_PER_MESSAGE = 3
PAUSE_S = (0.5, 2.0)
ENDED = ("completed", "abandoned")
MAX_UNSAVED = 8
"""A learner to whom this many attempts are said to be not saved yet waits before the next."""


@dataclass(slots=True)
class AttemptEntry:
    """One attempt as this learner knows it to have been: what a checker joins with the database."""

    number: int
    take: int
    frames: int = 0
    ended: bool = False
    scored: bool = False


class Learner:
    """One synthetic learner in one session. ``on_sample(name, value_ms)`` is told what goes into ``samples``."""

    def __init__(
        self,
        part: Part,
        samples: Samples,
        rng: random.Random,
        unix_offset_s: float,
        on_sample: Callable[[str, float], None] = lambda name, value_ms: None,
    ) -> None:
        self.part = part
        self.samples = samples
        self.stream = ClientStream(Hello(**part.camera, client="storysign-load"))
        self.attempts: list[AttemptEntry] = []
        self.results: dict[int, dict[str, object]] = {}
        self.lost_attempts: set[int] = set()
        self.finishing = False
        self._rng = rng
        self._unix_offset_s = unix_offset_s
        self._on_sample = on_sample
        self._frame_bytes = part.frame_bytes
        self._take: Take | None = None
        self._began_s = 0.0
        self._begin_at_s: float | None = None
        self._sent: dict[tuple[int, int], float] = {}
        self._waiting_scored: dict[int, tuple[float, str]] = {}
        self._waiting_stored: dict[int, tuple[float, str]] = {}
        self._dialled_s: float | None = None
        self._lost_s: float | None = None
        self._on_time_since_s = 0.0

    # ------------------------------------------------------------------------------------------------- the clock

    @property
    def next_at_s(self) -> float | None:
        """When ``advance`` is due; None: something has to be heard first."""
        if self._take is not None:
            return self._began_s + self._take.times_ms[self._last_of_message()] / 1000.0
        return self._begin_at_s

    @property
    def done(self) -> bool:
        """Nothing more to sign, and everything that was signed is durable."""
        return self.finishing and self._take is None and not self.stream.unsaved

    def advance(self, now_s: float) -> None:
        """Does what is due: begins an attempt, adds the frames of the next message, ends it with its last frame."""
        due_s = self.next_at_s
        if due_s is None or now_s < due_s:
            return
        if self.stream.welcomed and due_s >= self._on_time_since_s:
            self.measure(names.LATENESS, now_s, now_s - due_s)
        if self._take is None:
            self._begin(now_s)
        else:
            self._sign(now_s)

    def _begin(self, now_s: float) -> None:
        self._begin_at_s = None
        if not self.stream.welcomed or self.finishing:
            return
        if len(self.stream.unsaved) >= MAX_UNSAVED:
            self._rest(now_s)
            return
        index = len(self.attempts) % len(self.part.takes)
        number = self.stream.begin_attempt(0, round((now_s + self._unix_offset_s) * 1000))
        self.attempts.append(AttemptEntry(number, index))
        self._take, self._began_s = self.part.takes[index], now_s

    def _last_of_message(self) -> int:
        assert self._take is not None
        return min(self.attempts[-1].frames + FRAMES_PER_MESSAGE, len(self._take.times_ms)) - 1

    def _sign(self, now_s: float) -> None:
        take, entry = self._take, self.attempts[-1]
        assert take is not None
        if self.stream.recording != entry.number:
            self._take = None  # the server has given it up for good
            self._rest(now_s)
            return
        stop = self._last_of_message() + 1
        packed = take.frames[entry.frames * self._frame_bytes : stop * self._frame_bytes]
        self.stream.add_packed_frames(packed, take.times_ms[entry.frames : stop])
        self.samples.counts["frames sent"] += stop - entry.frames
        self.samples.add(names.FRAMES, now_s, stop - entry.frames)
        entry.frames = stop
        if self.stream.welcomed:
            self._sent[entry.number, stop - 1] = now_s
        if stop == len(take.times_ms):
            self.stream.end_attempt()
            entry.ended = True
            self._take = None
            self.samples.counts["attempts made"] += 1
            mood = "" if self.stream.welcomed else INTERRUPTED
            self._waiting_scored[entry.number] = self._waiting_stored[entry.number] = (now_s, mood)
            self._rest(now_s)

    def _rest(self, now_s: float) -> None:
        if not self.finishing:
            self._begin_at_s = now_s + self._rng.uniform(*PAUSE_S)

    # -------------------------------------------------------------------------------------------- the connection

    def dialling(self, now_s: float) -> None:
        """A connection is about to be opened."""
        self._dialled_s = now_s

    def to_send(self) -> list[bytes]:
        """Messages that have to go out now."""
        return self.stream.data_to_send()

    def held_up(self, now_s: float) -> None:
        """The server did not read: what comes late for that is not the generator's fault."""
        self.samples.counts["sends that the server held up"] += 1
        self._on_time_since_s = now_s

    def lost(self, now_s: float, close_code: int | None = None) -> None:
        """The connection is gone; what is waited for is marked so."""
        self.stream.disconnected(close_code)
        self._sent.clear()
        self._lost_s = now_s if self._lost_s is None else self._lost_s
        for waiting in (self._waiting_scored, self._waiting_stored):
            waiting.update({number: (since_s, INTERRUPTED) for number, (since_s, _) in waiting.items()})
        if self.stream.status not in ENDED:
            self.samples.counts["connections lost"] += 1

    def heard(self, data: bytes | str, now_s: float) -> list[ServerMessage]:
        """Takes one message of the server. Raises ProtocolError where it cannot be read."""
        messages = self.stream.receive(data)
        for message in messages:
            self._note(message, now_s)
        return messages

    def _note(self, message: ServerMessage, now_s: float) -> None:
        match message:
            case Feedback():
                sent_s = self._sent.pop((message.a, message.q), None)
                if sent_s is not None:
                    self.measure(names.FEEDBACK, now_s, now_s - sent_s)
            case Scored():
                self._scored(message, now_s)
            case Stored():
                self._stored(message.through, now_s)
            case Welcome():
                self._welcomed(message, now_s)
            case Error():
                self.samples.counts[f"error {message.name}"] += 1

    def _scored(self, message: Scored, now_s: float) -> None:
        number = message.result.attempt_no
        self._done_waiting(names.SCORED, self._waiting_scored, number, now_s)
        self._sent.clear()  # marks that were skipped for a slow reader never come
        if number not in self.results:
            self.samples.counts["attempts scored"] += 1
            self.samples.counts["frames scored"] += message.result.frames
            self.results[number] = message.result.model_dump(mode="json")
        for entry in reversed(self.attempts):
            if entry.number == number:
                entry.scored = True
                break

    def _stored(self, through: int, now_s: float) -> None:
        for number in [number for number in self._waiting_stored if number <= through]:
            self._done_waiting(names.STORED, self._waiting_stored, number, now_s)
            self.samples.counts["attempts stored"] += 1

    def _welcomed(self, welcome: Welcome, now_s: float) -> None:
        self._stored(welcome.stored, now_s)
        for result in welcome.results:
            self._scored(Scored(result=result), now_s)
        self.lost_attempts.update(welcome.lost)
        self.samples.counts[f"welcomes, {welcome.incarnation}"] += 1
        if self._lost_s is None:
            self._begin_at_s = now_s + self._rng.uniform(0.0, PAUSE_S[1])
        else:
            self.measure(names.OUTAGE, now_s, now_s - self._lost_s)
            if self._dialled_s is not None:
                live = welcome.incarnation == "live"
                name = names.RESUME_LIVE if live else names.RESUME_RESTORED
                self.measure(name, now_s, now_s - self._dialled_s)
            if self._take is None and self._begin_at_s is None:
                self._rest(now_s)
        self._lost_s = self._dialled_s = None
        self._on_time_since_s = now_s

    def _done_waiting(self, name: str, waiting: dict[int, tuple[float, str]], number: int, now_s: float) -> None:
        since = waiting.pop(number, None)
        if since is not None:
            self.measure(name + since[1], now_s, now_s - since[0])

    def measure(self, name: str, at_s: float, took_s: float) -> None:
        """One wait that has ended at ``at_s``."""
        self.samples.add(name, at_s, took_s * 1000.0)
        self._on_sample(name, took_s * 1000.0)
