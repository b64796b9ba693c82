"""Whatever happens to a client, an attempt that the learner has ended is held, or durable, or said to be dropped."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from tests.property.test_web_client_twins import SCENARIOS
from tests.support.client_scenarios import Scenario, play


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenario=SCENARIOS)
def test_an_ended_attempt_is_held_or_durable_or_said_to_be_dropped(scenario: Scenario) -> None:
    offered: dict[int, bool] = {}
    dropped: set[int] = set()
    for step, outcome in zip(scenario["steps"], play(scenario), strict=True):
        dropped.update(number for number, _ in outcome["dropped"])
        held = {number: state for number, state, *_ in outcome["held"] if state == "ended"}
        offered |= {number: told for number, state, told, *_ in outcome["held"] if state == "ended"}
        for number, told in offered.items():
            durable = told and number <= outcome["stored"]
            assert number in held or number in dropped or durable, (step, outcome)
