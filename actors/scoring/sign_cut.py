"""Signs cut out of what was measured of a recording, each stretched to the same number of moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .parameters import EMBEDDING, PATH, WRIST_PLACE, Features
from .resample import between, lengths, stretch

RARELY_SEEN = 0.15
"""A hand that is seen in less than this share of a sign is absent from it: it only passed by."""


def sign_features(whole: Features, start: int, stop: int, frames: int) -> Features:
    """Moments ``start:stop`` of a recording as one sign of ``frames`` moments, with its ``path`` block.

    A hand that is seen in less than ``RARELY_SEEN`` of the sign is absent from it.
    """
    return signs_features(whole, [(start, stop)], frames)[0]


def signs_features(whole: Features, spans: Sequence[tuple[int, int]], frames: int) -> list[Features]:
    """``sign_features`` of several ``spans``, cut out together."""
    between_moments, filled, kept = [], [], []
    for start, stop in spans:
        before, after, share = between(stop - start, frames)
        there = whole.hand_there[:, start:stop] > 0
        held = [hold_fill(each) for each in there]
        filled.append([(each[before] + start, each[after] + start) for each in held])
        between_moments.append((before + start, after + start, share))
        kept.append(whole.hand_there[:, start:stop].mean(axis=1) >= RARELY_SEEN)
    before, after, share = (np.concatenate(each) for each in zip(*between_moments, strict=True))
    nearest_before, nearest_after = np.array(filled, np.intp).transpose(2, 1, 0, 3).reshape(2, 2, -1)
    rows = np.arange(2)[:, None]

    def cut(values: np.ndarray) -> np.ndarray:
        part = share.reshape(-1, *[1] * (values.ndim - 2))
        return values[rows, nearest_before] * (1 - part) + values[rows, nearest_after] * part

    def cut_as_is(values: np.ndarray) -> np.ndarray:
        part = share.reshape(-1, *[1] * (values.ndim - 2))
        return values.take(before, axis=1) * (1 - part) + values.take(after, axis=1) * part

    values, centre, hands = cut(whole.values), cut(whole.centre), cut(whole.hands)
    presence = cut_as_is(whole.hand_there) * np.array(kept).T.repeat(frames, axis=1)
    together = Features(values, presence, cut_as_is(whole.wrist_there), centre, hands, whole.has_body)
    embedding = together.of(EMBEDDING)
    embedding /= np.maximum(lengths(embedding), np.float32(1e-9))[..., None]
    together.of(WRIST_PLACE)[:] = cut_as_is(whole.of(WRIST_PLACE))
    path = sign_path(centre.reshape(2, len(spans), frames, 3), presence.reshape(2, len(spans), frames))
    together.of(PATH)[:] = path.reshape(2, -1, 3)
    signs = [together.cut(first, first + frames) for first in range(0, len(spans) * frames, frames)]
    if whole.flipped is not None:
        others = signs_features(whole.flipped, spans, frames)
        signs = [replace(sign, flipped=other) for sign, other in zip(signs, others, strict=True)]
    if whole.face is not None:
        faces = [stretch(whole.face[start:stop], frames) for start, stop in spans]
        signs = [replace(sign, face=face) for sign, face in zip(signs, faces, strict=True)]
    return signs


def sign_path(centre: np.ndarray, presence: np.ndarray) -> np.ndarray:
    """Palm centres ``(…, T, 3)`` less their mean over the moments where the hand is there."""
    total = presence.sum(axis=-1)[..., None, None]
    mean = (centre * presence[..., None]).sum(axis=-2, keepdims=True) / np.maximum(total, 1e-9)
    return ((centre - mean) * (presence > 0)[..., None]).astype(np.float32)


def hold_fill(there: np.ndarray) -> np.ndarray:
    """For every moment the nearest one at which the hand is ``there``, so that interpolation never mixes in zeros."""
    moments = np.arange(len(there))
    known = moments[there]
    if len(known) in (0, len(moments)):
        return moments
    after = np.minimum(np.searchsorted(known, moments), len(known) - 1)
    before = np.maximum(after - 1, 0)
    nearer = moments - known[before] <= np.abs(known[after] - moments)
    return np.where(nearer, known[before], known[after])
