"""What a new StorySign can be practised with at once: the 26 letters of the American manual alphabet, and our stories.

The recordings are not part of StorySign; ``storysign models pull`` brings them (see ``server/models.json``).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from actors.scoring.embedder import HandshapeEmbedder
from server.clips import read_clip
from server.library.record import checked_record
from server.models import GESTURE_EMBEDDER, STARTER_SIGNS_FOLDER, manifest, model_path
from storage.ports import Catalogue
from storage.records import DEFAULT_TENANT, Id, ReferenceRecord, Story, StorySentence

STARTER_SIGNER = "spoken-to-signed"


def starter_stories(tenant_id: str = DEFAULT_TENANT) -> tuple[Story, ...]:
    """Our own stories, fingerspelled, from easy to hard."""
    document = json.loads(resources.files("server.library").joinpath("stories.json").read_text("utf-8"))
    return tuple(
        Story(
            id=story["id"],
            tenant_id=tenant_id,
            title=story["title"],
            difficulty_level=story["difficulty_level"],
            skill_areas=tuple(story["skill_areas"]),
            sentences=tuple(StorySentence(one["text"], tuple(one["glosses"])) for one in story["sentences"]),
        )
        for story in document["stories"]
    )


def starter_records(models_dir: Path, now_ms: int, tenant_id: str = DEFAULT_TENANT) -> Iterator[ReferenceRecord]:
    """A reference for each letter. Raises ModelError where a recording or the embedder is not there."""
    embedder = HandshapeEmbedder(model_path(models_dir, GESTURE_EMBEDDER))
    for package in manifest():
        for file in package.files:
            name = Path(file.name)
            if name.parent.name != STARTER_SIGNS_FOLDER:
                continue
            yield checked_record(
                read_clip(str(model_path(models_dir, file.name))),
                record_id=_starter_id(tenant_id, name.stem),
                tenant_id=tenant_id,
                gloss=name.stem,
                signer=STARTER_SIGNER,
                variant="",
                source=f"{package.name} {package.version}: {Path(file.member[-1]).name}",
                now_ms=now_ms,
                embedder=embedder,
            )


async def ensure_starter_library(store: Catalogue, models_dir: Path, now_ms: int) -> None:
    """Fills a new store; where it has been filled once, only adds stories that are new. Raises ModelError, StoreError.

    Letters go in before stories: where a story is, all letters were, and those that are gone since were removed by
    an educator and stay so.
    """
    known = {story.id for story in await store.stories(DEFAULT_TENANT)}
    stories = starter_stories()
    missing = [story for story in stories if story.id not in known]
    if len(missing) == len(stories):
        await put_starter_signs(store, models_dir, now_ms)
    for story in missing:
        await store.put_story(story)


async def put_starter_signs(store: Catalogue, models_dir: Path, now_ms: int) -> int:
    """Puts the letters into the store, also those that were removed; gives their number. Raises ModelError, StoreError.

    Doing it again changes nothing, for every letter keeps its id.
    """
    records = await asyncio.to_thread(lambda: list(starter_records(models_dir, now_ms)))
    for record in records:
        await store.put_reference(record)
    return len(records)


def _starter_id(tenant_id: str, letter: str) -> Id:
    """The same for the same letter at all times, so that an installation that was cut off can be repeated."""
    return hashlib.sha256(f"storysign starter sign\n{tenant_id}\n{letter}".encode()).digest()[:16]
