"""The tables of close codes and error codes; docs and the JavaScript constants are generated from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Literal


class CloseCode(IntEnum):
    """Why a connection was closed. 4000–4499: reconnect and resume. 4500–4999: stop."""

    RESTARTING = 4000
    SLOW_READER = 4001
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


class Reaction(StrEnum):
    """What a client's stream machine does on an error; everything beyond it is for the person to read."""

    NOTHING = "nothing"
    """The message is lost and nothing else is; go on."""

    REWIND = "rewind"
    """Send again from the cursor in the error, where there is one."""

    CANCEL_ATTEMPT = "cancel the attempt"
    """This attempt can never be accepted: cancel it, so that the session goes on behind it."""

    RECONNECT = "reconnect"
    """The connection is about to be closed; come back and resume."""

    STOP = "stop"
    """Coming back would not help."""


@dataclass(frozen=True, slots=True)
class CloseInfo:
    """One row of the table of close codes."""

    meaning: str
    client_action: str


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """One row of the table of errors. ``fault`` says whose doing it is: only the client's are held against it."""

    meaning: str
    client_action: str
    reaction: Reaction
    fault: Literal["client", "server"] = "client"
    close_code: CloseCode | None = None

    @property
    def effect(self) -> Literal["none", "close"]:
        """Whether the connection stays."""
        return "none" if self.close_code is None else "close"


_RESUME = "Wait as the reconnect hint says, connect with the ticket you hold, resume."

CLOSES: Mapping[CloseCode, CloseInfo] = MappingProxyType(
    {
        CloseCode.RESTARTING: CloseInfo("This server is going away: a restart or a move.", _RESUME),
        CloseCode.SLOW_READER: CloseInfo(
            "The client did not read what was sent to it, and the queue is full.", _RESUME
        ),
        CloseCode.SESSION_MOVED: CloseInfo("The session was taken over by another node.", _RESUME),
        CloseCode.IDLE: CloseInfo(
            "Nothing was heard for a while; the session is asleep.", "Resume when practice goes on."
        ),
        CloseCode.SERVER_FAULT: CloseInfo("A fault of ours. Nothing that was stored is lost.", _RESUME),
        CloseCode.TOO_MANY_ERRORS: CloseInfo("Too many messages against the protocol on this connection.", _RESUME),
        CloseCode.MESSAGE_TOO_LARGE: CloseInfo(
            "A message was larger than its layout allows.", "Resume, with fewer frames in a message."
        ),
        CloseCode.TICKET_REFUSED: CloseInfo(
            "The ticket is expired, used, or not ours.", "Ask for a fresh ticket over REST, connect, resume."
        ),
        CloseCode.BUSY: CloseInfo("No room for another session at the moment.", _RESUME),
        CloseCode.HELLO_MISSING: CloseInfo(
            "The first message was not a valid hello, or none came in time.", "Connect again and say hello first."
        ),
        CloseCode.SUPERSEDED: CloseInfo(
            "A newer connection of the same learner serves this session.",
            "Stop, and say that practice goes on elsewhere.",
        ),
        CloseCode.SESSION_ENDED: CloseInfo(
            "The session is completed or abandoned.", "Stop; read the results over REST."
        ),
        CloseCode.VERSION_UNSUPPORTED: CloseInfo(
            "Client and server speak different versions.", "Stop; update the client."
        ),
        CloseCode.FORBIDDEN: CloseInfo("The session belongs to somebody else.", "Stop."),
        CloseCode.SESSION_NOT_FOUND: CloseInfo("There is no such session.", "Stop."),
    }
)

