"""Plays a scenario of a session on the Python client machine; ``tests/js/scenarios.mjs`` plays it on the other one.

A scenario is JSON: ``hello``, perhaps ``next_attempt``, and ``steps``. Each step says what happens to the machine, and
its outcome is what the machine then has to send, what it knows, and whether it refused.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import msgpack
import numpy as np

from protocol.client_stream import ClientStream
from protocol.errors import IllegalCall, ProtocolError
from protocol.landmarks import COORDINATES, LAYOUTS
from protocol.messages import Hello

Scenario = dict[str, Any]
Outcome = dict[str, Any]


def play(scenario: Scenario) -> list[Outcome]:
    """The outcome of each step."""
    hello = Hello(**scenario["hello"])
    stream = ClientStream(hello, next_attempt=scenario.get("next_attempt"))
    outcomes = []
    for step in scenario["steps"]:
        if step["do"] == "restart":
            stream = _restarted(hello, stream)
        outcomes.append(_outcome(stream, hello.layout, step))
    return outcomes


def landmarks_of(step: dict[str, Any], layout: str, first_seq: int) -> np.ndarray:
    """Frames ``(N, P, 3)`` that repeat the few values of a step, another one first in each frame."""
    values = np.array([np.nan if value is None else value for value in step["values"]], np.float32)
    count, numbers = len(step["times_ms"]), LAYOUTS[layout].points * COORDINATES
    at = (np.arange(count)[:, None] + first_seq + np.arange(numbers)) % len(values)
    return values[at].reshape(count, -1, COORDINATES)


def _restarted(hello: Hello, stream: ClientStream) -> ClientStream:
    """A new run of the client, which has what the former one kept."""
    kept = [
        dataclasses.replace(held, times_ms=list(held.times_ms), frames=bytearray(held.frames))
        for held in stream.attempts
    ]
    return ClientStream(hello, kept, stream.next_attempt)


def _outcome(stream: ClientStream, layout: str, step: dict[str, Any]) -> Outcome:
    refused = None
    sent: list[bytes] = []
    try:
        sent = _do(stream, layout, step)
    except IllegalCall:
        refused = "illegal"
    except ProtocolError as error:
        refused = error.code.name
    return {"sent": [data.hex() for data in sent], "refused": refused, **_knowledge(stream)}


def _do(stream: ClientStream, layout: str, step: dict[str, Any]) -> list[bytes]:
    match step["do"]:
        case "send":
            return stream.data_to_send()
        case "disconnected":
            stream.disconnected(step.get("code"))
        case "begin":
            stream.begin_attempt(step["sentence"], step["at_ms"])
        case "frames":
            held = next((held for held in stream.attempts if held.number == stream.recording), None)
            first_seq = 0 if held is None else len(held.times_ms)
            stream.add_frames(landmarks_of(step, layout, first_seq), step["times_ms"])
        case "end":
            stream.end_attempt()
        case "cancel":
            stream.cancel_attempt()
        case "ping":
            stream.ping(step["n"])
        case "receive":
            stream.receive(msgpack.packb(step["message"]))
        case "receive_bytes":
            stream.receive(bytes.fromhex(step["hex"]))
        case "restart":
            pass
        case name:  # connected, pause, resume, complete
            getattr(stream, name)()
    return []


def _knowledge(stream: ClientStream) -> Outcome:
    return {
        "welcomed": stream.welcomed,
        "stopped": stream.stopped,
        "ticket": stream.ticket,
        "status": stream.status,
        "stored": stream.stored,
        "cursor": None if stream.cursor is None else [stream.cursor.a, stream.cursor.q],
        "recording": stream.recording,
        "next_attempt": stream.next_attempt,
        "unsaved": list(stream.unsaved),
        "results": sorted(stream.results),
        "dropped": sorted([number, reason] for number, reason in stream.dropped.items()),
        "held": [
            [held.number, held.outcome, held.offered, len(held.times_ms), len(held.frames)] for held in stream.attempts
        ],
        "delay_ms": [stream.reconnect_delay_ms(0.3, failures) for failures in (0, 1, 9)],
    }
