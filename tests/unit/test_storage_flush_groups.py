"""How a batch becomes transactions, and how their answers become one."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest

from storage.batches import GROUP_BYTES, GROUP_ROWS, groups, joined, one_by_one
from storage.entries import entry_of, refused, sums_of
from storage.flush import summary_with
from storage.records import AttemptEntry, FlushOutcome, SessionFlush, UnfitAttempt, new_id
from storage.session_plans import IDLE_CUTOFF_MS, active_ms
from tests.support.store_makers import an_attempt


def _flush(attempts: int, blob_bytes: int = 100, session_id: bytes | None = None) -> SessionFlush:
    session_id = session_id or new_id()
    made = tuple(entry_of(an_attempt(session_id, n + 1, landmark_blob=bytes(blob_bytes))) for n in range(attempts))
    return SessionFlush(session_id, 1, 0, attempts, made)


def _sizes(batch: list[SessionFlush]) -> list[list[int]]:
    return [[place for place, _ in group] for group in groups(batch)]


def test_a_group_holds_at_most_so_many_rows() -> None:
    assert _sizes([_flush(GROUP_ROWS // 2) for _ in range(5)]) == [[0, 1], [2, 3], [4]]
    assert _sizes([_flush(GROUP_ROWS * 2), _flush(1)]) == [[0], [1]]
    assert _sizes([]) == []


def test_a_group_holds_at_most_so_many_bytes() -> None:
    assert _sizes([_flush(1, GROUP_BYTES // 3) for _ in range(4)]) == [[0, 1], [2, 3]]


def test_a_session_is_in_a_group_once_and_keeps_its_order() -> None:
    session_id = new_id()
    batch = [_flush(1, session_id=session_id), _flush(1), _flush(1, session_id=session_id), _flush(1)]
    assert _sizes(batch) == [[0, 1], [2, 3]]


def test_single_attempts_cover_the_whole_range() -> None:
    flush = dataclasses.replace(_flush(4), lo=0, hi=7)
    flush = dataclasses.replace(flush, attempts=(flush.attempts[3], flush.attempts[1]))
    parts = one_by_one(flush)
    assert [(part.lo, part.hi, part.attempts[0].attempt_no) for part in parts] == [(0, 2, 2), (2, 7, 4)]


def test_the_worst_part_names_the_whole() -> None:
    session_id = new_id()
    parts = [
        FlushOutcome(session_id, "committed", 1),
        FlushOutcome(session_id, "quarantined", 2, detail="attempt 2: x"),
        FlushOutcome(session_id, "already", 3, detail=""),
    ]
    assert joined(parts) == FlushOutcome(session_id, "quarantined", 3, detail="attempt 2: x")


def test_a_refused_attempt_is_kept_as_text_whatever_is_in_it() -> None:
    poison = an_attempt(new_id(), 3, score=math.nan, result={1: b"\xff", "s": "\ud800"}, target_sentence="\x00é")
    unfit = entry_of(poison)
    assert isinstance(unfit, UnfitAttempt) and unfit.attempt_no == 3 and "score nan" in unfit.reason
    assert unfit.payload.isascii() and json.loads(unfit.payload)["attempt_no"] == 3
    assert "landmark_blob" not in unfit.payload


def test_an_attempt_that_the_database_refuses_is_kept_as_it_was_written_out() -> None:
    entry = entry_of(an_attempt(new_id(), 3, target_sentence="Grüße"))
    assert isinstance(entry, AttemptEntry)
    unfit = refused(entry, "too long")
    kept = json.loads(unfit.payload)
    assert (unfit.attempt_no, unfit.reason) == (3, "too long") and unfit.payload.isascii()
    assert (kept["attempt_no"], kept["target_sentence"], kept["score"]) == (3, "Grüße", 7_421)


def test_a_summary_adds_up() -> None:
    session_id = new_id()
    attempts = [
        an_attempt(session_id, 1, sentence_index=1, score=0.5),
        an_attempt(session_id, 2, sentence_index=0, is_successful=False, score=0.25),
        an_attempt(session_id, 3, judged=False, score=None, is_successful=False, sentence_index=2),
    ]
    sums = [sums_of(attempt) for attempt in attempts]
    step_by_step: dict[str, object] = {"kept": 1}
    for attempt in sums:
        step_by_step = summary_with(step_by_step, [attempt])
    assert step_by_step == summary_with({"kept": 1}, sums)
    assert step_by_step == {
        "kept": 1, "attempts": 3, "judged": 2, "successful": 1, "score_sum": 7_500, "sentences_done": [1],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("attempts", "ended_at_ms", "expected"),
    [
        ([], 10_000, 10_000),
        ([], IDLE_CUTOFF_MS * 3, IDLE_CUTOFF_MS),
        ([(1_000, 3_000)], 10_000, 10_000),
        ([(IDLE_CUTOFF_MS * 2, 3_000)], IDLE_CUTOFF_MS * 5, IDLE_CUTOFF_MS * 2 + 3_000),
        ([(-50_000, 1_000), (5_000, 999_999)], 10_000, 10_000),
    ],
)
def test_a_session_lasts_as_long_as_it_was_practised(
    attempts: list[tuple[int, int]], ended_at_ms: int, expected: int
) -> None:
    start = 1_000_000
    moved = [(start + begin, lasted) for begin, lasted in attempts]
    assert active_ms(start, moved, start + ended_at_ms) == expected
    assert active_ms(None, moved, start + ended_at_ms) == 0
