"""What the file of an interval's kind defines: an `IntervalMethod`, found by the description that a metric declares.

It is a frozen dataclass around a description of the class `describes`; its file ends in `METHOD = …`. A Protocol
beside it names the hooks that it calls. A metric without them is refused when its class is made (`metrics/base.py`).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import numpy as np

from ganeval.core.estimate import Estimate, IntervalSettings, Range
from ganeval.core.interval_kind import IntervalKind
from ganeval.core.registry import entries
from ganeval.core.rows import Rows, Statistic
from ganeval.intervals.joint import JointScores
from ganeval.metrics.base import Metric, Outcome

Kind = TypeVar("Kind", bound=IntervalKind)


@dataclass(frozen=True)
class Sample:
    """What an interval is made from. `rows` are the sides that are samples, at least one, by role."""

    metric: Metric
    statistics: Mapping[str, Statistic]
    rows: Mapping[str, Rows]
    outcome: Outcome
    intervals: IntervalSettings

    def withheld(self, reason: str) -> dict[str, Estimate]:
        """The scores without an interval, for a reason."""
        return withheld(self.outcome, reason)


@dataclass(frozen=True)
class SharedReals:
    """What the scores of several fakes over the same reals are joined from.

    `over` names the roles that are samples, `values` holds the scores of all fakes by key.
    """

    metric: Metric
    real: Statistic | None
    fakes: tuple[Rows, ...]
    over: frozenset[str]
    intervals: IntervalSettings
    values: Mapping[str, np.ndarray]

    def statistics(self, real: Statistic | None, fake: Rows) -> dict[str, Statistic]:
        """What the metric reads of one fake, by role."""
        sides = {"real": real, "fake": fake}
        return {role: side for role in self.metric.roles if (side := sides.get(role)) is not None}

    @property
    def sampled(self) -> list[Rows]:
        """The sides that are samples."""
        reals = [self.real] if "real" in self.over and isinstance(self.real, Rows) else []
        return [*reals, *(self.fakes if "fake" in self.over else ())]

    @property
    def purposes(self) -> dict[int, str]:
        """What each sampled side is split for, by id: fakes alike, so that equal ones are split alike."""
        return {id(side): "real" if side is self.real else "fake" for side in self.sampled}

    @property
    def degrees(self) -> float:
        """Of a variance over the rows of the smallest sample."""
        return min((side.n for side in self.sampled), default=np.inf) - 1

    def scores(self, parts: Mapping[int, Rows]) -> list[Mapping[str, float | None]]:
        """The scores of every fake, with sides replaced by parts of them (by id)."""
        real = None if self.real is None else parts.get(id(self.real), self.real)
        return [self.metric(**self.statistics(real, parts.get(id(fake), fake))) for fake in self.fakes]

    def without(self, reason: str) -> dict[str, JointScores]:
        """None for any score, for a reason."""
        return dict.fromkeys(self.values, JointScores.without(reason))

    def certain(self) -> dict[str, JointScores]:
        """Where every side is taken as given."""
        return {key: JointScores.certain(value) for key, value in self.values.items()}


@dataclass(frozen=True)
class IntervalMethod(ABC, Generic[Kind]):
    """How the intervals of one kind are made."""

    kind: Kind
    describes: ClassVar[type[IntervalKind]]

    @abstractmethod
    def estimates(self, sample: Sample) -> dict[str, Estimate]:
        """An estimate for every score, by key; ArithmeticError and LinAlgError say that float64 does not hold it."""

    def joint(self, sides: SharedReals) -> dict[str, JointScores] | None:
        """How the scores of several fakes err together; None, as here, leaves it to the jackknife."""
        return None


def method_of(kind: IntervalKind) -> IntervalMethod:
    """The method of a description's class, or of the nearest class above it.

    >>> from ganeval.core.interval_kind import Counts
    >>> method_of(Counts())
    CountsInterval(kind=Counts())
    """
    methods = {method.describes: method for method in (item.load() for item in entries("interval"))}
    for described in type(kind).__mro__:
        if described in methods:
            return methods[described](kind)
    raise TypeError(f"no file of ganeval/intervals implements the interval kind {type(kind).__name__}")


def withheld(outcome: Outcome, reason: str) -> dict[str, Estimate]:
    """The scores without an interval, for a reason."""
    return {key: Estimate(value, reason=reason) for key, value in outcome.scores.items()}


def around(value: float, reach: float, *, level: float, method: str, bounds: Range) -> Estimate:
    """The interval value ± reach, cut to the score's bounds."""
    low, high = value - reach, value + reach
    low = low if bounds[0] is None else min(value, max(low, bounds[0]))
    high = high if bounds[1] is None else max(value, min(high, bounds[1]))
    return Estimate(value=value, corrected=None, low=low, high=high, level=level, method=method)
