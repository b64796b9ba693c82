"""A proxy before a MySQL-speaking server that makes, at a chosen statement, one of the faults that a cluster makes.

It understands as much of the protocol as that needs: packets, which of them begin a command (sequence number 0), the
text of queries and of prepared statements (MySQL's manual, "Client/Server Protocol").
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.support.link_server import LinkServer

_QUERY, _PREPARE, _EXECUTE = 0x03, 0x16, 0x17


@dataclass(frozen=True, slots=True)
class Fault:
    """``error``: the server's answer is this error, the statement is not run. ``cut_before``, ``cut_after``: the
    connection ends before the server has the statement, or after it has answered and before the answer is passed on.
    ``delay``: the answer comes late. ``freeze``: nothing happens any more on this connection."""

    kind: Literal["error", "cut_before", "cut_after", "delay", "freeze"]
    number: int = 0
    text: str = "injected"
    delay_s: float = 0.0


Choose = Callable[[str], Fault | None]
"""Given a statement's text, the fault to make at it."""


class MysqlProxy(LinkServer):
    """Listens on a unix socket in front of another one."""

    def __init__(self, server_socket: Path, own_socket: Path, choose: Choose) -> None:
        super().__init__()
        self._server_socket = server_socket
        self.socket = own_socket
        self.choose = choose
        self.made: list[tuple[str, Fault]] = []

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_unix_server(self._accept, self.socket)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _Link(self, reader, writer).run(self._server_socket)


class _Link:
    """One client's connection."""

    def __init__(self, proxy: MysqlProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._reader, self._writer = reader, writer
        self._statements: dict[int, str] = {}
        self._preparing: str | None = None
        self._fault: Fault | None = None

    async def run(self, server_socket: Path) -> None:
        up_reader, up_writer = await asyncio.open_unix_connection(server_socket)
        pumps = [
            asyncio.create_task(self._client_to_server(up_writer)),
            asyncio.create_task(self._server_to_client(up_reader)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            up_writer.close()
            with contextlib.suppress(OSError):
                await up_writer.wait_closed()

    async def _client_to_server(self, up_writer: asyncio.StreamWriter) -> None:
        while True:
            head, body = await _packet(self._reader)
            self._fault = self._chosen(body) if head[3] == 0 else None
            if self._fault is not None and self._fault.kind == "error":
                self._writer.write(_error_packet(self._fault))
                await self._writer.drain()
                continue
            if self._fault is not None and self._fault.kind == "cut_before":
                return
            if self._fault is not None and self._fault.kind == "freeze":
                while await self._reader.read(65_536):
                    pass
                return
            up_writer.write(head + body)
            await up_writer.drain()

    def _chosen(self, body: bytes) -> Fault | None:
        text = self._text(body)
        fault = self._proxy.choose(text) if text else None
        if fault is not None:
            self._proxy.made.append((text, fault))
            self._preparing = None
        return fault

    def _text(self, body: bytes) -> str:
        if body[0] == _PREPARE:
            self._preparing = body[1:].decode(errors="replace")
            return ""
        if body[0] == _EXECUTE:
            return self._statements.get(int.from_bytes(body[1:5], "little"), "")
        return body[1:].decode(errors="replace") if body[0] == _QUERY else ""

    async def _server_to_client(self, up_reader: asyncio.StreamReader) -> None:
        while True:
            head, body = await _packet(up_reader)
            if self._preparing is not None:
                if body[0] == 0:
                    self._statements[int.from_bytes(body[1:5], "little")] = self._preparing
                self._preparing = None
            fault, self._fault = self._fault, None
            if fault is not None and fault.kind == "cut_after":
                return
            if fault is not None and fault.kind == "delay":
                await asyncio.sleep(fault.delay_s)
            self._writer.write(head + body)
            await self._writer.drain()


async def _packet(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(4)
    return head, await reader.readexactly(int.from_bytes(head[:3], "little"))


def _error_packet(fault: Fault) -> bytes:
    body = b"\xff" + fault.number.to_bytes(2, "little") + b"#HY000" + fault.text.encode()
    return len(body).to_bytes(3, "little") + b"\x01" + body
