"""Compare sets of fakes over the same reals: paired differences, a verdict a row, and everything that made them."""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations, count, product
from pathlib import Path
from string import ascii_uppercase

import numpy as np

from ganeval.cache import Use
from ganeval.cautions import side_warnings
from ganeval.differences import Joint, gap, joint_scores
from ganeval.engine import Collection, Engine
from ganeval.errors import ProtocolError, SpecError, TooFewError
from ganeval.evaluation import scored
from ganeval.extractor import Extractor
from ganeval.margins import AtLeast, Margins, margins
from ganeval.metric import Better, Outcome
from ganeval.multiplicity import FEWEST_RUNS, RankSet, rank_sets
from ganeval.plan import Given, collected, planned
from ganeval.protocol import Protocol
from ganeval.report import Report
from ganeval.run import Chosen, Run, run
from ganeval.sources.decode import Exif
from ganeval.sources.source import OnError
from ganeval.statistics import Rows, Statistic
from ganeval.uncertainty import Population
from ganeval.verdicts import Row, conclusion, judged, scope

SCHEMA = 1
DEFAULT = ("kid", "precision-recall", "copying")


@dataclass(frozen=True)
class Contender:
    """One side: its name, its training runs, their scores by key, and whether its copying alarm is on."""

    name: str
    runs: tuple[str, ...]
    scores: Mapping[str, tuple[float | None, ...]]
    alarm: bool


@dataclass(frozen=True)
class Comparison:
    """Differences of all pairs of sides with their verdicts, and what made them.

    `rows` come pair by pair; a difference is that of the second side less the first. `n` images of every run, and the
    same `n_real` reals, were used. `copying` says whether a copying number was measured.
    """

    rows: tuple[Row, ...]
    sides: tuple[Contender, ...]
    real: str
    n_real: int | None
    n: int
    level: float
    copying: bool
    protocol: Protocol
    signature: str
    seed: int
    warnings: tuple[str, ...]
    versions: Mapping[str, str]
    created: str

    @property
    def several(self) -> bool:
        """Whether there are several training runs a side."""
        return len(self.sides[0].runs) > 1

    @property
    def pairs(self) -> tuple[tuple[Contender, Contender], ...]:
        """Every two sides once, in the order given."""
        return tuple(combinations(self.sides, 2))

    def between(self, first: Contender, second: Contender) -> tuple[Row, ...]:
        """The rows of one pair."""
        return tuple(row for row in self.rows if (row.first, row.second) == (first.name, second.name))

    def conclusion(self, first: Contender, second: Contender) -> str:
        """The sentence over the rows of one pair, with what it is about."""
        copying = [side.name for side in (first, second) if side.alarm]
        about = scope((first.name, len(first.runs)), (second.name, len(second.runs)))
        return f"{conclusion(self.between(first, second), copying=copying)} {about}"

    def ranks(self, key: str) -> tuple[RankSet, ...]:
        """Rank sets of the sides in one score, from their training runs; fewer than five leave a side unranked."""
        known = {side.name: [s for s in side.scores[key] if s is not None] for side in self.sides}
        better: Better = next(row.better for row in self.rows if row.key == key)
        return rank_sets(known, better=better, level=self.level, seed=self.seed)

    @property
    def ranked(self) -> Mapping[str, tuple[RankSet, ...]]:
        """Rank sets by key, where there are more than two sides and all have five runs or more."""
        if len(self.sides) < 3 or min(len(side.runs) for side in self.sides) < FEWEST_RUNS:
            return {}
        return {key: self.ranks(key) for key in dict.fromkeys(row.key for row in self.rows)}

    def to_json(self) -> str:
        """Everything, with the verdicts in words."""
        fields = {"schema": SCHEMA, **dataclasses.asdict(self), "protocol": self.protocol.to_json()}
        fields["rows"] = [{**dataclasses.asdict(row), "words": row.words} for row in self.rows]
        fields["conclusions"] = [
            {"first": a.name, "second": b.name, "sentence": self.conclusion(a, b)} for a, b in self.pairs
        ]
        fields["ranks"] = {key: [dataclasses.asdict(one) for one in found] for key, found in self.ranked.items()}
        return json.dumps(fields, indent=2, ensure_ascii=False, allow_nan=False)


