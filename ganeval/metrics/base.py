"""What a metric is: a frozen dataclass of parameters and one pure function of statistics."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from ganeval.core.errors import TooFewError
from ganeval.core.estimate import Range
from ganeval.core.interval_kind import IntervalKind, Jackknife
from ganeval.core.rows import Moments, Rows
from ganeval.numerics.neighbours import Balls

Role = Literal["real", "fake", "train", "held_out"]
Damage = Literal["shift", "noise", "dropped-modes", "outliers", "uncertain-classes", "dropped-classes", "copies"]
Group = Literal["quality-diversity", "distance", "legacy"]
Better = Literal["lower", "higher"]
GROUPS: tuple[Group, ...] = ("quality-diversity", "distance", "legacy")
Aspect = Literal["overall", "quality", "diversity", "copying"]
ASPECTS: tuple[Aspect, ...] = ("overall", "quality", "diversity", "copying")


@dataclass(frozen=True)
class Score:
    """One number that a metric yields: how to name it, print it and read it.

    `label` is printed. With `named_after_features` it becomes `label[extractor]`, except on the
    genuine FID Inception, where it is `genuine` (or the plain label). Printed values are
    multiplied by 10^`exponent`. `identical` is the value for two identical sets, where there is
    one. `sees` lists the damages that must never make the score better. A `secondary` score is
    left out of tables that show several metrics. `bounds` are the least and largest possible value.
    `aspect` is what a difference between two generators in it is about (None: `Metric.aspect` tells).
    """

    label: str
    better: Better
    sees: frozenset[Damage]
    decimals: int = 3
    exponent: int = 0
    named_after_features: bool = False
    genuine: str | None = None
    identical: float | None = None
    secondary: bool = False
    bounds: Range = (None, None)
    aspect: Aspect | None = None

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
    the report, `pairs` with the images' names. `alarm` says that the fakes look copied: a comparison then calls them
    better in nothing.
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
    it draws rows, or cuts parts, by where they stand, so that the same rows in another order give another value; any
    other metric gives the same one, and one that splits rows does it by their contents (`Rows.ordered`). `extractor` is
    what it reads unless the user chooses one (None: the FID Inception); where the chosen one does not have `view`,
    that one serves it in the same pass.

    `roles` must be given; of the `optional` ones it is given those that the user has. `has_own_floor` says that it
    tells itself what other reals score. `shows_pairs` says that its outcome may hold pairs of images.

    A metric of `Rows` may name `balls` whose contents it reads: it is then given them as `counts`, made once
    for all metrics of a run that read the same view. Where `counts` is None, as for direct callers, it makes
    them itself.

    `interval` tells how an interval is made, by a description of `ganeval/core/interval_kind.py`: the default,
    `Jackknife()`, works for any metric, and so does `Subsamples()`, for one whose value repeated rows would change. The
    others ask for methods; a class without them is refused.

    Intervals of metrics that read both sides are withheld where the fakes were made from the reals one by one
    (`dependence.py`), unless `assumes_independence` is false. None is given that is wider than `range(**statistics)`,
    or apart from it.

    `fallback` names a metric of the same rows that is shown first where this one alone was asked for and has
    no interval. `retraining_noise` is the relative difference of its scores that another training run of one recipe
    makes by itself, where that is known.

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
    interval: ClassVar[IntervalKind] = Jackknife()
    assumes_independence: ClassVar[bool] = True
    retraining_noise: ClassVar[float | None] = None
    fallback: ClassVar[str | None] = None
    has_own_floor: ClassVar[bool] = False
    shows_pairs: ClassVar[bool] = False

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        fault = _fault(cls)
        if fault is not None:
            raise TypeError(f"{cls.__name__}{fault}")

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

    def aspect(self, key: str) -> Aspect | None:
        """What a score is about: as it declares, else by the metric's group and by what it sees; None for legacy."""
        score = self.scores[key]
        if score.aspect is not None or self.group == "legacy":
            return score.aspect
        if self.group == "distance":
            return "overall"
        return "diversity" if "dropped-modes" in score.sees else "quality"

    def joint_covariance(
        self, *, real: Rows, fakes: Sequence[Rows], sampled: frozenset[str]
    ) -> np.ndarray | str | None:
        """Covariance (p, p) of the only score of p fakes over the same reals, right for differences among them.

        `sampled` names the roles whose images are a sample. A sentence says why there is none; None, as here, leaves
        it to resampling.
        """
        return None

    def range(self, **statistics: Any) -> Mapping[str, Range]:
        """By key the least and the largest value that rows like these can have: `Score.bounds` unless more is known.

        An interval that is wider, or lies apart from it, has a broken standard error.
        """
        return {key: score.bounds for key, score in self.scores.items()}

    @property
    def compares_sides(self) -> bool:
        """Whether its intervals take reals and fakes for independent."""
        return self.assumes_independence and {"real", "fake"} <= set(self.roles)

    @property
    def for_spread(self) -> "Metric":
        """What resampling scores in its place: the same, unless parts drawn by chance would add to the spread."""
        return self

    @property
    def shuffled(self) -> "Metric | None":
        """The same with the images in random order; None, as here, where their order changes nothing."""
        return None

    @abstractmethod
    def __call__(self, **given: Any) -> Mapping[str, float | None]:
        """The scores, from one statistic per role (and `counts`); keys and order as in `scores`."""

    def outcome(self, **statistics: Any) -> Outcome:
        """The scores with what is worth telling beside them."""
        return Outcome(self(**statistics))


def _fault(cls: type[Metric]) -> str | None:
    """What is wrong with how a class declares its interval; said when its file is imported, not after a long run."""
    if isinstance(getattr(cls, "resample", None), str):
        return ".resample is read by nothing: set interval = Jackknife(), or another kind of core/interval_kind.py"
    if not isinstance(cls.interval, IntervalKind):
        return f".interval = {cls.interval!r} is no kind of interval: see core/interval_kind.py"
    lacking = [hook for hook in cls.interval.hooks if not callable(getattr(cls, hook, None))]
    return f" declares interval = {cls.interval!r} and lacks {', '.join(lacking)}" if lacking else None
