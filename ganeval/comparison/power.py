"""How many images a difference needs: the plan before the generators are run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import NamedTuple, Unpack

import numpy as np

from ganeval.comparison.compare import DEFAULT, compared
from ganeval.comparison.verdicts import POWER, Row, quantile
from ganeval.core.errors import SpecError, TooFewError
from ganeval.core.registry import entries
from ganeval.core.rows import Rows
from ganeval.core.spec import nearest_name, score_key
from ganeval.evaluation.engine import Features
from ganeval.evaluation.options import Options
from ganeval.evaluation.settings import Settings, require_metrics, settings_for
from ganeval.evaluation.sides import ImagesLike, extract, open_side
from ganeval.evaluation.warnings import side_warnings

_LEAST = 12


@dataclass(frozen=True)
class Need:
    """How many images a side, and reals, show a difference 4 times in 5.

    `n` images each were the pilot, where the difference had the standard error `error`; there are `available` reals,
    and all of them show one of `smallest` or more as often. `level` is the one at which the difference would be
    judged beside the other rows of a comparison.
    """

    key: str
    name: str
    difference: float
    needed: int
    n: int
    error: float
    available: int
    smallest: float
    level: float

    @property
    def enough(self) -> bool:
        """Whether there are as many reals."""
        return self.needed <= self.available


class Plan(NamedTuple):
    """The needs, by difference, and what is worth telling about the sides of the pilot."""

    needs: tuple[Need, ...]
    warnings: tuple[str, ...]


def with_scores(keys: Sequence[str], metrics: Sequence[str] | None = None) -> list[str]:
    """The metrics of a comparison that has all these scores: those given, else the default ones and what lacks.

    >>> with_scores(["kid", "fd"])
    ['kid', 'precision-recall', 'copying', 'fd']
    """
    return list(metrics) if metrics else list(dict.fromkeys([*DEFAULT, *owners(keys)]))


def owners(keys: Sequence[str]) -> list[str]:
    """The metric that yields each of these scores, with the options that a key states.

    >>> owners(["recall", "density:k=7", "energy_distance"])
    ['precision-recall', 'density-coverage:k=7', 'energy-distance']
    """
    known: dict[str, str] = {}
    for item in entries("metric"):
        cls = item.load()
        if not cls.insists_on_fid_inception or item.name in keys:
            known |= dict.fromkeys(cls.scores, item.name)
    specs = []
    for name, colon, options in (key.partition(":") for key in keys):
        score = score_key(name, known)
        if score not in known:
            raise SpecError(f"no score {score!r}{nearest_name(score, known)} (there are {', '.join(known)})")
        specs.append(known[score] + colon + options)
    return list(dict.fromkeys(specs))


def power(
    real: ImagesLike,
    fakes: Sequence[ImagesLike] = (),
    *,
    differences: Mapping[str, float],
    metrics: Sequence[str] | None = None,
    **options: Unpack[Options],
) -> Plan:
    """How many images a side show each difference, by score, 4 times in 5: `power("real/", differences={"kid": 1e-3})`.

    `fakes` are two small sets such as those that will be compared; without them parts of the reals stand in for
    perfect generators. `metrics` are those of the comparison that is planned, if not the default ones. Options are
    those of `evaluate`. Raises GanevalError.

    >>> real = np.random.default_rng(0).normal(size=(300, 3))
    >>> (need,) = power(real, differences={"kid": 0.1}, metrics=["kid"], extractor="features", cache="off").needs
    >>> need.enough, need.available
    (False, 300)
    """
    settings = settings_for(real, metrics=with_scores(list(differences), metrics), **options)
    return images_needed(real, fakes, differences=differences, settings=settings)


def images_needed(
    real: ImagesLike, fakes: Sequence[ImagesLike] = (), *, differences: Mapping[str, float], settings: Settings
) -> Plan:
    """For each difference, by score: n* = n · ((z + z₀.₈) · error / difference)², from a pilot of n images a side.

    The pilot are two sets of fakes such as those that will be compared, or, without any, three parts of the reals:
    perfect generators, whose differences have the smallest errors there can be at that n. z is at the strictest
    step of Holm's procedure in a comparison with the metrics of `settings`.
    """
    if len(fakes) not in (0, 2):
        raise SpecError(f"a pilot is two sets of fakes, or none: got {len(fakes)}")
    require_metrics(settings)
    reals = _rows_of(real, settings)
    pilots = [_rows_of(fake, settings) for fake in fakes]
    sides = list(pilots) or _parts(reals, 3, settings.seed)
    pilot_real = reals if fakes else sides.pop(0)
    n = min(_count(side) for side in (pilot_real, *sides))
    if n < _LEAST:
        raise TooFewError(f"{reals.spec}: {n} images a side are too few for a pilot: {_LEAST} or more are needed")
    first, second, cut_real = (_part(side, 0, _count(side) // n, n, settings.seed) for side in (*sides, pilot_real))
    comparison = compared(cut_real, {"A": [first], "B": [second]}, settings=replace(settings, n=None, floors=False))
    rows = {row.key: row for row in comparison.rows}
    level = 1 - (1 - comparison.level) / max(1, len(rows))
    needs = []
    metrics = {key: chosen.entry.name for chosen in settings.metrics for key in chosen.keys.values()}
    for name, difference in differences.items():
        key = score_key(name, metrics)
        if key not in rows:
            raise SpecError(f"no score {key!r} is compared{nearest_name(key, rows)} (there are {', '.join(rows)})")
        needs.append(_need(rows[key], difference, n=n, available=_count(reals), level=level))
    warnings = [warning for side in (reals, *pilots) for warning in side_warnings(side, settings)]
    return Plan(tuple(needs), tuple(dict.fromkeys(warnings)))


def _need(row: Row, difference: float, *, n: int, available: int, level: float) -> Need:
    if not abs(difference) > 0 or not np.isfinite(difference):
        raise SpecError(f"a difference of {difference} in {row.key} cannot be planned for: give its size")
    if row.error is None:
        raise TooFewError(f"{row.name}: the pilot gives no standard error ({row.reason})")
    reach = (quantile((1 + level) / 2, row.degrees) + quantile(POWER, row.degrees)) * row.error
    needed = max(2, ceil(n * (reach / abs(difference)) ** 2))
    smallest = float(reach * np.sqrt(n / available))
    return Need(
        key=row.key,
        name=row.name,
        difference=abs(difference),
        needed=needed,
        n=n,
        error=row.error,
        available=available,
        smallest=smallest,
        level=level,
    )


def _rows_of(images: ImagesLike, settings: Settings) -> Features:
    kept = dict.fromkeys({**settings.wants("real"), **settings.wants("fake")}, Rows)
    return extract(open_side(images, settings), settings, wants=kept)


def _count(side: Features) -> int:
    return min(rows.n for rows in side.statistics.values() if isinstance(rows, Rows))


def _parts(side: Features, parts: int, seed: int) -> list[Features]:
    return [_part(side, number, parts, _count(side) // parts, seed) for number in range(parts)]


def _part(side: Features, number: int, parts: int, n: int, seed: int) -> Features:
    """The first n of every `parts`-th row in hashed order, from `number` on."""
    part = slice(number, number + n * parts, parts)
    kept = {v: rows.hashed(part, seed=seed) for v, rows in side.statistics.items() if isinstance(rows, Rows)}
    name = f"{side.identity}#{number}/{parts}" if parts > 1 else side.identity
    return replace(side, statistics=kept, n=n, identity=name)
