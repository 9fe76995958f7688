"""The variance of a two-sample U-statistic in closed form, and a permutation test (`numerics/two_sample.py`).

Of several fakes `Metric.joint_covariance` gives the covariance in closed form, where the metric has one.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from ganeval.core.estimate import Estimate, beyond_square, student_quantile
from ganeval.core.interval_kind import UStatistic
from ganeval.core.rows import Rows
from ganeval.intervals.joint import JointScores
from ganeval.intervals.method import IntervalMethod, Sample, SharedReals
from ganeval.numerics.two_sample import TwoSample


@runtime_checkable
class TwoSampleStatistic(Protocol):
    """What the metric must be able to tell: the hooks of `UStatistic`."""

    def two_sample(self, *, real: Rows, fake: Rows, sampled: frozenset[str], seed: int) -> TwoSample | str:
        """Its standard error and a test of equal laws, or why there is none; roles not `sampled` are populations."""
        ...


@dataclass(frozen=True)
class UStatisticInterval(IntervalMethod[UStatistic]):
    """The metric's only score by what it tells of its own error."""

    describes: ClassVar = UStatistic

    def estimates(self, sample: Sample) -> dict[str, Estimate]:
        """By Student's t; the upper end is that of the distance's square root."""
        metric = sample.metric
        assert isinstance(metric, TwoSampleStatistic)
        sides = {role: side for role in metric.roles if isinstance(side := sample.statistics[role], Rows)}
        found = metric.two_sample(**sides, sampled=frozenset(sample.rows), seed=sample.intervals.seed)
        if isinstance(found, str):
            return sample.withheld(found)
        ((key, value),) = sample.outcome.scores.items()
        assert value is not None
        tested = "200 permutations" if found.p_value is not None else "too many images for a permutation test"
        reach = student_quantile(sample.intervals.level, degrees=max(found.degrees, 1.0)) * found.error
        above = beyond_square(found.plug_in, reach)
        low, high, method = value - reach, value + reach + above, f"variance of the U-statistic, {tested}"
        return {
            key: Estimate(
                value=value,
                corrected=None,
                low=low,
                high=high,
                level=sample.intervals.level,
                method=method,
                p_value=found.p_value,
            )
        }

    def joint(self, given: SharedReals) -> dict[str, JointScores] | None:
        """The metric's covariance of all fakes, where it has one."""
        if not isinstance(given.real, Rows):
            return given.without("the rows of the reals are not known")
        found = given.metric.joint_covariance(real=given.real, fakes=given.fakes, sampled=given.over)
        if found is None:
            return None
        if isinstance(found, str):
            return given.without(found)
        ((key, value),) = given.values.items()
        return {
            key: JointScores(
                values=value,
                centres=value,
                covariance=found,
                degrees=given.degrees,
                how="relative test of U-statistics on shared reals",
            )
        }


METHOD = UStatisticInterval
