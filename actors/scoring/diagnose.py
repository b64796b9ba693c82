"""What was off in a signed sign: spans along the alignment where one parameter of one hand departs from the
reference."""

from __future__ import annotations

import math

import numpy as np

from .canonical import LEFT_SLOT, RIGHT_SLOT
from .comparison import SignComparison
from .deviations import Excess, PathChange, explain_offset, longest_excess
from .hand_measures import palm_normals
from .handshape import describe_shape
from .nonmanual import face_advice, face_distance
from .paired import SLOT_HAND, Clock, PairedHand, Tolerance, pair_hand, presence, sign_finding
from .parameters import Parameter
from .relation import diagnose_relation
from .results import Finding

TURNED_DEGREES = Tolerance(45.0, 70.0)
SHAPE_OFF = Tolerance(0.18, 0.3)
"""Length of the difference of ``tip_distances`` (root mean square, in palm lengths) from which a handshape is
another one."""
PLACE_OFF, PLACE_MARGIN = Tolerance(0.2, 0.55), 0.25
"""Shoulder widths; and how much farther off than several signers' references are from one another, on average, a place
must be where that is less: people agree about the place of some signs more than about that of others."""
REVERSED_SHARE, SMALL_SHARE, LARGE_SHARE = -0.3, 0.6, 1.7
LEAST_SPREAD = 0.05
"""Shoulder widths (standard deviation) that a movement must span before its size or direction is spoken of."""
MOVED_OFF = Tolerance(0.05, 0.1)
"""Shoulder widths (standard deviation) by which the path must depart from the reference's along one axis."""
LEAST_OFFSET = 0.08
"""Shoulder widths that a hand must ever be off along an axis for its path to be looked into."""
LEAST_EXPLAINED, EXPLAINED_ALONE = 0.5, 0.85
"""Share of a path's departure that one shift, or one change of size, must explain to be named: more where the hands do
not go together, since one cause gets one correction."""
_OF_PATHS = ("location", "movement")
LEAST_MOVEMENT = 0.3
"""Share of the sign over which a movement's size or direction must be off: a shorter piece of it is no movement."""
HELD_MS = Tolerance(400.0, 700.0)
"""Longer than the reference's own stop at that place."""
FACE_OFF = 1.2
"""Tolerances of ``nonmanual`` that the face must be off on average."""
ABSENT_SHARE, USED_SHARE = 0.2, 0.5
PRAISED = 0.8


def diagnose(found: SignComparison, clock: Clock) -> list[Finding]:
    """Corrections for one sign, the gravest first."""
    corrections: list[Finding] = []
    presences = presence(found)
    of_both = diagnose_relation(found, clock)
    least_explained = EXPLAINED_ALONE if of_both else LEAST_EXPLAINED
    for reference_slot in (RIGHT_SLOT, LEFT_SLOT):
        shown, expected = presences[reference_slot]
        if max(shown, expected) < USED_SHARE:
            continue
        if min(shown, expected) < ABSENT_SHARE:
            code, hand = "hand_missing" if shown < expected else "hand_extra", SLOT_HAND[reference_slot ^ found.mirror]
            corrections.append(sign_finding(code, found, clock.whole, hand))
            continue
        pair = pair_hand(found, reference_slot)
        corrections += _turned(found, clock, pair) + _shape(found, clock, pair)
        corrections += _path(found, clock, pair, least_explained)
    if not any(finding.parameter in _OF_PATHS for finding in corrections):
        corrections += of_both
    corrections += _face(found, clock)
    return sorted(corrections, key=lambda f: (f.severity != "major", f.start_ms, f.code, f.hand or ""))


def least_hold_ms(found: SignComparison) -> float:
    """How much longer than the reference's own a stop must be to be a correction: the whole signer stops, so the hand
    that follows the reference more closely tells.
    """
    used = [slot for slot, (shown, _) in enumerate(presence(found)) if shown >= USED_SHARE]
    return HELD_MS.at(min((pair_hand(found, slot).style(Parameter.MOVEMENT) for slot in used), default=1.0))


def praise(
    found: SignComparison, clock: Clock, marks: dict[str, float | None], corrections: list[Finding]
) -> list[Finding]:
    """What was right: parameters with a high mark and no correction."""
    wrong = {finding.parameter for finding in corrections}
    codes = {
        "handshape": "handshape_right",
        "orientation": "orientation_right",
        "location": "location_right",
        "movement": "movement_right",
    }
    return [
        sign_finding(code, found, clock.whole)
        for parameter, code in codes.items()
        if parameter not in wrong and (marks.get(parameter) or 0.0) >= PRAISED
    ]


def _face(found: SignComparison, clock: Clock) -> list[Finding]:
    if found.face is None or face_distance(*found.face) < FACE_OFF:
        return []
    advice, size, region = face_advice(*found.face, found.mirror)
    return [sign_finding("face_differs", found, clock.whole, size=size, what=advice, face_region=region)]


