"""The reference library of a node: recordings out of the store, prepared for the scorer, in files for all actors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from pathlib import Path

from actors.library_file import save_library
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.references import Library, Reference, ReferenceRejected, prepare_reference
from protocol.codec import to_float
from protocol.landmarks import LAYOUTS, LandmarkClip, VideoFormat
from storage.landmark_blob import decode
from storage.ports import Catalogue
from storage.records import DEFAULT_TENANT, ReferenceRecord, id_text

_log = logging.getLogger(__name__)


class LibraryShelf:
    """Holds the newest prepared library; sessions that run keep the one they began with."""

    def __init__(self, store: Catalogue, embedder_path: Path, parent: Path) -> None:
        self._store = store
        self._embedder_path = embedder_path
        self._parent = parent
        self._version: int | None = None
        self._glosses: frozenset[str] = frozenset()
        self._refreshing = asyncio.Lock()

    @property
    def folder(self) -> Path:
        """Where the prepared library is."""
        return self._parent / f"library-{self._version}"

    @property
    def glosses(self) -> Collection[str]:
        """The signs that have a reference."""
        return self._glosses

    async def refresh(self) -> None:
        """Prepares the library again if signs were imported or removed since the last time. Raises StoreError."""
        async with self._refreshing:
            version = await self._store.library_version(DEFAULT_TENANT)
            if version == self._version:
                return
            records = await self._store.references(DEFAULT_TENANT)
            library = await asyncio.to_thread(prepare_library, records, self._embedder_path)
            await asyncio.to_thread(save_library, library, self._parent / f"library-{version}")
            self._version, self._glosses = version, frozenset(library.glosses)


def prepare_library(records: Sequence[ReferenceRecord], embedder_path: Path) -> Library:
    """The scorer's library of these recordings; one that it cannot use is left out and logged."""
    embedder = HandshapeEmbedder(embedder_path)
    references: list[Reference] = []
    for record in records:
        try:
            references.append(
                prepare_reference(
                    clip_of(record),
                    reference_id=id_text(record.id),
                    gloss=record.gloss,
                    signer=record.signer,
                    variant=record.variant,
                    embedder=embedder,
                )
            )
        except ReferenceRejected as rejected:
            _log.warning("reference %s of %s is left out: %s", id_text(record.id), record.gloss, rejected.message)
    return Library(references)


def clip_of(record: ReferenceRecord) -> LandmarkClip:
    """The recording of a reference. Raises BlobDamaged."""
    blob = decode(record.landmark_blob)
    layout = LAYOUTS[record.layout]
    video = VideoFormat(record.width, record.height, record.mirrored, record.frame_rate_hz)
    return LandmarkClip(to_float(blob.points, layout), blob.times_ms, layout, video)
