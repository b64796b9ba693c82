"""The table of findings: each code with its parameter, its unit, and what the learner is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .results import Finding, rounded

CORRECTION, PRAISE, CANNOT_JUDGE = "correction", "praise", "cannot_judge"
NONE, MINOR, MAJOR = "none", "minor", "major"


@dataclass(frozen=True, slots=True)
class FindingCode:
    """One row: ``text`` may name ``{hand}``, ``{gloss}``, ``{what}`` and ``{size}``; ``major`` is the size from
    which it is grave.
    """

    code: str
    kind: str
    parameter: str | None
    unit: str | None
    major: float | None
    text: str


_ROWS = (
    FindingCode("handshape_differs", CORRECTION, "handshape", "degrees", 45.0, "{hand}: {what}."),
    FindingCode(
        "palm_turned",
        CORRECTION,
        "orientation",
        "degrees",
        60.0,
        "{hand}: turn the palm {what}; it is {size:.0f}° off.",
    ),
    FindingCode("place_off", CORRECTION, "location", "shoulder widths", 0.5, "{hand}: {what}."),
    FindingCode(
        "movement_small",
        CORRECTION,
        "movement",
        "share",
        0.4,
        "{hand}: move further; the movement is {what} of what it should be.",
    ),
    FindingCode(
        "movement_large",
        CORRECTION,
        "movement",
        "share",
        2.5,
        "{hand}: move less; the movement is {what} of what it should be.",
    ),
    FindingCode("movement_reversed", CORRECTION, "movement", "share", 0.0, "{hand}: move the other way: {what}."),
    FindingCode(
        "movement_differs",
        CORRECTION,
        "movement",
        None,
        None,
        "{hand}: move as in the reference; this was another movement.",
    ),
    FindingCode(
        "hold_inserted", CORRECTION, "movement", "ms", 800.0, "{hand}: you stopped for {size:.0f} ms; keep moving."
    ),
    FindingCode("hands_not_alike", CORRECTION, "movement", None, None, "{hand}: {what}."),
    FindingCode(
        "base_hand_moves",
        CORRECTION,
        "movement",
        None,
        None,
        "{hand}: keep this hand still; in {gloss} only the other one moves.",
    ),
    FindingCode(
        "contact_missing",
        CORRECTION,
        "location",
        "shoulder widths",
        0.5,
        "{hand}: bring them together; they should touch and are {size:.1f} shoulder widths apart.",
    ),
    FindingCode("face_differs", CORRECTION, "nonmanual", "tolerances", 2.5, "Face: {what}, as in the reference."),
    FindingCode(
        "hand_missing", CORRECTION, "location", None, None, "{hand}: {gloss} needs this hand too; bring it up."
    ),
    FindingCode(
        "hand_extra", CORRECTION, "location", None, None, "{hand}: {gloss} is signed with one hand; let this one rest."
    ),
    FindingCode("sign_missing", CORRECTION, None, None, None, "{gloss} was not signed, or too briefly to be seen."),
    FindingCode("looks_like_other", CORRECTION, None, None, None, "This looks more like {what} than like {gloss}."),
    FindingCode("handshape_right", PRAISE, "handshape", None, None, "The handshape of {gloss} is right."),
    FindingCode("orientation_right", PRAISE, "orientation", None, None, "The palm of {gloss} faces the right way."),
    FindingCode("location_right", PRAISE, "location", None, None, "{gloss} is in the right place."),
    FindingCode("movement_right", PRAISE, "movement", None, None, "The movement of {gloss} is right."),
    FindingCode(
        "no_hands",
        CANNOT_JUDGE,
        None,
        None,
        None,
        "No hands were in view: step back, or turn the camera, until hands and head are in the picture.",
    ),
    FindingCode(
        "hands_unclear",
        CANNOT_JUDGE,
        None,
        None,
        None,
        "The hands could not be made out: put more light on them, have a plain wall behind you, sign slower.",
    ),
    FindingCode(
        "hands_at_rest",
        CANNOT_JUDGE,
        None,
        None,
        None,
        "The hands stayed at rest: raise them above the waist, where the camera sees them, and sign.",
    ),
    FindingCode(
        "no_body",
        CANNOT_JUDGE,
        None,
        None,
        None,
        "Head and shoulders were not in view: tilt the camera, or step back, until both are in the picture.",
    ),
    FindingCode(
        "sentence_not_found",
        CANNOT_JUDGE,
        None,
        None,
        None,
        "No sign of the sentence was recognised: face the camera, start with your hands at rest, and sign it once.",
    ),
    FindingCode(
        "too_far",
        CANNOT_JUDGE,
        None,
        None,
        None,
        "You are too far from the camera: come nearer until your shoulders take up about a third of the picture.",
    ),
    FindingCode(
        "too_short",
        CANNOT_JUDGE,
        None,
        None,
        None,
        "The attempt was too short to judge: raise your hands, sign the whole sign, then lower them.",
    ),
    FindingCode(
        "too_few_frames",
        CANNOT_JUDGE,
        None,
        None,
        None,
        "The camera sent too few pictures a second: close other programs, or switch on more light.",
    ),
)
CODES: dict[str, FindingCode] = {row.code: row for row in _ROWS}

HAND_NAMES = {"left": "Left hand", "right": "Right hand", "both": "Both hands", None: ""}


def make_finding(
    code: str,
    start_ms: float,
    end_ms: float,
    *,
    hand: str | None = None,
    sign_index: int | None = None,
    gloss: str | None = None,
    size: float | None = None,
    what: str = "",
    joints: Sequence[int] | None = None,
    face_region: str | None = None,
) -> Finding:
    """A finding by its row; ``joints`` where they are not the ones that every finding of this parameter is about."""
    row = CODES[code]
    if joints is None:
        joints = _JOINTS.get(row.parameter, ()) if row.kind == CORRECTION and hand is not None else ()
    text = row.text.format(hand=HAND_NAMES[hand], gloss=gloss or "the sign", what=what, size=size or 0.0)
    return Finding(
        code=code,
        kind=row.kind,
        parameter=row.parameter,
        hand=hand,
        sign_index=sign_index,
        gloss=gloss,
        start_ms=round(start_ms),
        end_ms=round(end_ms),
        size=rounded(size),
        unit=row.unit if size is not None else None,
        severity=_severity(row, size),
        text=text,
        joints=tuple(joints),
        face_region=face_region,
    )


_PALM = (0, 1, 5, 9, 13, 17)
_JOINTS = {"handshape": tuple(range(1, 21)), "orientation": _PALM, "location": _PALM, "movement": _PALM}
"""Joints that a correction of a parameter is about, where nothing more exact is known."""


def _severity(row: FindingCode, size: float | None) -> str:
    if row.kind != CORRECTION:
        return NONE
    if row.major is None or size is None:
        return MAJOR
    return MAJOR if abs(size) >= row.major else MINOR
