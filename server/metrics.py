"""Figures of the whole node in Prometheus' text format: what its processes have counted, and how things stand now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from actors.stats import Histogram, Levels, Tally

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_COUNTERS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "frames": ("storysign_frames_received", "Landmark frames received from learners", ""),
        "dropped": ("storysign_dropped", "What was left out for want of room, by what and why", "reason"),
        "connections": ("storysign_connections", "Connections welcomed, by how the session came to be", "incarnation"),
        "closed": ("storysign_connections_closed", "Connections that ended, by close code; LINE: not by us", "code"),
        "newcomers": ("storysign_newcomers", "Sessions that asked for a place, by what they were told", "outcome"),
        "attempts": ("storysign_attempts_scored", "Attempts scored, by outcome", "outcome"),
        "errors": ("storysign_stream_errors", "Errors told to clients, by code", "code"),
        "store_answers": ("storysign_store_answers", "Answers of the store to sessions, by kind", "answer"),
        "group": ("storysign_flush_groups", "Transactions of the writer, by number of sessions in them", "sessions"),
        "store_retries": ("storysign_store_retries", "Transactions made again, by the database's error", "code"),
        "writer_failures": ("storysign_writer_failures", "Operations that the store could not do, by error", "error"),
    }
)
_TIMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "feedback": ("storysign_feedback_seconds", "From the arrival of frames to the sending of their marks"),
        "judged": ("storysign_judged_seconds", "From the end of an attempt to its judge's answer"),
        "judgement": ("storysign_judgement_seconds", "One judgement, in the judge"),
        "store": ("storysign_store_seconds", "From a session's wish to the store's answer"),
        "transaction": ("storysign_transaction_seconds", "One transaction of the writer"),
        "lag": ("storysign_loop_lag_seconds", "How late the server's timers came: the wait for a processor"),
    }
)
_LEVELS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "actors": ("storysign_session_actors", "Session actors now, by state", "state"),
        "sessions": ("storysign_sessions", "Live sessions now, by status; away: without a connection", "status"),
        "places": ("storysign_places", "Places for sessions now: the limit, and those promised to who comes", "kind"),
        "queue": ("storysign_queue_depth", "What waits now, by queue", "queue"),
        "late_share": ("storysign_late_share", "Share of marks and timers that came late in the last seconds", ""),
    }
)


class NodeMetrics:
    """A collector over tallies and levels; nothing in it tells who a learner is or what was signed."""

    def __init__(self, tallies: Callable[[], list[Tally]], levels: Callable[[], Levels]) -> None:
        self._tallies = tallies
        self._levels = levels
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> bytes:
        """The answer to a scrape."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """One family a counter, histogram and level, present from the start."""
        tallies, levels = self._tallies(), self._levels()
        for name, (metric, help_text, label) in _COUNTERS.items():
            yield _counter(name, metric, help_text, label, tallies)
        for name, (metric, help_text) in _TIMES.items():
            yield _histogram(name, metric, help_text, tallies)
        for name, (metric, help_text, label) in _LEVELS.items():
            gauge = GaugeMetricFamily(metric, help_text, labels=[label] if label else [])
            for (level, value), number in sorted(levels.items()):
                if level == name:
                    gauge.add_metric([value] if label else [], number)
            yield gauge


def _counter(name: str, metric: str, help_text: str, label: str, tallies: list[Tally]) -> CounterMetricFamily:
    totals: dict[str, int] = {} if label else {"": 0}
    for tally in tallies:
        for (counted, value), count in tally.counts.items():
            if counted == name:
                totals[value] = totals.get(value, 0) + count
    family = CounterMetricFamily(metric, help_text, labels=[label] if label else [])
    for value, total in sorted(totals.items()):
        family.add_metric([value] if label else [], total)
    return family


def _histogram(name: str, metric: str, help_text: str, tallies: list[Tally]) -> HistogramMetricFamily:
    merged = Histogram()
    for tally in tallies:
        if name in tally.times:
            merged.add(tally.times[name].counts, tally.times[name].total)
    running, buckets = 0, []
    for bound, count in zip((*merged.bounds, float("inf")), merged.counts, strict=True):
        running += count
        buckets.append(("+Inf" if bound == float("inf") else str(bound / 1000), running))
    family = HistogramMetricFamily(metric, help_text)
    family.add_metric([], buckets, sum_value=merged.total / 1000)
    return family
