"""From a recording to a reference in the store, checked by the scorer that will use it."""

from __future__ import annotations

import re

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.references import prepare_reference
from protocol.codec import to_points
from protocol.landmarks import LandmarkClip
from storage.landmark_blob import encode
from storage.records import Id, ReferenceRecord, id_text

MAX_GLOSS_CHARS = 64
_GLOSS = re.compile(r"[^\W_]+(?:[-'.+^:/#][^\W_]+)*")
"""Words of letters and digits joined by what glosses join words with: ``THANK-YOU``, ``FS:ANN``, ``MOTHER+FATHER``."""


class BadGloss(ValueError):
    """A text cannot be a gloss; ``str()`` says what a gloss looks like."""


def as_gloss(text: str) -> str:
    """The gloss in its usual form, in capitals. Raises BadGloss."""
    gloss = text.strip().upper()
    if len(gloss) > MAX_GLOSS_CHARS or not _GLOSS.fullmatch(gloss):
        raise BadGloss(f"'{text}' cannot be a gloss: write one word such as HELLO, or words joined such as THANK-YOU.")
    return gloss


def checked_record(
    clip: LandmarkClip,
    *,
    record_id: Id,
    tenant_id: str,
    gloss: str,
    signer: str,
    variant: str,
    source: str,
    now_ms: int,
    embedder: HandshapeEmbedder,
) -> ReferenceRecord:
    """The record of a recording that the scorer can use. Raises ReferenceRejected where it cannot."""
    prepare_reference(
        clip, reference_id=id_text(record_id), gloss=gloss, signer=signer, variant=variant, embedder=embedder
    )
    return ReferenceRecord(
        id=record_id,
        tenant_id=tenant_id,
        gloss=gloss,
        signer=signer,
        variant=variant,
        source=source,
        layout=clip.layout.name,
        width=clip.video.width,
        height=clip.video.height,
        mirrored=clip.video.mirrored,
        frame_rate_hz=clip.video.frame_rate_hz,
        landmark_blob=encode(to_points(clip.landmarks, clip.layout), clip.times_ms, clip.layout.name),
        created_at_ms=now_ms,
    )
