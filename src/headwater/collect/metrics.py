"""Metrics: what the collector has done since the workspace was made, for Prometheus.

Reads  the counts of the register, what waits in the journal
Makes  the text page of /metrics

The event counters are read from the register when they are asked for, so that they are exact at every
moment and over every restart: received = stored + duplicate + refused. Events count once they are in
the archive; what was acknowledged and is not there yet is in the requests that wait.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from headwater.collect.admit import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headwater.collect.journal import Journal

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
PLAIN_COUNTS = {
    "received": "Events that came in, whatever became of them",
    "stored": "Events stored for the first time",
    "duplicate": "Events whose id was known already",
    "conflicting": "Duplicates whose content differs from what came first under their id",
}


class Metrics:
    """The metrics of one collector, in a registry of their own."""

    def __init__(self, journal: Journal) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Counts(journal))
        self.seconds = Seconds()
        self.registry.register(self.seconds)
        self.unauthorized = Counter(
            "headwater_requests_unauthorized", "Requests without a known key", registry=self.registry
        )
        self.unavailable = Counter(
            "headwater_requests_unavailable", "Requests that could not be stored", registry=self.registry
        )

    def page(self) -> bytes:
        """Return the page in the text format of Prometheus."""
        return generate_latest(self.registry)


class Seconds(Collector):
    """A histogram of the answers; only the event loop adds to it, so that it needs no lock."""

    def __init__(self) -> None:
        self._counts = [0] * (len(SECONDS) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """Count an answer that took so long."""
        self._counts[bisect_left(SECONDS, seconds)] += 1
        self._sum += seconds

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Yield the histogram as Prometheus wants it: each bucket with all below it."""
        upto = accumulate(self._counts)
        buckets = [(f"{bound:g}", n) for bound, n in zip((*SECONDS, math.inf), upto, strict=True)]
        buckets[-1] = ("+Inf", buckets[-1][1])
        doc = "Time from the request to its answer"
        yield HistogramMetricFamily("headwater_collect_seconds", doc, buckets=buckets, sum_value=self._sum)


class _Counts(Collector):
    """The event counters, as the journal holds them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        waiting = self._journal.waiting()
        yield GaugeMetricFamily(
            "headwater_requests_waiting",
            "Requests on the disk that are not yet in the archive",
            value=waiting,
        )
        counts = self._journal.counts()
        for name, doc in PLAIN_COUNTS.items():
            yield CounterMetricFamily(f"headwater_events_{name}", doc, value=counts[name])
        refused = CounterMetricFamily(
            "headwater_events_refused", "Events kept as refused, by reason", labels=["reason"]
        )
        for reason in Refusal:
            refused.add_metric([reason.value], counts.get(f"refused:{reason}", 0))
        yield refused
