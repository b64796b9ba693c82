"""The Python and the JavaScript client machine do the same, whatever happens to them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.codes import ErrorCode
from tests.support.client_scenarios import Outcome, Scenario, play
from tests.support.node import node_command, why_no_web_tests
from tests.vectors.generate_sessions import HELLO, RESULT, Step, do, error, says, welcome

pytestmark = pytest.mark.skipif(why_no_web_tests() is not None, reason=str(why_no_web_tests()))

_NUMBERS, _SEQS = st.integers(1, 5), st.integers(0, 6)
_STATUSES = st.sampled_from(["created", "active", "paused", "completed", "abandoned"])
_CURSORS = st.none() | st.fixed_dictionaries({"a": _NUMBERS, "q": _SEQS})
_VALUES = st.lists(st.none() | st.floats(-5, 5, width=32), min_size=1, max_size=4)
_TIMES = st.lists(st.integers(-1, 400), min_size=1, max_size=3)


def _simple(*names: str) -> st.SearchStrategy[Step]:
    return st.sampled_from([do(name) for name in names])


_LEARNER = st.one_of(
    _simple("end", "cancel", "pause", "resume", "complete"),
    st.builds(lambda index: do("begin", sentence=index, at_ms=1_790_000_000_000 + index), st.integers(0, 4)),
    st.builds(lambda times, values: do("frames", times_ms=times, values=values), _TIMES, _VALUES),
    st.builds(lambda times, values: do("frames", times_ms=sorted(set(times)), values=values), _TIMES, _VALUES),
)
_LINE = st.one_of(
    _simple("connected", "send", "send", "restart"),
    st.builds(lambda code: do("disconnected", code=code), st.sampled_from([None, 1006, 4000, 4499, 4500, 4999, 5000])),
)
_SERVER = st.one_of(
    st.builds(welcome, _NUMBERS, _SEQS, st.integers(0, 4), _STATUSES),
    st.builds(lambda through: says("stored", through=through), st.integers(0, 5)),
    st.builds(lambda a, q: says("receipt", a=a, q=q), _NUMBERS, _SEQS),
    st.builds(lambda status: says("status", status=status), _STATUSES),
    st.builds(lambda number: says("scored", result={**RESULT, "attempt_no": number}), _NUMBERS),
    st.builds(
        lambda code, a, cursor: error(code, a=a, cursor=cursor),
        st.sampled_from([code.value for code in ErrorCode] + [1999]), st.none() | _NUMBERS, _CURSORS,
    ),
    # Whole tens, because the two languages round a half of a millisecond differently.
    st.builds(
        lambda tens: says("draining", reconnect={"after_ms": 10 * tens, "spread_ms": 10 * tens}), st.integers(0, 500)
    ),
)  # fmt: skip
SCENARIOS = st.fixed_dictionaries(
    {
        "hello": st.just(HELLO),
        "next_attempt": st.none() | _NUMBERS,
        "steps": st.lists(_LEARNER | _LINE | _SERVER, min_size=1, max_size=40),
    }
)


@pytest.fixture(scope="module")
def play_in_javascript() -> Iterator[Callable[[Scenario], list[Outcome]]]:
    program = Path(__file__).parents[1] / "js" / "scenarioProcess.mjs"
    with subprocess.Popen(
        [str(node_command()), str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as node:
        assert node.stdin is not None and node.stdout is not None

        def play_there(scenario: Scenario) -> list[Outcome]:
            node.stdin.write(json.dumps(scenario) + "\n")
            node.stdin.flush()
            return json.loads(node.stdout.readline())

        yield play_there
        node.stdin.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenario=SCENARIOS)
def test_both_machines_do_the_same(play_in_javascript: Callable[[Scenario], list[Outcome]], scenario: Scenario) -> None:
    for step, here, there in zip(scenario["steps"], play(scenario), play_in_javascript(scenario), strict=True):
        assert here == there, step
