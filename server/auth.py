"""Who may do what: bearer tokens of learners and single-use tickets for the stream.

A bearer token is 32 random bytes; the store keeps its SHA-256 alone (a fast hash is right for a random secret: there
is nothing to guess). A ticket opens one connection to one session of one learner. It is signed with a secret made anew
at each start of the process, so a ticket of an earlier process is refused and the client asks REST for a fresh one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import heapq
import hmac
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from storage.records import Id

TOKEN_BYTES = 32
NONCE_BYTES = 16
MAC_BYTES = 32

_HEAD = struct.Struct(f">{NONCE_BYTES}s16s16sQ")
_LONGEST_TICKET = 512
TicketRefusal = Literal["expired", "used", "forged"]


def new_bearer_token() -> str:
    """A token for a learner, fit for an ``Authorization`` header."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> bytes:
    """What the store keeps of a bearer token: SHA-256, 32 bytes."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a redeemed ticket allows: a connection of this learner to this session."""

    learner_id: Id
    session_id: Id
    tenant_id: str


class TicketRefused(Exception):
    """The ticket does not open a stream; ``reason`` says why."""

    def __init__(self, reason: TicketRefusal) -> None:
        super().__init__(_REFUSALS[reason])
        self.reason: TicketRefusal = reason


_REFUSALS: dict[TicketRefusal, str] = {
    "expired": "The ticket has expired: ask for a fresh one.",
    "used": "The ticket has been used already: ask for a fresh one.",
    "forged": "This is not a ticket of this server: ask for a fresh one.",
}


class TicketOffice:
    """Mints tickets and redeems each at most once. Pure but for its memory of used tickets, which is bounded.

    When more than ``remembered`` redeemed tickets have not expired yet, those that expire first are forgotten, and
    every ticket that expires no later than they is refused from then on: memory is bounded and no ticket opens twice.
    """

    def __init__(
        self,
        secret: bytes,
        ttl_ms: int,
        *,
        new_nonce: Callable[[], bytes] = lambda: secrets.token_bytes(NONCE_BYTES),
        remembered: int = 100_000,
    ) -> None:
        self._secret = secret
        self._ttl_ms = ttl_ms
        self._new_nonce = new_nonce
        self._remembered = remembered
        self._used: set[bytes] = set()
        self._by_expiry: list[tuple[int, bytes]] = []
        self._refused_through_ms = -1

    def mint(self, learner_id: Id, session_id: Id, tenant_id: str, now_ms: int) -> str:
        """A ticket of letters, digits, ``-`` and ``_`` that can be redeemed once before ``now_ms + ttl_ms``."""
        body = _HEAD.pack(self._new_nonce(), learner_id, session_id, now_ms + self._ttl_ms) + tenant_id.encode()
        return base64.urlsafe_b64encode(self._mac(body) + body).rstrip(b"=").decode()

    def redeem(self, token: str, now_ms: int) -> Ticket:
        """Uses the ticket up. Raises TicketRefused."""
        body = self._verified(token)
        nonce, learner_id, session_id, expires_ms = _HEAD.unpack_from(body)
        if nonce in self._used:
            raise TicketRefused("used")
        if expires_ms <= max(now_ms, self._refused_through_ms):
            raise TicketRefused("expired")
        self._remember(nonce, expires_ms, now_ms)
        return Ticket(learner_id, session_id, body[_HEAD.size :].decode())

    @property
    def remembered_count(self) -> int:
        """How many redeemed tickets are held in memory."""
        return len(self._used)

    def _verified(self, token: str) -> bytes:
        """The signed part of a ticket that this office has minted."""
        try:
            if len(token) > _LONGEST_TICKET:
                raise TicketRefused("forged")
            data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise TicketRefused("forged") from None
        body = data[MAC_BYTES:]
        if len(body) < _HEAD.size or not hmac.compare_digest(data[:MAC_BYTES], self._mac(body)):
            raise TicketRefused("forged")
        return body

    def _remember(self, nonce: bytes, expires_ms: int, now_ms: int) -> None:
        self._used.add(nonce)
        heapq.heappush(self._by_expiry, (expires_ms, nonce))
        while self._by_expiry and (self._by_expiry[0][0] <= now_ms or len(self._by_expiry) > self._remembered):
            forgotten_ms, forgotten = heapq.heappop(self._by_expiry)
            self._used.discard(forgotten)
            self._refused_through_ms = max(self._refused_through_ms, forgotten_ms)

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, "sha256")
