"""``storysign signs`` as it is typed, on a database of its own."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from server.cli.main import main


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command left behind."""

    status: int
    out: str
    err: str


@pytest.fixture
def signs(
    tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    monkeypatch.setenv("STORYSIGN_DATABASE", f"sqlite:///{tmp_path / 'new folder' / 'storysign.db'}")
    monkeypatch.setenv("STORYSIGN_MODELS", str(models_dir))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["storysign", "signs", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Answer(int(ended.value.code or 0), captured.out, captured.err)

    return run


def test_a_sign_can_have_several_references(signs: Callable[..., Answer], letter_clips: Path) -> None:
    first = signs("import", letter_clips / "A.pose", "--gloss", "thank-you", "--signer", "Ann")
    second = signs("import", letter_clips / "B.pose", "--gloss", "THANK-YOU", "--signer", "Bob", "--variant", "south")
    assert (first.status, second.status) == (0, 0), first.err + second.err
    assert "THANK-YOU: added from A.pose" in first.err

    shown = json.loads(signs("show", "thank-you", "--json").out)
    assert [(one["signer"], one["variant"], one["source"], one["frames"]) for one in shown] == [
        ("Ann", "", "A.pose", 21),
        ("Bob", "south", "B.pose", 24),
    ]
    assert json.loads(signs("list", "--json").out) == {"THANK-YOU": shown}
    in_words = signs("show", "thank-you").out
    assert shown[0]["reference_id"] in in_words
    assert "signed by Bob, variant south; from B.pose" in in_words
    assert signs("list").out.splitlines()[1].split() == ["THANK-YOU", "2", "Ann,", "Bob", "south"]

    assert "1 reference removed" in signs("remove", "THANK-YOU", "--reference", shown[0]["reference_id"]).out
    assert [one["signer"] for one in json.loads(signs("show", "THANK-YOU", "--json").out)] == ["Bob"]
    assert "1 reference removed" in signs("remove", "THANK-YOU").out
    assert json.loads(signs("list", "--json").out) == {}


def test_a_file_s_name_is_the_gloss_where_none_is_said(signs: Callable[..., Answer], letter_clips: Path) -> None:
    assert signs("import", letter_clips / "A.pose", letter_clips / "C.pose").status == 0

    assert list(json.loads(signs("list", "--json").out)) == ["A", "C"]


def test_recordings_of_no_use_are_named_and_the_good_ones_kept(
    signs: Callable[..., Answer], letter_clips: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "CUT.pose"
    cut.write_bytes((letter_clips / "B.pose").read_bytes()[:5000])
    no_hands = tmp_path / "still.holistic.npz"
    nobody = np.full((20, 21, 3), np.nan)
    np.savez(no_hands, pose=np.zeros((20, 33, 3)), left_hand=nobody, right_hand=nobody, fps=10.0, size=[640, 480])

    answer = signs("import", cut, letter_clips / "A.pose", no_hands, tmp_path / "nobody.pose")

    assert answer.status == 1
    assert "CUT.pose is damaged" in answer.err
    assert "No hands are to be seen" in answer.err
    assert "There is no file" in answer.err
    assert "3 of 4 recordings could not be used" in answer.err
    assert list(json.loads(signs("list", "--json").out)) == ["A"]


def test_a_recording_that_the_scorer_rejects(signs: Callable[..., Answer], tmp_path: Path) -> None:
    """A hand is there, but only for a blink."""
    hand = np.full((30, 21, 3), np.nan)
    hand[10] = np.random.default_rng(5).uniform(0.4, 0.6, (21, 3))
    np.savez(tmp_path / "BLINK.npz", right_hand=hand, left_hand=hand * np.nan, fps=30.0, size=[640, 480])

    answer = signs("import", tmp_path / "BLINK.npz")

    assert answer.status == 1
    assert "BLINK.npz: " in answer.err
    assert json.loads(signs("list", "--json").out) == {}


def test_one_clip_of_a_sequence_file_needs_its_gloss(signs: Callable[..., Answer], shared_data: Path) -> None:
    clip = f"{shared_data / 'asl_words.npz'}#3"

    refused = signs("import", clip)
    assert refused.status == 1
    assert "Say with --gloss which sign" in refused.err

    imported = signs("import", clip, "--gloss", "HELLO")
    assert imported.status == 0, imported.err
    assert "15 frames a second and 640 × 480 are assumed" in imported.err
    assert list(json.loads(signs("list", "--json").out)) == ["HELLO"]


def test_a_video_becomes_a_reference(signs: Callable[..., Answer], shared_data: Path, tmp_path: Path) -> None:
    shutil.copy(shared_data / "video/isl_deaf.mp4", tmp_path / "deaf.mp4")

    imported = signs("import", tmp_path / "deaf.mp4")

    assert imported.status == 0, imported.err
    fact = json.loads(signs("show", "DEAF", "--json").out)[0]
    assert (fact["frames"], fact["width"], fact["height"]) == (81, 640, 480)


def test_the_starter_letters_come_back(signs: Callable[..., Answer]) -> None:
    answer = signs("import", "--starter")

    assert (answer.status, answer.err.strip()) == (0, "26 starter letters are in the library.")
    assert signs("remove", "Q").status == 0
    assert signs("import", "--starter").status == 0
    assert "".join(json.loads(signs("list", "--json").out)) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("import",), "Say what to import"),
        (("import", "A.pose", "--gloss", "two words"), "'two words' cannot be a gloss"),
        (("show", "NOBODY"), "NOBODY is not in the library"),
        (("remove", "NOBODY"), "There is no such reference of NOBODY"),
        (("remove", "A", "--reference", "x"), "'x' is no reference's id"),
        (("list", "--database", "nosql://x"), "sqlite:///PATH"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    signs: Callable[..., Answer], words: tuple[str, ...], sentence: str
) -> None:
    answer = signs(*words)

    assert answer.status == 1
    assert sentence in answer.err
    assert answer.out == ""
    assert "Traceback" not in answer.err


def test_an_empty_library_says_how_to_fill_it(signs: Callable[..., Answer]) -> None:
    assert "storysign signs import --starter" in signs("list").out
