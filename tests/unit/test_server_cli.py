"""The command line's frame: what it loads, what it says when something fails, what it keeps of guests."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from protocol.landmarks import HANDS, LandmarkClip, VideoFormat
from server.cli import main
from server.cli.practice import local_time_zone
from server.cli.tokens import TokenFile
from server.practice import PracticeOutcome, plan
from storage.errors import StoreUnavailable

pytestmark = pytest.mark.slow

HEAVY = ("mediapipe", "matplotlib", "cv2", "av", "numba", "ray", "asyncmy")


def run_python(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-c", code, *words]
    return subprocess.run(call, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("command", "allowed"),
    [(None, ()), ("serve", ("ray", "av", "numba", "asyncmy")), ("practice", ("av",)), ("models", ())],
)
def test_a_command_loads_no_more_than_it_needs(command: str | None, allowed: tuple[str, ...]):
    code = f"import sys; from server.cli.main import build_app; build_app({command!r}); print(*sys.modules)"
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    assert not set(done.stdout.split()) & (set(HEAVY) - set(allowed))


def test_help_names_every_command():
    done = run_python("from server.cli.main import main; main()", "--help")
    assert done.returncode == 0
    for entry in main.ENTRIES:
        assert entry.name in done.stdout


def test_every_command_is_there():
    for entry in main.ENTRIES:
        assert main.build_app(entry.name) is not None


@pytest.mark.parametrize("words", [["prctice"], ["practice"], ["practice", "x.pose", "--speed", "0"], ["models", "x"]])
def test_a_wrong_command_is_said_without_a_trace(words: list[str]):
    done = run_python("from server.cli.main import main; main()", *words)
    assert done.returncode != 0
    assert done.stderr and "Traceback" not in done.stderr


def test_our_errors_carry_their_own_sentence():
    assert main.sentence(StoreUnavailable("the disk is full;\n  make room")) == "the disk is full; make room"


def test_errors_of_the_system_are_put_into_one():
    error = PermissionError(13, "Permission denied", "/x/y")
    assert main.sentence(error) == "The system refuses: /x/y: Permission denied."


def test_a_fault_of_ours_leaves_its_trace_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    try:
        raise KeyError("glosses")
    except KeyError as error:
        text = main.sentence(error)
    file = tmp_path / "storysign" / "last-failure.txt"
    assert str(file) in text and "\n" not in text
    assert "test_a_fault_of_ours" in file.read_text()


def test_guests_are_kept_by_server_for_this_user_alone(tmp_path: Path):
    tokens = TokenFile(tmp_path / "state")
    assert tokens.get("http://a") is None
    tokens.put("http://a", "one")
    tokens.put("http://b", "two")
    tokens.put("http://a", "three")
    assert (tokens.get("http://a"), tokens.get("http://b"), tokens.get("http://c")) == ("three", "two", None)
    (file,) = (tmp_path / "state").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", '{"http://a": 5}'])
def test_a_damaged_file_of_guests_means_a_new_guest(tmp_path: Path, content: str):
    (tmp_path / "guests.json").write_text(content)
    tokens = TokenFile(tmp_path)
    assert tokens.get("http://a") is None
    tokens.put("http://a", "new")
    assert tokens.get("http://a") == "new"


def test_the_time_zone_is_read_from_the_link(tmp_path: Path):
    zone = tmp_path / "zoneinfo" / "Europe" / "Berlin"
    zone.parent.mkdir(parents=True)
    zone.touch()
    link = tmp_path / "localtime"
    link.symlink_to(zone)
    assert local_time_zone(link) == "Europe/Berlin"
    assert local_time_zone(tmp_path / "none") == "UTC"


def a_clip(frames: int) -> LandmarkClip:
    landmarks = np.zeros((frames, HANDS.points, 3), np.float32)
    return LandmarkClip(landmarks, np.arange(frames) * 40, HANDS, VideoFormat(640, 480))


@pytest.mark.parametrize(
    ("sentences", "clips", "expected"),
    [
        (1, 1, [(0, 0)]),
        (3, 1, [(0, 0), (1, 0), (2, 0)]),
        (1, 3, [(0, 0), (0, 1), (0, 2)]),
        (3, 2, [(0, 0), (1, 1), (2, 0)]),
    ],
)
def test_sentences_and_clips_go_in_turn(sentences: int, clips: int, expected: list[tuple[int, int]]):
    recordings = [a_clip(number + 1) for number in range(clips)]
    assert [(index, len(clip.times_ms) - 1) for index, clip in plan(sentences, recordings)] == expected


def test_the_printed_object_is_json_also_when_nothing_came():
    outcome = PracticeOutcome("0" * 32, (), 0, (), (), 0, True)
    assert json.loads(json.dumps(outcome.as_json(), allow_nan=False)) == {
        "session_id": "0" * 32,
        "attempts": [],
        "progress": {"skills": []},
        "latency_ms": {"p50": None, "p99": None},
        "reconnects": 0,
        "recovered": True,
    }


def test_percentiles_of_the_latency():
    outcome = PracticeOutcome("0" * 32, (), 0, (), tuple(float(ms) for ms in range(101)), 0, True)
    assert (outcome.latency_ms(50), outcome.latency_ms(99)) == (50.0, 99.0)
