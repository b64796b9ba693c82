"""The reference library of a node: recordings out of the store, prepared for the scorer, in files for all actors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from pathlib import Path

from actors.library_file import open_library, save_library
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.references import Library, Reference, ReferenceRejected, prepare_reference
from protocol.codec import to_float
from protocol.landmarks import LAYOUTS, LandmarkClip, VideoFormat
from storage.landmark_blob import decode
from storage.ports import Catalogue
from storage.records import DEFAULT_TENANT, Id, ReferenceRecord, id_from_text, id_text

_log = logging.getLogger(__name__)


class LibraryShelf:
    """Holds the newest prepared library; sessions that run keep the one they began with."""

    def __init__(self, store: Catalogue, embedder_path: Path, parent: Path) -> None:
        self._store = store
        self._embedder_path = embedder_path
        self._parent = parent
        self._version: int | None = None
        self._glosses: frozenset[str] = frozenset()
        self._rejected: set[Id] = set()
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
            library = await self._prepared(await self._store.reference_ids(DEFAULT_TENANT))
            await asyncio.to_thread(save_library, library, self._parent / f"library-{version}")
            self._version, self._glosses = version, frozenset(library.glosses)

    async def _prepared(self, wanted: Sequence[Id]) -> Library:
        """The library of these recordings; those that the shelf holds already are neither read nor measured again."""
        held = () if self._version is None else (await asyncio.to_thread(open_library, self.folder)).references
        prepared = {id_from_text(reference.reference_id): reference for reference in held}
        embedder = HandshapeEmbedder(self._embedder_path)
        for reference_id in wanted:
            if reference_id in prepared or reference_id in self._rejected:
                continue
            record = await self._store.reference(reference_id)
            reference = await asyncio.to_thread(prepare, record, embedder) if record else None
            if reference is not None:
                prepared[reference_id] = reference
            elif record is not None:
                self._rejected.add(reference_id)
        return Library([prepared[reference_id] for reference_id in wanted if reference_id in prepared])


def prepare(record: ReferenceRecord, embedder: HandshapeEmbedder) -> Reference | None:
    """The recording for the scorer; None, and a line in the log, for one that it cannot use."""
    try:
        return prepare_reference(
            clip_of(record),
            reference_id=id_text(record.id),
            gloss=record.gloss,
            signer=record.signer,
            variant=record.variant,
            embedder=embedder,
        )
    except ReferenceRejected as rejected:
        _log.warning("reference %s of %s is left out: %s", id_text(record.id), record.gloss, rejected.message)
        return None


def clip_of(record: ReferenceRecord) -> LandmarkClip:
    """The recording of a reference. Raises BlobDamaged."""
    blob = decode(record.landmark_blob)
    layout = LAYOUTS[record.layout]
    video = VideoFormat(record.width, record.height, record.mirrored, record.frame_rate_hz)
    return LandmarkClip(to_float(blob.points, layout), blob.times_ms, layout, video)
