"""Writes the vectors of the client's machine: ``python -m tests.vectors.generate_sessions``. Both languages play them.

``sessions.json``         what happens to a session, step by step, and what the client then sends and knows
``server_messages.json``  bytes of a server, and the message or the error that they are for a client

What is expected comes from the Python side; a change of these files is a change of the client's ways.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgpack

from protocol.codec import decode_server
from protocol.errors import ProtocolError
from tests.support.client_scenarios import Scenario, play

FOLDER = Path(__file__).parent
Step = dict[str, Any]

HELLO = {
    "t": "hello", "v": 1, "layout": "hands", "width": 640, "height": 480, "mirrored": False, "fps": 29.97,
    "client": "vectors", "oldest": None,
}  # fmt: skip
AT_MS = 1_790_000_000_123
RECONNECT = {"after_ms": 100, "spread_ms": 400}
RESULT = {
    "attempt_no": 1, "sentence_index": 0, "sentence": "Hello", "glosses": ["HELLO"], "judged": True, "score": 0.75,
    "accuracy": 0.8, "confidence": 0.7, "fluency": 0.75, "success": True,
    "parameters": {"handshape": 0.9, "location": None},
    "signs": [{"sign_index": 0, "gloss": "HELLO", "reference_id": None, "start_ms": 0, "end_ms": 900,
               "start_frame": 0, "end_frame": 27,
               "score": 0.75, "confidence": 0.7, "hand_used": "right", "parameters": {"handshape": 0.9}}],
    "findings": [{"code": "handshape_open", "kind": "correction", "parameter": "handshape", "hand": "right",
                  "sign_index": 0, "gloss": "HELLO", "start_ms": 100, "end_ms": 400, "size": 0.3, "unit": None,
                  "severity": "minor", "text": "Keep your fingers together."}],
    "frames": 28, "duration_ms": 933, "scorer_version": "1", "calibration_version": "1",
}  # fmt: skip


# ------------------------------------------------------------------------------------------------------- steps


def do(name: str, **details: Any) -> Step:
    """One step of a scenario."""
    return {"do": name, **details}


def welcome(a: int = 1, q: int = 0, stored: int = 0, status: str = "active", **more: Any) -> Step:
    """The server says welcome, with its cursor."""
    message = {
        "t": "welcome", "v": 1, "session_id": "5e55", "epoch": 1, "status": status, "stored": stored,
        "cursor": {"a": a, "q": q}, "sentences": [{"text": "Hello", "glosses": ["HELLO"]}], "results": [],
        "recovered": True, "lost": [], "incarnation": "new", "ticket": f"t{a}.{q}", "reconnect": RECONNECT, **more,
    }  # fmt: skip
    return do("receive", message=message)


def says(t: str, **fields: Any) -> Step:
    """The server says something else."""
    return do("receive", message={"t": t, **fields})


def error(code: int, **fields: Any) -> Step:
    """The server reports an error."""
    return says("error", code=code, name="", text="", **fields)


def frames(first: int, count: int, start_ms: int = 0) -> Step:
    """Frames that are 33 ms apart, told apart by their values."""
    times_ms = [start_ms + 33 * index for index in range(first, first + count)]
    return do("frames", times_ms=times_ms, values=[0.5, None, -0.123, 0.25 * first, 3.999, -9.5, 0.00006])


BEGIN = do("begin", sentence=0, at_ms=AT_MS)
SEND = do("send")
COME = [do("connected"), SEND]


SCENARIOS: Mapping[str, list[Step]] = {
    "an attempt without trouble": [
        *COME, welcome(), BEGIN, SEND, frames(0, 3), SEND, says("receipt", a=1, q=3), frames(3, 2), do("end"), SEND,
        says("scored", result=RESULT), says("stored", through=1), SEND,
    ],
    "a cut in the middle, and the server wants what it missed": [
        *COME, welcome(), BEGIN, frames(0, 4), SEND, do("disconnected"), frames(4, 3), *COME,
        welcome(q=2), SEND, do("end"), SEND, says("stored", through=1), SEND,
    ],
    "practice without a connection is sent when there is one": [
        *COME, welcome(), SEND, do("disconnected", code=1006), BEGIN, frames(0, 2), do("end"), BEGIN, frames(0, 1),
        do("cancel"), BEGIN, frames(0, 70), do("end"), *COME, welcome(), SEND, says("stored", through=3), SEND,
    ],
    "nothing is known before the first welcome": [BEGIN, do("connected"), BEGIN, SEND, SEND, welcome(a=4), BEGIN, SEND],
    "a new run of the client sends again what is held": [
        *COME, welcome(), BEGIN, frames(0, 2), do("end"), BEGIN, frames(0, 2), SEND, do("restart"),
        frames(2, 1), *COME, welcome(a=2, q=1), SEND, do("end"), SEND, says("stored", through=2), do("restart"), BEGIN,
        SEND, *COME, welcome(a=3, stored=2), SEND,
    ],
    "a new run that kept less than it had sent gives the attempt up": [
        *COME, welcome(), BEGIN, frames(0, 2), SEND, do("restart"), *COME, welcome(q=5), SEND, BEGIN, SEND,
    ],
    "the learner's other tab was further": [
        *COME, welcome(), BEGIN, frames(0, 2), SEND, do("disconnected"), *COME, welcome(a=3, stored=0), SEND, BEGIN,
        SEND,
    ],
    "stored while away": [
        *COME, welcome(), BEGIN, frames(0, 1), do("end"), SEND, do("disconnected"), *COME, welcome(a=2, stored=1), SEND,
    ],
    "another device used the numbers of attempts that were recorded offline": [
        *COME, welcome(), BEGIN, frames(0, 1), do("end"), SEND, do("disconnected"), BEGIN, frames(0, 2), do("end"),
        BEGIN, frames(0, 1), *COME, welcome(a=4, stored=3), SEND, BEGIN, SEND,
    ],
    "another device is in the middle of an attempt of this number": [
        *COME, welcome(), do("disconnected"), BEGIN, frames(0, 2), do("end"), do("restart"), *COME, welcome(q=1), SEND,
        error(1108, a=1, cursor=None), SEND, BEGIN, SEND,
    ],
    "results come with welcome": [
        *COME, welcome(), BEGIN, frames(0, 1), do("end"), SEND, do("disconnected"), *COME,
        welcome(a=2, results=[RESULT], incarnation="restored"), SEND, says("stored", through=1),
    ],
    "a gap is sent again, the same gap only once": [
        *COME, welcome(), BEGIN, frames(0, 4), SEND, error(1103, a=1, cursor={"a": 1, "q": 1}), SEND,
        error(1103, a=1, cursor={"a": 1, "q": 1}), SEND, frames(4, 1), SEND, says("status", status="active"), SEND,
    ],
    "an attempt that cannot be accepted is given up": [
        *COME, welcome(), BEGIN, frames(0, 2), SEND, error(1104, a=1, cursor=None), frames(2, 1), SEND, BEGIN, SEND,
    ],
    "paused, resumed, completed": [
        *COME, welcome(status="created"), do("pause"), SEND, says("status", status="paused"), BEGIN, do("resume"), SEND,
        says("status", status="active"), BEGIN, frames(0, 1), do("complete"), do("end"), do("complete"), SEND,
        says("status", status="completed", overall_score=0.5), SEND, do("disconnected", code=4501), do("pause"),
    ],
    "paused from elsewhere in the middle of an attempt": [
        *COME, welcome(), BEGIN, frames(0, 2), SEND, says("status", status="paused"), frames(2, 1), SEND, do("resume"),
        SEND,
    ],
    "found paused with attempts to send": [
        *COME, welcome(), do("disconnected"), BEGIN, frames(0, 1), do("end"), *COME, welcome(status="paused"), SEND,
        says("status", status="active"), SEND,
    ],
    "a pause that is refused": [*COME, welcome(), do("pause"), SEND, error(1203), SEND, BEGIN],
    "superseded": [*COME, welcome(), BEGIN, frames(0, 1), SEND, do("disconnected", code=4500), SEND],
    "the server drains": [*COME, welcome(), says("draining", reconnect={"after_ms": 9, "spread_ms": 2000}),
                          do("disconnected", code=4000)],
    "a version that is not spoken": [*COME, error(1007), do("disconnected", code=4502)],
    "pings are answered or forgotten": [
        do("ping", n=1), *COME, do("ping", n=2), SEND, welcome(), SEND, says("pong", n=2),
        do("ping", n=2**53 - 1), SEND,
    ],
    "frames that the server would refuse are not taken": [
        *COME, welcome(), frames(0, 1), BEGIN, frames(0, 2), do("frames", times_ms=[33], values=[0.1]),
        do("frames", times_ms=[-1], values=[0.1]), do("frames", times_ms=[120_001], values=[0.1]),
        do("frames", times_ms=[50, 40], values=[0.1]), do("frames", times_ms=[120_000], values=[0.1]), SEND,
    ],
    "what cannot be read": [
        *COME, do("receive_bytes", hex=""), do("receive_bytes", hex="c1"), do("receive_bytes", hex="80"),
        do("receive_bytes", hex="93010203"), says("nonsense"), says("stored"), says("stored", through=-1),
        says("stored", through="one"), says("receipt", a=0, q=0), says("status", status="asleep"), welcome(cursor=None),
        says("stored", through=1, news="ignored"), do("receive_bytes", hex="81a174a673746f7265"),
    ],
}  # fmt: skip


# ------------------------------------------------------------------------------------------------------- files


def sessions() -> list[Scenario]:
    """Every scenario with its outcomes; the last starts with what a former run knew."""
    plain: list[Scenario] = [{"name": name, "hello": HELLO, "steps": steps} for name, steps in SCENARIOS.items()]
    offline = [BEGIN, frames(0, 2), do("end"), *COME, welcome(a=7, stored=6), SEND]
    known = {"name": "a former run knew the next number", "hello": HELLO, "next_attempt": 7, "steps": offline}
    return [{**scenario, "outcomes": play(scenario)} for scenario in [*plain, known]]


def server_messages() -> list[dict[str, Any]]:
    """Bytes of a server, and the message or the error that they are for a client."""
    said = [step["message"] for steps in SCENARIOS.values() for step in steps if step["do"] == "receive"]
    feedback = {"t": "feedback", "a": 1, "q": 2, "i": 0, "g": "A", "p": 0.5, "o": None, "m": {"handshape": 1},
                "seen": [True, False, True]}  # fmt: skip
    odd = [
        feedback, {**feedback, "seen": [True]}, {**feedback, "p": 1.5}, {**feedback, "m": {"handshape": "good"}},
        {**feedback, "a": 1.5}, {"t": 7}, {"t": "hello", "v": 1}, [], 7,
        {"t": "stored", "through": 1, "x": "y" * 5_000},
        {"t": "progress", "skills": [0] * 5_000}, {1: 2},
    ]  # fmt: skip
    unique = {msgpack.packb(message): None for message in [*said, *odd]}
    whole = msgpack.packb({"t": "stored", "through": 3})
    return [_as_read(data) for data in [*unique, whole[:-1], whole + b"\x00", b"", b"\xc1"]]


def _as_read(data: bytes) -> dict[str, Any]:
    try:
        return {"bytes": data.hex(), "message": decode_server(data).model_dump(mode="json")}
    except ProtocolError as refusal:
        return {"bytes": data.hex(), "error": refusal.code.name}


FILES = {
    "sessions.json": sessions,
    "server_messages.json": server_messages,
}


def text_of(name: str) -> str:
    """The content of a file of vectors: a row a line."""
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in FILES[name]())
    return f"[\n{rows}\n]\n"


if __name__ == "__main__":
    for name in FILES:
        (FOLDER / name).write_text(text_of(name), "utf-8")
