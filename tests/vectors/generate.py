"""Writes the golden vectors: ``python tests/vectors/generate.py``. Every language's client is held to them.

``messages.json``   messages and their bytes; what is ``bytes`` in a message stands as ``{"hex": …}``
``landmarks.json``  one frame of each layout: numbers (null: missing) and the bytes they become
``refused.json``    what a client may send wrong, and the code and effect that answer it; ``hello`` comes before it
                    unless the case says otherwise
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from protocol import limits
from protocol.codec import encode, pack_landmarks
from protocol.codes import CloseCode, ErrorCode
from protocol.landmarks import HANDS, HOLISTIC, LAYOUTS, Layout
from protocol.messages import (
    AttemptBegin,
    AttemptCancel,
    AttemptEnd,
    AttemptResult,
    Complete,
    Cursor,
    Draining,
    Error,
    Feedback,
    Finding,
    Frames,
    Hello,
    Message,
    Pause,
    Ping,
    Pong,
    Progress,
    Receipt,
    Reconnect,
    Resume,
    Scored,
    Sentence,
    SignResult,
    SkillProgress,
    Status,
    Stored,
    Welcome,
)

FOLDER = Path(__file__).parent
HELLO = Hello(layout="hands", width=640, height=480, mirrored=True, fps=29.97, client="vectors 1", oldest=3)
MARKS = {"handshape": 0.9123, "movement": None}


def example_result() -> AttemptResult:
    sign = SignResult(
        sign_index=0, gloss="THANK-YOU", reference_id="ab12", start_ms=120, end_ms=980, start_frame=4, end_frame=29,
        score=0.8, confidence=0.75, hand_used="right", parameters=MARKS,
    )  # fmt: skip
    finding = Finding(
        code="hand_too_low", kind="correction", parameter="location", hand="right", sign_index=0, gloss="THANK-YOU",
        start_ms=120, end_ms=400, size=0.25, unit="shoulder widths", severity="minor", text="Begin at the chin.",
        joints=[0, 5, 17],
    )  # fmt: skip
    return AttemptResult(
        attempt_no=3, sentence_index=1, sentence="Merci · ありがとう", glosses=["THANK-YOU"], judged=True, score=0.82,
        accuracy=0.8, confidence=0.75, fluency=0.9167, success=True, parameters=MARKS, signs=[sign],
        findings=[finding], frames=30, duration_ms=1_000, scorer_version="1", calibration_version="1",
    )  # fmt: skip


def example_messages() -> list[tuple[str, Message]]:
    """One message of every type, by direction."""
    result = example_result()
    skill = SkillProgress(
        skill_area="general", level=1.2, experience_points=146.0, total_sessions=2, total_attempts=7,
        successful_attempts=4, average_score=0.7312, average_accuracy=0.7, average_confidence=None,
        average_fluency=0.8, practice_time_ms=21_000, learning_streak=2, longest_streak=5, weekly_goal_minutes=60,
        milestones=["first_attempt"],
    )  # fmt: skip
    welcome = Welcome(
        session_id="5f" * 16, epoch=2, status="active", stored=2, cursor=Cursor(a=3, q=12),
        sentences=[Sentence(text="Thank you", glosses=["THANK-YOU"])], results=[result], recovered=False, lost=[2],
        incarnation="restored", ticket="t0k3n", reconnect=Reconnect(after_ms=250, spread_ms=2_000),
    )  # fmt: skip
    feedback = Feedback(a=3, q=14, i=0, g="THANK-YOU", p=0.5, o=0.8, m=MARKS, seen=(False, True, True), hint=None)
    frames = Frames(a=3, q=12, ms=[400, 433], l=pack_landmarks(example_landmarks(HANDS).repeat(2, axis=0), HANDS))
    client = [
        HELLO, AttemptBegin(a=3, i=1, at_ms=1_767_225_600_000), frames, AttemptEnd(a=3, n=14), AttemptCancel(a=4),
        Pause(), Resume(), Complete(), Ping(n=2**53 - 1),
    ]  # fmt: skip
    server = [
        welcome, feedback, Scored(result=result), Stored(through=3), Progress(skills=[skill]),
        Status(status="completed", overall_score=0.82), Receipt(a=3, q=14),
        Error(code=1103, name="SEQ_GAP", text="Frames before these are missing.", a=3, cursor=Cursor(a=3, q=12)),
        Draining(reconnect=Reconnect(after_ms=1_000, spread_ms=5_000)), Pong(n=2**53 - 1),
    ]  # fmt: skip
    return [("client", message) for message in client] + [("server", message) for message in server]


def example_landmarks(layout: Layout) -> np.ndarray:
    """A frame with halves to round, points out of reach, and points that are missing: ``(1, P, 3)`` float32."""
    index = np.arange(layout.points * 3, dtype=np.float64)
    values = ((index * 37) % 4_001 - 2_000) / 1_024 + (index % 3) / 16_384
    values[index % 11 == 0] = np.nan
    values[:6] = (3.99995, -4.0, 9.5, 0.5 / 8_192, -0.5 / 8_192, 0.0)
    return values.reshape(1, layout.points, 3).astype(np.float32)


def _packed(**fields: Any) -> bytes:
    return msgpack.packb(fields)


def _frames(**changes: Any) -> bytes:
    sound: dict[str, Any] = {"t": "frames", "a": 1, "q": 0, "ms": [0, 33], "l": bytes(2 * HANDS.frame_bytes)}
    return msgpack.packb(sound | changes)


def refused() -> list[tuple[str, bool, bytes, ErrorCode, CloseCode | None]]:
    """(what is wrong, after a hello?, bytes, code, close code) of everything that the wire itself forbids."""
    code, hello = ErrorCode, HELLO.model_dump()
    whole = _frames()
    return [
        ("empty message", True, b"", code.MALFORMED, None),
        ("truncated message", True, whole[:-1], code.MALFORMED, None),
        ("two values in a message", True, whole + b"\xc0", code.MALFORMED, None),
        ("a byte that msgpack never uses", True, b"\xc1", code.MALFORMED, None),
        ("text that is not UTF-8", True, b"\x81\xa1t\xa2\xff\xfe", code.MALFORMED, None),
        ("not a map", True, msgpack.packb([1, 2]), code.MALFORMED, None),
        ("a map with numbers for keys", True, msgpack.packb({1: 2}), code.MALFORMED, None),
        ("no type", True, _packed(a=1), code.UNKNOWN_TYPE, None),
        ("unknown type", True, _packed(t="attempt.start", a=1), code.UNKNOWN_TYPE, None),
        ("a type that is not text", True, _packed(t=[1]), code.UNKNOWN_TYPE, None),
        ("a message of the server", True, encode(Stored(through=1)), code.UNKNOWN_TYPE, None),
        ("array that claims 4 billion places", True, b"\xdd\xff\xff\xff\xff", code.LIMIT_EXCEEDED, None),
        ("map that claims 4 billion keys", True, b"\xdf\xff\xff\xff\xff", code.LIMIT_EXCEEDED, None),
        ("string that claims 4 GB", True, b"\x81\xa1t\xdb\xff\xff\xff\xff", code.MALFORMED, None),
        ("string longer than allowed", True, _packed(t="x" * 4_097), code.LIMIT_EXCEEDED, None),
        ("extension type", True, b"\xd4\x05\x00", code.LIMIT_EXCEEDED, None),
        ("nested 2,000 deep", True, b"\x91" * 2_000, code.LIMIT_EXCEEDED, None),
        ("one frame too many", True, _frames(ms=list(range(65))), code.LIMIT_EXCEEDED, None),
        ("missing field", True, _packed(t="attempt.begin", a=1, at_ms=0), code.INVALID_FIELD, None),
        ("number as text", True, _packed(t="attempt.end", a="1", n=2), code.INVALID_FIELD, None),
        ("attempt 0", True, _packed(t="attempt.cancel", a=0), code.INVALID_FIELD, None),
        ("negative time", True, _frames(ms=[-1, 33]), code.INVALID_FIELD, None),
        ("no frames", True, _frames(ms=[], l=b""), code.INVALID_FIELD, None),
        ("landmarks as text", True, _frames(l="x" * 1_008), code.INVALID_FIELD, None),
        ("time that is not a number", True, _frames(ms=[0, float("nan")]), code.NON_FINITE, None),
        ("infinite attempt number", True, _packed(t="attempt.end", a=float("inf"), n=2), code.NON_FINITE, None),
        ("a byte too few", True, _frames(l=bytes(1_007)), code.FRAME_LENGTH, None),
        ("frames of another layout", True, _frames(l=bytes(2 * HOLISTIC.frame_bytes)), code.FRAME_LENGTH, None),
        ("time stands still", True, _frames(ms=[33, 33]), code.TIMES_NOT_ASCENDING, None),
        ("time goes back", True, _frames(ms=[33, 0]), code.TIMES_NOT_ASCENDING, None),
        ("an attempt of three minutes", True, _frames(ms=[0, 180_000]), code.ATTEMPT_TOO_LONG, None),
        ("a frame beyond the last", True, _frames(q=limits.MAX_ATTEMPT_FRAMES - 1), code.ATTEMPT_TOO_LONG, None),
        ("second hello", True, encode(HELLO), code.HELLO_REPEATED, None),
        (
            "oversized message", True, _frames(l=bytes(limits.max_message_bytes(HANDS))), code.TOO_LARGE,
            CloseCode.MESSAGE_TOO_LARGE,
        ),
        ("no hello", False, whole, code.HELLO_EXPECTED, CloseCode.HELLO_MISSING),
        ("hello that is not msgpack", False, b"hello", code.HELLO_EXPECTED, CloseCode.HELLO_MISSING),
        ("oversized hello", False, _packed(**hello, x="y" * 4_096), code.HELLO_EXPECTED, CloseCode.HELLO_MISSING),
        ("unknown layout", False, _packed(**hello | {"layout": "feet"}), code.HELLO_EXPECTED, CloseCode.HELLO_MISSING),
        (
            "frame rate that is not a number", False, _packed(**hello | {"fps": float("nan")}), code.HELLO_EXPECTED,
            CloseCode.HELLO_MISSING,
        ),
        ("another version", False, _packed(t="hello", v=2), code.VERSION_UNSUPPORTED, CloseCode.VERSION_UNSUPPORTED),
    ]  # fmt: skip


def as_json(value: Any) -> Any:
    """A message's fields as JSON has them."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, dict):
        return {key: as_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(inner) for inner in value]
    return value


def vectors() -> dict[str, list[dict[str, Any]]]:
    """The content of each file."""
    return {
        "messages.json": [
            {"direction": direction, "message": as_json(message.model_dump()), "hex": encode(message).hex()}
            for direction, message in example_messages()
        ],
        "landmarks.json": [
            {
                "layout": layout.name,
                "landmarks": [None if np.isnan(value) else float(value) for value in example_landmarks(layout).ravel()],
                "hex": pack_landmarks(example_landmarks(layout), layout).hex(),
            }
            for layout in LAYOUTS.values()
        ],
        "refused.json": [
            {
                "what": what,
                "after_hello": after_hello,
                "hex": data.hex(),
                "code": code.value,
                "close": None if close is None else close.value,
            }
            for what, after_hello, data, code, close in refused()
        ],
    }


def text_of(content: list[dict[str, Any]]) -> str:
    """One case a line, so that a change shows as one."""
    return "[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in content) + "\n]\n"


if __name__ == "__main__":
    for name, content in vectors().items():
        (FOLDER / name).write_text(text_of(content), encoding="utf-8")
