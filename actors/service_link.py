"""How sessions and the server call the services of their node (the writer, the judges): over a unix socket of each in
the node's private folder.

Not by Ray: an actor that can be called wakes a hundred times a second, and a call costs both its ends several times the
processor time of a message on a socket (docs/performance.md). Both ends are one program of one user, so a message
is a pickle, as it is between actors.
"""

from __future__ import annotations

import asyncio
import pickle
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

_LENGTH = struct.Struct("<I")
_STARTING_S = 0.02


class ServiceGone(Exception):
    """The service is not there, or, where it was ``asked``, died before it could answer: what it was asked may have
    happened.
    """

    def __init__(self, why: str, *, asked: bool = True) -> None:
        super().__init__(why)
        self.asked = asked


class ServiceLink:
    """One process's connection to a service, made when it is first needed and again after the service's death."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._pipe: _Pipe | None = None
        self._connecting = asyncio.Lock()
        self._asked = 0
        self._answers: dict[int, asyncio.Future[Any]] = {}

    async def call(self, name: str, *arguments: Any) -> Any:
        """What this method of the service returns or raises. Raises ServiceGone."""
        pipe = self._pipe
        if pipe is None or not pipe.is_open:
            pipe = await self._connected()
        self._asked += 1
        pipe.send((self._asked, name, arguments))
        answer = self._answers[self._asked] = asyncio.get_running_loop().create_future()
        return await answer

    async def opened(self, ended: asyncio.Future[str]) -> None:
        """Waits for a service that is starting and has it open what it works with; ``ended`` is its end.

        Raises what the service's ``open`` raises, RuntimeError where there will be no service.
        """
        while not ended.done():
            try:
                return await self.call("open")
            except ServiceGone:
                await asyncio.sleep(_STARTING_S)
        raise RuntimeError(f"A process of the server did not start: {ended.exception() or ended.result()}")

    async def _connected(self) -> _Pipe:
        async with self._connecting:
            if self._pipe is None or not self._pipe.is_open:
                loop = asyncio.get_running_loop()
                try:
                    _, self._pipe = await loop.create_unix_connection(
                        lambda: _Pipe(self._answered, self._lost), self._path
                    )
                except OSError as failure:
                    raise ServiceGone("it is being started", asked=False) from failure
            return self._pipe

    def _answered(self, pipe: _Pipe, message: tuple[int, bool, Any]) -> None:
        number, done, value = message
        answer = self._answers.pop(number)
        if answer.done():
            return
        if done:
            answer.set_result(value)
        else:
            answer.set_exception(value)

    def _lost(self) -> None:
        answers, self._answers = self._answers, {}
        for answer in answers.values():
            if not answer.done():
                answer.set_exception(ServiceGone("it died"))


async def serve(path: str, target: object) -> None:
    """Answers calls of ``target``'s async methods for ever, any number at a time."""
    Path(path).unlink(missing_ok=True)
    calls = _Calls(target)
    server = await asyncio.get_running_loop().create_unix_server(lambda: _Pipe(calls.asked, lambda: None), path)
    await server.serve_forever()


class _Calls:
    def __init__(self, target: object) -> None:
        self._target = target
        self._tasks: set[asyncio.Task[None]] = set()

    def asked(self, pipe: _Pipe, message: tuple[int, str, tuple[Any, ...]]) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(pipe, *message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, pipe: _Pipe, number: int, name: str, arguments: tuple[Any, ...]) -> None:
        try:
            answer = number, True, await getattr(self._target, name)(*arguments)
        except Exception as failure:  # the caller's to deal with
            answer = number, False, failure
        with suppress(ServiceGone):  # who asked has gone
            pipe.send(answer)


class _Pipe(asyncio.Protocol):
    """Messages, each with its length before it."""

    def __init__(self, on_message: Callable[[_Pipe, Any], None], on_lost: Callable[[], None]) -> None:
        self._on_message = on_message
        self._on_lost = on_lost
        self._received = bytearray()
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, failure: Exception | None) -> None:
        self._transport = None
        self._on_lost()

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        while len(received) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(received)[0]
            if len(received) < end:
                return
            message = pickle.loads(received[_LENGTH.size : end])
            del received[:end]
            self._on_message(self, message)

    @property
    def is_open(self) -> bool:
        """Not known to be lost."""
        return self._transport is not None

    def send(self, message: Any) -> None:
        """Raises ServiceGone where the loss is known; of a later one those who wait hear by ``on_lost``."""
        if self._transport is None:
            raise ServiceGone("it died", asked=False)
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        self._transport.writelines((_LENGTH.pack(len(data)), data))
