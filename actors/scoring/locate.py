"""Where in an attempt each sign of the sentence is: the way through the references in order; rests and transitions cost nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .align import forced_path
from .compare import AS_SIGNED, MIRRORED, Pack, local_costs
from .parameters import BLOCKS, FeatureBlock, Features, Parameter

PAUSE_COST = 0.85
"""What a moment between signs costs: less than a moment that is plainly another sign, more than one of the right sign."""
REST_COST = 0.0
SHORTEST_SIGN = 4
PLACED_BLOCKS: Sequence[FeatureBlock] = tuple(block for block in BLOCKS if block.parameter is not Parameter.MOVEMENT)
"""Blocks that a single moment has; a path needs a whole sign."""


@dataclass(frozen=True, slots=True)
class SignSpan:
    """Moments ``[start, stop)`` of one sign of the sentence."""

    sign_index: int
    start: int
    stop: int


def state_costs(costs: np.ndarray, resting: np.ndarray) -> np.ndarray:
    """Costs ``(T, S)`` of the states of a sentence from ``costs`` ``(T, moments, K)``: pause, sign 0, pause, sign 1, …, pause."""
    frames, moments, signs = costs.shape
    table = np.empty((frames, signs * (moments + 1) + 1), np.float64)
    table[:, :: moments + 1] = np.where(resting, REST_COST, PAUSE_COST)[:, None]
    for sign in range(signs):
        begin = sign * (moments + 1) + 1
        table[:, begin : begin + moments] = costs[:, :, sign]
    return table


def locate_signs(attempt: Features, resting: np.ndarray, sentence: Pack) -> tuple[int, list[SignSpan]]:
    """The mirror in which the sentence fits better, and the signs that were found in it, in order.

    ``sentence`` packs one reference per sign. A sign that got fewer than ``SHORTEST_SIGN`` moments was not signed.
    """
    costs = local_costs(attempt, sentence, PLACED_BLOCKS)
    moments = costs.shape[2]
    found = []
    for mirror in (AS_SIGNED, MIRRORED):
        table = state_costs(costs[mirror], resting)
        path = forced_path(table)
        found.append((float(table[np.arange(len(path)), path].sum()), mirror, path))
    _, mirror, path = min(found, key=lambda candidate: candidate[0])
    position = path % (moments + 1)
    sign = np.where(position > 0, path // (moments + 1), -1)
    spans = []
    for index in range(len(sentence)):
        inside = np.flatnonzero(sign == index)
        if len(inside) >= SHORTEST_SIGN:
            spans.append(SignSpan(index, int(inside[0]), int(inside[-1]) + 1))
    return mirror, spans
