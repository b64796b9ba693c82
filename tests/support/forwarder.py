"""What stands in front of several servers: passes connections on to one of them, chosen anew for each."""

from __future__ import annotations

import asyncio

_CHUNK_BYTES = 64 * 1024


class Forwarder:
    """Listens on a port of its own, use it as an async context manager; ``to_port`` is where new connections go."""

    def __init__(self, to_port: int, database_url: str) -> None:
        self.to_port = to_port
        self.database_url = database_url
        """Of the servers behind it, for who looks at what was stored."""
        self.url = ""
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Forwarder:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for link in list(self._links):
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._links.add(task)
        try:
            there = await asyncio.open_connection("127.0.0.1", self.to_port)
        except OSError:
            writer.transport.abort()
            self._links.discard(task)
            return
        await asyncio.gather(_pass_on(reader, there[1]), _pass_on(there[0], writer))
        self._links.discard(task)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction, until its end; a cut is passed on, too."""
    try:
        while data := await reader.read(_CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except (OSError, RuntimeError):
        writer.transport.abort()
