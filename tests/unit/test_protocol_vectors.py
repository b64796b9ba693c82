"""The golden vectors say what the codec does, and the codec does what they say."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protocol.codec import decode_client, decode_server, encode, pack_landmarks, to_float, unpack_points
from protocol.codes import ERRORS, CloseCode, ErrorCode
from protocol.landmarks import LAYOUTS
from protocol.messages import Finding, Hello
from protocol.server_stream import ServerStream, Violation

FOLDER = Path(__file__).parents[1] / "vectors"


def read(name: str) -> list[dict[str, Any]]:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def from_json(value: Any) -> Any:
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"]) if set(value) == {"hex"} else {key: from_json(v) for key, v in value.items()}
    return [from_json(inner) for inner in value] if isinstance(value, list) else value


MESSAGES = read("messages.json")
REFUSED = read("refused.json")


def test_the_files_are_what_the_generator_writes() -> None:
    spec = importlib.util.spec_from_file_location("generate_vectors", FOLDER / "generate.py")
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    for name, content in generator.vectors().items():
        written = (FOLDER / name).read_text(encoding="utf-8")
        assert written == generator.text_of(content), f"run python tests/vectors/generate.py: {name} is old"


@pytest.mark.parametrize("case", MESSAGES, ids=lambda case: case["message"]["t"])
def test_messages_read_and_write_as_the_vectors_say(case: dict[str, Any]) -> None:
    decode = decode_client if case["direction"] == "client" else decode_server
    message = decode(bytes.fromhex(case["hex"]))
    assert message == type(message)(**from_json(case["message"]))
    assert encode(message).hex() == case["hex"]


@pytest.mark.parametrize("case", read("landmarks.json"), ids=lambda case: case["layout"])
def test_landmarks_pack_as_the_vectors_say(case: dict[str, Any]) -> None:
    layout = LAYOUTS[case["layout"]]
    numbers = [np.nan if value is None else value for value in case["landmarks"]]
    landmarks = np.array(numbers, dtype=np.float32).reshape(1, layout.points, 3)
    assert pack_landmarks(landmarks, layout).hex() == case["hex"]
    points = unpack_points(bytes.fromhex(case["hex"]), layout, 1)
    assert list(points[0, :2].ravel()) == [32_767, -32_767, 32_767, 1, 0, 0], "saturated; halves round up"
    assert np.array_equal(np.isnan(to_float(points, layout)), np.isnan(landmarks))


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["what"].replace(" ", "-"))
def test_what_the_wire_forbids_is_answered_by_code_text_and_effect(case: dict[str, Any]) -> None:
    stream = ServerStream()
    if case["after_hello"]:
        stream.receive(encode(Hello(layout="hands", width=640, height=480)))
    data = bytes.fromhex(case["hex"])
    (violation,) = stream.receive(data)
    assert isinstance(violation, Violation)
    code = ErrorCode(case["code"])
    assert (violation.error.code, violation.error.name) == (code.value, code.name)
    assert violation.close == (None if case["close"] is None else CloseCode(case["close"]))
    assert violation.error.text.startswith(ERRORS[code].meaning), "a person is told"
    assert len(violation.error.text) < 300
    if case["close"] is None:
        assert stream.receive(encode(Hello(layout="hands", width=640, height=480)))[0].error.name == "HELLO_REPEATED"
    else:
        assert stream.receive(data) == []


def test_a_finding_that_was_stored_before_joints_were_named_is_still_read() -> None:
    stored = next(case["message"] for case in MESSAGES if case["message"]["t"] == "scored")["result"]["findings"][0]
    old = {key: value for key, value in stored.items() if key not in ("joints", "face_region")}
    finding = Finding.model_validate(old)
    assert finding.text == stored["text"] and finding.joints == [] and finding.face_region is None
