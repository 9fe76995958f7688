"""The interval of a distance whose bias falls as 1/n: the Fréchet distance.

With F_n at n images a side and F_{n/2} over halves, b = mean F_{n/2} − F_n is the bias if it falls as 1/n
(Richardson), and the value without it is

    C = F_n − b + ρ² b²/tr Σ,  ρ = (1/n − 1/m)/(1/n + 1/m), 1/m = 0 for a population, Σ the mean covariance.

The last term is of second order. For Gaussian rows with one spectrum E F = d ((g + h)/4 + (g − h)²/32 + …) with
g = d/n, h = d/m, from E √λ = 1 − g/8 − g²/64 − … under the law of Marchenko & Pastur: it cancels between equal n, and
without it the interval against a population held the truth in 5 % of draws at n = 2d. The standard error V^½ is the
larger of two:

* first order, from the effect of every row on the distance (`Influence.influence`; Rippl, Munk & Sturm 2016). No row
  carries more than an eighth of it: of heavy tails, where one often carried half, the interval was twice too wide;
* between equal laws, where first-order effects vanish by chance, from the distance's second-order kernel
  (`Influence.null_spread`).

The interval is [C − z V^½ − r, C + z V^½ + z² V / 4 F_n]. The last term makes the upper end that of the distance's
square root, which is what is nearly normal when few directions matter; it is at most z V^½. r = b (1 − 1/t)/2 is what
heavy tails leave of the bias: t is how much heavier the lengths of the rows vary than a Gaussian's of the same
covariance. For Student-t, lognormal and sparse rectified rows the rest was 0.2 to 0.6 b (1 − 1/t) at every n
(docs/coverage.md).

No interval is given below two images a dimension, where halves have singular covariances; where r exceeds 0.8 V^½; and
where few images carry the variance: below eight times κ = 1 + d_eff · Var|a|²/(E|a|²)², the mean kurtosis of
independent features (3 for Gaussian ones, 1/p for zeros with a share p of ones), d_eff = (tr Σ)²/tr Σ². Both are
measured on the rows themselves, and rotating the features changes neither.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from ganeval.core.estimate import Estimate, IntervalSettings, beyond_square, normal_quantile
from ganeval.core.rows import BLOCK, Moments, Rows, Statistic, as_moments

_ROWS_OF_KURTOSIS = 8
_LEAST = 50
_MOST_OF_VARIANCE = 1 / 8
_MOST_LEFT = 0.8
_SPLITS = 4
_WIDE = 512


@runtime_checkable
class Influence(Protocol):
    """What the metric must be able to tell: the hooks of `InfluenceFunction`."""

    def __call__(self, *, real: Statistic, fake: Statistic) -> Mapping[str, float]:
        """The only score."""
        ...

    def influence(self, *, real: Statistic, fake: Statistic) -> Mapping[str, np.ndarray]:
        """By role whose rows are known the effect of each row on the score, mean 0."""
        ...

    def null_spread(self, *, real: Statistic, fake: Statistic) -> float:
        """E K² of the score's second-order kernel between equal laws."""
        ...


class Extrapolated(NamedTuple):
    """An estimate, and by sampled role the effect of every row on the score (none where there is no interval)."""

    estimate: Estimate
    effects: Mapping[str, np.ndarray]


def extrapolated(
    metric: Influence, statistics: Mapping[str, Statistic], *, value: float, intervals: IntervalSettings
) -> Extrapolated:
    """The estimate of a metric with one score; rows, not moments, mark the sides that are samples."""
    rows = {role: side for role, side in statistics.items() if isinstance(side, Rows)}
    moments = {role: as_moments(side) for role, side in statistics.items()}
    shapes = {role: _shape(side, moments[role]) for role, side in rows.items()}
    few = _too_few(rows, shapes)
    if few is not None:
        return Extrapolated(Estimate(value, reason=few), {})
    splits = _SPLITS if next(iter(moments.values())).d <= _WIDE else 1
    bias = _mean_of_halves(metric, {**moments, **rows}, splits=splits, seed=intervals.seed) - value
    corrected = value - bias + _second_order(bias, moments, rows)
    effects = metric.influence(**statistics)
    first = _capped(np.concatenate([np.square(effects[role]) / (side.n * (side.n - 1)) for role, side in rows.items()]))
    variance = max(first, _second_order_variance(metric, statistics, rows, splits))
    rest = max(0.0, bias) * (1 - 1 / max(shape.tail for shape in shapes.values())) / 2
    if rest**2 > _MOST_LEFT**2 * variance:
        n = min(side.n for side in rows.values())
        needed = int(np.ceil(n * rest**2 / (_MOST_LEFT**2 * variance) / 100)) * 100
        reason = f"heavy tails: halves tell too little of the bias, about {needed:,} images needed"
        return Extrapolated(Estimate(value, reason=reason), {})
    z = normal_quantile(intervals.level)
    reach = z * float(np.sqrt(variance))
    above = beyond_square(value, reach)
    estimate = Estimate(
        value=value,
        corrected=corrected,
        low=corrected - reach - rest,
        high=corrected + reach + above,
        level=intervals.level,
        method="influence functions, bias by half-samples",
    )
    return Extrapolated(estimate, effects)


