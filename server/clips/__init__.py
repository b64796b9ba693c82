"""Recordings of a signer, read from files: landmark files of several formats, and videos by way of MediaPipe."""

from server.clips.errors import ClipError
from server.clips.reader import read_clip

__all__ = ["ClipError", "read_clip"]
