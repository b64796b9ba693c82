"""Cutting frames changes nothing: whatever comes, and in whatever pieces, means what ``websockets`` makes of it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from actors.session.ws_frames import FrameCutter, frame_of, message_of

MAX_BYTES = 70_000
LARGE = bytes(range(256)) * 280
SIZES = (125, 126, 127, 65_535, 65_536, MAX_BYTES, MAX_BYTES + 1)
frames = st.builds(
    Frame,
    st.sampled_from([Opcode.BINARY, Opcode.BINARY, Opcode.TEXT, Opcode.CONT, Opcode.PING, Opcode.PONG, Opcode.CLOSE]),
    st.binary(max_size=20) | st.sampled_from(SIZES).map(lambda size: LARGE[:size]),
    st.booleans(),
)
Heard = tuple[list[tuple[Opcode, bytes, bool]], list[bytes], State]


def library_alone(pieces: Iterable[bytes]) -> Heard:
    ws = ServerProtocol(max_size=MAX_BYTES, state=State.OPEN)
    for piece in pieces:
        ws.receive_data(piece)
    return [(frame.opcode, bytes(frame.data), frame.fin) for frame in ws.events_received()], ws.data_to_send(), ws.state


def cut_first(pieces: Iterable[bytes]) -> Heard:
    """As a ``StreamConnection`` does it."""
    ws, cutter = ServerProtocol(max_size=MAX_BYTES, state=State.OPEN), FrameCutter(MAX_BYTES)
    heard: list[tuple[Opcode, bytes, bool]] = []
    in_fragments = False
    for piece in pieces:
        for frame in cutter.cut(piece):
            message = message_of(frame) if ws.state is State.OPEN and not in_fragments else None
            if message is not None:
                heard.append((Opcode.BINARY, message, True))
                continue
            ws.receive_data(frame)
            for event in ws.events_received():
                heard.append((event.opcode, bytes(event.data), event.fin))
                if event.opcode in (Opcode.BINARY, Opcode.TEXT, Opcode.CONT):
                    in_fragments = not event.fin
    return heard, ws.data_to_send(), ws.state


@given(st.lists(frames, max_size=6), st.lists(st.integers(1, 80_000) | st.integers(1, 16), max_size=8), st.booleans())
@example([Frame(Opcode.BINARY, b"x")], [], False)
@example([Frame(Opcode.BINARY, b"x"), Frame(Opcode.BINARY, LARGE[:200])], [1, 1, 1], True)
@example([Frame(Opcode.BINARY, b"x", fin=False), Frame(Opcode.BINARY, b"y")], [7], True)
@example([Frame(Opcode.CLOSE, b""), Frame(Opcode.BINARY, b"y")], [], True)
def test_frames_in_any_pieces_are_heard_as_by_the_library(said: list[Frame], sizes: list[int], mask: bool) -> None:
    data = b"".join(frame.serialize(mask=mask) for frame in said if frame.opcode < 8 or well_formed(frame))
    pieces: list[bytes] = []
    for size in sizes:
        pieces, data = [*pieces, data[:size]], data[size:]
    assert cut_first([*pieces, data]) == library_alone([*pieces, data])


def well_formed(frame: Frame) -> bool:
    return frame.fin and len(frame.data) <= 125 and (frame.opcode is not Opcode.CLOSE or not frame.data)


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_whatever_comes_is_handed_on_and_no_more_is_held_than_a_frame(pieces: list[bytes]) -> None:
    cutter = FrameCutter(100)
    handed_on = b"".join(frame for piece in pieces for frame in cutter.cut(piece))
    assert b"".join(pieces).startswith(handed_on)
    assert sum(map(len, pieces)) - len(handed_on) < 100 + 14


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_message_goes_out_as_the_library_would_write_it(size: int) -> None:
    assert frame_of(LARGE[:size]) == Frame(Opcode.BINARY, LARGE[:size]).serialize(mask=False)
