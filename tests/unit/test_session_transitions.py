"""The table of transitions: every row of it, and everything that is not in it."""

from __future__ import annotations

import itertools
from enum import StrEnum

import pytest

from actors.session.transitions import TRANSITIONS, Life, Link, Machine, Phase, State, TransitionError, Trigger

MACHINES: dict[type[StrEnum], set[Trigger]] = {
    Life: {Trigger.START, Trigger.PAUSE, Trigger.RESUME, Trigger.COMPLETE, Trigger.ABANDON, Trigger.LEAVE},
    Phase: {Trigger.BEGIN, Trigger.END, Trigger.JUDGED, Trigger.DROP},
    Link: {Trigger.ATTACH, Trigger.DETACH},
}
EVERY = [(state, trigger) for states in MACHINES for state, trigger in itertools.product(states, Trigger)]
REFUSED = [pair for pair in EVERY if pair not in TRANSITIONS]


@pytest.mark.parametrize(("state", "trigger"), list(TRANSITIONS), ids=str)
def test_every_row_leads_where_it_says(state: State, trigger: Trigger):
    machine = Machine(state)
    assert machine.allows(trigger)
    machine.move(trigger)
    assert machine.state is TRANSITIONS[state, trigger]


@pytest.mark.parametrize(("state", "trigger"), REFUSED, ids=str)
def test_everything_else_is_refused_and_changes_nothing(state: State, trigger: Trigger):
    machine = Machine(state)
    assert not machine.allows(trigger)
    with pytest.raises(TransitionError, match=f"no way from {state} by {trigger}"):
        machine.move(trigger)
    assert machine.state is state


def test_no_row_leads_from_one_machine_into_another():
    for (state, trigger), target in TRANSITIONS.items():
        assert type(target) is type(state)
        assert trigger in MACHINES[type(state)]


def test_what_has_ended_only_leaves_and_what_has_left_stays_so():
    assert not [trigger for state, trigger in TRANSITIONS if state is Life.LEFT]
    for ended in (Life.COMPLETED, Life.ABANDONED):
        assert [trigger for state, trigger in TRANSITIONS if state is ended] == [Trigger.LEAVE]


def test_the_error_tells_what_happened_before():
    machine = Machine(Phase.IDLE)
    for trigger in (Trigger.BEGIN, Trigger.END):
        machine.move(trigger)
    with pytest.raises(TransitionError, match="idle –begin → recording –end"):
        machine.move(Trigger.DROP)
