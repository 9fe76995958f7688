"""Bounds that the metric has itself, exact for binomial counts (`numerics/proportions.py`)."""

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from ganeval.core.estimate import Estimate
from ganeval.core.interval_kind import Counts
from ganeval.intervals.method import IntervalMethod, Sample
from ganeval.metrics.base import Outcome


@runtime_checkable
class Counted(Protocol):
    """What the metric must be able to tell: the hooks of `Counts`."""

    def bounds(self, outcome: Outcome, *, level: float, sampled: frozenset[str]) -> dict[str, Estimate]:
        """An estimate for each score that has one, by key; roles not `sampled` are populations."""
        ...


@dataclass(frozen=True)
class CountsInterval(IntervalMethod[Counts]):
    """The metric's bounds; scores that it leaves out have no interval."""

    describes: ClassVar = Counts

    def estimates(self, sample: Sample) -> dict[str, Estimate]:
        """By the metric's own account."""
        metric = sample.metric
        assert isinstance(metric, Counted)
        estimates = metric.bounds(sample.outcome, level=sample.intervals.level, sampled=frozenset(sample.rows))
        reason = "what held-out reals score at this n stands beside it"
        return sample.withheld(reason) | estimates


METHOD = CountsInterval
