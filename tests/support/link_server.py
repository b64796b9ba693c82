"""What proxies of tests share: a listener, its links, and the end of both."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Self


class LinkServer(ABC):
    """Use it as an async context manager; a link is a client's connection, which ``_link`` serves to its end."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.Task[None]] = set()

    @abstractmethod
    async def _listen(self) -> asyncio.Server:
        """Begins to take connections, with ``_accept``."""

    @abstractmethod
    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one client's connection."""

    async def __aenter__(self) -> Self:
        self._server = await self._listen()
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
            await self._link(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._links.discard(task)
            writer.close()