def compare(
    real: Given,
    fakes: Mapping[str, Given] | Sequence[Given],
    *,
    metrics: Sequence[str] = DEFAULT,
    extractor: str | Extractor | None = None,
    protocol: str = "default",
    weights: str | Path | None = None,
    device: str = "auto",
    precision: str | None = None,
    n: int | None = None,
    seed: int | None = None,
    exif: Exif = "ignore",
    on_error: OnError = "stop",
    engine: Engine | None = None,
    cache: Use = "use",
    level: float = 0.95,
    population: Population = "none",
    at_least: AtLeast | None = None,
) -> Comparison:
    """Say in what two or more sets of fakes differ, and how surely: `compare("real/", {"A": "gan/", "B": "vae/"})`.

    A side is whatever `evaluate` takes, or a list of such: training runs of one method, five or more for a claim
    about it. Sides without names are called A, B, C … `at_least` maps a score's key to the smallest
    difference that matters, a number or a share such as "2%" ({"fd": "1.3%"} is the default with one run a side).
    `level` holds for all verdicts together. Further arguments are those of `evaluate`. Raises GanevalError.

    >>> rng = np.random.default_rng(0)
    >>> real, near, far = (rng.normal(shift, 1, (200, 4)) for shift in (0, 0, 1))
    >>> found = compare(real, {"A": far, "B": near}, metrics=["kid"], extractor="features", cache="off")
    >>> found.rows[0].words, found.conclusion(*found.sides)
    ('B closer', 'B closer overall. This is about these images.')
    """
    if isinstance(real, Collection) and real.extractor is not None and extractor in (None, real.extractor.name):
        extractor = real.extractor
    settings = run(
        metrics=metrics, extractor=extractor, protocol=protocol, weights=weights, device=device, precision=precision,
        n=n, seed=seed, exif=exif, on_error=on_error, engine=engine, cache=cache, level=level, population=population,
    )  # fmt: skip
    named = dict(fakes) if isinstance(fakes, Mapping) else dict(zip(letters(), fakes, strict=False))
    sides = {name: side if isinstance(side, list | tuple) else [side] for name, side in named.items()}
    return compared(real, sides, settings=settings, at_least=at_least)


def letters() -> Iterator[str]:
    """A, B … Z, AA, AB …: what sides without a name are called."""
    return ("".join(found) for length in count(1) for found in product(ascii_uppercase, repeat=length))


