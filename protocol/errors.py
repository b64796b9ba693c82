"""Two kinds of trouble, two types (DESIGN §2): what the other side did wrong, and what we did wrong.

``ProtocolError``
    Bytes or a message of the peer break the contract. Never a reason to crash: the server side turns it into an
    ``error`` message, the client side closes the connection and comes back.

``IllegalCall``
    Our own code used a stream machine in a way that makes no sense (frames without an attempt). A bug.
"""

from __future__ import annotations

from protocol.codes import ErrorCode


class ProtocolError(Exception):
    """The peer broke the contract.

    ``code`` is the row of the table of errors, ``text`` says it to a person without repeating what was received, and
    ``attempt`` is the number of the attempt that the message was about, where it could be read.
    """

    def __init__(self, code: ErrorCode, text: str, attempt: int | None = None) -> None:
        super().__init__(f"{code.name} ({code.value}): {text}")
        self.code = code
        self.text = text
        self.attempt = attempt


class IllegalCall(RuntimeError):
    """A stream machine was asked for something that its state does not allow: a bug on our side."""
