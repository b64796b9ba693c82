"""Everything that a stream can be told wrong, told to a real server: the answer, the effect, the session after it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest
from websockets.exceptions import InvalidStatus

from protocol.codes import CloseCode, ErrorCode
from protocol.landmarks import HANDS_POSE, LandmarkClip
from protocol.limits import MAX_ATTEMPT_MS, MAX_VIOLATIONS, max_message_bytes
from protocol.messages import Error, Pong, Scored
from server.clips.reader import read_clip
from tests.support.live_learner import LiveLearner, dial
from tests.support.server_process import ServerProcess

FRAME_BYTES = HANDS_POSE.frame_bytes
pack = msgpack.packb


def frames(**changes: Any) -> bytes:
    """One frame of attempt 1, its first, unless changed."""
    return pack({"t": "frames", "a": 1, "q": 0, "ms": [0], "l": bytes(FRAME_BYTES)} | changes)


def begin(**changes: Any) -> bytes:
    return pack({"t": "attempt.begin", "a": 1, "i": 0, "at_ms": 1_700_000_000_000} | changes)


def nested(depth: int) -> bytes:
    """Arrays in arrays, a map at the outside."""
    return b"\x81\xa1x" + b"\x91" * depth + b"\xc0"


@dataclass(frozen=True)
class Wrong:
    """``said`` in order over one connection; the last is answered with ``code`` and, where given, ``close``."""

    said: tuple[bytes | str, ...]
    code: ErrorCode
    close: CloseCode | None = None
    cursor: tuple[int, int] | None = None


WRONG: dict[str, Wrong] = {
    "no msgpack": Wrong((b"\xc1\xc1\xc1",), ErrorCode.MALFORMED),
    "nothing at all": Wrong((b"",), ErrorCode.MALFORMED),
    "truncated": Wrong((frames()[:-10],), ErrorCode.MALFORMED),
    "two messages in one": Wrong((pack({"t": "ping", "n": 1}) * 2,), ErrorCode.MALFORMED),
    "no map": Wrong((pack([1, 2]),), ErrorCode.MALFORMED),
    "text": Wrong(('{"t":"ping"}',), ErrorCode.MALFORMED),
    "unknown type": Wrong((pack({"t": "teleport"}),), ErrorCode.UNKNOWN_TYPE),
    "a server's message": Wrong((pack({"t": "stored", "through": 99}),), ErrorCode.UNKNOWN_TYPE),
    "no type": Wrong((pack({"a": 1}),), ErrorCode.UNKNOWN_TYPE),
    "deep nest": Wrong((nested(2_000),), ErrorCode.LIMIT_EXCEEDED),
    "huge array": Wrong((b"\x81\xa1x\xdd\xff\xff\xff\xff",), ErrorCode.LIMIT_EXCEEDED),
    "huge map": Wrong((b"\xdf\xff\xff\xff\xff",), ErrorCode.LIMIT_EXCEEDED),
    "text that claims to be huge": Wrong((b"\x81\xa1x\xdb\xff\xff\xff\xff",), ErrorCode.MALFORMED),
    "bytes that claim to be huge": Wrong((b"\x81\xa1x\xc6\xff\xff\xff\xff",), ErrorCode.MALFORMED),
    "long text": Wrong((pack({"t": "ping", "x": "x" * 5_000}),), ErrorCode.LIMIT_EXCEEDED),
    "many entries": Wrong((pack({"t": "ping"} | {str(key): 0 for key in range(64)}),), ErrorCode.LIMIT_EXCEEDED),
    "a key that is no text": Wrong((pack({"t": "ping", 1: 1}),), ErrorCode.MALFORMED),
    "field missing": Wrong((pack({"t": "attempt.begin", "a": 1}),), ErrorCode.INVALID_FIELD),
    "field of another type": Wrong((begin(a="1"),), ErrorCode.INVALID_FIELD),
    "number out of range": Wrong((begin(a=0),), ErrorCode.INVALID_FIELD),
    "not a number": Wrong((begin(), frames(ms=[float("nan")])), ErrorCode.NON_FINITE),
    "infinite": Wrong((begin(), frames(ms=[float("inf")])), ErrorCode.NON_FINITE),
    "hello again": Wrong((pack({"t": "hello", "v": 1, "layout": "hands", "width": 64, "height": 64}),),
                         ErrorCode.HELLO_REPEATED),
    "frames of another layout": Wrong((begin(), frames(l=bytes(FRAME_BYTES - 6))), ErrorCode.FRAME_LENGTH),
    "fewer frames than times": Wrong((begin(), frames(ms=[0, 33])), ErrorCode.FRAME_LENGTH),
    "times going back": Wrong((begin(), frames(ms=[33, 0], l=bytes(2 * FRAME_BYTES))), ErrorCode.TIMES_NOT_ASCENDING),
    "times going back from message to message": Wrong(
        (begin(), frames(ms=[50]), frames(q=1, ms=[50])), ErrorCode.TIMES_NOT_ASCENDING, cursor=(1, 1)
    ),
    "longer than an attempt may last": Wrong((begin(), frames(ms=[MAX_ATTEMPT_MS + 1])), ErrorCode.ATTEMPT_TOO_LONG),
    "frames of an attempt to come": Wrong((begin(), frames(a=2)), ErrorCode.WRONG_ATTEMPT, cursor=(1, 0)),
    "begin of an attempt to come": Wrong((begin(a=3),), ErrorCode.WRONG_ATTEMPT, cursor=(1, 0)),
    "a gap": Wrong((begin(), frames(), frames(q=2, ms=[66])), ErrorCode.SEQ_GAP, cursor=(1, 1)),
    "a repeat and then a gap": Wrong(
        (begin(), frames(), frames(), frames(q=9, ms=[99])), ErrorCode.SEQ_GAP, cursor=(1, 1)
    ),
    "the same frame with other bytes": Wrong(
        (begin(), frames(), frames(l=b"\x01" * FRAME_BYTES)), ErrorCode.SEQ_CONFLICT, cursor=(1, 1)
    ),
    "end without begin": Wrong((pack({"t": "attempt.end", "a": 1, "n": 0}),), ErrorCode.NOT_RECORDING, cursor=(1, 0)),
    "frames without begin": Wrong((frames(),), ErrorCode.NOT_RECORDING, cursor=(1, 0)),
    "end before all frames": Wrong(
        (begin(), frames(), pack({"t": "attempt.end", "a": 1, "n": 2})), ErrorCode.SEQ_GAP, cursor=(1, 1)
    ),
    "the same attempt with another sentence": Wrong((begin(), begin(i=1)), ErrorCode.ATTEMPT_CONFLICT),
    "no such sentence": Wrong((begin(i=7),), ErrorCode.SENTENCE_UNKNOWN),
    "complete in mid-attempt": Wrong((begin(), pack({"t": "complete"})), ErrorCode.ILLEGAL_NOW),
    "oversized": Wrong((bytes(max_message_bytes(HANDS_POSE) + 1),), ErrorCode.TOO_LARGE, CloseCode.MESSAGE_TOO_LARGE),
    "too many": Wrong((b"\xc1",) * (MAX_VIOLATIONS + 1), ErrorCode.MALFORMED, CloseCode.TOO_MANY_ERRORS),
}  # fmt: skip

WRONG_HELLO: dict[str, tuple[dict[str, Any], ErrorCode, CloseCode]] = {
    "another version": ({"v": 2}, ErrorCode.VERSION_UNSUPPORTED, CloseCode.VERSION_UNSUPPORTED),
    "no version": ({"v": None}, ErrorCode.VERSION_UNSUPPORTED, CloseCode.VERSION_UNSUPPORTED),
    "no such layout": ({"layout": "feet"}, ErrorCode.HELLO_EXPECTED, CloseCode.HELLO_MISSING),
    "infinite frame rate": ({"fps": float("inf")}, ErrorCode.HELLO_EXPECTED, CloseCode.HELLO_MISSING),
    "another message": ({"t": "ping"}, ErrorCode.HELLO_EXPECTED, CloseCode.HELLO_MISSING),
}


@pytest.fixture(scope="module")
def clip(letter_clips: Path) -> LandmarkClip:
    """Somebody who signs the letter A."""
    return read_clip(str(letter_clips / "A.pose"))


@pytest.fixture
async def learner(running_server: ServerProcess, clip: LandmarkClip) -> AsyncIterator[LiveLearner]:
    """A learner with a session that is not yet connected."""
    learner = LiveLearner(running_server, clip)
    await learner.open(glosses=["A"])
    yield learner
    await learner.close()


async def answered(learner: LiveLearner, wrong: Wrong, what: str) -> None:
    """Says the wrong thing over a new connection and checks the answer and its effect."""
    await learner.connect()
    assert learner.socket is not None
    for data in wrong.said:
        await learner.socket.send(data)
    if wrong.close is None:
        await learner.socket.send(pack({"t": "ping", "n": 77}))
    errors = []
    while wrong.close is None or len(errors) < len(wrong.said):
        message = await learner.hear_any()
        if isinstance(message, Pong):
            break
        if isinstance(message, Error):
            errors.append(message)
    assert [ErrorCode(error.code) for error in errors[-1:]] == [wrong.code], what
    assert errors[-1].name == wrong.code.name and len(errors[-1].text) > 20, f"{what}: said for a person"
    if wrong.cursor is not None:
        assert errors[-1].cursor is not None and (errors[-1].cursor.a, errors[-1].cursor.q) == wrong.cursor, what
    if wrong.close is None:
        learner.cut()
    else:
        assert await learner.gone() == wrong.close, what
        assert wrong.close.resumable


async def test_every_wrong_message_is_answered_and_the_session_goes_on(learner: LiveLearner):
    for what, wrong in WRONG.items():
        await answered(learner, wrong, what)
    assert set(learner.epochs) == {1}, "no wrong word of a client costs the session its process"
    learner.lost.clear()
    await learner.connect()
    for _ in range(2):
        await learner.practise()
    await learner.assert_all_is_well()


async def test_every_wrong_hello_closes_its_connection_and_the_session_goes_on(
    learner: LiveLearner, running_server: ServerProcess
):
    good = {"t": "hello", "v": 1, "layout": "hands", "width": 640, "height": 480}
    for what, (change, code, close) in WRONG_HELLO.items():
        socket = await dial(running_server, (await learner.rest.ticket(learner.session_id)).ticket)
        await socket.send(pack(good | change))
        assert msgpack.unpackb(await socket.recv())["code"] == code, what
        await socket.wait_closed()
        assert socket.close_code == close, what
    await learner.connect()
    await learner.practise()
    await learner.assert_all_is_well()


async def test_a_message_beyond_the_librarys_own_bound_closes_and_the_session_goes_on(learner: LiveLearner):
    await learner.connect()
    assert learner.socket is not None
    await learner.socket.send(bytes(1024 * 1024))
    assert await learner.gone() == 1009
    await learner.connect()
    await learner.practise()
    await learner.assert_all_is_well()


# ------------------------------------------------------------------------------------ well-formed, but strange attempts


def empty(clip: LandmarkClip) -> LandmarkClip:
    return LandmarkClip(clip.landmarks[:0], clip.times_ms[:0], clip.layout, clip.video)


def without_hands(clip: LandmarkClip) -> LandmarkClip:
    landmarks = clip.landmarks.copy()
    landmarks[:, 33:] = np.nan
    return LandmarkClip(landmarks, clip.times_ms, clip.layout, clip.video)


def without_anything(clip: LandmarkClip) -> LandmarkClip:
    return LandmarkClip(np.full_like(clip.landmarks, np.nan), clip.times_ms, clip.layout, clip.video)


def far_away(clip: LandmarkClip) -> LandmarkClip:
    return LandmarkClip(np.full_like(clip.landmarks, 3.9), clip.times_ms, clip.layout, clip.video)


async def test_attempts_that_cannot_be_judged_get_a_reason_and_never_a_mark(learner: LiveLearner, clip: LandmarkClip):
    await learner.connect()
    strange: list[Callable[[LandmarkClip], LandmarkClip]] = [empty, without_hands, without_anything, far_away]
    for change in strange:
        learner.clip = change(clip)
        number = learner.sign()
        await learner.stored(number)
        result = learner.stream.results[number]
        assert not result.judged and result.score is None and not result.success, change.__name__
        assert "cannot_judge" in [finding.kind for finding in result.findings], change.__name__
    learner.clip = clip
    await learner.practise()
    assert set(learner.epochs) == {1}


async def test_an_attempt_dated_beyond_the_calendar_is_set_aside_and_the_session_goes_on(learner: LiveLearner):
    await learner.connect()
    assert learner.socket is not None
    for data in (begin(at_ms=2**63), frames(), pack({"t": "attempt.end", "a": 1, "n": 1})):
        await learner.socket.send(data)
    assert (await learner.hear(Scored)).result.attempt_no == 1
    error = await learner.hear(Error)
    assert ErrorCode(error.code) is ErrorCode.ATTEMPT_QUARANTINED
    await learner.until(lambda: learner.stream.stored >= 1)
    learner.cut()
    await learner.connect()
    await learner.practise()
    await learner.assert_all_is_well()


# ------------------------------------------------------------------------------------------------ who may not come in


async def refused(server: ServerProcess, ticket: str, **options: Any) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as refusal:
        await dial(server, ticket, **options)
    response = refusal.value.response
    return response.status_code, response.body.decode()


async def test_who_has_no_right_to_come_in_is_told_why(learner: LiveLearner, running_server: ServerProcess):
    ticket = (await learner.rest.ticket(learner.session_id)).ticket
    status, body = await refused(running_server, ticket, origin="http://evil.example")
    assert (status, "origin_refused" in body) == (403, True)
    forged = ticket[:-4] + ("AAAA" if not ticket.endswith("AAAA") else "BBBB")
    status, body = await refused(running_server, forged)
    assert (status, "ticket_forged" in body) == (401, True)
    own_page = await dial(running_server, ticket, origin=running_server.url)
    await own_page.close()
    status, body = await refused(running_server, ticket)
    assert (status, "ticket_used" in body) == (401, True)
    await learner.connect()
    await learner.practise()
    await learner.assert_all_is_well()
