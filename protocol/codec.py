"""Bytes to messages and back, and landmarks to the int16 of the wire and back. Pure; knows no connection.

Every function that reads what a peer sent raises ``ProtocolError`` and nothing else. Messages are checked by their
pydantic models, except the ``frames`` of a client that keeps to the contract: those are known at a glance, and
whatever is not goes the way of the models. A session wakes for each of them with nothing in the processor's caches,
and then code costs by its variety.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar, get_args

import msgpack
import numpy as np
from pydantic import ValidationError

from protocol.codes import ErrorCode
from protocol.errors import ProtocolError
from protocol.landmarks import BLOCK_POINTS, COORDINATES, LAYOUTS, Block, Layout
from protocol.limits import (
    FROM_CLIENT,
    FROM_SERVER,
    MAX_ATTEMPT_FRAMES,
    MAX_ATTEMPT_MS,
    MAX_FRAMES_PER_MESSAGE,
    MAX_NUMBER,
    MAX_SERVER_MESSAGE_BYTES,
)
from protocol.messages import PROTOCOL_VERSION, ClientMessage, Frames, Message, ServerMessage

MISSING = -32_768
"""The reserved value of a coordinate that was not seen."""

IMAGE_STEPS = 8_192
"""Steps per picture size of pose, face and hand points: reaches 4 picture sizes to each side."""

WORLD_STEPS = 16_384
"""Steps per metre of hand world points: reaches 2 m to each side."""

_LARGEST = 32_767
_POINT_TYPE = np.dtype("<i2")
# As numbers of their arrays' own types, so that numpy need not look for a common one with each message.
_MISSING = np.int16(MISSING)
_NAN = np.float32("nan")
_WORLD_BLOCKS = frozenset({Block.LEFT_HAND_WORLD, Block.RIGHT_HAND_WORLD})


# ------------------------------------------------------------------------------------------------------- landmarks


@cache
def _steps(layout_name: str) -> np.ndarray:
    """Steps per unit of each point, ``(P, 1)`` float32; powers of two, so that scaling itself never rounds."""
    per_block = [
        np.full(BLOCK_POINTS[block], WORLD_STEPS if block in _WORLD_BLOCKS else IMAGE_STEPS, dtype=np.float32)
        for block in LAYOUTS[layout_name].blocks
    ]
    steps = np.concatenate(per_block)[:, None]
    steps.setflags(write=False)
    return steps


@cache
def _units(layout_name: str) -> np.ndarray:
    """Units per step, ``(P, 1)`` float32."""
    units = 1 / _steps(layout_name)
    units.setflags(write=False)
    return units


def to_points(landmarks: np.ndarray, layout: Layout) -> np.ndarray:
    """Quantises landmarks ``(N, P, 3)`` float32 with NaN for missing to int16 of the same shape.

    The error is at most half a step: 1/16,384 of the picture's size, 1/32,768 m for world points. Halves round up
    (as JavaScript's ``Math.round``), what is out of reach saturates. Raises ProtocolError: FRAME_LENGTH where the
    shape is not the layout's, NON_FINITE for an infinite number.
    """
    if landmarks.ndim != 3 or landmarks.shape[1:] != (layout.points, COORDINATES):
        raise ProtocolError(
            ErrorCode.FRAME_LENGTH,
            f"landmarks of layout {layout.name} are (N, {layout.points}, {COORDINATES}), not {landmarks.shape}",
        )
    if np.isinf(landmarks).any():
        raise ProtocolError(ErrorCode.NON_FINITE, "a landmark is infinite; say NaN for a point that was not seen")
    # float64, because adding a half to a float32 can carry it over to the next whole number.
    scaled = np.floor(landmarks.astype(np.float64) * _steps(layout.name) + 0.5)
    clipped = np.clip(scaled, -_LARGEST, _LARGEST)
    return np.where(np.isnan(clipped), MISSING, clipped).astype(np.int16)


def to_float(points: np.ndarray, layout: Layout) -> np.ndarray:
    """Landmarks ``(N, P, 3)`` float32 of quantised points ``(N, P, 3)`` int16, NaN for missing."""
    landmarks = points * _units(layout.name)
    landmarks[points == _MISSING] = _NAN
    return landmarks


def pack_points(points: np.ndarray) -> bytes:
    """Points ``(N, P, 3)`` int16 as they travel: little-endian, frame after frame, x y z of each point."""
    return points.astype(_POINT_TYPE, copy=False).tobytes()


def pack_landmarks(landmarks: np.ndarray, layout: Layout) -> bytes:
    """Landmarks ``(N, P, 3)`` float32, NaN for missing, as they travel. Raises as ``to_points`` does."""
    return pack_points(to_points(landmarks, layout))


def unpack_points(data: bytes, layout: Layout, n: int) -> np.ndarray:
    """Reads ``n`` frames as int16 ``(n, P, 3)``, a read-only view of ``data``. Raises ProtocolError FRAME_LENGTH."""
    if len(data) != n * layout.frame_bytes:
        raise ProtocolError(
            ErrorCode.FRAME_LENGTH,
            f"{n} frames of layout {layout.name} are {n * layout.frame_bytes} bytes, not {len(data)}",
        )
    return np.ndarray((n, layout.points, COORDINATES), _POINT_TYPE, data)


def check_times(times_ms: Sequence[int], first_seq: int) -> None:
    """Holds time stamps of the frames from ``first_seq`` on to the bounds of an attempt, and to growing strictly.

    Raises ProtocolError: TIMES_NOT_ASCENDING, ATTEMPT_TOO_LONG.
    """
    if not all(earlier < later for earlier, later in pairwise(times_ms)):
        raise ProtocolError(ErrorCode.TIMES_NOT_ASCENDING, "time stamps have to grow from frame to frame")
    if times_ms and times_ms[-1] > MAX_ATTEMPT_MS:
        raise ProtocolError(ErrorCode.ATTEMPT_TOO_LONG, f"an attempt may last {MAX_ATTEMPT_MS // 1000} seconds")
    if first_seq + len(times_ms) > MAX_ATTEMPT_FRAMES:
        raise ProtocolError(ErrorCode.ATTEMPT_TOO_LONG, f"an attempt may have {MAX_ATTEMPT_FRAMES} frames")


class FramesReceived(NamedTuple):
    """Frames ``q``, ``q + 1``, … of attempt ``a`` at ``times_ms``; ``packed`` holds their points as they travelled."""

    a: int
    q: int
    times_ms: list[int]
    packed: bytes


def read_frames(fields: Mapping[str, Any], layout: Layout) -> FramesReceived:
    """Reads the unpacked map of a ``frames`` message.

    Raises ProtocolError: INVALID_FIELD, NON_FINITE, TIMES_NOT_ASCENDING, ATTEMPT_TOO_LONG, FRAME_LENGTH. That time
    grows from one message to the next is for whoever holds the attempt to check.
    """
    a, q, ms, packed = fields.get("a"), fields.get("q"), fields.get("ms"), fields.get("l")
    if not _plain(a, q, ms, packed, layout):
        message = _validated(Frames, fields)
        try:
            check_times(message.ms, message.q)
            unpack_points(message.l, layout, len(message.ms))
        except ProtocolError as error:
            error.attempt = message.a
            raise
    return FramesReceived(a, q, ms, packed)


def _plain(a: Any, q: Any, ms: Any, packed: Any, layout: Layout) -> bool:
    """Whether a ``frames`` message is in order, told by little code; what is wrong with it is for its model to say."""
    if not (type(a) is type(q) is int and type(ms) is list and type(packed) is bytes and 1 <= a <= MAX_NUMBER):
        return False
    latest = -1
    for time_ms in ms:
        if type(time_ms) is not int or time_ms <= latest:
            return False
        latest = time_ms
    return (
        0 < len(ms) <= MAX_FRAMES_PER_MESSAGE
        and latest <= MAX_ATTEMPT_MS
        and 0 <= q <= MAX_ATTEMPT_FRAMES - len(ms)
        and len(packed) == len(ms) * layout.frame_bytes
    )


# -------------------------------------------------------------------------------------------------------- messages


AnyMessage = TypeVar("AnyMessage", bound=Message)


def _by_type(union: Any) -> Mapping[str, type[Message]]:
    return {model.model_fields["t"].default: model for model in get_args(union)}


_CLIENT_MODELS = _by_type(ClientMessage)
_SERVER_MODELS = _by_type(ServerMessage)
_UNPACK_CLIENT = FROM_CLIENT.as_options()
_UNPACK_SERVER = FROM_SERVER.as_options()


pack = msgpack.Packer().pack
"""A map of plain values as it travels. One packer for all messages: it keeps its buffer."""


def encode(message: ClientMessage | ServerMessage) -> bytes:
    """One message as it travels: a msgpack map."""
    return pack(message.model_dump())


def unpack_client(data: bytes) -> Mapping[str, Any]:
    """The map that a client sent, nothing in it checked yet but the limits of lengths. Raises ProtocolError."""
    return _unpack(data, _UNPACK_CLIENT)


def client_message(fields: Mapping[str, Any]) -> ClientMessage:
    """The message that an unpacked map is. Raises ProtocolError."""
    return _message(fields, _CLIENT_MODELS)


def decode_client(data: bytes) -> ClientMessage:
    """Reads a client's message. Raises ProtocolError."""
    return client_message(unpack_client(data))


def decode_server(data: bytes) -> ServerMessage:
    """Reads a server's message. Raises ProtocolError."""
    if len(data) > MAX_SERVER_MESSAGE_BYTES:
        raise ProtocolError(
            ErrorCode.TOO_LARGE, f"a message of {len(data)} bytes; {MAX_SERVER_MESSAGE_BYTES} is the most"
        )
    return _message(_unpack(data, _UNPACK_SERVER), _SERVER_MODELS)


def _message(fields: Mapping[str, Any], models: Mapping[str, type[Message]]) -> Any:
    name = fields.get("t")
    model = models.get(name) if isinstance(name, str) else None
    if model is None:
        raise ProtocolError(ErrorCode.UNKNOWN_TYPE, "the key t does not name a message of this direction")
    if name == "hello" and fields.get("v") != PROTOCOL_VERSION:
        # Before anything else is looked at: a hello of another version may look quite different.
        raise ProtocolError(ErrorCode.VERSION_UNSUPPORTED, f"version {PROTOCOL_VERSION} is spoken here")
    return _validated(model, fields, strict=models is _CLIENT_MODELS)


def _validated(model: type[AnyMessage], fields: Mapping[str, Any], *, strict: bool = True) -> AnyMessage:
    try:
        return model.model_validate(fields, strict=strict)
    except ValidationError as error:
        raise _refusal(error, fields) from None


def _unpack(data: bytes, options: Mapping[str, Any]) -> Mapping[str, Any]:
    fields = _unpacked(data, options)
    if not isinstance(fields, dict):
        raise ProtocolError(ErrorCode.MALFORMED, "a message is a msgpack map")
    return fields


def _unpacked(data: bytes, options: Mapping[str, Any]) -> Any:
    try:
        return msgpack.unpackb(data, **options)
    except msgpack.exceptions.StackError:
        raise ProtocolError(ErrorCode.LIMIT_EXCEEDED, "the message is nested too deep") from None
    except ValueError as error:
        # msgpack has one exception for both; that a length is refused only its text tells.
        if "exceeds max_" in str(error):
            raise ProtocolError(ErrorCode.LIMIT_EXCEEDED, "something in the message is longer than allowed") from None
        raise ProtocolError(ErrorCode.MALFORMED, "the message is not one whole msgpack value") from None


def _refusal(error: ValidationError, fields: Mapping[str, Any]) -> ProtocolError:
    """Names the first field that is wrong; never its value, because errors are logged and landmarks must not be."""
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "message"
    value = first["input"]
    non_finite = isinstance(value, float) and not math.isfinite(value)
    code = ErrorCode.NON_FINITE if non_finite else ErrorCode.INVALID_FIELD
    attempt = fields.get("a")
    known = attempt if type(attempt) is int and 1 <= attempt <= MAX_NUMBER else None
    return ProtocolError(code, f"{fields['t']}: {where}: {first['msg']}", known)
