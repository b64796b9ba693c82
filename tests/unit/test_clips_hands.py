"""Hands go to the side whose wrist of the body is near; labels decide where the body does not."""

from __future__ import annotations

import numpy as np
import pytest

from server.clips.hands import DetectedHand, assign_hands

LEFT_WRIST, RIGHT_WRIST = (0.7, 0.6), (0.3, 0.6)


def body(left_wrist: tuple[float, float] = LEFT_WRIST, right_wrist: tuple[float, float] = RIGHT_WRIST) -> np.ndarray:
    pose = np.zeros((33, 3), np.float32)
    pose[11, :2], pose[12, :2] = (0.6, 0.4), (0.4, 0.4)
    pose[15, :2], pose[16, :2] = left_wrist, right_wrist
    return pose


def hand(wrist: tuple[float, float], right_probability: float) -> DetectedHand:
    points = np.zeros((21, 3), np.float32)
    points[:, :2] = wrist
    return DetectedHand(points, points, right_probability)


@pytest.mark.parametrize("right_probability", [0.02, 0.5, 0.98])
@pytest.mark.parametrize(("wrist", "side"), [(LEFT_WRIST, "left"), (RIGHT_WRIST, "right")])
def test_the_body_overrules_the_label(wrist: tuple[float, float], side: str, right_probability: float) -> None:
    seen = hand(wrist, right_probability)

    assert assign_hands([seen], body(), 1.0) == {side: seen}


def test_crossed_arms() -> None:
    first, second = hand(RIGHT_WRIST, 0.9), hand(LEFT_WRIST, 0.9)

    assert assign_hands([first, second], body(left_wrist=RIGHT_WRIST, right_wrist=LEFT_WRIST), 1.0) == {
        "left": first,
        "right": second,
    }


def test_the_label_decides_where_the_wrists_meet() -> None:
    together = body(left_wrist=(0.5, 0.6), right_wrist=(0.49, 0.6))
    seen = hand((0.5, 0.6), 0.95)

    assert assign_hands([seen], together, 1.0) == {"right": seen}


@pytest.mark.parametrize(("right_probability", "side"), [(0.9, "right"), (0.1, "left")])
def test_without_a_body_the_label_decides(right_probability: float, side: str) -> None:
    seen = hand((0.5, 0.5), right_probability)

    assert assign_hands([seen], None, 1.0) == {side: seen}


def test_two_hands_with_one_label_are_still_two_hands() -> None:
    surer, less_sure = hand((0.3, 0.5), 0.99), hand((0.7, 0.5), 0.8)

    assert assign_hands([less_sure, surer], None, 1.0) == {"right": surer, "left": less_sure}


def test_distances_are_measured_in_the_square_world_not_in_the_picture() -> None:
    """In a picture that is 16:9 wide, 0.1 of the width is more than 0.15 of the height."""
    pose = body(left_wrist=(0.6, 0.5), right_wrist=(0.5, 0.65))
    seen = hand((0.5, 0.5), 0.5)

    assert list(assign_hands([seen], pose, 16 / 9)) == ["right"]
    assert list(assign_hands([seen], pose, 1.0)) == ["left"]


def test_no_hands() -> None:
    assert assign_hands([], body(), 1.0) == {}
