"""Figures of the whole node in Prometheus' text format: what its processes have counted, and how things stand now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from actors.stats import Histogram, Tally

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_COUNTERS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "frames": ("storysign_frames_received", "Landmark frames received from learners", ""),
        "feedback_skipped": ("storysign_feedback_skipped", "Provisional marks not sent to slow readers", ""),
        "connections": ("storysign_connections", "Connections welcomed, by how the session came to be", "incarnation"),
        "attempts": ("storysign_attempts_scored", "Attempts scored, by outcome", "outcome"),
        "errors": ("storysign_stream_errors", "Errors told to clients, by code", "code"),
        "store_answers": ("storysign_store_answers", "Answers of the store to sessions, by kind", "answer"),
        "group": ("storysign_flush_groups", "Transactions of the writer, by number of sessions in them", "sessions"),
        "writer_failures": ("storysign_writer_failures", "Operations that the store could not do, by error", "error"),
    }
)
_TIMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "feedback": ("storysign_feedback_seconds", "From the arrival of frames to the sending of their marks"),
        "store": ("storysign_store_seconds", "From a session's wish to the store's answer"),
        "transaction": ("storysign_transaction_seconds", "One transaction of the writer"),
    }
)


class NodeMetrics:
    """A collector over tallies and gauges; nothing in it tells who a learner is or what was signed."""

    def __init__(
        self, tallies: Callable[[], list[Tally]], gauges: Callable[[], Mapping[str, Mapping[str, int]]]
    ) -> None:
        self._tallies = tallies
        self._gauges = gauges
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> bytes:
        """The answer to a scrape."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """One family a counter, histogram and gauge, present from the start with zero."""
        tallies = self._tallies()
        for name, (metric, help_text, label) in _COUNTERS.items():
            yield _counter(name, metric, help_text, label, tallies)
        for name, (metric, help_text) in _TIMES.items():
            yield _histogram(name, metric, help_text, tallies)
        for name, by_state in self._gauges().items():
            gauge = GaugeMetricFamily(f"storysign_{name}", f"Now: {name}, by state", labels=["state"])
            for state, value in by_state.items():
                gauge.add_metric([state], value)
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
