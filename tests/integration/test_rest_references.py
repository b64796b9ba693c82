"""REST: the recordings behind a sign, as the pages draw them."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from protocol.codec import to_points
from protocol.landmarks import LAYOUTS
from server.clips.reader import read_clip


def test_the_landmarks_of_a_reference_are_those_of_its_recording(new_learner, letter_clips):
    learner = new_learner()
    (reference,) = learner.get("/v1/signs/L/references").raise_for_status().json()
    assert reference["gloss"] == "L"
    answer = learner.get(f"/v1/signs/L/references/{reference['id']}/landmarks").raise_for_status()
    body = answer.json()
    clip = read_clip(str(letter_clips / "L.pose"))
    points = np.frombuffer(base64.b64decode(body["points"]), "<i2").reshape(len(body["times_ms"]), -1, 3)
    assert body["layout"] == clip.layout.name and points.shape[1] == LAYOUTS[body["layout"]].points
    assert np.array_equal(points, to_points(clip.landmarks, clip.layout))
    assert body["times_ms"] == (clip.times_ms - clip.times_ms[0]).tolist()
    assert (body["width"], body["height"]) == (clip.video.width, clip.video.height)
    assert "immutable" in answer.headers["cache-control"]


def test_small_letters_name_the_same_sign(new_learner):
    learner = new_learner()
    assert learner.get("/v1/signs/l/references").json() == learner.get("/v1/signs/L/references").json()


@pytest.mark.parametrize(
    "path", ["NO-SUCH-SIGN/references", f"L/references/{'0' * 32}/landmarks", "L/references/x/landmarks"]
)
def test_what_nobody_recorded_is_not_found(new_learner, path):
    answer = new_learner().get(f"/v1/signs/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_reference_of_another_sign_is_not_found(new_learner):
    learner = new_learner()
    (other,) = learner.get("/v1/signs/A/references").json()
    assert learner.get(f"/v1/signs/L/references/{other['id']}/landmarks").status_code == 404


def test_references_are_for_learners(http):
    assert http.get("/v1/signs/L/references").status_code == 401
