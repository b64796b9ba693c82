"""The socket between server and actor: packets whole and in order, descriptors with them, the peer's end noticed."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from actors.control import (
    Answered,
    Attach,
    Command,
    ControlChannel,
    ControlListener,
    Drain,
    Packet,
    Ready,
    Released,
    connect,
)

EVERY_KIND: list[Packet] = [
    Attach(b"\x00\xff" * 8, "ticket", "/library-1", b"GET /v1/stream HTTP/1.1\r\n\r\n"),
    Command("pause", 7),
    Drain(200, 2_000),
    Ready(3, 4_711),
    Answered(7, None),
    Answered(7, "The session is paused: it cannot pause now."),
    Released("passivated"),
]


class End:
    """One end and what it has received."""

    def __init__(self, sock: socket.socket) -> None:
        self.packets: asyncio.Queue[tuple[Packet, int | None]] = asyncio.Queue()
        self.lost = asyncio.Event()
        self.channel = ControlChannel(sock, lambda *packet: self.packets.put_nowait(packet), self.lost.set)


@pytest.fixture
async def ends() -> tuple[End, End]:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return End(here), End(there)


async def test_every_kind_of_packet_arrives_whole_and_in_order(ends: tuple[End, End]):
    here, there = ends
    for packet in EVERY_KIND:
        here.channel.send(packet)
    assert [await there.packets.get() for _ in EVERY_KIND] == [(packet, None) for packet in EVERY_KIND]


async def test_both_ends_speak(ends: tuple[End, End]):
    here, there = ends
    here.channel.send(Command("pause", 1))
    there.channel.send(Answered(1, None))
    assert (await there.packets.get())[0] == Command("pause", 1)
    assert (await here.packets.get())[0] == Answered(1, None)


async def test_a_descriptor_travels_with_its_packet_and_still_works(ends: tuple[End, End]):
    here, there = ends
    learner, handed_over = socket.socketpair()
    here.channel.send(EVERY_KIND[0], handed_over.fileno())
    here.channel.send(Drain(1, 1))
    handed_over.close()
    packet, descriptor = await there.packets.get()
    assert packet == EVERY_KIND[0] and descriptor is not None
    assert await there.packets.get() == (Drain(1, 1), None)
    with socket.socket(fileno=descriptor) as served, learner:
        assert not os.get_inheritable(served.fileno()), "a process that the actor starts must not hold it open"
        served.sendall(b"hello")
        assert learner.recv(5) == b"hello"


async def test_the_largest_request_fits(ends: tuple[End, End]):
    here, there = ends
    packet = Attach(b"s" * 16, "t" * 500, "l" * 200, bytes(64 * 1024))
    here.channel.send(packet)
    assert await there.packets.get() == (packet, None)


async def test_the_end_of_the_peer_is_noticed_and_then_sending_fails(ends: tuple[End, End]):
    here, there = ends
    there.channel.close()
    await here.lost.wait()
    with pytest.raises(OSError):
        here.channel.send(Released("late"))
    here.channel.close()
    assert not there.lost.is_set(), "who closes is not told of it"


async def test_what_was_sent_before_the_end_still_arrives(ends: tuple[End, End]):
    here, there = ends
    there.channel.send(Released("drained"))
    there.channel.close()
    assert (await here.packets.get())[0] == Released("drained")
    await here.lost.wait()


async def test_the_listener_hands_out_every_caller_and_leaves_no_path_behind(tmp_path: Path):
    path = str(tmp_path / "c.sock")
    accepted: asyncio.Queue[socket.socket] = asyncio.Queue()
    listener = ControlListener(path, accepted.put_nowait)
    callers = [connect(path) for _ in range(3)]
    for number, caller in enumerate(callers):
        end = End(await accepted.get())
        caller.sendall(_packed(Ready(number, 1)))
        assert (await end.packets.get())[0] == Ready(number, 1)
    listener.close()
    assert not os.path.exists(path)
    with pytest.raises(OSError):
        connect(path)
    for caller in callers:
        caller.close()


def _packed(packet: Packet) -> bytes:
    """The bytes that a channel would send."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here, there:
        ControlChannel(here, lambda *_: None, lambda: None).send(packet)
        asyncio.get_running_loop().remove_reader(here.fileno())
        return there.recv(1_000)
