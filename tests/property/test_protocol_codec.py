"""The codec gives back what it was given, and whatever arrives raises ProtocolError or is a message."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable

import annotated_types as at
import msgpack
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from protocol.codec import (
    IMAGE_STEPS,
    MISSING,
    WORLD_STEPS,
    check_times,
    client_message,
    decode_client,
    decode_server,
    encode,
    pack_landmarks,
    pack_points,
    read_frames,
    to_float,
    to_points,
    unpack_points,
)
from protocol.errors import ProtocolError
from protocol.landmarks import LAYOUTS, Block, Layout
from protocol.limits import MAX_FRAMES_PER_MESSAGE
from protocol.messages import ClientMessage, Frames, ServerMessage

CLIENT_MODELS = typing.get_args(ClientMessage)
SERVER_MODELS = typing.get_args(ServerMessage)
layouts = st.sampled_from(list(LAYOUTS.values()))


# ------------------------------------------------------------------------------- messages out of their own models


def values_of(annotation: object, bounds: dict[str, float]) -> st.SearchStrategy:
    """Values that a field of this type may have; ``bounds`` are its constraints by name."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return values_of(args[0], bounds | bounds_of(args[1:]))
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(values_of(arg, bounds) for arg in args))
    if origin is typing.Literal:
        return st.sampled_from(args)
    if origin is list:
        return st.lists(values_of(args[0], {}), min_size=int(bounds.get("min_length", 0)), max_size=4)
    if origin is tuple:
        return st.tuples(*(values_of(arg, {}) for arg in args))
    if origin is dict:
        return st.dictionaries(st.text(max_size=8), values_of(args[1], {}), max_size=4)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return messages_of(annotation)
    scalars: dict[object, st.SearchStrategy] = {
        bool: st.booleans(),
        int: st.integers(int(bounds.get("ge", -(2**31))), int(bounds.get("le", 2**31))),
        str: st.text(max_size=int(bounds.get("max_length", 20))),
        bytes: st.binary(max_size=64),
        types.NoneType: st.none(),
    }
    if annotation is float:
        low, high = bounds.get("ge", bounds.get("gt", -1e9)), bounds.get("le", 1e9)
        return st.floats(low, high, exclude_min="gt" in bounds, allow_nan=False)
    return scalars[annotation]


def bounds_of(metadata: typing.Iterable[object]) -> dict[str, float]:
    found: dict[str, float] = {}
    for item in metadata:
        if isinstance(item, FieldInfo):
            found |= bounds_of(item.metadata)
        for kind, name in (
            (at.Ge, "ge"),
            (at.Gt, "gt"),
            (at.Le, "le"),
            (at.MinLen, "min_length"),
            (at.MaxLen, "max_length"),
        ):
            if isinstance(item, kind):
                found[name] = getattr(item, name)
    return found


def messages_of(model: type[BaseModel]) -> st.SearchStrategy:
    fields = {
        name: values_of(field.annotation, bounds_of(field.metadata))
        for name, field in model.model_fields.items()
        if name not in ("t", "v")
    }
    return st.fixed_dictionaries(fields).map(
        lambda values: model(**({"v": 1} if "v" in model.model_fields else {}), **values)
    )


@pytest.mark.parametrize("model", CLIENT_MODELS, ids=lambda model: model.__name__)
@given(data=st.data())
def test_every_client_message_survives_the_wire(model: type[BaseModel], data: st.DataObject) -> None:
    message = data.draw(messages_of(model))
    assert decode_client(encode(message)) == message


@pytest.mark.parametrize("model", SERVER_MODELS, ids=lambda model: model.__name__)
@given(data=st.data())
def test_every_server_message_survives_the_wire(model: type[BaseModel], data: st.DataObject) -> None:
    message = data.draw(messages_of(model))
    assert decode_server(encode(message)) == message


@given(
    message=messages_of(Frames), extra=st.dictionaries(st.text(min_size=4, max_size=8), st.integers(0, 9), max_size=3)
)
def test_keys_of_a_newer_peer_are_ignored(message: Frames, extra: dict[str, int]) -> None:
    assert decode_client(msgpack.packb(extra | message.model_dump())) == message


# ------------------------------------------------------------------------------------------------------ landmarks


@st.composite
def landmarks_in_reach(draw: st.DrawFn) -> tuple[np.ndarray, Layout]:
    """Landmarks within what the fixed point can say, some of them missing."""
    layout = draw(layouts)
    n = draw(st.integers(1, 3))
    values = st.floats(-1.9375, 1.9375, width=32) | st.just(float("nan"))
    return draw(hnp.arrays(np.float32, (n, layout.points, 3), elements=values, fill=values)), layout


def steps_of(layout: Layout) -> np.ndarray:
    steps = np.full((layout.points, 1), IMAGE_STEPS, dtype=np.float64)
    for block in (Block.LEFT_HAND_WORLD, Block.RIGHT_HAND_WORLD):
        steps[layout.slice(block)] = WORLD_STEPS
    return steps


@given(landmarks_in_reach())
def test_quantisation_errs_by_half_a_step_at_most_and_keeps_what_is_missing(case: tuple[np.ndarray, Layout]) -> None:
    landmarks, layout = case
    read = to_float(unpack_points(pack_landmarks(landmarks, layout), layout, len(landmarks)), layout)
    assert np.array_equal(np.isnan(read), np.isnan(landmarks))
    error = np.abs(read.astype(np.float64) - landmarks) * steps_of(layout)
    assert np.nanmax(error, initial=0.0) <= 0.5


