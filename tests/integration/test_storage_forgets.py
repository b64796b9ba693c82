"""What is deleted is not in the files any more, not even for somebody who reads them byte by byte."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from server.auth import hash_token
from storage.open import open_store
from storage.ports import Store
from storage.records import Learner
from tests.support.store_makers import NOON_MS, StepRules, a_flush, a_learner, an_attempt, another_session

NAME = "Wilhelmina Quetzalcoatlus"
BLOB = random.Random(5).randbytes(12_000)
STAYS = "Somebody Else Entirely"


def _bytes_of(file: Path) -> bytes:
    return b"".join(part.read_bytes() for part in sorted(file.parent.glob(f"{file.name}*")))


def _pieces() -> list[bytes]:
    """Parts of the landmarks, each shorter than what fits on any page of the file."""
    return [BLOB[start : start + 64] for start in range(0, len(BLOB) - 64, 500)]


async def _practised(store: Store) -> Learner:
    learner, other = a_learner(display_name=NAME, token_hash=hash_token(NAME)), a_learner(display_name=STAYS)
    for one in (learner, other):
        await store.create_learner(one)
        activation = await another_session(store, one)
        blob = BLOB if one is learner else bytes(12_000)
        for lo in range(6):
            attempt = an_attempt(activation.session.id, lo + 1, landmark_blob=blob)
            await store.flush([a_flush(activation, lo, lo + 1, attempts=(attempt,))], NOON_MS)
    return learner


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


async def test_a_deleted_learner_is_in_no_byte_of_the_files(file: Path) -> None:
    """While the store stays open, as it does in a server."""
    store = open_store(f"sqlite:///{file}", StepRules())
    await store.open()
    learner = await _practised(store)
    before = _bytes_of(file)
    assert NAME.encode() in before and all(piece in before for piece in _pieces())
    await store.delete_learner(learner.id)
    after = _bytes_of(file)
    await store.close()
    assert STAYS.encode() in after
    for trace in (NAME.encode(), learner.id, learner.token_hash, *_pieces()):
        assert trace not in after


async def test_landmarks_are_in_no_byte_when_consent_is_withdrawn(file: Path) -> None:
    store = open_store(f"sqlite:///{file}", StepRules())
    await store.open()
    learner = await _practised(store)
    await store.set_consent(learner.id, False)
    after = _bytes_of(file)
    await store.close()
    assert NAME.encode() in after
    assert not any(piece in after for piece in _pieces())
