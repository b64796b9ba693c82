"""The node's figures: tallies of many processes as one text for Prometheus."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from actors.stats import Tally, levels_of
from server.metrics import NodeMetrics


def samples(text: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(text.decode())
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def test_what_processes_hand_over_is_added_up_and_handed_over_once():
    actor, node = Tally(), Tally()
    actor.count("frames", by=3)
    actor.count("errors", "SEQ_GAP")
    actor.observe_ms("feedback", 4.0)
    node.add(actor.take())
    actor.count("frames", by=2)
    node.add(actor.take())
    node.add(actor.take())
    assert node.counts == {("frames", ""): 5, ("errors", "SEQ_GAP"): 1}
    assert (sum(node.times["feedback"].counts), node.times["feedback"].total) == (1, 4.0)


def test_counters_histograms_and_gauges_are_in_the_text():
    sessions, writer = Tally(), Tally()
    sessions.count("frames", by=7)
    sessions.count("connections", "restored", by=2)
    for value_ms in (0.5, 4.0, 4.0, 60_000.0):
        sessions.observe_ms("feedback", value_ms)
    writer.count("group", "16")
    levels = {("actors", "blank"): 2, ("late_share", ""): 0.25}
    seen = samples(NodeMetrics(lambda: [sessions, writer], lambda: levels).text())
    assert seen["storysign_frames_received_total", ()] == 7
    assert seen["storysign_connections_total", (("incarnation", "restored"),)] == 2
    assert seen["storysign_flush_groups_total", (("sessions", "16"),)] == 1
    assert seen["storysign_session_actors", (("state", "blank"),)] == 2
    assert seen["storysign_late_share", ()] == 0.25
    assert seen["storysign_feedback_seconds_bucket", (("le", "0.001"),)] == 1
    assert seen["storysign_feedback_seconds_bucket", (("le", "0.005"),)] == 3
    assert seen["storysign_feedback_seconds_bucket", (("le", "+Inf"),)] == 4
    assert seen["storysign_feedback_seconds_sum", ()] == 60.0085


def test_levels_are_told_as_they_are_now_and_are_never_added_up_over_time():
    actor, node = Tally(), Tally()
    for unstored in (3, 1):
        actor.levels = {("queue", "attempts_not_stored"): unstored}
        report = actor.take()
        node.add(report)
    assert levels_of(report) == {("queue", "attempts_not_stored"): 1}
    assert node.levels == {}


def test_before_anything_has_happened_every_counter_without_a_label_is_there():
    seen = samples(NodeMetrics(lambda: [], lambda: {}).text())
    assert seen["storysign_frames_received_total", ()] == 0
    assert seen["storysign_feedback_seconds_count", ()] == 0
