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
        two_sample = metric.two_sample(**sides, sampled=frozenset(sample.rows), seed=sample.intervals.seed)
        if isinstance(two_sample, str):
            return sample.withheld(two_sample)
        ((key, value),) = sample.outcome.scores.items()
        assert value is not None
        tested = "200 permutations" if two_sample.p_value is not None else "too many images for a permutation test"
        reach = student_quantile(sample.intervals.level, degrees=max(two_sample.degrees, 1.0)) * two_sample.error
        above = beyond_square(two_sample.plug_in, reach)
        low, high, method = value - reach, value + reach + above, f"variance of the U-statistic, {tested}"
        return {
            key: Estimate(
                value=value,
                corrected=None,
                low=low,
                high=high,
                level=sample.intervals.level,
                method=method,
                p_value=two_sample.p_value,
            )
        }

    def joint(self, sides: SharedReals) -> dict[str, JointScores] | None:
        """The metric's covariance of all fakes, where it has one."""
        if not isinstance(sides.real, Rows):
            return sides.without("the rows of the reals are not known")
        covariance = sides.metric.joint_covariance(real=sides.real, fakes=sides.fakes, sampled=sides.over)
        if covariance is None:
            return None
        if isinstance(covariance, str):
            return sides.without(covariance)
        ((key, value),) = sides.values.items()
        return {
            key: JointScores(
                values=value,
                centres=value,
                covariance=covariance,
                degrees=sides.degrees,
                how="relative test of U-statistics on shared reals",
            )
        }


METHOD = UStatisticInterval
