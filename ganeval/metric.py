"""What a metric is: a frozen dataclass of parameters and one pure function of statistics."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from ganeval.errors import TooFewError
from ganeval.neighbours import Balls
from ganeval.statistics import Moments, Rows

Resample = Literal["influence", "u-statistic", "subsamples", "counts", "jackknife"]
Role = Literal["real", "fake", "train", "held_out"]
Damage = Literal["shift", "noise", "dropped-modes", "outliers", "uncertain-classes", "dropped-classes", "copies"]
Group = Literal["quality-diversity", "distance", "legacy"]
GROUPS: tuple[Group, ...] = ("quality-diversity", "distance", "legacy")


@dataclass(frozen=True)
class Score:
    """One number that a metric yields: how to name it, print it and read it.

    `label` is printed. With `named_after_features` it becomes `label[extractor]`, except on the
    genuine FID Inception, where it is `genuine` (or the plain label). Printed values are
    multiplied by 10^`exponent`. `identical` is the value for two identical sets, where there is
    one. `sees` lists the damages that must never make the score better. A `secondary` score is
    left out of tables that show several metrics. `bounds` are the least and largest possible value.
    """

    label: str
    better: Literal["lower", "higher"]
    sees: frozenset[Damage]
    decimals: int = 3
    exponent: int = 0
    named_after_features: bool = False
    genuine: str | None = None
    identical: float | None = None
    secondary: bool = False
    bounds: tuple[float | None, float | None] = (None, None)

    def name(self, extractor: str, *, genuine: bool) -> str:
        """The score's name in one feature space.

        >>> fd = Score("FD", "lower", frozenset(), named_after_features=True, genuine="FID")
        >>> fd.name("inception", genuine=True), fd.name("pixels", genuine=False)
        ('FID', 'FD[pixels]')
        """
        if genuine:
            return self.genuine or self.label
        return f"{self.label}[{extractor}]" if self.named_after_features else self.label


@dataclass(frozen=True)
class Pair:
    """Two images to be looked at side by side: the index numbers of a fake and of an image of `role`.

    `share` is their distance as a share of what is usual.
    """

    fake: int
    other: int
    role: Role
    share: float


@dataclass(frozen=True)
class Outcome:
    """What a metric found: its scores, and what is worth telling beside them.

    A score is None where none can honestly be given; `withheld` says why, by key. `totals` holds the number
    that a count is out of, by key. `sentences` are printed below the numbers, `details` (JSON values) go into
    the report, `pairs` with the images' names. `alarm` says that the fakes look copied.
    """

    scores: Mapping[str, float | None]
    withheld: Mapping[str, str] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)
    sentences: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    pairs: tuple[Pair, ...] = ()
    alarm: bool = False


class Metric(ABC):
    """Base of all metrics. A subclass is a final frozen dataclass whose fields are its parameters.

    `statistic` is what it needs of each role; `view` names the features it reads; `depends_on_n`
    says that its meaning changes with the number of images, so that unequal numbers are worth a
    warning; `remedy` ends the error about too few images. `group` and `order` place it in tables;
    `default` puts it into `ganeval eval`; `insists_on_fid_inception` refuses any other features.
    A field called `seed` is set from the run's seed unless the spec names it. `draws_by_index` says that
    it splits or draws rows by seed and index, so that renumbered rows may give another value. `extractor` is
    what it reads unless the user chooses one (None: the FID Inception); where the chosen one does not have `view`,
    that one serves it in the same pass.

    `roles` must be given; of the `optional` ones it is given those that the user has. `has_own_floor` says that it
    tells itself what other reals score. `shows_pairs` says that its outcome may hold pairs of images.

    A metric of `Rows` may name `balls` whose contents it reads: it is then given them as `counts`, made once
    for all metrics of a run that read the same view. Where `counts` is None, as for direct callers, it makes
    them itself.

    `resample` tells the uncertainty layer how to find an interval (`ganeval/uncertainty.py`): the default works for
    any metric; the others ask for a method, `influence`, `standard_error` or `bounds`.

    Most metrics only define `__call__`. One that has more to tell, or must withhold a score, overrides
    `outcome` and lets `__call__` return its scores.
    """

    statistic: ClassVar[type[Rows] | type[Moments]]
    view: ClassVar[str] = "features"
    roles: ClassVar[tuple[Role, ...]] = ("real", "fake")
    optional: ClassVar[tuple[Role, ...]] = ()
    scores: ClassVar[Mapping[str, Score]]
    group: ClassVar[Group]
    order: ClassVar[int] = 50
    default: ClassVar[bool] = False
    depends_on_n: ClassVar[bool]
    symmetric: ClassVar[bool] = False
    insists_on_fid_inception: ClassVar[bool] = False
    citation: ClassVar[str]
    remedy: ClassVar[str] = ""
    draws_by_index: ClassVar[bool] = False
    extractor: ClassVar[str | None] = None
    resample: ClassVar[Resample] = "jackknife"
    has_own_floor: ClassVar[bool] = False
    shows_pairs: ClassVar[bool] = False

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

    @property
    def balls(self) -> frozenset[Balls]:
        """The balls around reals and fakes whose contents it reads."""
        return frozenset()

    @abstractmethod
    def __call__(self, **given: Any) -> Mapping[str, float | None]:
        """The scores, from one statistic per role (and `counts`); keys and order as in `scores`."""

    def outcome(self, **given: Any) -> Outcome:
        """The scores with what is worth telling beside them."""
        return Outcome(self(**given))
