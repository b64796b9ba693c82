"""A signer drawn from landmarks, lifelike enough for MediaPipe to find: a camera's recording that anybody can make."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np

from protocol.landmarks import Block, LandmarkClip
from server.clips.reader import read_clip

WIDTH, HEIGHT = 640, 480
FRAME_RATE_HZ = 30
_FINER = 2
_WALL, _SHIRT, _SKIN, _EDGE, _TIP = (150, 135, 120), (95, 70, 60), (140, 172, 224), (86, 112, 168), (175, 200, 240)
_HAIR, _EYE, _MOUTH = (30, 35, 50), (20, 25, 40), (70, 70, 150)
_FINGERS = ([1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16], [17, 18, 19, 20])
_PALM = [0, 1, 5, 9, 13, 17]
_SHOULDERS, _ARMS, _EYES, _MOUTH_CORNERS = (11, 12), ((11, 13), (12, 14)), (2, 5), (9, 10)


def write_camera_clip(path: Path, letter_clips: Path, letter: str, *, rest_ms: int, hold_ms: int) -> None:
    """Writes MJPEG for Chromium's fake camera: arms down for ``rest_ms``, then the letter held in its middle moment."""
    clip = read_clip(str(letter_clips / f"{letter}.pose"))
    middle = len(clip.times_ms) // 2
    resting, holding = _picture(clip, middle, hand=False), _picture(clip, middle, hand=True)
    frames = [resting] * (rest_ms * FRAME_RATE_HZ // 1000) + [holding] * (hold_ms * FRAME_RATE_HZ // 1000)
    with av.open(str(path), "w", format="mjpeg") as out:
        stream = out.add_stream("mjpeg", rate=FRAME_RATE_HZ)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "bgr24")))
        out.mux(stream.encode(None))


def _picture(clip: LandmarkClip, moment: int, *, hand: bool) -> np.ndarray:
    """One picture ``(HEIGHT, WIDTH, 3)``, BGR; without ``hand`` the arm hangs down."""
    image = np.full((HEIGHT * _FINER, WIDTH * _FINER, 3), _WALL, np.uint8)
    pose = _pixels(clip.block(Block.POSE)[moment], clip)
    unit = float(np.linalg.norm(pose[11] - pose[12]))
    _draw_body(image, pose, unit)
    _draw_head(image, pose, unit)
    if hand:
        landmarks = clip.block(Block.RIGHT_HAND)[moment]
        _draw_hand(image, _pixels(landmarks, clip), landmarks[:, 2], pose[14])
    return cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def _pixels(points: np.ndarray, clip: LandmarkClip) -> np.ndarray:
    """``(P, 2)`` pixels: as high as the picture, in its middle."""
    height = HEIGHT * _FINER
    across = (points[:, 0] - 0.5) * height * clip.video.width / clip.video.height + WIDTH * _FINER / 2
    return np.stack([across, points[:, 1] * height], axis=1)


def _draw_body(image: np.ndarray, pose: np.ndarray, unit: float) -> None:
    left, right = pose[_SHOULDERS[0]], pose[_SHOULDERS[1]]
    floor = np.array([0.0, image.shape[0] - left[1]])
    cv2.fillPoly(image, [np.array([left, right, right + floor, left + floor], np.int32)], _SHIRT)
    _line(image, left, right, unit * 0.25, _SHIRT)
    for shoulder, elbow in _ARMS:
        _line(image, pose[shoulder], pose[elbow], unit * 0.24, _SHIRT)


def _draw_head(image: np.ndarray, pose: np.ndarray, unit: float) -> None:
    nose = pose[0]
    _line(image, (pose[11] + pose[12]) / 2, nose, unit * 0.24, _EDGE)
    _oval(image, nose - [0, unit * 0.1], unit * 0.32, unit * 0.4, _HAIR)
    _oval(image, nose + [0, unit * 0.02], unit * 0.28, unit * 0.34, _SKIN)
    for eye in _EYES:
        _oval(image, pose[eye], unit * 0.05, unit * 0.03, (250, 250, 250))
        _oval(image, pose[eye], unit * 0.022, unit * 0.022, _EYE)
    _line(image, pose[_MOUTH_CORNERS[0]], pose[_MOUTH_CORNERS[1]], unit * 0.03, _MOUTH)
    _line(image, nose - [0, unit * 0.1], nose + [unit * 0.03, unit * 0.04], unit * 0.02, _EDGE)


def _draw_hand(image: np.ndarray, hand: np.ndarray, depth: np.ndarray, elbow: np.ndarray) -> None:
    """Farthest parts first; a darker edge keeps fingers apart."""
    width = 0.24 * max(np.linalg.norm(hand[0] - hand[9]), np.linalg.norm(hand[5] - hand[17]))
    _line(image, elbow, hand[0], width * 2.1, _SKIN)
    for part in sorted([_PALM, *_FINGERS], key=lambda joints: -float(np.mean(depth[joints]))):
        if part is _PALM:
            cv2.fillPoly(image, [hand[part].astype(np.int32)], _SKIN)
            for start, end in zip(part, [*part[1:], part[0]], strict=True):
                _line(image, hand[start], hand[end], width * 1.1, _SKIN)
            continue
        for thickness, colour in ((width * 1.25, _EDGE), (width, _SKIN)):
            for start, end in zip(part, part[1:], strict=False):
                _line(image, hand[start], hand[end], thickness, colour)
        _oval(image, hand[part[-1]], width * 0.3, width * 0.32, _TIP)


def _line(image: np.ndarray, start: np.ndarray, end: np.ndarray, width: float, colour: tuple[int, int, int]) -> None:
    if np.isfinite(start).all() and np.isfinite(end).all():
        cv2.line(image, _at(start), _at(end), colour, max(1, round(width)), cv2.LINE_AA)


def _oval(image: np.ndarray, centre: np.ndarray, across: float, along: float, colour: tuple[int, int, int]) -> None:
    cv2.ellipse(image, _at(centre), (round(across), round(along)), 0, 0, 360, colour, -1, cv2.LINE_AA)


def _at(point: np.ndarray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
