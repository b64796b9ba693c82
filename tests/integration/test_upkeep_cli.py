"""`storysign progress` and `storysign learner`, on a file that has been practised into."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from actors.learning.rules import LearningRules
from server.cli import learner as learner_cli
from server.cli import progress as progress_cli
from storage.landmark_blob import encode
from storage.open import open_store
from storage.records import Learner, SessionClose
from tests.support.store_makers import NOON_MS, a_flush, a_practising_learner, an_attempt


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.db"


@pytest.fixture
async def learner(file: Path) -> Learner:
    """One learner with a completed session, by the real formulas."""
    blob = encode(np.zeros((3, 84, 3), np.int16), np.arange(3), "hands")
    store = open_store(f"sqlite:///{file}", LearningRules())
    await store.open()
    learner, activation = await a_practising_learner(store)
    attempts = tuple(an_attempt(activation.session.id, n, landmark_blob=blob) for n in (1, 2))
    await store.flush([a_flush(activation, 0, 2, attempts=attempts)], NOON_MS)
    await store.close_session(SessionClose(activation.session.id, 1, 2, "completed"), NOON_MS + 600_000)
    await store.close()
    return learner


def _run(app: object, file: Path, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, [*arguments, "--database", f"sqlite:///{file}"], input=typed)


def test_progress_is_checked_and_rebuilt(file: Path, learner: Learner) -> None:
    good = _run(progress_cli.app, file, "check")
    assert (good.exit_code, good.output) == (0, "1 learners checked, 0 differ.\n")
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE user_progress SET score_sum=score_sum+1")
    connection.close()
    bad = _run(progress_cli.app, file, "check")
    assert bad.exit_code == 1 and f"{learner.id.hex()}: progress in fingerspelling: score_sum is" in bad.output
    assert "1 repaired" in _run(progress_cli.app, file, "rebuild").output
    assert _run(progress_cli.app, file, "check").exit_code == 0


def test_a_learner_is_exported_and_deleted(file: Path, learner: Learner, tmp_path: Path) -> None:
    target, text = tmp_path / "mine.zip", learner.id.hex()
    exported = _run(learner_cli.app, file, "export", text, "--to", str(target))
    assert exported.exit_code == 0, exported.output
    assert target.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(target) as archive:
        names = set(archive.namelist())
        assert {"README.txt", "learners.jsonl", "sentence_attempts.jsonl"} <= names
        assert sum(name.startswith("landmarks/") for name in names) == 2
        (me,) = archive.read("learners.jsonl").decode().splitlines()
        assert json.loads(me)["id"] == text and "token_hash" not in me
        attempts = [json.loads(line) for line in archive.read("sentence_attempts.jsonl").splitlines()]
        assert [attempt["score"] for attempt in attempts] == [7421, 7421]
        landmarks = json.loads(archive.read("attempt_landmarks.jsonl").splitlines()[0])
        assert landmarks["landmark_data"] in names
    again = _run(learner_cli.app, file, "export", text, "--to", str(target))
    assert again.exit_code == 1 and isinstance(again.exception, FileExistsError)
    kept = _run(learner_cli.app, file, "delete", text, typed="n\n")
    assert kept.exit_code == 1 and "for good" in kept.output
    assert "rows are gone" in _run(learner_cli.app, file, "delete", text, "--yes").output
    gone = _run(learner_cli.app, file, "export", text)
    assert "there is no learner" in str(gone.exception)
    assert _run(learner_cli.app, file, "export", "xyz").exit_code == 2
