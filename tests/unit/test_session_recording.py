"""The frames of one attempt: order, repeats, gaps, contradictions, bounds."""

from __future__ import annotations

import numpy as np
import pytest

from actors.session.recording import NewFrames, Recording, Refused
from protocol.codec import pack_points
from protocol.codes import ErrorCode

MOST = 10


def chunk(first: int, count: int, value: int = 1) -> tuple[list[int], bytes]:
    return [33 * seq for seq in range(first, first + count)], pack_points(np.full((count, 4, 3), value, np.int16))


def recording_of(count: int) -> Recording:
    recording = Recording(1, 0, 5, MOST)
    for seq in range(count):
        assert isinstance(recording.take(seq, *chunk(seq, 1, value=seq)), NewFrames)
    return recording


def code(taken: NewFrames | Refused) -> ErrorCode:
    assert isinstance(taken, Refused)
    return taken.code


def test_frames_come_out_as_they_went_in():
    times_ms, packed = recording_of(5).frames()
    assert times_ms == [0, 33, 66, 99, 132]
    assert packed == b"".join(chunk(seq, 1, value=seq)[1] for seq in range(5))


def test_nothing_received_is_empty_frames():
    assert recording_of(0).frames() == ([], b"")


@pytest.mark.parametrize(("first", "count", "fresh"), [(0, 3, 0), (2, 1, 0), (1, 4, 2), (3, 2, 2), (3, 0, 0)])
def test_of_a_repeat_only_what_is_new_is_kept(first: int, count: int, fresh: int):
    recording = Recording(1, 0, 5, MOST)
    recording.take(0, *chunk(0, 3))
    taken = recording.take(first, *chunk(first, count))
    assert isinstance(taken, NewFrames)
    assert (len(taken.times_ms), len(taken.packed)) == (fresh, fresh * 4 * 3 * 2)
    assert recording.received == max(3, first + count)
    assert recording.frames()[0] == [33 * seq for seq in range(recording.received)]


def test_a_gap_is_refused_and_nothing_is_kept():
    recording = recording_of(3)
    assert code(recording.take(4, *chunk(4, 2))) is ErrorCode.SEQ_GAP
    assert recording.received == 3


@pytest.mark.parametrize("what", ["points", "times"])
def test_a_repeat_with_other_contents_is_a_conflict_and_the_first_ones_are_kept(what: str):
    recording = recording_of(3)
    times_ms, packed = chunk(1, 4, value=9) if what == "points" else ([34], chunk(1, 1, value=1)[1])
    assert code(recording.take(1, times_ms, packed)) is ErrorCode.SEQ_CONFLICT
    assert recording.frames() == recording_of(3).frames()


def test_more_frames_than_an_attempt_may_have_are_refused_as_a_whole():
    recording = recording_of(MOST - 1)
    assert code(recording.take(MOST - 1, *chunk(MOST - 1, 2))) is ErrorCode.ATTEMPT_TOO_LONG
    assert recording.received == MOST - 1
    assert isinstance(recording.take(MOST - 1, *chunk(MOST - 1, 1)), NewFrames), "the last place can still be taken"


@pytest.mark.parametrize("time_ms", [66, 65])
def test_time_has_to_grow_from_one_message_to_the_next(time_ms: int):
    recording = recording_of(3)
    _, packed = chunk(3, 1)
    assert code(recording.take(3, [time_ms], packed)) is ErrorCode.TIMES_NOT_ASCENDING
    assert recording.received == 3
