"""How sure a score is: an interval for every metric, or the reason why there is none.

A metric declares the kind of its interval (`Metric.interval`, a description of `core/interval_kind.py`). Each kind has
one file here, found by the description, never by the metric's name: `method.py` says what it defines.

Images are treated as independent, and so are the sides: where fakes were made from the reals one by one, nothing is
said (`dependence.py`). An interval wider than all possible values (`Metric.range`), or apart from them, is withheld:
its standard error is broken. Groups, halves and subsamples come from a seeded hash of the rows' contents: the files of
real folders are sorted by class, and the same files in another order have the same interval. How often the intervals
hold the truth is simulated: docs/coverage.md.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np

from ganeval.core.estimate import Estimate, IntervalSettings, Range, beyond_range
from ganeval.core.rows import Rows, Statistic
from ganeval.intervals.method import Sample, method_of, withheld
from ganeval.metrics.base import Metric, Outcome

BEYOND = "the features are too large or too small to compute with: scale them"  # where float64 overflows
Interval = Literal["on", "off"]
Population = Literal["none", "real"]


def estimates(
    metric: Metric,
    statistics: Mapping[str, Statistic],
    *,
    outcome: Outcome,
    intervals: IntervalSettings,
    dependent: str | None = None,
) -> dict[str, Estimate]:
    """An estimate for every score of the metric, by key.

    `dependent` says why the sides are not independent, where they are not.
    """
    if dependent is not None and metric.compares_sides:
        return withheld(outcome, dependent)
    try:
        by_key = _estimates(metric, statistics, outcome, intervals)
    except (ArithmeticError, np.linalg.LinAlgError):
        return withheld(outcome, BEYOND)
    if all(estimate.low is None for estimate in by_key.values()):
        return by_key
    possible = metric.range(**statistics)
    return {key: _possible(estimate, possible.get(key, (None, None))) for key, estimate in by_key.items()}


def _possible(estimate: Estimate, possible: Range) -> Estimate:
    """The estimate, without its interval where that cannot be."""
    if estimate.low is None or estimate.high is None:
        return estimate
    reason = beyond_range(estimate.low, estimate.high, possible=possible)
    return estimate if reason is None else Estimate(estimate.value, reason=reason)


def _estimates(
    metric: Metric, statistics: Mapping[str, Statistic], outcome: Outcome, intervals: IntervalSettings
) -> dict[str, Estimate]:
    known = {role for role, s in statistics.items() if role != "real" or isinstance(s, Rows)}  # a file is a population
    sampled = {role: s for role, s in statistics.items() if role in known - intervals.fixed}
    rows = {role: s for role, s in sampled.items() if isinstance(s, Rows)}
    if not rows or len(rows) < len(sampled):
        reason = "the rows of the fakes are not known" if sampled else "every side is taken as fixed"
        return withheld(outcome, reason)
    return method_of(metric.interval).estimates(
        Sample(metric=metric, statistics=statistics, rows=rows, outcome=outcome, intervals=intervals)
    )
