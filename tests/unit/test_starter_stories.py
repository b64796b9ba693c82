"""The starter stories: our own text, spelled letter by letter, five levels."""

from __future__ import annotations

from collections import Counter

import pytest

from server.library.record import BadGloss, as_gloss
from server.library.starter import starter_stories

STORIES = starter_stories()
LEVELS = range(1, 6)


def test_every_level_has_at_least_four_stories() -> None:
    counts = Counter(story.difficulty_level for story in STORIES)

    assert sorted(counts) == list(LEVELS)
    assert min(counts.values()) >= 4


def test_ids_and_titles_are_unique() -> None:
    assert len({story.id for story in STORIES}) == len({story.title for story in STORIES}) == len(STORIES)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.id)
def test_a_story_is_spelled_as_it_reads(story) -> None:
    assert len(story.sentences) >= 4
    for sentence in story.sentences:
        assert sentence.glosses == tuple(letter for letter in sentence.text.upper() if letter.isalpha())
        assert set(sentence.glosses) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def test_higher_levels_spell_longer() -> None:
    def mean_length(level: int) -> float:
        lengths = [len(one.glosses) for story in STORIES if story.difficulty_level == level for one in story.sentences]
        return sum(lengths) / len(lengths)

    means = [mean_length(level) for level in LEVELS]
    assert means == sorted(means)
    assert len(set(means)) == len(means)


def test_the_stories_use_every_letter() -> None:
    assert {letter for story in STORIES for one in story.sentences for letter in one.glosses} == set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    )


@pytest.mark.parametrize(
    ("text", "gloss"), [("hello", "HELLO"), (" thank-you ", "THANK-YOU"), ("I", "I"), ("fs:Ann", "FS:ANN"), ("ß", "SS")]
)
def test_a_gloss_is_written_in_capitals(text: str, gloss: str) -> None:
    assert as_gloss(text) == gloss


@pytest.mark.parametrize("text", ["", "  ", "two words", "-", "A-", "A--B", "A\nB", "../A", "X" * 65])
def test_what_is_no_gloss(text: str) -> None:
    with pytest.raises(BadGloss):
        as_gloss(text)
