"""The landmark blob keeps every point and every time, and never reads rubbish as landmarks."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from storage.landmark_blob import _HEAD, DamagedBlob, decode, encode

POINTS = hnp.arrays(np.int16, st.tuples(st.integers(0, 12), st.integers(0, 9), st.just(3)))
LAYOUTS = st.sampled_from(["hands", "hands+pose", "holistic"])


@st.composite
def clips(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, str]:
    points = draw(POINTS)
    steps = draw(st.lists(st.integers(0, 2**31 - 1), min_size=len(points), max_size=len(points)))
    start = draw(st.integers(-(2**40), 2**40))
    return points, np.cumsum(steps, dtype=np.int64) + start, draw(LAYOUTS)


@given(clips())
def test_what_was_encoded_is_decoded_exactly(clip: tuple[np.ndarray, np.ndarray, str]) -> None:
    points, times_ms, layout = clip
    blob = decode(encode(points, times_ms, layout))
    assert blob.points.dtype == np.int16 and np.array_equal(blob.points, points)
    assert blob.points.shape == points.shape
    assert blob.times_ms.dtype == np.int64 and np.array_equal(blob.times_ms, times_ms)
    assert blob.layout == layout


@given(clips(), st.data())
def test_one_changed_byte_is_noticed(clip: tuple[np.ndarray, np.ndarray, str], data: st.DataObject) -> None:
    blob = bytearray(encode(*clip))
    place = data.draw(st.integers(0, len(blob) - 1))
    blob[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DamagedBlob):
        decode(bytes(blob))


@given(clips(), st.data())
def test_a_cut_blob_is_noticed(clip: tuple[np.ndarray, np.ndarray, str], data: st.DataObject) -> None:
    blob = encode(*clip)
    with pytest.raises(DamagedBlob):
        decode(blob[: data.draw(st.integers(0, len(blob) - 1))])


@given(st.binary(max_size=200))
def test_any_bytes_with_a_right_checksum_raise_only_our_error(rest: bytes) -> None:
    try:
        decode(_HEAD.pack(b"SSL", 1, zlib.crc32(rest)) + rest)
    except DamagedBlob as error:
        assert str(error)


@pytest.mark.parametrize(
    ("points", "times_ms"),
    [
        (np.zeros((2, 3, 3), np.float32), [0, 1]),
        (np.zeros((2, 3), np.int16), [0, 1]),
        (np.zeros((2, 3, 3), np.int16), [0]),
        (np.zeros((2, 3, 3), np.int16), [5, 4]),
    ],
)
def test_other_shapes_are_refused(points: np.ndarray, times_ms: list[int]) -> None:
    with pytest.raises(ValueError):
        encode(points, np.array(times_ms), "hands")
