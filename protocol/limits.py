"""The bounds of the wire: both sides keep to them, and each side refuses what goes beyond.

What arrives is held to them before memory is given to it: msgpack reads a claimed length, compares it, and only then
allocates. The bounds for what a *client* may send are tight, because anybody can send it: three bytes can claim an
array of 4,096 places (32 KB), and the unpacker lets 1,024 such claims nest. With 64 places a claim, the worst nest
costs half a megabyte for as long as the message is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from protocol.landmarks import LAYOUTS, Layout

MAX_FRAMES_PER_MESSAGE = 64
"""Two seconds of a usual camera: large enough to catch up quickly, small enough to bound a message."""

MAX_ATTEMPT_MS = 120_000
"""Longest attempt at one sentence."""

MAX_ATTEMPT_FRAMES = 3_600
"""Most frames of an attempt: 30 Hz for the longest attempt, 60 Hz for a minute."""

MAX_NUMBER = 1_000_000
"""Largest number of an attempt in its session, and of a frame in its attempt, that can be said."""

MAX_VIOLATIONS = 16
"""Messages against the protocol that a connection survives; the next one closes it, resumably."""

MAX_HELLO_BYTES = 4_096
"""Largest first message: until it has been read, no layout is known."""

MAX_SERVER_MESSAGE_BYTES = 16 * 1024 * 1024
"""Largest message a client has to accept: ``welcome`` with the results of a long time without a database."""

_ENVELOPE_BYTES = 1_024
_TIME_STAMP_BYTES = 5


def max_message_bytes(layout: Layout) -> int:
    """Largest message a client may send after its ``hello``: a full ``frames`` message of its layout."""
    return _ENVELOPE_BYTES + MAX_FRAMES_PER_MESSAGE * (layout.frame_bytes + _TIME_STAMP_BYTES)


MAX_CLIENT_MESSAGE_BYTES = max(max_message_bytes(layout) for layout in LAYOUTS.values())
"""Largest message of any layout: what the WebSocket library is told before the layout is known."""


@dataclass(frozen=True, slots=True)
class UnpackLimits:
    """What the unpacker of one direction accepts; names are those of ``msgpack.unpackb``."""

    max_array_len: int
    max_map_len: int
    max_str_len: int
    max_bin_len: int
    max_ext_len: int = 0
    strict_map_key: bool = True

    def as_options(self) -> Mapping[str, int | bool]:
        """Keyword arguments of ``msgpack.unpackb``."""
        return asdict(self)


FROM_CLIENT = UnpackLimits(
    max_array_len=MAX_FRAMES_PER_MESSAGE, max_map_len=64, max_str_len=4_096, max_bin_len=MAX_CLIENT_MESSAGE_BYTES
)
FROM_SERVER = UnpackLimits(max_array_len=4_096, max_map_len=64, max_str_len=4_096, max_bin_len=0)
