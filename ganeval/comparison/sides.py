"""The passes of a comparison: the same reals for all, and as many images of every set of fakes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

from ganeval.core.errors import ProtocolError, TooFewError
from ganeval.core.rows import Rows
from ganeval.evaluation.engine import Features
from ganeval.evaluation.settings import SelectedMetric, Settings
from ganeval.evaluation.sides import ImagesLike, OpenedSide, extract, open_side
from ganeval.evaluation.warnings import class_orders, depends, repeats, side_warnings, views_of_both
from ganeval.numerics.dependence import warning


@dataclass(frozen=True)
class ComparedSides:
    """All sides after their passes. `beside` are train and held-out images, by role, where they are given.

    `views` are those whose intervals take reals and fakes for independent.
    """

    real: Features
    fakes: tuple[Features, ...]
    beside: Mapping[str, Features]
    views: frozenset[str]

    def sides(self, number: int) -> dict[str, Features]:
        """What one set of fakes is scored with, by role."""
        return {"real": self.real, **self.beside, "fake": self.fakes[number]}

    def rows(self, number: int, selection: SelectedMetric) -> Rows:
        """The rows of one set of fakes that a metric reads."""
        rows = self.fakes[number].statistics[selection.metric.view]
        if not isinstance(rows, Rows):
            raise TooFewError(f"{self.fakes[number].spec}: a comparison needs the rows of every fake")
        return rows

    def dependent(self, number: int) -> frozenset[str]:
        """The views by which one set of fakes was made from the reals one by one, where intervals are wanted."""
        return self._dependent[number]

    @cached_property
    def _dependent(self) -> tuple[frozenset[str], ...]:
        return tuple(frozenset(v for v in self.views if depends(self.real, fake, view=v)) for fake in self.fakes)

    def dependences(self, names: Sequence[str]) -> Iterable[str]:
        """A warning on each set of fakes that was made from the reals one by one; `names` are those of the fakes."""
        yield from (warning(name) for number, name in enumerate(names) if self.dependent(number))

    def warnings(self, names: Sequence[str], settings: Settings) -> Iterable[str]:
        """What is worth telling about the sides; `names` are those of the fakes."""
        for name, fake in zip(names, self.fakes, strict=True):
            if fake.is_same_place(self.real):
                yield f"{name} and the reals are the same place: the numbers say nothing"
        for (a, first), (b, second) in combinations(zip(names, self.fakes, strict=True), 2):
            if first.is_same_place(second):
                yield f"{a} and {b} are the same place: they cannot differ"
        for role, side in (("real", self.real), *self.beside.items(), *(("fake", fake) for fake in self.fakes)):
            yield from side_warnings(side, settings, role=role)
        for number, fake in enumerate(self.fakes):
            yield from repeats(fake)
            yield from class_orders(self.sides(number), settings)


def paired(
    real: ImagesLike, fakes: Sequence[ImagesLike], *, settings: Settings, beside: Mapping[str, ImagesLike]
) -> ComparedSides:
    """The passes, with as many images of every fake, which the seed chooses; sides that nothing reads are left out."""
    plans = [open_side(one, settings) for one in fakes]
    real_plan = open_side(real, settings)
    read = {role: side for role, side in beside.items() if side is not None and settings.wants(role)}
    further = {role: open_side(side, settings, role=role) for role, side in read.items()}
    n = min((plan.n for plan in plans if plan.n is not None), default=None)
    for selection in settings.metrics:
        optional = {role: plan.n for role, plan in further.items() if role in selection.metric.optional}
        selection.metric.require(real=real_plan.n, fake=n, **optional)
    equal = replace(settings, n=n)
    plans = [
        open_side(one, equal) if plan.n is not None and n is not None and plan.n > n else plan
        for one, plan in zip(fakes, plans, strict=True)
    ]
    kept = dict.fromkeys(settings.wants("fake"), Rows)
    reals, *others = (_passed(role, plan, settings) for role, plan in {"real": real_plan, **further}.items())
    sides = [extract(plan, settings, wants=kept) for plan in plans]
    for fake in sides[1:]:
        _require_like(sides[0], fake)
    least = min(_rows(fake).n for fake in sides)
    cut = tuple(_cut(fake, least, settings.seed) for fake in sides)
    return ComparedSides(reals, cut, dict(zip(further, others, strict=True)), views_of_both(settings))


def _passed(role: str, plan: OpenedSide | Features, settings: Settings) -> Features:
    return extract(plan, settings, wants=settings.wants(role), prefers=settings.prefers(role))


def _require_like(a: Features, b: Features) -> None:
    """Protocols agree already; what else made levels of floats must too."""
    if a.rounding != b.rounding and None not in (a.rounding, b.rounding):
        raise ProtocolError(
            f"{a.spec} and {b.spec} were made under unlike protocols: rounding is {a.rounding!r} here and "
            f"{b.rounding!r} there; make both by the same rule"
        )


def _rows(side: Features) -> Rows:
    (rows, *_) = (statistic for statistic in side.statistics.values() if isinstance(statistic, Rows))
    return rows


def _cut(side: Features, n: int, seed: int) -> Features:
    if _rows(side).n == n:
        return side
    cut = {
        view: statistic.hashed(slice(n), seed=seed) if isinstance(statistic, Rows) else statistic
        for view, statistic in side.statistics.items()
    }
    return replace(side, statistics=cut, n=n)
