"""Compare sets of fakes over the same reals: paired differences, a verdict a row, and everything that made them."""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations, count, product
from string import ascii_uppercase
from typing import Unpack

import numpy as np

from ganeval.comparison.differences import ComparedReports, joints, missing, pair_rows
from ganeval.comparison.margins import AtLeast, margins
from ganeval.comparison.sides import paired
from ganeval.comparison.verdicts import Row, conclusion, judged, scope
from ganeval.core.errors import SpecError
from ganeval.core.estimate import IntervalSettings
from ganeval.core.protocol import Protocol
from ganeval.evaluation.evaluate import scored
from ganeval.evaluation.options import Options
from ganeval.evaluation.settings import SelectedMetric, Settings, require_metrics, settings_for
from ganeval.evaluation.sides import ImagesLike
from ganeval.evaluation.warnings import contradiction
from ganeval.intervals.joint import JointScores, means
from ganeval.intervals.multiplicity import FEWEST_RUNS, RankSet, in_order, ranks

SCHEMA = 1
DEFAULT = ("kid", "precision-recall", "copying")


@dataclass(frozen=True)
class Contender:
    """One side: its name, its training runs, their scores by key, and what speaks against praise.

    `copying` says why its images look copied: nothing of it is called better. `doubts` say that a distance is blind
    to what is wrong with it: it is not called closer.
    """

    name: str
    runs: tuple[str, ...]
    scores: Mapping[str, tuple[float | None, ...]]
    copying: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Differences of all pairs of sides with their verdicts, and what made them.

    `rows` come pair by pair; a difference is that of the second side less the first. `n` images of every run, and the
    same `n_real` reals, were used. `copying` says whether a copying number was measured. `ranks` are rank sets in each
    score, of three sides or more.
    """

    rows: tuple[Row, ...]
    sides: tuple[Contender, ...]
    ranks: Mapping[str, tuple[RankSet, ...]]
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
        copying, doubted = (
            [side.name for side in (first, second) if alarm(side)]
            for alarm in (lambda side: side.copying, lambda side: side.doubts)
        )
        about = scope((first.name, len(first.runs)), (second.name, len(second.runs)))
        return f"{conclusion(self.between(first, second), copying=copying, doubted=doubted)} {about}"

    def to_json(self) -> str:
        """Everything, with the verdicts in words."""
        fields = {"schema": SCHEMA, **dataclasses.asdict(self), "protocol": self.protocol.to_json()}
        fields["rows"] = [{**dataclasses.asdict(row), "words": row.words} for row in self.rows]
        fields["conclusions"] = [
            {"first": a.name, "second": b.name, "sentence": self.conclusion(a, b)} for a, b in self.pairs
        ]
        return json.dumps(fields, indent=2, ensure_ascii=False, allow_nan=False)


def compare(
    real: ImagesLike,
    fakes: Mapping[str, ImagesLike] | Sequence[ImagesLike],
    *,
    metrics: Sequence[str] = DEFAULT,
    train: ImagesLike = None,
    held_out: ImagesLike = None,
    at_least: AtLeast | None = None,
    **options: Unpack[Options],
) -> Comparison:
    """Say in what two or more sets of fakes differ, and how surely: `compare("real/", {"A": "gan/", "B": "vae/"})`.

    A side is whatever `evaluate` takes, or a list of such: training runs of one method, five or more for a claim
    about it. Sides without names are called A, B, C … `at_least` maps a score's key to the smallest
    difference that matters, a number or a share such as "2%" ({"fd": "1.3%"} is the default with one run a side).
    `level` holds for all verdicts together. Options are those of `evaluate`. Raises GanevalError.

    >>> rng = np.random.default_rng(0)
    >>> real, near, far = (rng.normal(shift, 1, (200, 4)) for shift in (0, 0, 1))
    >>> found = compare(real, {"A": far, "B": near}, metrics=["kid"], extractor="features", cache="off")
    >>> found.rows[0].words, found.conclusion(*found.sides)
    ('B closer', 'B closer overall. This is about these images.')
    """
    settings = settings_for(real, metrics=metrics, **options)
    named = dict(fakes) if isinstance(fakes, Mapping) else dict(zip(letters(), fakes, strict=False))
    sides = {name: side if isinstance(side, list | tuple) else [side] for name, side in named.items()}
    beside = {"train": train, "held_out": held_out}
    return compared(real, sides, settings=settings, at_least=at_least, beside=beside)


def letters() -> Iterator[str]:
    """A, B … Z, AA, AB …: what sides without a name are called."""
    return ("".join(name) for length in count(1) for name in product(ascii_uppercase, repeat=length))


def compared(
    real: ImagesLike,
    sides: Mapping[str, Sequence[ImagesLike]],
    *,
    settings: Settings,
    at_least: AtLeast | None = None,
    beside: Mapping[str, ImagesLike] | None = None,
) -> Comparison:
    """The comparison of named sides, each a sequence of runs; every source is read once.

    `beside` are train and held-out images, by role.
    """
    require_metrics(settings)
    intervals = _intervals_of(sides, settings)
    smallest = margins(settings, at_least or {}, several=len(next(iter(sides.values()))) > 1)
    passes = paired(real, [one for side in sides.values() for one in side], settings=settings, beside=beside or {})
    quick = replace(settings, intervals=None)
    reports = tuple(scored(passes.sides(number), quick) for number in range(len(passes.fakes)))
    runs = _numbered(sides)
    placed = ComparedReports(passes, reports, settings, runs)
    names = [f"{name} ({passes.fakes[i].spec})" for name in runs for i in runs[name]]
    contenders = tuple(_contender(name, placed) for name in runs)
    scores = joints(placed)
    return Comparison(
        rows=judged(
            pair_rows(placed, scores, smallest=smallest),
            level=intervals.level,
            alarms=frozenset(side.name for side in contenders if side.copying),
            doubted=frozenset(side.name for side in contenders if side.doubts),
        ),
        sides=contenders,
        ranks={c.keys[key]: sets for c, key, joint in scores if (sets := _ranks(c, key, joint, placed, contenders))},
        real=passes.real.spec,
        n_real=passes.real.n,
        n=min(fake.n or 0 for fake in passes.fakes),
        level=intervals.level,
        copying=any(c.metric.aspect(key) == "copying" for c in settings.metrics for key in c.metric.scores),
        protocol=settings.protocol,
        signature=reports[0].signature,
        seed=settings.seed,
        warnings=(*passes.warnings(names, quick), *passes.dependences(names)),
        versions=reports[0].versions,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _numbered(sides: Mapping[str, Sequence[ImagesLike]]) -> dict[str, tuple[int, ...]]:
    """The numbers of each side's runs among all."""
    numbers = count()
    return {name: tuple(next(numbers) for _ in side) for name, side in sides.items()}


