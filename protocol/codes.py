"""The tables of close codes and error codes; docs and the JavaScript constants are generated from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal


class CloseCode(IntEnum):
    """Why a connection was closed. 4000–4499: reconnect and resume. 4500–4999: stop."""

    RESTARTING = 4000
    SUPERSEDED_SLOW_READER = 4001
    SESSION_MOVED = 4002
    IDLE = 4003
    SERVER_FAULT = 4004
    TOO_MANY_ERRORS = 4005
    MESSAGE_TOO_LARGE = 4006
    TICKET_REFUSED = 4007
    BUSY = 4008
    HELLO_MISSING = 4009
    SUPERSEDED = 4500
    SESSION_ENDED = 4501
    VERSION_UNSUPPORTED = 4502
    FORBIDDEN = 4503
    SESSION_NOT_FOUND = 4504

    @property
    def resumable(self) -> bool:
        """True where the client should reconnect and go on."""
        return 4000 <= self < 4500


class ErrorCode(IntEnum):
    """What was wrong with a message. The number is stable; the name is for people."""

    MALFORMED = 1000
    UNKNOWN_TYPE = 1001
    TOO_LARGE = 1002
    LIMIT_EXCEEDED = 1003
    INVALID_FIELD = 1004
    HELLO_EXPECTED = 1005
    HELLO_REPEATED = 1006
    VERSION_UNSUPPORTED = 1007
    FRAME_LENGTH = 1100
    NON_FINITE = 1101
    TIMES_NOT_ASCENDING = 1102
    SEQ_GAP = 1103
    SEQ_CONFLICT = 1104
    WRONG_ATTEMPT = 1105
    NOT_RECORDING = 1106
    ATTEMPT_TOO_LONG = 1107
    ATTEMPT_CONFLICT = 1108
    SENTENCE_UNKNOWN = 1200
    SESSION_PAUSED = 1201
    SESSION_ENDED = 1202
    ILLEGAL_NOW = 1203
    STORE_DELAYED = 1300
    ATTEMPT_QUARANTINED = 1301
    SERVER_FAULT = 1302


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """One row of the error table."""

    meaning: str
    client_action: str
    effect: Literal["none", "close"]
    close_code: CloseCode | None = None
