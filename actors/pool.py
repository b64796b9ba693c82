"""Warm session actors: a session takes a blank one and serves itself to its end in it.

Runs on the server's event loop. What Ray does is behind ``spawn`` (``actors.launch``), so the pool itself is plain;
how many actors are started, and when, is decided by ``actors.reserve``.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
from collections import Counter, deque
from collections.abc import Callable

from actors.control import Answered, ControlChannel, ControlListener, Counted, Packet, Ready, Released
from actors.reserve import Census, Reserve
from actors.slot import Slot, Spawned
from actors.stats import Levels, Tally, levels_of
from storage.records import Id, id_text

_log = logging.getLogger(__name__)
_START_FAILURES = 3


class PoolExhausted(Exception):
    """Every place is taken; ``retry_after_s`` is when to ask again."""

    def __init__(self, text: str, retry_after_s: int) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


def _named(slot: Slot, event: str) -> dict[str, object]:
    """What a line of the log says of an actor."""
    session = None if slot.session_id is None else id_text(slot.session_id)
    return {"event": event, "slot": slot.number, "session": session}


def _stopping() -> PoolExhausted:
    return PoolExhausted("The server is stopping; try again soon.", retry_after_s=5)


def _cannot_start() -> PoolExhausted:
    return PoolExhausted("Session actors cannot be started; the operator has to look.", retry_after_s=30)


class SessionPool:
    """At most ``largest`` sessions. ``warm`` actors are started beforehand and used up as learners come; after that
    ``reserve`` blank ones are kept, which are refilled in quiet moments unless the machine is ``busy``.

    ``on_left`` is told of every session that has ended here: True where in order, False where its process died.
    """

    def __init__(
        self,
        spawn: Callable[[int], Spawned],
        control_path: str,
        *,
        warm: int,
        reserve: int,
        largest: int,
        starting_at_once: int = 4,
        busy: Callable[[], bool] = lambda: False,
        on_left: Callable[[Id, bool], None] = lambda _session, _in_order: None,
    ) -> None:
        self._spawn = spawn
        self._control_path = control_path
        self._largest = largest
        self._most_processes = largest + reserve
        self._busy = busy
        self._on_left = on_left
        self._loop = asyncio.get_running_loop()
        self._reserve = Reserve(reserve, starting_at_once)
        self._reserve.expect(min(warm, largest))
        self._refill: asyncio.TimerHandle | None = None
        self._numbers = itertools.count(1)
        self._slots: dict[int, Slot] = {}
        self._starting: set[int] = set()
        self._blank: deque[Slot] = deque()
        self._taken: dict[Id, Slot] = {}
        self._claims: dict[Id, asyncio.Future[Slot]] = {}
        self._failed_starts = 0
        self._closing = False
        self._changed = asyncio.Event()
        self._watchers: set[asyncio.Task[None]] = set()
        self._listener: ControlListener | None = None
        self.tally = Tally()
        """What all sessions of this node have counted, those that have ended too."""

    # ---------------------------------------------------------------------------------------------------- for the node

    async def open(self) -> None:
        """Listens for actors and starts the first ones; ``ready`` says when they are warm."""
        self._listener = ControlListener(self._control_path, self._accept)
        self._fill()

    async def ready(self) -> None:
        """Returns when the warm actors are up. Raises RuntimeError when actors cannot be started."""
        while len(self._blank) < self._reserve.expected:
            if self._failed_starts >= _START_FAILURES:
                raise RuntimeError("session actors die while they start; their logs are in Ray's session folder")
            self._changed.clear()
            await self._changed.wait()

    def live(self, session_id: Id) -> Slot | None:
        """The actor that serves this session now."""
        return self._taken.get(session_id)

    def has_place(self, session_id: Id) -> bool:
        """Whether the session is live here or about to be."""
        return session_id in self._taken or session_id in self._claims

    async def acquire(self, session_id: Id) -> Slot:
        """The session's actor: the one that serves it, a blank one, or a new one. Raises PoolExhausted."""
        if self._closing:
            raise _stopping()
        slot = self._taken.get(session_id)
        if slot is not None:
            return slot
        claim = self._claims.get(session_id)
        if claim is None:
            if self.sessions >= self._largest:
                raise PoolExhausted("All places are taken; try again soon.", retry_after_s=5)
            claim = self._loop.create_future()
            self._claims[session_id] = claim
            self._reserve.claimed(self._now_ms())
            # However many starts have failed: one more for each who asks, what was missing may be there again.
            self._failed_starts = min(self._failed_starts, _START_FAILURES - 1)
            self._serve_claims()
        return await asyncio.shield(claim)

    @property
    def closing(self) -> bool:
        """Whether no new sessions are taken any more."""
        return self._closing

    @property
    def can_start(self) -> bool:
        """Whether the last actors that were started have come up."""
        return self._failed_starts < _START_FAILURES

    @property
    def counts(self) -> dict[str, int]:
        """Actors by state."""
        return {"starting": len(self._starting), "blank": len(self._blank), "taken": len(self._taken)}

    @property
    def sessions(self) -> int:
        """Sessions that are live here or are about to be."""
        return len(self._taken) + len(self._claims)

    def ready_in_ms(self, promised: int) -> int:
        """How long the last of ``promised`` more sessions has to wait for its actor; 0 where all are warm."""
        return self._reserve.ready_in_ms(self._census(promised))

    @property
    def levels(self) -> Levels:
        """Actors by state, sessions that wait for one, and what the live sessions have reported, added up."""
        total: Counter[tuple[str, str]] = Counter()
        total["queue", "sessions_without_actor"] = len(self._claims)
        total.update({("actors", state): count for state, count in self.counts.items()})
        for slot in self._taken.values():
            total.update(slot.levels)
        return dict(total)

    async def drain(self, after_ms: int, spread_ms: int, timeout_s: float) -> bool:
        """Ends every session in order and takes no new ones; True if all were done within ``timeout_s``."""
        self._closing = True
        self._refuse_claims(_stopping)
        leaving = [slot.spawned.ended for slot in list(self._slots.values()) if slot.sent_away(after_ms, spread_ms)]
        if not leaving:
            return True
        _, staying = await asyncio.wait(leaving, timeout=timeout_s)
        return not staying

    def close(self) -> None:
        """Ends what is left, at once."""
        self._closing = True
        if self._refill is not None:
            self._refill.cancel()
        for slot in list(self._slots.values()):
            slot.spawned.kill()
            slot.gone()
        for watcher in self._watchers:
            watcher.cancel()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    # ----------------------------------------------------------------------------------------------------------- inside

    def _fill(self) -> None:
        """Starts what is to be started now, and looks again when the reserve says so."""
        if self._refill is not None:
            self._refill.cancel()
            self._refill = None
        if self._closing or self._failed_starts >= _START_FAILURES:
            return
        for _ in range(self._reserve.starts(self._census(), self._busy(), self._now_ms())):
            self._start()
        if self._reserve.look_again_ms is not None:
            self._refill = self._loop.call_at((self._reserve.look_again_ms + 1) / 1000, self._fill)

    def _census(self, promised: int = 0) -> Census:
        allowed = self._most_processes - len(self._slots)
        return Census(len(self._claims) + promised, len(self._blank), len(self._starting), allowed)

    def _now_ms(self) -> int:
        return round(self._loop.time() * 1000)

    def _start(self) -> None:
        number = next(self._numbers)
        slot = Slot(number, self._spawn(number), self._now_ms())
        self._slots[number] = slot
        self._starting.add(number)
        watcher = asyncio.create_task(self._watch(slot))
        self._watchers.add(watcher)
        watcher.add_done_callback(self._watchers.discard)

    def _accept(self, sock: socket.socket) -> None:
        """An actor has connected; its first packet says which it is."""
        known: list[Slot] = []

        def on_packet(packet: Packet, _: int | None) -> None:
            if isinstance(packet, Ready) and packet.slot in self._slots:
                known.append(self._came_up(packet, channel))
            elif isinstance(packet, Ready):
                channel.close()  # too late: it has been given up
            elif known:
                self._packet(known[0], packet)

        channel = ControlChannel(sock, on_packet, lambda: None)

    def _came_up(self, packet: Ready, channel: ControlChannel) -> Slot:
        slot = self._slots[packet.slot]
        slot.channel, slot.pid = channel, packet.pid
        self._starting.discard(slot.number)
        self._failed_starts = 0
        took_ms = self._now_ms() - slot.started_ms
        self._reserve.came_up(took_ms)
        _log.info("actor_started", extra={"slot": slot.number, "took_ms": took_ms})
        self._blank.append(slot)
        self._changed.set()
        self._serve_claims()
        return slot

    def _serve_claims(self) -> None:
        waiting = [(session_id, claim) for session_id, claim in self._claims.items() if not claim.done()]
        for session_id, claim in waiting[: len(self._blank)]:
            slot = self._blank.popleft()
            slot.session_id = session_id
            self._taken[session_id] = slot
            del self._claims[session_id]
            _log.info("session_has_actor", extra=_named(slot, ""))
            claim.set_result(slot)
        self._fill()

    def _packet(self, slot: Slot, packet: Packet) -> None:
        if isinstance(packet, Answered):
            slot.answered(packet)
        elif isinstance(packet, Counted):
            self.tally.add(packet.report)
            slot.levels = levels_of(packet.report)
        elif isinstance(packet, Released):
            self._forget(slot, in_order=True)

    async def _watch(self, slot: Slot) -> None:
        """Waits for the process to end, however it ends."""
        in_order = True
        try:
            await slot.spawned.ended
        except Exception as death:  # Ray has many names for it; all mean that the process is gone
            in_order = False
            if not self._closing:
                text = "session actor %d died: %s"
                _log.warning(text, slot.number, type(death).__name__, extra=_named(slot, "actor_died"))
        if slot.number in self._starting:
            self._failed_starts += 1
        self._starting.discard(slot.number)
        self._forget(slot, in_order)
        slot.gone()
        slot.spawned.kill()
        self._slots.pop(slot.number, None)
        self._changed.set()
        if self._failed_starts >= _START_FAILURES:
            self._refuse_claims(_cannot_start)
        self._fill()

    def _refuse_claims(self, why: Callable[[], PoolExhausted]) -> None:
        for session_id in list(self._claims):
            self._claims.pop(session_id).set_exception(why())

    def _forget(self, slot: Slot, in_order: bool) -> None:
        """The session may start anew elsewhere from now on."""
        if slot.session_id is not None and self._taken.get(slot.session_id) is slot:
            del self._taken[slot.session_id]
            _log.info("session_left" if in_order else "session_lost", extra=_named(slot, ""))
            if not in_order:
                self._reserve.lost()
            self._on_left(slot.session_id, in_order)
        if slot in self._blank:
            self._blank.remove(slot)
