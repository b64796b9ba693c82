"""The starter library in a real store: put there once, whole, and never against an educator's will."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from actors.learning.rules import LearningRules
from actors.library_file import open_library
from protocol.landmarks import Block
from server.clips import read_clip
from server.library.starter import ensure_starter_library, put_starter_signs, starter_records, starter_stories
from server.models import GESTURE_EMBEDDER, ModelError, model_path
from server.reference_library import LibraryShelf, clip_of
from storage.open import open_store
from storage.ports import Store
from storage.records import DEFAULT_TENANT, ReferenceRecord, id_text

LETTERS = list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
NOW_MS, LATER_MS = 1_700_000_000_000, 1_700_000_900_000


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'storysign.db'}", LearningRules())
    await opened.open()
    yield opened
    await opened.close()


async def glosses(store: Store) -> list[str]:
    return [record.gloss for record in await store.references(DEFAULT_TENANT)]


async def test_a_new_store_is_filled_once(store: Store, models_dir: Path) -> None:
    await ensure_starter_library(store, models_dir, NOW_MS)
    version = await store.library_version(DEFAULT_TENANT)
    await ensure_starter_library(store, models_dir, LATER_MS)

    assert await glosses(store) == LETTERS
    assert {story.id for story in await store.stories(DEFAULT_TENANT)} == {story.id for story in starter_stories()}
    assert await store.library_version(DEFAULT_TENANT) == version


async def test_a_letter_that_was_removed_stays_removed_until_it_is_asked_for(store: Store, models_dir: Path) -> None:
    await ensure_starter_library(store, models_dir, NOW_MS)
    await store.remove_references(DEFAULT_TENANT, "Q", None)

    await ensure_starter_library(store, models_dir, LATER_MS)
    assert await glosses(store) == [letter for letter in LETTERS if letter != "Q"]

    assert await put_starter_signs(store, models_dir, LATER_MS) == 26
    assert await glosses(store) == LETTERS


async def test_an_installation_that_was_cut_off_is_completed(store: Store, models_dir: Path) -> None:
    for record in list(starter_records(models_dir, NOW_MS))[:11]:
        await store.put_reference(record)

    await ensure_starter_library(store, models_dir, LATER_MS)

    assert await glosses(store) == LETTERS


async def test_only_new_stories_are_added_to_a_store_that_has_some(store: Store, models_dir: Path) -> None:
    await store.put_story(starter_stories()[0])

    await ensure_starter_library(store, models_dir, NOW_MS)

    assert len(await store.stories(DEFAULT_TENANT)) == len(starter_stories())
    assert await glosses(store) == []


async def test_without_the_recordings_nothing_is_put(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="storysign models pull"):
        await ensure_starter_library(store, tmp_path, NOW_MS)

    assert await glosses(store) == []
    assert await store.stories(DEFAULT_TENANT) == ()


async def test_the_store_gives_back_the_recording(store: Store, models_dir: Path, letter_clips: Path) -> None:
    """But for the step of the fixed point numbers that landmarks are kept in."""
    await ensure_starter_library(store, models_dir, NOW_MS)
    kept = next(record for record in await store.references(DEFAULT_TENANT) if record.gloss == "W")

    recording, original = clip_of(kept), read_clip(str(letter_clips / "W.pose"))

    assert (recording.layout, recording.video) == (original.layout, original.video)
    np.testing.assert_array_equal(recording.times_ms, original.times_ms)
    np.testing.assert_array_equal(np.isnan(recording.landmarks), np.isnan(original.landmarks))
    hand = (recording.block(Block.RIGHT_HAND), original.block(Block.RIGHT_HAND))
    np.testing.assert_allclose(*hand, atol=1 / 16_384)


async def test_a_change_of_the_library_is_read_and_not_the_whole_library(
    store: Store, models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c = list(starter_records(models_dir, NOW_MS))[:3]
    read: list[bytes] = []

    async def reading(reference_id: bytes) -> ReferenceRecord | None:
        read.append(reference_id)
        return await type(store).reference(store, reference_id)

    monkeypatch.setattr(store, "reference", reading)
    shelf = LibraryShelf(store, model_path(models_dir, GESTURE_EMBEDDER), tmp_path)
    for change, expected in (
        ([a, b], [a, b]),
        ([c], [a, b, c]),
        ([], [a, b, c]),
    ):
        read.clear()
        for record in change:
            await store.put_reference(record)
        await shelf.refresh()
        assert read == [record.id for record in change]
        assert [found.reference_id for found in open_library(shelf.folder).references] == [
            id_text(record.id) for record in expected
        ]
    await store.remove_references(DEFAULT_TENANT, a.gloss, None)
    await shelf.refresh()
    assert read == [] and set(shelf.glosses) == {b.gloss, c.gloss}
