"""`storysign eval` as a person or a program runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
KEYS = [
    *("file", "n", "labels", "signers", "pair_auc", "pair_auc_open"),
    *("top1", "eer", "hard_pairs", "ms_per_attempt", "us_per_frame"),
]


def _eval(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from server.cli.main import main; main()", "eval", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


def _cut(source: Path, path: Path, keep: np.ndarray) -> Path:
    """A sequence file with some of the clips of another."""
    with np.load(source) as archive:
        arrays = {name: archive[name] for name in archive.files}
    offsets = arrays.pop("offsets")
    frames = np.concatenate([np.arange(offsets[i], offsets[i + 1]) for i in keep])
    per_frame = {"pose", "pose_visibility", "left_hand", "right_hand"}
    cut = {name: values[frames if name in per_frame else keep] for name, values in arrays.items()}
    np.savez(path, offsets=np.concatenate([[0], np.cumsum(np.diff(offsets)[keep])]), **cut)
    return path


@pytest.fixture(scope="module")
def words(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips each of four words by four signers."""
    source = shared_data / "ksl_words.npz"
    with np.load(source) as archive:
        names = list(zip(archive["label"].tolist(), archive["signer"].tolist(), strict=True))
    chosen = sorted({label for label, _ in names})[:4]
    keep = [i for i, name in enumerate(names) if name[0] in chosen and names[:i].count(name) < 2]
    return _cut(source, tmp_path_factory.mktemp("eval") / "words.npz", np.array(keep))


def test_json_is_one_object_with_these_keys_and_nothing_else(words: Path, models_dir: Path) -> None:
    ran = _eval(words, "--json")
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    assert list(document) == KEYS
    assert (document["file"], document["n"], document["labels"], document["signers"]) == (str(words), 32, 4, 4)
    assert document["pair_auc"] > 0.95 and document["top1"] > 0.9 and document["eer"] < 0.1
    assert document["ms_per_attempt"] > 0 and document["us_per_frame"] > 0
    assert len(document["hard_pairs"]) == 6
    assert set(document["hard_pairs"][0]) == {"a", "b", "auc"}
    again = json.loads(_eval("--json", words).stdout)
    timed = {"ms_per_attempt", "us_per_frame"}
    assert {k: v for k, v in again.items() if k not in timed} == {k: v for k, v in document.items() if k not in timed}


def test_tables_and_a_plot_for_people(words: Path, models_dir: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is the optional extra 'eval'")
    ran = _eval(words, "--plot", tmp_path / "plot.png", "--layout", "hands", "--references", words)
    assert ran.returncode == 0, ran.stderr
    assert "pair AUC" in ran.stdout and "Hardest to tell apart" in ran.stdout
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_one_signer_is_said_to_be_too_few(words: Path, models_dir: Path, tmp_path: Path) -> None:
    with np.load(words) as archive:
        alone = np.flatnonzero(archive["signer"] == archive["signer"][0])
    ran = _eval(_cut(words, tmp_path / "alone.npz", alone), "--json")
    assert ran.returncode == 0
    document = json.loads(ran.stdout)
    assert document["signers"] == 1 and document["pair_auc"] is None and document["hard_pairs"] == []
    assert "no pairs across signers" in ran.stderr
    refused = _eval("faults", tmp_path / "alone.npz")
    assert refused.returncode == 1 and "no pairs across signers" in refused.stderr and not refused.stdout


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "There is no file"), (b"PK\x03\x04 broken", "is no readable .npz file")],
)
def test_bad_files_end_in_a_sentence(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    path = tmp_path / "bad.npz"
    if content is not None:
        path.write_bytes(content)
    for command in ((path,), ("invariance", path), ("calibrate", path, "--out", tmp_path / "out.json")):
        ran = _eval(*command)
        assert ran.returncode == 1 and sentence in ran.stderr and "Traceback" not in ran.stderr
    assert not (tmp_path / "out.json").exists()


def test_what_tells_the_signs_of_a_part_of_a_file_apart(words: Path, models_dir: Path, tmp_path: Path) -> None:
    with np.load(words) as archive:
        one, other, *_ = sorted(set(archive["label"].tolist()))
    part = tmp_path / "part.npz"
    ran = _eval("excerpt", words, "--label", one, "--label", other, "--out", part)
    assert ran.returncode == 0 and "16 recordings" in ran.stderr
    ran = _eval("contrasts", part, "--pair", f"{other}:{one}")
    assert ran.returncode == 0, ran.stderr
    assert "of 1 pairs differ in one parameter only" in ran.stdout
    ran = _eval("ablation", part)
    assert ran.returncode == 0, ran.stderr
    for line in ("without handshape", "palm doubled", "Weights chosen on the other sources"):
        assert line in ran.stdout
    assert _eval("excerpt", words, "--signer", "nobody", "--out", part).returncode == 1


def test_every_starter_letter_finds_itself(models_dir: Path) -> None:
    ran = _eval("starter")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = int(ran.stdout.rsplit(" of 26 rank their own sign first", 1)[0].rsplit(maxsplit=1)[-1])
    assert found >= 24