class _Shape(NamedTuple):
    """How unevenly the rows of a side carry its variance."""

    tail: float
    kurtosis: float


def _shape(side: Rows, moments: Moments) -> _Shape:
    """E|a|⁴ / (E|a|²)² is 1 + 2/d_eff for Gaussian rows; `tail` is its ratio to that, at least 1."""
    squared = np.concatenate(
        [np.square(side.values[i : i + BLOCK] - moments.mean).sum(axis=1) for i in range(0, side.n, BLOCK)]
    )
    mean = float(squared.mean())
    if mean == 0:
        return _Shape(1.0, 1.0)
    covariance = moments.covariance
    effective = float(np.trace(covariance)) ** 2 / float(np.square(covariance).sum())
    spread = float(squared.var()) / mean**2
    return _Shape(max(1.0, (1 + spread) / (1 + 2 / effective)), 1 + effective * spread)


def _too_few(rows: Mapping[str, Rows], shapes: Mapping[str, _Shape]) -> str | None:
    for role, side in rows.items():
        needed = max(2 * side.values.shape[1], _LEAST)
        if side.n < needed:
            return f"{side.n:,} {role} images, {needed:,} needed"
        needed = int(np.ceil(_ROWS_OF_KURTOSIS * shapes[role].kurtosis))
        if side.n < needed:
            return f"{side.n:,} {role} images, {needed:,} needed for features as sparse or heavy-tailed as these"
    return None


def _mean_of_halves(metric: Influence, statistics: Mapping[str, Statistic], *, splits: int, seed: int) -> float:
    values = []
    for split in range(splits):
        for part in (0, 1):
            halves = {
                role: _half(side, part, split, seed=seed, role=role) if isinstance(side, Rows) else side
                for role, side in statistics.items()
            }
            values += metric(**halves).values()
    return float(np.mean(values))


def _half(side: Rows, part: int, split: int, *, seed: int, role: str) -> Moments:
    return side.chosen(np.sort(side.ordered(seed=seed, purpose=f"halves, {role}", i=split)[part::2])).moments


def _second_order(bias: float, moments: Mapping[str, Moments], rows: Mapping[str, Rows]) -> float:
    shares = [1 / rows[role].n if role in rows else 0.0 for role in moments]
    unequal = (shares[0] - shares[1]) / (shares[0] + shares[1])
    trace = float(np.mean([np.trace(side.covariance) for side in moments.values()]))
    return unequal**2 * bias**2 / trace if trace > 0 else 0.0


def _second_order_variance(
    metric: Influence, statistics: Mapping[str, Statistic], rows: Mapping[str, Rows], splits: int
) -> float:
    """What is left between equal laws; few splits of halves add to it."""
    shares = sum(1 / side.n for side in rows.values())
    return 2 * metric.null_spread(**statistics) * shares**2 * (1 + 1 / splits)


def _capped(parts: np.ndarray) -> float:
    """The sum of the parts, none of them above an eighth of it.

    >>> _capped(np.ones(10)), _capped(np.array([100.0, *np.ones(14)]))  # 14 + 16/8
    (10.0, 16.0)
    """
    largest = np.sort(parts)[::-1]
    cut = np.arange(min(len(parts), round(1 / _MOST_OF_VARIANCE)))
    totals = (parts.sum() - np.concatenate([[0.0], np.cumsum(largest)])[cut]) / (1 - cut * _MOST_OF_VARIANCE)
    return float(totals[np.argmax(largest[cut] <= _MOST_OF_VARIANCE * totals + 1e-12 * totals[0])])