def _turned(found: SignComparison, clock: Clock, pair: PairedHand) -> list[Finding]:
    allowed = TURNED_DEGREES.at(pair.style(Parameter.ORIENTATION))
    excess = longest_excess(pair.turned, allowed, clock.least_moments)
    if excess is None:
        return []
    span_ms = clock.span(excess.start, excess.stop)
    return [sign_finding("palm_turned", found, span_ms, pair.name, excess.size, _facing(pair, excess))]


def _facing(pair: PairedHand, excess: Excess) -> str:
    """Which way the palm should face, from the wanted hand's normal (towards the viewer is away from the signer)."""
    normal = palm_normals(pair.wanted[excess.start : excess.stop + 1]).mean(axis=0)
    axis = int(np.argmax(np.abs(normal)))
    words = (("outwards", "inwards"), ("up", "down"), ("towards yourself", "away from yourself"))
    return words[axis][int(normal[axis] > 0)]


def _shape(found: SignComparison, clock: Clock, pair: PairedHand) -> list[Finding]:
    allowed = SHAPE_OFF.at(pair.style(Parameter.HANDSHAPE))
    excess = longest_excess(pair.shape_off, allowed, clock.least_moments)
    if excess is None:
        return []
    inside = slice(excess.start, excess.stop + 1)
    advice, degrees, joints = describe_shape(pair.hand[inside], pair.wanted[inside])
    span_ms = clock.span(excess.start, excess.stop)
    return [sign_finding("handshape_differs", found, span_ms, pair.name, degrees, advice, joints)]


def _path(found: SignComparison, clock: Clock, pair: PairedHand, least_explained: float) -> list[Finding]:
    """A place that is off, or a movement of another size or direction: whichever explains the offset better."""
    known = np.flatnonzero(pair.there)
    if len(known) < 3 or not found.sign.has_body or not found.reference.sign.has_body:
        return []
    offset = (pair.centre - pair.goal)[known]
    if np.abs(offset).max() < LEAST_OFFSET:
        return []
    changes = explain_offset(offset, pair.goal[known])
    if changes is None:
        return []
    moved, scaled = changes
    place = _place(found, clock, pair, moved, known) if moved.explained >= least_explained else []
    movement = _movement(found, clock, pair, scaled, known) if scaled.explained >= least_explained else []
    return place or movement if moved.explained >= scaled.explained else movement or place


def _place(
    found: SignComparison, clock: Clock, pair: PairedHand, change: PathChange, known: np.ndarray
) -> list[Finding]:
    size = math.hypot(*change.shift.tolist())
    spread = found.place_spread
    bound = PLACE_OFF if spread is None else PLACE_OFF.at_most(spread + PLACE_MARGIN)
    if size < bound.at(pair.style(Parameter.LOCATION)):
        return []
    span_ms = clock.span(int(known[change.start]), int(known[change.stop]))
    return [sign_finding("place_off", found, span_ms, pair.name, size, _place_advice(pair, change.shift))]


def _place_advice(pair: PairedHand, shift: np.ndarray) -> str:
    """Which way to go; the shift is where the hand was too far."""
    down = abs(shift[1]) >= abs(shift[0])
    to_far_side = shift[0] > 0
    side = ("left" if to_far_side else "right") if pair.slot == LEFT_SLOT else ("right" if to_far_side else "left")
    way = ("higher" if shift[1] > 0 else "lower") if down else f"further to your {side}"
    return f"sign {way}"


def _movement(
    found: SignComparison, clock: Clock, pair: PairedHand, change: PathChange, known: np.ndarray
) -> list[Finding]:
    start, stop = int(known[change.start]), int(known[change.stop])
    if stop + 1 - start < LEAST_MOVEMENT * len(found.sign):
        return []
    spread = pair.goal[start : stop + 1].std(axis=0)
    factors = np.where(spread >= LEAST_SPREAD, change.factors, 1.0)
    axis = int(np.argmax(np.abs(factors - 1.0) * spread))
    least = MOVED_OFF.at(pair.style(Parameter.MOVEMENT))
    if abs(factors[axis] - 1.0) * spread[axis] < least:
        return []
    share = float(factors[axis])
    code, what = _change_of(share)
    return [sign_finding(code, found, clock.span(start, stop), pair.name, share, what)] if code else []


def _change_of(share: float) -> tuple[str | None, str]:
    """The finding's code, and what it says, of a movement that is this share of what it should be."""
    if share < REVERSED_SHARE:
        return "movement_reversed", "it goes against the reference"
    code = "movement_small" if share < SMALL_SHARE else "movement_large" if share > LARGE_SHARE else None
    return code, f"{max(share, 0.0) * 100:.0f} %"
