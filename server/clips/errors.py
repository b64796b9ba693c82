"""Why a recording could not be read."""

from __future__ import annotations

from typing import Literal

ClipErrorCode = Literal["missing", "damaged", "unsupported", "no_frames", "no_hands", "extraction_failed"]


class ClipError(Exception):
    """A recording cannot be used; ``str()`` is a sentence for the person who named it.

    ``missing``: no such file or no such clip in it. ``damaged``: of a known format, but unreadable. ``unsupported``: of
    no known format, or without landmarks of hands. ``no_frames`` and ``no_hands``: nothing to score.
    ``extraction_failed``: the landmarks of a video could not be found for a reason that lies not in the video.
    """

    def __init__(self, code: ClipErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
