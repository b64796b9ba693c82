"""Reference signs: recordings of how a sign is signed, checked, trimmed and measured once, and the library that
holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from protocol.landmarks import LandmarkClip

from .calibrate import COHORT
from .canonical import canonicalise
from .compare import ROWS, Pack, distances, pack
from .embedder import HandshapeEmbedder
from .nonmanual import MEASURES
from .parameters import Features, measure
from .repeats import period
from .resample import GRID_STEP_MS
from .segment import active_span
from .side_by_side import Columns, Signs, warped
from .sign_cut import sign_features

SIGN_FRAMES = 20
"""Moments that a sign is measured at, first to last; long and short signs alike, so that tempo is judged apart from
form."""

ROUGH_MOMENTS = (2, 7, 12, 17)

SHORTEST_REFERENCE_MS = 200.0
LEAST_SEEN = 0.5
_MEDOID_OF = 12
USUAL_DISTANCE = 1.0
"""Distance at which unlike signs lie; a reference that is farther from its neighbours attracts less than it should."""
ISOLATION_WEIGHT = 0.5
"""Share of a reference's isolation that is taken off its distances (chosen by leave-one-source-out,
``docs/scoring.md``)."""


def relative(distance: np.ndarray, isolation: np.ndarray) -> np.ndarray:
    """Distances to references, corrected for each reference's own isolation (the Z-norm of speaker verification,
    Reynolds 1997).

    One threshold fits all signs only after this: a reference in a crowd of look-alikes must be met more closely.
    """
    return distance - np.float32(ISOLATION_WEIGHT) * (isolation - np.float32(USUAL_DISTANCE))


class ReferenceRejected(ValueError):
    """A recording cannot be a reference; ``code`` for programs, ``message`` for the educator who recorded it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """One recorded correct sign: ``sign`` are its features at ``SIGN_FRAMES`` moments, ``duration_ms`` how long it
    took.

    ``still`` marks a single picture (a static hand), which has no tempo.
    """

    reference_id: str
    gloss: str
    signer: str
    variant: str
    sign: Features
    duration_ms: float
    still: bool


def prepare_reference(
    clip: LandmarkClip, *, reference_id: str, gloss: str, signer: str, variant: str, embedder: HandshapeEmbedder
) -> Reference:
    """Trims the rest at both ends, cuts repeated signing to one sign, and measures it. Raises ReferenceRejected where
    a learner could not learn from it.
    """
    canonical = canonicalise(clip)
    if not canonical.seen.any():
        raise ReferenceRejected(
            "no_hands", "No hand was found in the recording: film hands and upper body, in good light."
        )
    features = measure(canonical, embedder)
    start, stop = active_span(features)
    if stop == start:
        raise ReferenceRejected(
            "no_signing", "The hands never leave rest in the recording: raise them into the signing space."
        )
    still = len(clip.times_ms) == 1
    _check_quality(canonical.detected, features, start, stop, still)
    lag = period(features, start, stop)
    stop = stop if lag is None else start + lag
    sign = sign_features(features, start, stop, SIGN_FRAMES)
    return Reference(reference_id, gloss, signer, variant, sign, (stop - start) * GRID_STEP_MS, still)


def _check_quality(detected: np.ndarray, features: Features, start: int, stop: int, still: bool) -> None:
    if still:
        return
    if (stop - start) * GRID_STEP_MS < SHORTEST_REFERENCE_MS:
        raise ReferenceRejected("too_short", "The sign lasts less than 0.2 s in the recording: is it cut off?")
    if features.hand_there[:, start:stop].max(axis=0).mean() < LEAST_SEEN:
        raise ReferenceRejected(
            "hands_lost", "The hands are lost for most of the sign: more light, slower, hands in the picture."
        )


