"""Where in an attempt each sign of the sentence is: the way through the references in order; rests and transitions
cost nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .align import forced_path
from .compare import Pack, local_costs
from .parameters import PLACED_BLOCKS, Features

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


def locate_signs(attempt: Features, resting: np.ndarray, sentence: Pack) -> tuple[int, list[SignSpan]]:
    """The mirror in which the sentence fits better, and the signs that were found in it, in order.

    ``sentence`` packs one reference per sign. What a pause costs depends on how closely this learner signs: after a
    first pass, little more than a typical moment of the signs found, so that transitions fall out of clean signing
    without cutting into a rough one. A sign that got fewer than ``SHORTEST_SIGN`` moments was not signed.
    """
    costs = local_costs(attempt, sentence, len(PLACED_BLOCKS))
    tables = state_costs(costs, resting)
    mirror, path = forced_path(tables)
    paid = tables[mirror, np.arange(len(path)), path]
    in_sign = path % (costs.shape[2] + 1) > 0
    if in_sign.any():
        pause = min(PAUSE_COST, PAUSE_MARGIN + PAUSE_FACTOR * float(np.median(paid[in_sign])))
        _, path = forced_path(state_costs(costs[mirror][None], resting, pause))
    return mirror, _spans(path, costs.shape[2], len(sentence))


def _spans(path: np.ndarray, moments: int, signs: int) -> list[SignSpan]:
    sign = np.where(path % (moments + 1) > 0, path // (moments + 1), -1)
    spans = []
    for index in range(signs):
        inside = np.flatnonzero(sign == index)
        if len(inside) >= SHORTEST_SIGN:
            spans.append(SignSpan(index, int(inside[0]), int(inside[-1]) + 1))
    return spans
