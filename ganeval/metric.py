"""What a metric is: a frozen dataclass of parameters and one pure function of statistics."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from ganeval.errors import TooFewError
from ganeval.statistics import Moments, Rows, Statistic

Role = Literal["real", "fake"]
Damage = Literal["shift", "noise", "dropped-modes", "outliers", "uncertain-classes", "dropped-classes"]
Group = Literal["quality-diversity", "distance", "legacy"]
GROUPS: tuple[Group, ...] = ("quality-diversity", "distance", "legacy")


@dataclass(frozen=True)
class Score:
    """One number that a metric yields: how to name it, print it and read it.

    `label` is printed. With `named_after_features` it becomes `label[extractor]`, except on the
    genuine FID Inception, where it is `genuine` (or the plain label). Printed values are
    multiplied by 10^`exponent`. `identical` is the value for two identical sets, where there is
    one. `sees` lists the damages that must never make the score better.
    """

    label: str
    better: Literal["lower", "higher"]
    sees: frozenset[Damage]
    decimals: int = 3
    exponent: int = 0
    named_after_features: bool = False
    genuine: str | None = None
    identical: float | None = None

    def name(self, extractor: str, *, genuine: bool) -> str:
        """The score's name in one feature space.

        >>> fd = Score("FD", "lower", frozenset(), named_after_features=True, genuine="FID")
        >>> fd.name("inception", genuine=True), fd.name("pixels", genuine=False)
        ('FID', 'FD[pixels]')
        """
        if genuine:
            return self.genuine or self.label
        return f"{self.label}[{extractor}]" if self.named_after_features else self.label


class Metric(ABC):
    """Base of all metrics. A subclass is a final frozen dataclass whose fields are its parameters.

    `statistic` is what it needs of each role; `view` names the features it reads; `depends_on_n`
    says that its meaning changes with the number of images, so that unequal numbers are worth a
    warning; `remedy` ends the error about too few images. `group` and `order` place it in tables;
    `default` puts it into `ganeval eval`; `insists_on_fid_inception` refuses any other features.
    A field called `seed` is set from the run's seed unless the spec names it.
    """

    statistic: ClassVar[type[Rows] | type[Moments]]
    view: ClassVar[str] = "features"
    roles: ClassVar[tuple[Role, ...]] = ("real", "fake")
    scores: ClassVar[Mapping[str, Score]]
    group: ClassVar[Group]
    order: ClassVar[int] = 50
    default: ClassVar[bool] = False
    depends_on_n: ClassVar[bool]
    symmetric: ClassVar[bool] = False
    insists_on_fid_inception: ClassVar[bool] = False
    citation: ClassVar[str]
    remedy: ClassVar[str] = ""

    @property
    @abstractmethod
    def minimum(self) -> int:
        """The smallest number of rows a side may have."""

    def require(self, **counts: int | None) -> None:
        """TooFewError when a role's number of rows, where it is known, is below `minimum`."""
        for role, n in counts.items():
            if n is not None and n < self.minimum:
                labels = "/".join(score.label for score in self.scores.values())
                raise TooFewError(
                    f"{labels} needs at least {self.minimum} {role} images with these settings, got {n}: "
                    f"give more{self.remedy}"
                )

    @abstractmethod
    def __call__(self, **statistics: Statistic) -> dict[str, float]:
        """The scores, from one statistic per role; keys and order as in `scores`."""
