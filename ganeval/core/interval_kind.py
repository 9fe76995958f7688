"""How a metric's interval is made: a small frozen description, which the metric declares.

A description says which methods of the metric the interval calls (`hooks`). What is done with them stands in
`ganeval/intervals/`, one file a kind, found by the description's class; the signatures of the hooks stand there too.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class IntervalKind:
    """Base of all kinds. A subclass is a frozen dataclass, whose fields are settings of its kind.

    A metric that declares the kind must define the methods named in `hooks`.
    """

    hooks: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True)
class Jackknife(IntervalKind):
    """Delete-a-group: the score without each of some groups of rows. It works for any metric, and is the default.

    Hooks: none. Source: Shao, Tu. The Jackknife and Bootstrap. Springer 1995. `intervals/jackknife.py`.
    """


@dataclass(frozen=True)
class Subsamples(IntervalKind):
    """The spread over disjoint parts of every side, scaled to all rows: for a score that repeated rows would change.

    Never a bootstrap: repeated rows have distance 0 and shrink every ball.

    Hooks: none. Source: Bertail, Politis, Romano. On subsampling estimators with unknown rate of convergence. JASA 94,
    1999. `intervals/subsampling.py`.
    """


@dataclass(frozen=True)
class InfluenceFunction(IntervalKind):
    """The delta method for a metric with one score, whose bias in n is removed by half-samples.

    Hooks: `influence(**statistics)`, by role whose rows are known the effect of each row, mean 0, and
    `null_spread(**statistics)`, E K² of the score's second-order kernel between equal laws.

    Source: Rippl, Munk, Sturm. Limit laws of the empirical Wasserstein distance: Gaussian distributions. Journal of
    Multivariate Analysis 151, 2016. `intervals/influence.py`.
    """

    hooks: ClassVar = ("influence", "null_spread")


@dataclass(frozen=True)
class UStatistic(IntervalKind):
    """The variance of a two-sample U-statistic in closed form, for a metric with one score, and a permutation test.

    Hooks: `two_sample(**statistics, sampled, seed)`, a `TwoSample` or why there is none. Of several fakes over the same
    reals `Metric.joint_covariance` is asked, too.

    Source: Serfling. Approximation Theorems of Mathematical Statistics. Wiley 1980, §5.2. `intervals/u_statistic.py`.
    """

    hooks: ClassVar = ("two_sample",)


@dataclass(frozen=True)
class Counts(IntervalKind):
    """The metric's own bounds, exact for binomial counts.

    Hooks: `bounds(outcome, level, sampled)`, an `Estimate` by key; a score that is left out has none.

    Source: Clopper, Pearson. The use of confidence or fiducial limits. Biometrika 26, 1934. `intervals/counts.py`.
    """

    hooks: ClassVar = ("bounds",)