class Library:
    """Immutable set of references; several per gloss. Glosses keep the order of their first reference."""

    def __init__(self, references: Sequence[Reference]) -> None:
        self._references = tuple(references)
        by_gloss: dict[str, list[int]] = {}
        for index, reference in enumerate(self._references):
            by_gloss.setdefault(reference.gloss, []).append(index)
        self._by_gloss = {gloss: tuple(indices) for gloss, indices in by_gloss.items()}

    def __len__(self) -> int:
        return len(self._references)

    @property
    def glosses(self) -> tuple[str, ...]:
        """Every gloss that has a reference."""
        return tuple(self._by_gloss)

    @property
    def references(self) -> tuple[Reference, ...]:
        """All references, in order."""
        return self._references

    def references_of(self, gloss: str) -> tuple[Reference, ...]:
        """The references of one gloss; empty where the library lacks it."""
        return tuple(self._references[index] for index in self._by_gloss.get(gloss, ()))

    def indices_of(self, gloss: str) -> tuple[int, ...]:
        """Places of a gloss's references in ``references`` and ``packed``."""
        return self._by_gloss.get(gloss, ())

    @cached_property
    def packed(self) -> Pack:
        """All references for matrix products."""
        return pack([reference.sign for reference in self._references])

    @cached_property
    def typical(self) -> Mapping[str, int]:
        """For each gloss the place of the reference that is nearest to its others (the medoid of the first twelve)."""
        return {gloss: self._medoid(indices[:_MEDOID_OF]) for gloss, indices in self._by_gloss.items()}

    def _medoid(self, indices: tuple[int, ...]) -> int:
        if len(indices) < 3:
            return indices[0]
        others = self.packed.take(indices)
        spread = [float(distances(self._references[index].sign, others).min(axis=0).sum()) for index in indices]
        return indices[int(np.argmin(spread))]

    @cached_property
    def isolation(self) -> np.ndarray:
        """How far each reference is ``(R,)`` from the nearest ``COHORT`` other glosses, on average;
        ``USUAL_DISTANCE`` without others.
        """
        typical = self.packed.take(list(self.typical.values()))
        glosses = np.array(self.glosses)
        found = np.full(len(self._references), USUAL_DISTANCE, np.float32)
        for index, reference in enumerate(self._references):
            others = distances(reference.sign, typical).min(axis=0)[glosses != reference.gloss]
            if len(others):
                found[index] = np.sort(others)[:COHORT].mean()
        return found

    def laid_out(self, places: np.ndarray) -> Signs:
        """The references at ``places`` ``(S, R)``, to be compared with ``S`` signs."""
        packed = self.packed
        wrists = packed.values[ROWS["wrist"]][..., places]
        return Signs(
            [self._references[place].sign.values for place in places.ravel().tolist()],
            packed.squares[..., places].transpose(0, 3, 4, 1, 2),
            np.concatenate((packed.there[..., places], wrists)).transpose(0, 3, 4, 1, 2),
            packed.has_body[places],
        )

    @cached_property
    def _rough(self) -> Signs:
        return self.laid_out(np.array([list(self.typical.values())])).at(ROUGH_MOMENTS)

    def rough_distances(self, own: Signs) -> np.ndarray:
        """Relative distances ``(S, glosses)`` of signs to the typical reference of every gloss, judged by four moments:
        to find the ones worth a full look.
        """
        far, *_ = warped(own.at(ROUGH_MOMENTS), self._rough)
        return relative(far.min(axis=0), self.isolation[list(self.typical.values())])

    def relative_distances(self, own: Signs, places: np.ndarray) -> tuple[np.ndarray, Columns, np.ndarray]:
        """Distances ``(2 mirrors, S, R)`` of each sign to the references at its ``places`` ``(S, R)``, allowing for how
        alone each reference stands; and what ``warped`` compared for that.
        """
        far, columns, costs = warped(own, self.laid_out(places))
        return relative(far, self.isolation[places]), columns, costs

    def to_arrays(self) -> dict[str, Any]:
        """The library as arrays and lists, for an object store without copies and for a cache of prepared features."""
        signs = [reference.sign for reference in self._references]
        shape = (2, SIGN_FRAMES)
        arrays: dict[str, Any] = {
            name: [getattr(reference, name) for reference in self._references]
            for name in ("reference_id", "gloss", "signer", "variant")
        }
        arrays["duration_ms"] = np.array([reference.duration_ms for reference in self._references], np.float64)
        arrays["isolation"] = self.isolation
        arrays["typical"] = list(self.typical.values())
        arrays["still"] = np.array([reference.still for reference in self._references], bool)
        arrays["has_body"] = np.array([sign.has_body for sign in signs], bool)
        for name in _SIGN_ARRAYS:
            arrays[name] = (
                np.stack([getattr(sign, name) for sign in signs]) if signs else np.empty((0, *shape), np.float32)
            )
        no_face = np.full((SIGN_FRAMES, len(MEASURES)), np.nan, np.float32)
        faces = [no_face if sign.face is None else sign.face for sign in signs]
        arrays["face"] = np.stack(faces) if faces else no_face[None][:0]
        arrays |= {_PACKED + name: getattr(self.packed, name) for name in _PACK_ARRAYS}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Library:
        """The library that ``to_arrays`` gave; its references are views, nothing is copied. Raises KeyError for
        other arrays.
        """
        references = []
        for index, reference_id in enumerate(arrays["reference_id"]):
            has_body = bool(arrays["has_body"][index])
            face = arrays["face"][index]
            face = None if np.isnan(face).all() else face
            sign = Features(*(arrays[name][index] for name in _SIGN_ARRAYS), has_body, None, face)
            names = (str(arrays[name][index]) for name in ("gloss", "signer", "variant"))
            duration_ms, still = float(arrays["duration_ms"][index]), bool(arrays["still"][index])
            references.append(Reference(str(reference_id), *names, sign, duration_ms, still))
        library = cls(references)
        library.__dict__["isolation"] = arrays["isolation"]
        library.__dict__["typical"] = dict(zip(library.glosses, arrays["typical"], strict=True))
        library.__dict__["packed"] = Pack(*(arrays[_PACKED + name] for name in _PACK_ARRAYS))
        return library


_PACKED, _PACK_ARRAYS = "packed_", ("values", "squares", "there", "has_body", "still")
_SIGN_ARRAYS = ("values", "hand_there", "wrist_there", "centre", "hands")