def compared(
    real: Given, sides: Mapping[str, Sequence[Given]], *, settings: Run, at_least: AtLeast | None = None
) -> Comparison:
    """The comparison of named sides, each a sequence of runs; every source is read once."""
    _require_comparable(sides, settings)
    several = len(next(iter(sides.values()))) > 1
    smallest = margins(settings, at_least or {}, several=several)
    held, fakes = equal_passes(real, sides, settings=settings)
    quick = replace(settings, asked=None, floors=False)
    reports = [scored({"real": held, "fake": fake}, quick) for fake in fakes]
    placed = _Placed(held, tuple(fakes), tuple(reports), settings, several)
    numbers = iter(range(len(fakes)))
    runs = {name: [next(numbers) for _ in side] for name, side in sides.items()}
    contenders = tuple(_contender(name, own, placed) for name, own in runs.items())
    measured = [one for chosen in settings.metrics for one in _differences(chosen, placed, runs, smallest)]
    measured = [one for pair in combinations(runs, 2) for one in measured if (one.first, one.second) == pair]
    alarms = frozenset(side.name for side in contenders if side.alarm)
    assert settings.asked is not None
    return Comparison(
        rows=judged(measured, level=settings.asked.level, alarms=alarms),
        sides=contenders,
        real=held.spec,
        n_real=held.n,
        n=min(fake.n or 0 for fake in fakes),
        level=settings.asked.level,
        copying=any(c.metric.aspect(key) == "copying" for c in settings.metrics for key in c.metric.scores),
        protocol=settings.protocol,
        signature=reports[0].signature,
        seed=settings.seed,
        warnings=tuple(_warnings(held, fakes, runs, settings)),
        versions=reports[0].versions,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


@dataclass(frozen=True)
class _Placed:
    """All sides after their passes, with a report each."""

    real: Collection
    fakes: tuple[Collection, ...]
    reports: tuple[Report, ...]
    settings: Run
    several: bool


def _require_comparable(sides: Mapping[str, Sequence[Given]], settings: Run) -> None:
    if settings.asked is None:
        raise SpecError("a comparison is made of intervals: drop --no-interval")
    if len(sides) < 2:
        raise SpecError(f"a comparison needs two sides or more, got {len(sides)}")
    counts = {name: len(side) for name, side in sides.items()}
    if min(counts.values()) < 1 or (min(counts.values()) == 1 < max(counts.values())):
        told = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise SpecError(f"{told} runs: give one run of every side, or two or more of every side (better five)")


def equal_passes(
    real: Given, sides: Mapping[str, Sequence[Given]], *, settings: Run
) -> tuple[Collection, list[Collection]]:
    """The real side and the fakes after their passes, as many images of every fake; the choice is the seed's."""
    given = [one for side in sides.values() for one in side]
    plans = [planned(one, settings) for one in given]
    held = planned(real, settings)
    n = min((plan.n for plan in plans if plan.n is not None), default=None)
    for chosen in settings.metrics:
        chosen.metric.require(real=held.n, fake=n)
    equal = replace(settings, n=n)
    plans = [
        planned(one, equal) if plan.n is not None and n is not None and plan.n > n else plan
        for one, plan in zip(given, plans, strict=True)
    ]
    kept = dict.fromkeys(settings.wants("fake"), Rows)
    reals = collected(held, settings, wants=settings.wants("real"), prefers=settings.prefers("real"))
    fakes = [collected(plan, settings, wants=kept) for plan in plans]
    for fake in fakes[1:]:
        _require_like(fakes[0], fake)
    least = min(_rows(fake).n for fake in fakes)
    return reals, [_cut(fake, least, settings.seed) for fake in fakes]


def _require_like(a: Collection, b: Collection) -> None:
    """Protocols agree already; what else made levels of floats must too."""
    if a.rounding != b.rounding and None not in (a.rounding, b.rounding):
        raise ProtocolError(
            f"{a.spec} and {b.spec} were made under unlike protocols: rounding is {a.rounding!r} here and "
            f"{b.rounding!r} there; make both by the same rule"
        )


def _rows(side: Collection) -> Rows:
    (found, *_) = (held for held in side.statistics.values() if isinstance(held, Rows))
    return found


def _cut(side: Collection, n: int, seed: int) -> Collection:
    if _rows(side).n == n:
        return side
    cut = {
        view: held.hashed(slice(n), seed=seed) if isinstance(held, Rows) else held
        for view, held in side.statistics.items()
    }
    return replace(side, statistics=cut, n=n)


def _contender(name: str, own: Sequence[int], placed: _Placed) -> Contender:
    reports = [placed.reports[i] for i in own]
    scores = {key: tuple(report[key].value for report in reports) for key in reports[0]}
    return Contender(
        name, tuple(placed.fakes[i].spec for i in own), scores, any(report.copying_alarm for report in reports)
    )


def _differences(
    chosen: Chosen, placed: _Placed, runs: Mapping[str, Sequence[int]], smallest: Margins
) -> Iterator[Row]:
    """The differences of all pairs in the scores of one metric; copying is no matter of differences."""
    metric = chosen.metric
    keys = [k for k, score in metric.scores.items() if not score.secondary and metric.aspect(k) != "copying"]
    if not keys:
        return
    named = {key: f"{key}:{chosen.options}" if chosen.options else key for key in metric.scores}
    outcomes = [Outcome({key: report[named[key]].value for key in metric.scores}) for report in placed.reports]
    fakes = [_statistic(fake, chosen) for fake in placed.fakes]
    real = placed.real.statistic(metric.view, metric.statistic) if "real" in metric.roles else None
    asked = placed.settings.asked
    assert asked is not None
    over = frozenset({"real"} if placed.several else {"real", "fake"})
    joint = joint_scores(metric, real, fakes=fakes, outcomes=outcomes, over=over, asked=asked)
    for first, second in combinations(runs, 2):
        for key in keys:
            pair = (first, runs[first]), (second, runs[second])
            yield _difference(chosen, named[key], key, placed, joint[key], pair, smallest)


def _difference(
    chosen: Chosen, name: str, key: str, placed: _Placed, joint: Joint,
    pair: tuple[tuple[str, Sequence[int]], tuple[str, Sequence[int]]], smallest: Margins,
) -> Row:  # fmt: skip
    (first, mine), (second, theirs) = pair
    result = placed.reports[0][name]
    values = [[placed.reports[i][name].value for i in own] for own in (mine, theirs)]
    means = [None if None in own else float(np.mean(np.array(own, float))) for own in values]
    margin = smallest.get(name)
    known = [abs(mean) for mean in means if mean is not None]
    unbiased = joint.reason is None and (joint.centres != joint.values).any()
    found = None if joint.reason else gap(joint, first=mine, second=theirs)
    return Row(
        aspect=chosen.metric.aspect(key),
        first=first,
        second=second,
        key=name,
        name=without_bias(result.name) if unbiased else result.name,
        better=chosen.metric.scores[key].better,
        decimals=result.decimals,
        exponent=result.exponent,
        values=(means[0], means[1]),
        difference=found and found.estimate,
        error=found and found.error,
        degrees=found.degrees if found and np.isfinite(found.degrees) else None,
        how=joint.how,
        reason=joint.reason,
        smallest=None if margin is None or not known else margin.of(float(np.mean(known))),
        noise="" if margin is None else margin.noise,
    )


def without_bias(name: str) -> str:
    """`FDinf[pixels]` for `FD[pixels]`: the score for infinitely many images.

    >>> without_bias("FD[pixels]"), without_bias("FID")
    ('FDinf[pixels]', 'FIDinf')
    """
    head, bracket, rest = name.partition("[")
    return f"{head}inf{bracket}{rest}"


def _statistic(fake: Collection, chosen: Chosen) -> Rows:
    held: Statistic = fake.statistics[chosen.metric.view]
    if not isinstance(held, Rows):
        raise TooFewError(f"{fake.spec}: a comparison needs the rows of every fake")
    return held


def _warnings(
    real: Collection, fakes: Sequence[Collection], runs: Mapping[str, Sequence[int]], settings: Run
) -> Iterable[str]:
    names = [f"{name} ({fakes[i].spec})" for name, own in runs.items() for i in own]
    for name, fake in zip(names, fakes, strict=True):
        if fake.identity == real.identity:
            yield f"{name} and the reals are the same place: the numbers say nothing"
    for (a, first), (b, second) in combinations(zip(names, fakes, strict=True), 2):
        if first.identity == second.identity:
            yield f"{a} and {b} are the same place: they cannot differ"
    for side in (real, *fakes):
        yield from side_warnings(side, settings)
