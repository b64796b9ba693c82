"""WebSocket frames (RFC 6455 §5.2) of the kind that nearly all are, read and written with little code.

``websockets`` takes some thirty functions to a frame. A session that wakes for one message finds none of them in the
processor's caches, and that costs more than everything else that is done with the message. So the bytes of a client are
cut into frames here, the frame that is a whole message is unmasked here, and all others go to the library as they came.
"""

from __future__ import annotations

from websockets.frames import apply_mask

_FINAL_BINARY = 0x82
_MASKED = 0x80
_MASK_BYTES = 4
_HEADS = {126: 4, 127: 10}
"""Bytes of a head without its mask by the length that its second byte names; two for all that is shorter."""


class FrameCutter:
    """Cuts what a client sends into frames; holds what has come of one, where it is no larger than ``max_bytes``."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held = bytearray()

    def cut(self, data: bytes) -> list[bytes]:
        """The frames that are whole now. A frame too large, or without a mask, comes unfinished: it will be refused."""
        if not self._held and _payload(data)[1] == len(data):
            return [data]
        self._held += data
        frames: list[bytes] = []
        while self._held:
            start, end = _payload(self._held)
            if end - start > self._max_bytes or (len(self._held) > 1 and not self._held[1] & _MASKED):
                end = len(self._held)
            if end > len(self._held):
                break
            frames.append(bytes(self._held[:end]))
            del self._held[:end]
        return frames


def message_of(frame: bytes) -> bytes | None:
    """What a client's frame carries, if it is whole and all of a binary message; None: it is of another kind."""
    start, end = _payload(frame)
    if frame[0] != _FINAL_BINARY or end != len(frame) or not frame[1] & _MASKED:
        return None
    return apply_mask(frame[start:], frame[start - _MASK_BYTES : start])


def frame_of(message: bytes) -> bytes:
    """A binary message as a server sends it: in one frame, without a mask."""
    length = len(message)
    if length < 126:
        return bytes((_FINAL_BINARY, length)) + message
    if length < 1 << 16:
        return bytes((_FINAL_BINARY, 126)) + length.to_bytes(2, "big") + message
    return bytes((_FINAL_BINARY, 127)) + length.to_bytes(8, "big") + message


def _payload(data: bytes | bytearray) -> tuple[int, int]:
    """Where the payload of a masked frame starts and ends; while its head is not all there, where that will be."""
    length = data[1] & ~_MASKED if len(data) > 1 else 0
    head = _HEADS.get(length, 2)
    if head > 2:
        length = int.from_bytes(data[2:head], "big") if len(data) >= head else 0
    start = head + _MASK_BYTES
    return start, start + length
