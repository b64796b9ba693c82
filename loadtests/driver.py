"""Runs a ``Learner`` against a server: enrols, connects, comes back after every loss, and moves by the clock."""

from __future__ import annotations

import http.client
import random
import time
from collections.abc import Callable

from loadtests import samples as names
from loadtests.learner import ENDED, Learner
from loadtests.wire import Refused, Wire, post
from protocol.errors import ProtocolError

_NEVER = float("inf")
_UNREACHABLE = (OSError, http.client.HTTPException, ValueError)
_AGAIN_S = 0.5
_COME_BACK = frozenset({401, 429, 500, 502, 503, 504})


class PracticeStopped(Exception):
    """The session cannot go on; the text says why."""


class Practice:
    """One learner's session over as many connections as it takes; ``step`` is called again and again."""

    def __init__(
        self,
        base_url: str,
        learner: Learner,
        rng: random.Random,
        clock_s: Callable[[], float] = time.monotonic,
        sleep_s: Callable[[float], None] = time.sleep,
    ) -> None:
        self.learner = learner
        self.learner_id = self.session_id = ""
        self.deaf_until_s = 0.0
        """Until then nothing is read: a slow reader."""
        self._base_url = base_url
        self._rng = rng
        self._clock_s = clock_s
        self._sleep_s = sleep_s
        self._token: str | None = None
        self._ticket: str | None = None
        self._stream_url = ""
        self._wire: Wire | None = None
        self._dial_at_s = 0.0
        self._failures = 0
        self._refused_ticket = False
        self._joined_s: float | None = None

    def enrol(self) -> None:
        """Becomes a guest with a session at the learner's sentence; raises Refused, OSError, HTTPException."""
        self._joined_s = self._clock_s()
        guest = post(self._base_url, "/v1/learners", {"landmark_consent": True})
        self._token, self.learner_id = guest["token"], guest["learner"]["id"]
        wish = {"glosses": list(self.learner.part.glosses)}
        created = post(self._base_url, "/v1/sessions", wish, self._token)
        self.session_id = created["session"]["id"]
        self._ticket, self._stream_url = created["stream"]["ticket"], created["stream"]["stream_url"]

    @property
    def connected(self) -> bool:
        """Whether there is a socket."""
        return self._wire is not None

    def step(self, until_s: float = _NEVER) -> None:
        """Does what is due, then waits for what comes next, no longer than ``until_s``. Raises PracticeStopped."""
        now_s = self._clock_s()
        self.learner.advance(now_s)
        if self._wire is None:
            if now_s >= self._dial_at_s:
                self._dial(now_s)
            else:
                self._sleep_s(max(0.0, min(until_s, self._dial_at_s, self._next_move_s()) - now_s))
            return
        self._converse(self._wire, until_s)

    def cut(self) -> None:
        """Loses the connection as a network does."""
        if self._wire is not None:
            self._wire.cut()
            self._after_loss(self._wire)

    def complete(self) -> None:
        """The learner has finished; ``step`` until ``stream.status`` says so."""
        self.learner.stream.complete()

    def close(self) -> None:
        """Lets the socket go; the session itself can be resumed."""
        if self._wire is not None:
            self._count_bytes(self._wire)
            self._wire.close()
            self._wire = None

    # ------------------------------------------------------------------------------------------------- inside

    def _next_move_s(self) -> float:
        due_s = self.learner.next_at_s
        return _NEVER if due_s is None else due_s

    def _converse(self, wire: Wire, until_s: float) -> None:
        held_up = wire.held_up
        if wire.open:
            for data in self.learner.to_send():
                wire.send(data)
        now_s = self._clock_s()
        if wire.held_up > held_up:
            self.learner.held_up(now_s)
        wait_s = max(0.0, min(until_s, self._next_move_s(), now_s + 1.0) - now_s)
        if now_s < self.deaf_until_s:
            self._sleep_s(min(wait_s, self.deaf_until_s - now_s))
            return
        was_open = wire.open
        messages = wire.receive(wait_s)
        now_s = self._clock_s()
        if wire.open and not was_open:
            self.learner.stream.connected()
        try:
            for data in messages:
                self.learner.heard(data, now_s)
        except ProtocolError:
            wire.close()
        if self.learner.stream.welcomed:
            self._welcomed(now_s)
        if wire.lost or (wire.status is not None and wire.status != 101):
            self._after_loss(wire)

    def _welcomed(self, now_s: float) -> None:
        self._failures, self._refused_ticket = 0, False
        if self._joined_s is not None:
            self.learner.measure(names.JOIN, now_s, now_s - self._joined_s)
            self._joined_s = None

    def _dial(self, now_s: float) -> None:
        self.learner.dialling(now_s)
        try:
            ticket = self._ticket or (None if self._refused_ticket else self.learner.stream.ticket)
            self._ticket = None
            if ticket is None:
                path = f"/v1/sessions/{self.session_id}/ticket"
                ticket = post(self._base_url, path, {}, self._token)["ticket"]
            self._wire = Wire(self._stream_url, ticket)
        except Refused as refused:
            self._refused(refused.status, refused.retry_after_s)
        except _UNREACHABLE:
            self._failures += 1
            self._dial_at_s = self._clock_s() + _AGAIN_S * (1.0 + self._rng.random())

    def _after_loss(self, wire: Wire) -> None:
        self._wire = None
        self._count_bytes(wire)
        wire.close()
        if wire.status is not None and wire.status != 101:
            self._refused(wire.status, wire.retry_after_s)
            return
        now_s = self._clock_s()
        self.learner.lost(now_s, wire.close_code)
        stream = self.learner.stream
        if stream.stopped and stream.status not in ENDED:
            raise PracticeStopped(f"the server has ended the stream with {wire.close_code}")
        self._dial_at_s = now_s + stream.reconnect_delay_ms(self._rng.random(), self._failures) / 1000.0
        self._failures += 1

    def _refused(self, status: int, retry_after_s: float) -> None:
        self.learner.samples.counts[f"refused, HTTP {status}"] += 1
        if status not in _COME_BACK:
            raise PracticeStopped(f"the server refuses this session: HTTP {status}")
        self._refused_ticket = True
        self._failures += 1
        self._dial_at_s = self._clock_s() + (0.0 if status == 401 else retry_after_s * (0.5 + self._rng.random()))

    def _count_bytes(self, wire: Wire) -> None:
        self.learner.samples.counts["bytes sent"] += wire.bytes_sent
        self.learner.samples.counts["bytes received"] += wire.bytes_received
