"""Times and sizes that a session keeps to."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.limits import MAX_ATTEMPT_FRAMES
from protocol.messages import Reconnect


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Defaults fit a classroom; the server's configuration may say otherwise."""

    grace_ms: int = 60_000
    """How long a session without a connection stays in memory."""
    idle_ms: int = 15 * 60_000
    """How long a connection may be silent."""
    feedback_interval_ms: int = 100
    receipt_interval_ms: int = 1_000
    max_attempt_frames: int = MAX_ATTEMPT_FRAMES
    max_unstored_attempts: int = 500
    """Bounds the memory of an outage: about 60 KB an attempt."""
    reconnect: Reconnect = Reconnect(after_ms=250, spread_ms=1_750)
