"""What stands in front of several servers: passes connections on to one of them, chosen anew for each."""

from __future__ import annotations

import asyncio

from tests.support.link_server import LinkServer

_CHUNK_BYTES = 64 * 1024


class Forwarder(LinkServer):
    """Listens on a port of its own; ``to_port`` is where new connections go."""

    def __init__(self, to_port: int, database_url: str) -> None:
        super().__init__()
        self.to_port = to_port
        self.database_url = database_url
        """Of the servers behind it, for who looks at what was stored."""
        self.url = ""

    async def _listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection("127.0.0.1", self.to_port)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(_pass_on(reader, there[1]), _pass_on(there[0], writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction, until its end; a cut is passed on, too."""
    try:
        while data := await reader.read(_CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except (OSError, RuntimeError):
        writer.transport.abort()