ERRORS: Mapping[ErrorCode, ErrorInfo] = MappingProxyType(
    {
        ErrorCode.MALFORMED: ErrorInfo(
            "The message could not be read: it is not one whole msgpack map.",
            "A fault of the client or the line: the message is dropped, go on.",
            Reaction.NOTHING,
        ),
        ErrorCode.UNKNOWN_TYPE: ErrorInfo(
            "There is no message of this type.", "The message is dropped, go on.", Reaction.NOTHING
        ),
        ErrorCode.TOO_LARGE: ErrorInfo(
            "The message is larger than its layout allows.",
            "Reconnect and send fewer frames in a message.",
            Reaction.RECONNECT,
            close_code=CloseCode.MESSAGE_TOO_LARGE,
        ),
        ErrorCode.LIMIT_EXCEEDED: ErrorInfo(
            "Something in the message is longer or nested deeper than allowed.",
            "The message is dropped, go on; keep to the limits.",
            Reaction.NOTHING,
        ),
        ErrorCode.INVALID_FIELD: ErrorInfo(
            "A field is missing, has the wrong type or is out of range.",
            "The message is dropped, go on; the text names the field.",
            Reaction.NOTHING,
        ),
        ErrorCode.HELLO_EXPECTED: ErrorInfo(
            "The first message of a connection has to be a valid hello.",
            "Connect again and say hello first.",
            Reaction.RECONNECT,
            close_code=CloseCode.HELLO_MISSING,
        ),
        ErrorCode.HELLO_REPEATED: ErrorInfo(
            "This connection has said hello already; the first one counts.",
            "To change the layout or the video, connect again.",
            Reaction.NOTHING,
        ),
        ErrorCode.VERSION_UNSUPPORTED: ErrorInfo(
            "This version of the protocol is not spoken here.",
            "Stop; update the client.",
            Reaction.STOP,
            close_code=CloseCode.VERSION_UNSUPPORTED,
        ),
        ErrorCode.FRAME_LENGTH: ErrorInfo(
            "The landmarks are not as many bytes as the layout and the time stamps say.",
            "A fault of the client: cancel the attempt, begin a new one.",
            Reaction.CANCEL_ATTEMPT,
        ),
        ErrorCode.NON_FINITE: ErrorInfo(
            "A number is infinite or not a number.",
            "A fault of the client: cancel the attempt, begin a new one. Missing points have a value of their own.",
            Reaction.CANCEL_ATTEMPT,
        ),
        ErrorCode.TIMES_NOT_ASCENDING: ErrorInfo(
            "The time stamps of an attempt's frames have to grow from frame to frame.",
            "A fault of the client: cancel the attempt, begin a new one.",
            Reaction.CANCEL_ATTEMPT,
        ),
        ErrorCode.SEQ_GAP: ErrorInfo(
            "Frames before these are missing.", "Send again from the cursor in this error.", Reaction.REWIND
        ),
        ErrorCode.SEQ_CONFLICT: ErrorInfo(
            "These frames were received before, with other content.",
            "Two clients share the attempt: cancel it, begin a new one.",
            Reaction.CANCEL_ATTEMPT,
        ),
        ErrorCode.WRONG_ATTEMPT: ErrorInfo(
            "This message is about another attempt than the one that comes next.",
            "Send again from the cursor in this error.",
            Reaction.REWIND,
        ),
        ErrorCode.NOT_RECORDING: ErrorInfo(
            "No attempt has begun that this could belong to.",
            "Send again from the cursor in this error, attempt.begin first.",
            Reaction.REWIND,
        ),
        ErrorCode.ATTEMPT_TOO_LONG: ErrorInfo(
            "The attempt is longer than an attempt may be.",
            "Cancel it; end attempts in time.",
            Reaction.CANCEL_ATTEMPT,
        ),
        ErrorCode.ATTEMPT_CONFLICT: ErrorInfo(
            "An attempt of this number exists already and is a different one.",
            "Two clients share the session: cancel the attempt, begin a new one.",
            Reaction.CANCEL_ATTEMPT,
        ),
        ErrorCode.SENTENCE_UNKNOWN: ErrorInfo(
            "The session has no sentence of this index.",
            "Cancel the attempt; take an index of the sentences in welcome.",
            Reaction.CANCEL_ATTEMPT,
        ),
        ErrorCode.SESSION_PAUSED: ErrorInfo(
            "The session is paused.", "Say resume, then send again from the cursor in this error.", Reaction.REWIND
        ),
        ErrorCode.SESSION_ENDED: ErrorInfo(
            "The session is completed or abandoned and takes no more attempts.",
            "Stop; read the results over REST.",
            Reaction.STOP,
            close_code=CloseCode.SESSION_ENDED,
        ),
        ErrorCode.ILLEGAL_NOW: ErrorInfo(
            "The session's state does not allow this now.",
            "Nothing has changed; go by the last status.",
            Reaction.NOTHING,
        ),
        ErrorCode.STORE_DELAYED: ErrorInfo(
            "The database is away: practice goes on, nothing new is saved yet.",
            "Tell the learner; keep the attempts until stored says so.",
            Reaction.NOTHING,
            fault="server",
        ),
        ErrorCode.ATTEMPT_QUARANTINED: ErrorInfo(
            "The database refuses this attempt for good; it is set aside for an operator.",
            "Tell the learner; go on.",
            Reaction.NOTHING,
            fault="server",
        ),
        ErrorCode.SERVER_FAULT: ErrorInfo(
            "A fault of ours.",
            "Reconnect and resume.",
            Reaction.RECONNECT,
            fault="server",
            close_code=CloseCode.SERVER_FAULT,
        ),
    }
)
