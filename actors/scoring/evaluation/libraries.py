"""References made of recordings, so that any attempt can be judged against people other than its own signer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.references import Library, Reference, ReferenceRejected, prepare_reference

from .dataset import LabelledClip

Item = TypeVar("Item")


class Track(Protocol):
    """Passes items on while it shows how far a long task is; ``what`` names the task."""

    def __call__(self, items: Sequence[Item], what: str) -> Iterable[Item]: ...


def untracked(items: Sequence[Item], what: str) -> Iterable[Item]:
    """A ``Track`` that shows nothing."""
    return items


@dataclass(frozen=True, slots=True, eq=False)
class References:
    """``references[i]`` was made of clip ``clip_indices[i]``; ``refused`` counts the clips that are unfit to be one."""

    references: tuple[Reference, ...]
    clip_indices: tuple[int, ...]
    refused: int

    def of_others(self, signer: str) -> list[Reference]:
        """All references by people other than ``signer``."""
        return [reference for reference in self.references if reference.signer != signer]


def as_reference(clip: LabelledClip, embedder: HandshapeEmbedder) -> Reference | None:
    """The recording as a reference of its label; None where it is unfit to be one."""
    try:
        return prepare_reference(
            clip.clip,
            reference_id=f"{clip.source}#{clip.index}",
            gloss=clip.label,
            signer=clip.signer,
            variant="",
            embedder=embedder,
        )
    except ReferenceRejected:
        return None


def prepare_references(
    clips: Sequence[LabelledClip], embedder: HandshapeEmbedder, track: Track = untracked
) -> References:
    """The references that can be made of ``clips``."""
    made = [as_reference(clip, embedder) for clip in track(clips, "Preparing references")]
    kept = [index for index, reference in enumerate(made) if reference is not None]
    return References(tuple(r for r in made if r is not None), tuple(kept), len(clips) - len(kept))


class TypicalOfOthers:
    """Which reference is the typical one of each gloss in the library of all signers but one; remembered."""

    def __init__(self, references: Sequence[Reference]) -> None:
        self._references = tuple(references)
        self._signers = np.array([reference.signer for reference in references])
        self._known: dict[str, dict[str, int]] = {}

    def of(self, signer: str) -> Mapping[str, int]:
        """For each gloss that people other than ``signer`` signed, the place of their typical reference."""
        if signer not in self._known:
            places = np.flatnonzero(self._signers != signer)
            others = Library([self._references[place] for place in places])
            self._known[signer] = {gloss: int(places[index]) for gloss, index in others.typical.items()}
        return self._known[signer]
