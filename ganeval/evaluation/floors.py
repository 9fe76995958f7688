"""Floors: what real images score against other real ones, and the fakes beside them at the same n.

The real side is cut into two halves of n images by a seeded hash of the index, or held-out reals are given: one half
stands for the reals, the other is scored as fakes are. A score that reads the fakes alone is given the reals
instead. n is what the smallest side allows, and at most 5,000 so that the floor stays cheaper than the scores.

A distance below its floor is an alarm, not a prize: the fakes lie nearer to the reals than other reals do. Chance is
excluded by permutations: were fakes and the other reals of one law, the difference of their two distances would be as
likely as that of any two halves of both together, which are symmetric about 0. The difference, divided by the root
mean square of a few such, is compared with Student's t: an alarm by chance once in a thousand scores or less often.
Real sets and fakes often hold as many images of every class, and are then nearer to each other than random parts of
one set: so the parts for this test, and the permutations, have the same share of every k-means cluster of the reals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from ganeval.core.errors import TooFewError
from ganeval.core.randomness import hashed_order, purpose_seed
from ganeval.core.rows import Moments, Rows, Statistic, as_moments
from ganeval.evaluation.engine import Features
from ganeval.evaluation.scores import outcomes
from ganeval.metrics._mode_bins import nearest_means
from ganeval.metrics.base import Metric
from ganeval.report.report import Floor

LARGEST = 5000
_PERMUTATIONS = 7
_CLUSTERS, _PER_CLUSTER = 50, 25  # at most, and images to expect in one
_CHANCE = 0.001

Scores = Mapping[str, float | None]
Other = Literal["half", "held-out", "itself"]


@dataclass(frozen=True)
class _Sides:
    """As many reals, other reals and fakes, as rows of one view."""

    real: Rows
    other: Rows
    fake: Rows
    kind: Other


def floors(metrics: Sequence[Metric], sides: Mapping[str, Features], *, seed: int) -> list[dict[str, Floor]]:
    """For each metric its floors by key; none where rows are not known, too few, or the metric tells its own."""
    by_metric: list[dict[str, Floor]] = [{} for _ in metrics]
    cuts: dict[tuple[str, bool], _Sides | None] = {}
    parts: dict[int, _Sides] = {}
    for i, metric in enumerate(metrics):
        kind = metric.view, "real" in metric.roles
        cut = cuts[kind] if kind in cuts else cuts.setdefault(kind, _cut(*kind, sides=sides, seed=seed))
        if cut is not None and not metric.has_own_floor and _is_enough(metric, cut.fake.n):
            parts[i] = cut
    subset = [metrics[i] for i in parts]
    real = outcomes(subset, [_statistics(metrics[i], cut.real, cut.other) for i, cut in parts.items()])
    fake = outcomes(subset, [_statistics(metrics[i], cut.real, cut.fake) for i, cut in parts.items()])
    alike = cache(lambda i: _alike(parts[i], seed))  # by the first metric that reads the same rows
    for (i, cut), ours, theirs in zip(parts.items(), real, fake, strict=True):
        alarms: set[str] = set()
        keys = [key for key in metrics[i].scores if _gap(key, theirs.scores, ours.scores) < 0]
        if keys and metrics[i].group == "distance" and cut.kind != "itself":
            alarms = _alarms(metrics[i], alike(next(j for j in parts if parts[j] is cut)), keys, seed)
        for key, value in ours.scores.items():
            beside = theirs.scores[key]
            if value is not None and beside is not None:
                by_metric[i][key] = Floor(
                    value=float(value), fake=float(beside), n=cut.fake.n, other=cut.kind, alarm=key in alarms
                )
    return by_metric


def _cut(view: str, paired: bool, *, sides: Mapping[str, Features], seed: int) -> _Sides | None:
    """Equal parts of the sides; `paired` metrics read reals and fakes, others the fakes alone."""
    statistics = {role: side.statistics.get(view) for role, side in sides.items()}
    real, fake, other = statistics.get("real"), statistics.get("fake"), statistics.get("held_out")
    if not isinstance(real, Rows) or not isinstance(fake, Rows):
        return None
    others: Rows = other if paired and isinstance(other, Rows) else real
    kind: Other = "itself" if not paired else "half" if others is real else "held-out"
    n = min(LARGEST, fake.n, real.n // 2 if kind == "half" else min(real.n, others.n))
    start, drawn = n if kind == "half" else 0, purpose_seed(seed, "floors")
    other_half = others.hashed(slice(start, start + n), seed=drawn)
    return _Sides(real.hashed(slice(n), seed=drawn), other_half, fake.hashed(slice(n), seed=drawn), kind)


def _is_enough(metric: Metric, n: int) -> bool:
    try:
        metric.require(**dict.fromkeys(metric.roles, n))
    except TooFewError:
        return False
    return True


def _statistics(metric: Metric, real: Statistic, fake: Statistic) -> dict[str, Statistic]:
    sides = {"real": real, "fake": fake}
    return {role: as_moments(sides[role]) if metric.statistic is Moments else sides[role] for role in metric.roles}


def _alarms(metric: Metric, alike: tuple[np.ndarray, ...], keys: Sequence[str], seed: int) -> set[str]:
    """The distances that are lower than chance allows, between parts with the same share of every cluster."""
    real, other, fake = alike
    if not _is_enough(metric, len(real)):
        return set()
    from scipy.stats import t

    fixed = _statistics(metric, _rows(real), _rows(real))["real"]

    def gaps(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
        scores = [metric(**_statistics(metric, fixed, _rows(values))) for values in (first, second)]
        return {key: _gap(key, *scores) for key in keys}

    differences = gaps(fake, other)
    rng = np.random.default_rng(purpose_seed(seed, "exchanges"))
    draws = [gaps(*_exchanged(fake, other, rng)) for _ in range(_PERMUTATIONS)]
    limit = float(t.ppf(1 - _CHANCE, _PERMUTATIONS))
    return {key for key in keys if differences[key] < -limit * np.sqrt(np.mean([draw[key] ** 2 for draw in draws]))}


def _alike(cut: _Sides, seed: int) -> tuple[np.ndarray, ...]:
    """Of reals, other reals and fakes as many of every k-means cluster of the reals, cluster by cluster."""
    k = max(2, min(_CLUSTERS, cut.real.n // _PER_CLUSTER))
    assign = nearest_means(np.concatenate([cut.real.values, cut.other.values]), k=k, seed=seed, rounds=50)
    sides = cut.real, cut.other, cut.fake
    members = [
        _members(assign(side.values), hashed_order(side.index, seed=purpose_seed(seed, "clusters")), k)
        for side in sides
    ]
    counts = [min(map(len, cluster)) for cluster in zip(*members, strict=True)]
    positions = [np.concatenate([m[:n] for m, n in zip(own, counts, strict=True)]) for own in members]
    return tuple(side.values[picked] for side, picked in zip(sides, positions, strict=True))


def _members(clusters: np.ndarray, order: np.ndarray, k: int) -> list[np.ndarray]:
    """The positions in each of k clusters, in the given order."""
    return [order[clusters[order] == c] for c in range(k)]


def _exchanged(fake: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two halves of both, in which the row at each place comes from one or the other: clusters keep their shares."""
    swapped = rng.random(len(fake)) < 0.5
    return np.where(swapped[:, None], other, fake), np.where(swapped[:, None], fake, other)


def _rows(values: np.ndarray) -> Rows:
    return Rows(np.arange(len(values), dtype=np.int64), values)


def _gap(key: str, one: Scores, other: Scores) -> float:
    """Their difference; infinite where one is withheld."""
    a, b = one[key], other[key]
    return np.inf if a is None or b is None else a - b
