"""The rule from rest to rest, which the page has as well: ``tests/js/restToRest.test.mjs`` reads these vectors."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from actors.scoring.canonical import LEFT_SHOULDER, PALM, RIGHT_SHOULDER, canonicalise
from actors.scoring.segment import REST_HEIGHT, AttemptSpan, RestToRest, raised
from protocol.landmarks import HANDS_POSE, Block, LandmarkClip, VideoFormat

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "rest_to_rest.json").read_text("utf-8"))


def named(cases: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(case, id=case["what"]) for case in cases]


def test_the_measures_of_the_rule() -> None:
    assert VECTORS["rest_height_shoulder_widths"] == REST_HEIGHT
    watch = RestToRest()
    watch.push(0, True)
    watch.push(VECTORS["shortest_ms"], True)
    over_ms = VECTORS["shortest_ms"] + VECTORS["rest_ms"]
    assert watch.push(over_ms - 1, False) is None
    assert watch.push(over_ms, False) == AttemptSpan(0, VECTORS["shortest_ms"])


@pytest.mark.parametrize("case", named(VECTORS["sequences"]))
def test_attempts_from_rest_to_rest(case: dict[str, Any]) -> None:
    watch = RestToRest()
    found = [watch.push(time_ms, up) for time_ms, up in case["moments"]]
    assert [[span.start_ms, span.end_ms] for span in found if span] == case["spans"]
    assert watch.began_ms == case["under_way_since_ms"]


@pytest.mark.parametrize("case", named(VECTORS["places"]))
def test_a_hand_is_raised(case: dict[str, Any]) -> None:
    clip = canonicalise(clip_of(case))
    has_body = clip.body is not None and clip.body.from_pose
    centre = np.nan_to_num(clip.hands)[:, :, PALM].mean(axis=2)
    features: Any = SimpleNamespace(hand_there=clip.seen.astype(np.float32), has_body=has_body, centre=centre)
    assert raised(features).all() == case["raised"]


def clip_of(case: dict[str, Any]) -> LandmarkClip:
    """Somebody who holds the right hand still at a place for a third of a second."""
    frame = np.full((HANDS_POSE.points, 3), np.nan, np.float32)
    pose, hand = HANDS_POSE.slice(Block.POSE), HANDS_POSE.slice(Block.RIGHT_HAND)
    assert pose is not None and hand is not None
    for joint, place in ((LEFT_SHOULDER, case["left_shoulder"]), (RIGHT_SHOULDER, case["right_shoulder"])):
        if place is not None:
            frame[pose.start + joint] = [*place, 0]
    frame[hand] = [*case["palm"], 0]
    times_ms = np.arange(0, 330, 33)
    video = VideoFormat(case["width"], case["height"])
    return LandmarkClip(np.repeat(frame[None], len(times_ms), axis=0), times_ms, HANDS_POSE, video)