def _intervals_of(sides: Mapping[str, Sequence[ImagesLike]], settings: Settings) -> IntervalSettings:
    """What a comparison is made of; SpecError where there is nothing to compare."""
    if settings.intervals is None:
        raise SpecError("a comparison is made of intervals: drop --no-interval (interval='off')")
    if len(sides) < 2:
        raise SpecError(f"a comparison needs two sides or more, got {len(sides)}")
    counts = {name: len(side) for name, side in sides.items()}
    if min(counts.values()) < 1 or (min(counts.values()) == 1 < max(counts.values())):
        text = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise SpecError(f"{text} runs: give one run of every side, or two or more of every side (better five)")
    return settings.intervals


def _contender(name: str, placed: ComparedReports) -> Contender:
    reports = [placed.reports[i] for i in placed.runs[name]]
    scores = {key: tuple(report[key].value for report in reports) for key in reports[0]}
    copying = dict.fromkeys(alarm for report in reports for alarm in report.alarms)
    counts = {"real": placed.found.real.n, "fake": placed.found.fakes[0].n}
    doubts = dict.fromkeys(contradiction(report, placed.settings, counts=counts) for report in reports)
    specs = tuple(placed.found.fakes[i].spec for i in placed.runs[name])
    return Contender(name=name, runs=specs, scores=scores, copying=tuple(copying), doubts=tuple(filter(None, doubts)))


def _ranks(
    selection: SelectedMetric, key: str, joint: JointScores, placed: ComparedReports, contenders: Sequence[Contender]
) -> tuple[RankSet, ...]:
    """Rank sets of three sides or more; those that may not be praised, or tell too little, are listed unranked."""
    if len(contenders) < 3 or joint.reason:
        return ()
    barred = {side.name for side in contenders if side.copying}
    if selection.metric.aspect(key) == "overall":
        barred |= {side.name for side in contenders if side.doubts}
    able = {
        name: own
        for name, own in placed.runs.items()
        if name not in barred and not 1 < len(own) < FEWEST_RUNS and missing(joint, placed, sides=[name]) is None
    }
    if len(able) < 2:
        return ()
    assert placed.settings.intervals is not None
    better = selection.metric.scores[key].better
    level, seed = placed.settings.intervals.level, placed.settings.seed
    pairs = ranks(means(joint, sides=list(able.values())), better=better, level=level, seed=seed)
    places = dict(zip(able, pairs, strict=True))
    average = {name: float(np.mean(joint.centres[list(own)])) for name, own in placed.runs.items()}
    sets = [
        RankSet(name, average[name], len(own), *places.get(name, (None, None))) for name, own in placed.runs.items()
    ]
    return in_order([one for one in sets if not np.isnan(one.mean)], better=better)
