"""Learners, listings, stories and the reference library."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from storage.errors import NotFound, StoreRefused
from storage.ports import Store
from storage.records import Page, ReferenceRecord, SessionClose, Story, StorySentence, new_id
from tests.support.store_makers import (
    NOON_MS,
    a_flush,
    a_learner,
    a_practising_learner,
    a_session,
    an_attempt,
    another_session,
)


def _story(story_id: str, **changes: Any) -> Story:
    story = Story(story_id, "default", "Names", 1, ("fingerspelling",), (StorySentence("A B", ("A", "B")),))
    return dataclasses.replace(story, **changes)


def _reference(gloss: str, **changes: Any) -> ReferenceRecord:
    reference = ReferenceRecord(
        new_id(), "default", gloss, "ada", "", "test", "hands+pose", 640, 480, False, 29.97, bytes(range(256)), NOON_MS
    )
    return dataclasses.replace(reference, **changes)


async def _all_pages(listing: Any, limit: int) -> list[Any]:
    items, cursor = [], None
    while True:
        page: Page[Any] = await listing(limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        items += page.items
        cursor = page.cursor
        if cursor is None:
            return items


async def test_a_learner_is_found_by_id_and_token(store: Store) -> None:
    learner = a_learner(display_name="Zoë 🤟")
    await store.create_learner(learner)
    await store.create_learner(learner)
    assert await store.learner(learner.id) == learner
    assert await store.learner_by_token(learner.token_hash) == learner
    assert await store.learner(new_id()) is None
    assert await store.learner_by_token(bytes(32)) is None
    await store.set_consent(learner.id, False)
    assert await store.learner(learner.id) == dataclasses.replace(learner, landmark_consent=False)
    await store.set_time_zone(learner.id, "Asia/Tokyo")
    moved = dataclasses.replace(learner, landmark_consent=False, time_zone="Asia/Tokyo")
    assert await store.learner(learner.id) == moved
    await store.set_role(learner.id, "educator")
    assert await store.learner(learner.id) == dataclasses.replace(moved, role="educator")
    with pytest.raises(NotFound):
        await store.set_consent(new_id(), True)
    with pytest.raises(NotFound):
        await store.set_time_zone(new_id(), "UTC")
    with pytest.raises(NotFound):
        await store.set_role(new_id(), "educator")


async def test_a_session_comes_back_as_it_was_made(store: Store) -> None:
    learner = a_learner()
    await store.create_learner(learner)
    session = a_session(learner.id, story_id="s", session_data={"a": [1, {"b": None}]}, session_name="Übung")
    await store.create_session(session)
    await store.create_session(session)
    assert await store.session(session.id) == session
    assert await store.session(new_id()) is None


async def test_sessions_are_listed_newest_first_page_by_page(store: Store) -> None:
    learner, other = a_learner(), a_learner()
    await store.create_learner(learner)
    await store.create_learner(other)
    made = [a_session(learner.id, created_at_ms=NOON_MS + number // 3) for number in range(10)]
    for session in (*made, a_session(other.id)):
        await store.create_session(session)
    activation = await store.activate(made[4].id, NOON_MS)
    await store.close_session(SessionClose(made[4].id, activation.session.epoch, 0, "abandoned"), NOON_MS)

    async def listing(**page: Any) -> Page[Any]:
        return await store.sessions_of(learner.id, status=None, **page)

    listed = await _all_pages(listing, 3)
    expected = sorted(made, key=lambda session: (session.created_at_ms, session.id), reverse=True)
    assert [session.id for session in listed] == [session.id for session in expected]
    abandoned = await store.sessions_of(learner.id, status="abandoned", limit=5, cursor=None)
    assert [session.id for session in abandoned.items] == [made[4].id]


async def test_attempts_are_filtered_and_paged(store: Store) -> None:
    learner, first = await a_practising_learner(store)
    second = await another_session(store, learner)
    for activation in (first, second):
        attempts = tuple(
            an_attempt(
                activation.session.id,
                number,
                sentence_index=number % 2,
                is_successful=number % 3 == 0,
                attempted_at_ms=NOON_MS + number // 2,
            )
            for number in range(1, 10)
        )
        await store.flush([a_flush(activation, 0, 9, attempts=attempts)], NOON_MS)

    async def numbers(**filters: Any) -> list[tuple[bytes, int]]:
        chosen = {"session_id": None, "sentence_index": None, "successful": None, **filters}

        async def listing(**page: Any) -> Page[Any]:
            return await store.attempts_of(learner.id, **chosen, **page)

        return [(attempt.session_id, attempt.attempt_no) for attempt in await _all_pages(listing, 4)]

    everything = [(activation.session.id, number) for activation in (first, second) for number in range(1, 10)]
    newest_first = sorted(everything, key=lambda key: (key[1] // 2, *key), reverse=True)
    assert await numbers() == newest_first
    assert await numbers(session_id=first.session.id) == [key for key in newest_first if key[0] == first.session.id]
    assert await numbers(sentence_index=0) == [key for key in newest_first if key[1] % 2 == 0]
    assert await numbers(successful=True) == [key for key in newest_first if key[1] % 3 == 0]
    assert await numbers(successful=False, sentence_index=1) == [
        key for key in newest_first if key[1] % 3 and key[1] % 2
    ]
    assert await numbers(session_id=new_id()) == []


@pytest.mark.parametrize("cursor", ["", "x", "bnVsbA", "WzEsMl0", "WyJ4IiwieSJd", "ÿ", "W3RydWUsIiJd"])
async def test_a_strange_cursor_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(StoreRefused, match="first page"):
        await store.sessions_of(new_id(), status=None, limit=5, cursor=cursor)


async def test_stories_are_replaced_and_listed_easy_ones_first(store: Store) -> None:
    hard, easy = _story("b", difficulty_level=5), _story("a", title="Zoo")
    for story in (hard, easy, _story("b", tenant_id="elsewhere")):
        await store.put_story(story)
    renamed = dataclasses.replace(easy, title="Farm")
    await store.put_story(renamed)
    assert await store.stories("default") == (renamed, hard)
    assert await store.story("default", "b") == hard
    assert await store.story("default", "c") is None


async def test_every_change_of_the_library_moves_its_version(store: Store) -> None:
    assert await store.library_version("default") == 0
    a1, a2, b = _reference("A"), _reference("A", created_at_ms=NOON_MS + 1), _reference("B")
    for reference in (b, a2, a1, _reference("A", tenant_id="elsewhere")):
        await store.put_reference(reference)
    assert await store.references("default") == (a1, a2, b)
    assert await store.references("default", "A") == (a1, a2) and await store.references("default", "C") == ()
    assert await store.reference_ids("default") == (a1.id, a2.id, b.id)
    assert await store.reference(a2.id) == a2 and await store.reference(new_id()) is None
    assert await store.library_version("default") == 3
    assert await store.remove_references("default", "B", a1.id) == 0
    assert await store.library_version("default") == 3
    assert await store.remove_references("default", "A", a1.id) == 1
    assert await store.remove_references("default", "A", None) == 1
    assert await store.references("default") == (b,)
    assert await store.library_version("default") == 5
    assert await store.library_version("elsewhere") == 1
