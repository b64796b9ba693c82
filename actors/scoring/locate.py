"""Where in an attempt each sign of the sentence is: the way through the references in order; rests and transitions
cost nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .align import forced_path
from .parameters import PLACED_BLOCKS, Features
from .resample import median
from .side_by_side import Columns, Signs, costs_at, laid_out

PAUSE_COST = 0.85
"""What a moment between signs costs: less than a moment that is plainly another sign, more than one of the right
sign."""
PAUSE_MARGIN, PAUSE_FACTOR = 0.2, 1.5
REST_COST = 0.0
SHORTEST_SIGN = 4


@dataclass(frozen=True, slots=True)
class SignSpan:
    """Moments ``[start, stop)`` of one sign of the sentence."""

    sign_index: int
    start: int
    stop: int


def state_costs(costs: np.ndarray, resting: np.ndarray, pause: float = PAUSE_COST) -> np.ndarray:
    """Costs ``(…, T, S)`` of the states of a sentence from ``costs`` ``(…, T, moments, K)``: pause, sign 0, pause,
    sign 1, …, pause.
    """
    *leading, moments, signs = costs.shape
    table = np.empty((*leading, signs * (moments + 1) + 1))
    table[..., :: moments + 1] = np.where(resting, REST_COST, pause)[:, None]
    in_signs = table[..., 1:].reshape(*leading, signs, moments + 1)
    in_signs[..., :-1] = costs.swapaxes(-1, -2)
    return table


def locate_signs(attempt: Features, resting: np.ndarray, sentence: Signs) -> tuple[int, list[SignSpan]]:
    """The mirror in which the sentence fits better, and the signs that were found in it, in order.

    ``sentence`` is one reference per sign ``(1, K)``. What a pause costs depends on how closely this learner signs:
    after a first pass, little more than a typical moment of the signs found, so that transitions fall out of clean
    signing without cutting into a rough one. A sign that got fewer than ``SHORTEST_SIGN`` moments was not signed.
    """
    costs = _costs(attempt, sentence)
    tables = state_costs(costs, resting)
    mirror, path = forced_path(tables)
    paid = tables[mirror, np.arange(len(path)), path]
    in_sign = path % (costs.shape[2] + 1) > 0
    if in_sign.any():
        pause = min(PAUSE_COST, PAUSE_MARGIN + PAUSE_FACTOR * float(median(paid[in_sign])))
        _, path = forced_path(state_costs(costs[mirror][None], resting, pause))
    return mirror, _spans(path, *costs.shape[2:])


def _costs(attempt: Features, sentence: Signs) -> np.ndarray:
    """Costs ``(2 mirrors, T, moments, K)`` of every moment beside every moment of the sentence's signs."""
    signs, moments = sentence.has_body.shape[1], sentence.sketch.shape[-1]
    mirrors, which = np.arange(2).repeat(signs), np.tile(np.arange(signs), 2)
    shown, wanted = np.arange(len(attempt)).repeat(moments), np.tile(np.arange(moments), len(attempt))
    columns = Columns(mirrors, np.zeros(2 * signs, np.intp), which)
    costs = costs_at(laid_out([attempt]), sentence, columns, shown, wanted, len(PLACED_BLOCKS))
    return costs.reshape(len(attempt), moments, 2, signs).transpose(2, 0, 1, 3)


def _spans(path: np.ndarray, moments: int, signs: int) -> list[SignSpan]:
    sign = np.where(path % (moments + 1) > 0, path // (moments + 1), -1)
    spans = []
    for index in range(signs):
        inside = np.flatnonzero(sign == index)
        if len(inside) >= SHORTEST_SIGN:
            spans.append(SignSpan(index, int(inside[0]), int(inside[-1]) + 1))
    return spans