@given(data=st.data(), layout=layouts)
def test_points_survive_bytes_and_floats_exactly(data: st.DataObject, layout: Layout) -> None:
    points = data.draw(hnp.arrays(np.int16, (2, layout.points, 3), elements=st.integers(MISSING, 32_767)))
    assert np.array_equal(unpack_points(pack_points(points), layout, 2), points)
    assert np.array_equal(to_points(to_float(points, layout), layout), points)


@given(value=st.floats(width=32, allow_infinity=False, allow_nan=False), layout=layouts)
@example(value=4.0, layout=LAYOUTS["hands"])
@example(value=-1e30, layout=LAYOUTS["hands"])
def test_what_is_out_of_reach_saturates_and_never_reads_as_missing(value: float, layout: Layout) -> None:
    points = to_points(np.full((1, layout.points, 3), value, dtype=np.float32), layout)
    assert (points != MISSING).all()
    assert (np.sign(points) * np.sign(value) >= 0).all()
    if abs(value) >= 4:
        assert (np.abs(points.astype(np.int32)) == 32_767).all()


# ------------------------------------------------------------------------------------------------ what must not crash

plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5) | st.binary(max_size=3), inner, max_size=5)
    ),
    max_leaves=20,
)
message_names = st.sampled_from([model.model_fields["t"].default for model in (*CLIENT_MODELS, *SERVER_MODELS)])
field_names = st.sampled_from(
    sorted({name for model in (*CLIENT_MODELS, *SERVER_MODELS) for name in model.model_fields})
)
nearly_messages = st.builds(
    lambda name, fields: fields | {"t": name}, message_names, st.dictionaries(field_names, plain_values, max_size=12)
)


@given(st.binary(max_size=2_000) | plain_values.map(msgpack.packb) | nearly_messages.map(msgpack.packb))
def test_whatever_arrives_is_a_message_or_a_protocol_error(data: bytes) -> None:
    for decode, models in ((decode_client, CLIENT_MODELS), (decode_server, SERVER_MODELS)):
        try:
            message = decode(data)
        except ProtocolError as error:
            assert error.text
        else:
            assert isinstance(message, models)


@given(message=messages_of(Frames), cut=st.integers(0, 10_000))
def test_a_truncated_message_is_a_protocol_error(message: Frames, cut: int) -> None:
    data = encode(message)
    with pytest.raises(ProtocolError):
        decode_client(data[: cut % len(data)])


@given(
    layout=layouts,
    ms=st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=MAX_FRAMES_PER_MESSAGE),
    q=st.integers(0, 1_000_000),
    size=st.integers(-7, 7),
)
def test_frames_are_read_whole_or_refused(layout: Layout, ms: list[int], q: int, size: int) -> None:
    message = Frames(a=3, q=q, ms=ms, l=bytes(max(0, len(ms) * layout.frame_bytes + size)))
    try:
        frames = read_frames(message.model_dump(), layout)
    except ProtocolError as error:
        assert error.attempt == 3
    else:
        assert size == 0 and frames.times_ms == ms
        assert (np.diff(frames.times_ms) > 0).all()
        assert unpack_points(frames.packed, layout, len(ms)).shape == (len(ms), layout.points, 3)


def nearly(*fits: object) -> st.SearchStrategy:
    return st.sampled_from(fits) | plain_values


nearly_frames = st.fixed_dictionaries(
    {"t": st.just("frames")},
    optional={
        "a": nearly(1, 1_000_000, 0, 1_000_001, True, 1.0),
        "q": nearly(0, 3_599, 3_597, 3_600, 1_000_001, -1, False),
        "ms": nearly([0], [0, 33, 66], [119_999, 120_000, 120_001], [0, 33, 33], [0, 1, 2.0], [False, True], [-1], [])
        | st.lists(st.integers(0, 200), max_size=70).map(sorted),
        "l": nearly(*(bytes(count * LAYOUTS["hands"].frame_bytes + more) for count in (1, 3) for more in (0, 1))),
    },
)


@given(nearly_frames)
@example({"t": "frames", "a": 1, "q": 0, "ms": [0, 33, 66], "l": bytes(3 * LAYOUTS["hands"].frame_bytes)})
@example({"t": "frames", "a": 1, "q": 0, "ms": [*range(65)], "l": bytes(65 * LAYOUTS["hands"].frame_bytes)})
def test_frames_known_at_a_glance_are_those_that_their_model_takes(fields: dict[str, object]) -> None:
    layout = LAYOUTS["hands"]

    def by_the_model() -> tuple[object, ...]:
        message = client_message(fields)
        check_times(message.ms, message.q)
        unpack_points(message.l, layout, len(message.ms))
        return message.a, message.q, message.ms, message.l

    def at_a_glance() -> tuple[object, ...]:
        frames = read_frames(fields, layout)
        return frames.a, frames.q, frames.times_ms, frames.packed

    def outcome(read: Callable[[], object]) -> object:
        try:
            return read()
        except ProtocolError as error:
            return error.code, error.text

    assert outcome(at_a_glance) == outcome(by_the_model)
