"""The judge in this process: real judgements, faults of the scorer, and a client that finds another judge."""

from __future__ import annotations

import asyncio
import pickle
import select
import socket
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import uvloop

from actors.judge import Judge, JudgeReply
from actors.judge_client import MOST_DEATHS, JudgeClient
from actors.judging import JudgeRequest, not_judged
from actors.library_file import save_library
from actors.scoring.embedder import HandshapeEmbedder
from actors.scoring.scorer import Scorer
from actors.service_link import ServiceGone, ServiceLink, serve
from protocol.codec import pack_landmarks, to_float, unpack_points
from protocol.messages import AttemptResult, Sentence
from server.models import GESTURE_EMBEDDER
from storage.landmark_blob import decode
from tests.support.scoring_material import letter, letter_library


@pytest.fixture(scope="module")
def embedder_path(models_dir: Path) -> Path:
    return models_dir / GESTURE_EMBEDDER


@pytest.fixture(scope="module")
def library(embedder_path: Path, letter_clips: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with the references of three letters."""
    folder = tmp_path_factory.mktemp("judge") / "library"
    save_library(letter_library(letter_clips, "BJZ", HandshapeEmbedder(embedder_path)), folder)
    return str(folder)


@pytest.fixture(scope="module")
def request_b(library: str, letter_clips: Path) -> JudgeRequest:
    """An attempt at B."""
    clip = letter(letter_clips, "B")
    packed = pack_landmarks(clip.landmarks, clip.layout)
    sentence = Sentence(text="B", glosses=["B"])
    return JudgeRequest(library, 3, 0, sentence, clip.layout.name, clip.video, clip.times_ms.tolist(), packed, True)


async def test_a_judge_gives_the_scorers_judgement_and_the_landmarks(
    embedder_path: Path, letter_clips: Path, request_b: JudgeRequest
):
    answer, blob = await Judge(embedder_path).judge(request_b)
    result = AttemptResult.model_validate_json(answer)
    embedder = HandshapeEmbedder(embedder_path)
    clip = letter(letter_clips, "B")
    points = unpack_points(request_b.packed, clip.layout, len(clip.times_ms))
    as_sent = replace(clip, landmarks=to_float(points, clip.layout))
    expected = Scorer(letter_library(letter_clips, "BJZ", embedder), embedder).judge(as_sent, ["B"])
    assert (result.attempt_no, result.sentence, result.frames) == (3, "B", len(clip.times_ms))
    assert (result.judged, result.score, result.parameters) == (True, expected.score, expected.parameters)
    assert [finding.code for finding in result.findings] == [finding.code for finding in expected.findings]
    assert blob is not None
    assert np.array_equal(decode(blob).points, points) and decode(blob).times_ms.tolist() == request_b.times_ms


def test_an_answer_has_left_before_the_next_judgement_begins(
    embedder_path: Path, request_b: JudgeRequest, tmp_path: Path
):
    """Three attempts end together: whoever is judged need not wait for the judgements after that."""
    path, had_left = str(tmp_path / "j"), []
    askers: list[socket.socket] = []

    class Watched(Judge):
        async def judge(self, request: JudgeRequest) -> JudgeReply:
            readable, _, _ = select.select(askers, [], [], 0)
            had_left.append(len(readable))
            return await super().judge(request)

    async def judge_three() -> None:
        serving = asyncio.create_task(serve(path, Watched(embedder_path)))
        await ServiceLink(path).opened(asyncio.get_running_loop().create_future())
        for _ in range(3):
            askers.append(socket.socket(socket.AF_UNIX))
            askers[-1].connect(path)
        for _ in range(100):  # turns of the loop, in which it accepts them
            await asyncio.sleep(0)
        for number, asker in enumerate(askers):
            call = pickle.dumps((number, "judge", (request_b,)))
            asker.sendall(struct.pack("<I", len(call)) + call)
        while len(select.select(askers, [], [], 0)[0]) < 3:
            await asyncio.sleep(0)
        serving.cancel()

    uvloop.run(judge_three())
    for asker in askers:
        asker.close()
    assert had_left == [0, 1, 2]


async def test_landmarks_are_kept_only_where_they_are_wanted(embedder_path: Path, request_b: JudgeRequest):
    _, blob = await Judge(embedder_path).judge(replace(request_b, wants_blob=False))
    assert blob is None


async def test_a_sign_that_the_library_lacks_costs_the_mark_and_not_the_attempt(
    embedder_path: Path, request_b: JudgeRequest
):
    unknown = replace(request_b, sentence=Sentence(text="Q", glosses=["Q"]))
    answer, blob = await Judge(embedder_path).judge(unknown)
    result = AttemptResult.model_validate_json(answer)
    assert (result.judged, result.score, [f.code for f in result.findings]) == (False, None, ["scorer_failed"])
    assert result == not_judged(unknown) and blob is not None


async def test_references_that_cannot_be_read_cost_the_mark_and_not_the_attempt(
    embedder_path: Path, request_b: JudgeRequest, tmp_path: Path
):
    gone = replace(request_b, library=str(tmp_path / "gone"))
    answer, blob = await Judge(embedder_path).judge(gone)
    assert AttemptResult.model_validate_json(answer) == not_judged(gone) and blob is not None


# ------------------------------------------------------------------------------------------------- who is asked


class Bench:
    """A judge behind a real socket that does as it is told: ``answer``, or die."""

    def __init__(self, path: Path, act: Callable[[JudgeRequest], JudgeReply]) -> None:
        self.asked = 0
        self.link = ServiceLink(str(path))
        self._act = act
        self._task = asyncio.create_task(serve(str(path), self))

    async def judge(self, request: JudgeRequest) -> JudgeReply:
        self.asked += 1
        return self._act(request)

    async def open(self) -> None:
        return None


def answering(request: JudgeRequest) -> JudgeReply:
    return not_judged(request).model_dump_json().encode(), b"kept"


class Dying:
    """Stands for the link to a judge that every attempt kills."""

    def __init__(self) -> None:
        self.asked = 0

    async def call(self, *_: object) -> JudgeReply:
        self.asked += 1
        raise ServiceGone("it died")


async def test_where_one_judge_is_not_there_the_next_is_asked(tmp_path: Path, request_b: JudgeRequest):
    there = Bench(tmp_path / "b", answering)
    await there.link.opened(asyncio.get_running_loop().create_future())
    client = JudgeClient([ServiceLink(str(tmp_path / "nobody")), there.link])
    assert await client.judge(request_b) == (not_judged(request_b), b"kept")
    assert there.asked == 1


async def test_a_judge_that_is_started_again_is_waited_for(tmp_path: Path, request_b: JudgeRequest):
    asked = asyncio.create_task(JudgeClient([ServiceLink(str(tmp_path / "a"))]).judge(request_b))
    await asyncio.sleep(0)
    Bench(tmp_path / "a", answering)
    assert (await asked)[1] == b"kept"


async def test_an_attempt_that_no_judge_survives_is_kept_without_a_mark(request_b: JudgeRequest):
    first, second = Dying(), Dying()
    result, blob = await JudgeClient([first, second]).judge(request_b)  # type: ignore[list-item]
    assert result == not_judged(request_b)
    assert blob is not None and len(decode(blob).points) == len(request_b.times_ms), "a mended scorer can judge it"
    assert first.asked + second.asked == MOST_DEATHS
