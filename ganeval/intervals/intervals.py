"""How sure a score is: an interval for every metric, or the reason why there is none.

The layer dispatches on what a metric declares (`Metric.resample`), never on its name:

* `influence`: the delta method for the Fréchet distance, its bias removed by half-samples (`delta_method.py`).
* `u-statistic`: the variance of a two-sample U-statistic in closed form, and a permutation test (`two_sample.py`).
* `subsamples`: the spread over disjoint parts of both sides, scaled to n (`subsamples.py`).
  Never a bootstrap: repeated rows have distance 0 and shrink every ball.
* `counts`: `Metric.bounds`, exact for binomial counts (`shares.py`).
* `jackknife`: delete-a-group, the default, so that every new metric has an interval.

Images are treated as independent, and so are the sides: where fakes were made from the reals one by one, nothing is
said (`dependence.py`). An interval wider than all possible values (`Metric.range`), or apart from them, is withheld:
its standard error is broken. Groups, halves and subsamples come from a seeded hash of the rows' contents: the files of
real folders are sorted by class, and the same files in another order have the same interval. How often the intervals
hold the truth is simulated: docs/coverage.md.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from ganeval.core.estimate import Asked, Estimate, Range, beyond_range, beyond_square, student_quantile
from ganeval.core.rows import Rows, Statistic, as_moments
from ganeval.intervals.delta_method import extrapolated
from ganeval.intervals.subsamples import spread_over_parts
from ganeval.metrics.base import Metric, Outcome
from ganeval.numerics.duplicates import too_repeated

BEYOND = "the features are too large or too small to compute with: scale them"  # where float64 overflows
Interval = Literal["on", "off"]
Population = Literal["none", "real"]
GROUPS = 20


def estimates(
    metric: Metric, statistics: Mapping[str, Statistic], *, outcome: Outcome, asked: Asked, dependent: str | None = None
) -> dict[str, Estimate]:
    """An estimate for every score of the metric, by key.

    `dependent` says why the sides are not independent, where they are not.
    """
    if dependent is not None and metric.compares_sides:
        return _withheld(outcome, dependent)
    try:
        found = _estimates(metric, statistics, outcome, asked)
    except (ArithmeticError, np.linalg.LinAlgError):
        return _withheld(outcome, BEYOND)
    if all(estimate.low is None for estimate in found.values()):
        return found
    possible = metric.range(**statistics)
    return {key: _possible(estimate, possible.get(key, (None, None))) for key, estimate in found.items()}


def _possible(estimate: Estimate, possible: Range) -> Estimate:
    """The estimate, without its interval where that cannot be."""
    if estimate.low is None or estimate.high is None:
        return estimate
    reason = beyond_range(estimate.low, estimate.high, possible=possible)
    return estimate if reason is None else Estimate(estimate.value, reason=reason)


def _estimates(
    metric: Metric, statistics: Mapping[str, Statistic], outcome: Outcome, asked: Asked
) -> dict[str, Estimate]:
    known = {role for role, s in statistics.items() if role != "real" or isinstance(s, Rows)}  # a file is a population
    sampled = {role: s for role, s in statistics.items() if role in known - asked.fixed}
    rows = {role: s for role, s in sampled.items() if isinstance(s, Rows)}
    if not rows or len(rows) < len(sampled):
        reason = "the rows of the fakes are not known" if sampled else "every side is taken as fixed"
        return _withheld(outcome, reason)
    how = {
        "influence": _by_influence,
        "u-statistic": _by_u_statistic,
        "subsamples": _by_subsamples,
        "counts": _by_counts,
        "jackknife": _by_jackknife,
    }[metric.resample]
    return how(metric, statistics, rows, outcome, asked)


def _by_influence(
    metric: Any, statistics: Mapping[str, Statistic], rows: Mapping[str, Rows], outcome: Outcome, asked: Asked
) -> dict[str, Estimate]:
    ((key, value),) = outcome.scores.items()
    assert value is not None
    population = {role: as_moments(side) for role, side in statistics.items() if role not in rows}
    return {key: extrapolated(metric, {**rows, **population}, value=value, asked=asked).estimate}


def _by_u_statistic(
    metric: Any, statistics: Mapping[str, Statistic], rows: Mapping[str, Rows], outcome: Outcome, asked: Asked
) -> dict[str, Estimate]:
    ((key, value),) = outcome.scores.items()
    given = {role: rows.get(role, statistics[role]) for role in metric.roles}
    found = metric.two_sample(**given, sampled=frozenset(rows), seed=asked.seed)
    if isinstance(found, str):
        return _withheld(outcome, found)
    tested = "200 permutations" if found.p_value is not None else "too many images for a permutation test"
    reach = student_quantile(asked.level, degrees=max(found.degrees, 1.0)) * found.error
    above = beyond_square(found.plug_in, reach)
    return {
        key: Estimate(
            value, None, value - reach, value + reach + above, asked.level, f"variance of the U-statistic, {tested}",
            p_value=found.p_value,
        )
    }  # fmt: skip


def _by_subsamples(
    metric: Any, statistics: Mapping[str, Statistic], rows: Mapping[str, Rows], outcome: Outcome, asked: Asked
) -> dict[str, Estimate]:
    repeated = too_repeated(rows)
    if repeated:
        return _withheld(outcome, repeated)
    bounds = [metric.scores[key].bounds for key in outcome.scores]
    found = spread_over_parts(
        lambda parts: [_even(*pair) for pair in zip(metric(**{**statistics, **parts}).values(), bounds, strict=True)],
        rows,
        minimum=metric.minimum,
        seed=asked.seed,
    )
    if isinstance(found, str):
        return _withheld(outcome, found)
    t, n = student_quantile(asked.level, degrees=found.degrees), min(side.n for side in rows.values())
    return {
        key: _around_even(value, error, t, n, asked.level, found.how, bounds=ends)
        for (key, value), ends, error in zip(
            outcome.scores.items(), bounds, np.linalg.norm(found.deviations, axis=0).tolist(), strict=True
        )
    }


def _even(value: float | None, bounds: Range) -> float | None:
    """A share by its angle, arcsin √p, and a count by its root: errors there do not depend on the value."""
    if value is None or bounds not in ((0.0, 1.0), (0.0, None)):
        return value
    root = float(np.sqrt(value))
    return root if bounds[1] is None else float(np.arcsin(min(root, 1.0)))


def _around_even(
    value: float | None, error: float, t: float, n: int, level: float, method: str, *, bounds: Range
) -> Estimate:
    """A share of n has at least a binomial error, 1/(2√n) as an angle, also where all or none of them are in it.

    The angle around which the interval lies is Anscombe's (Biometrika 35, 1948), 3/8 of an image inwards.
    """
    if value is None or np.isnan(error):
        return Estimate(value, reason="without some of the images there is no score")
    if bounds == (0.0, 1.0):
        angle, reach = np.arcsin(np.sqrt((n * value + 3 / 8) / (n + 3 / 4))), t * max(error, 0.5 / np.sqrt(n))
        low, high = np.sin(np.maximum(0, angle - reach)) ** 2, np.sin(np.minimum(angle + reach, np.pi / 2)) ** 2
    elif bounds == (0.0, None):
        root = np.sqrt(value)
        low, high = max(0.0, root - t * error) ** 2, (root + t * error) ** 2
    else:
        return _around(value, t * error, level, method, bounds=bounds)
    return Estimate(value, None, min(value, float(low)), max(value, float(high)), level, method)


def _by_counts(
    metric: Any, statistics: Mapping[str, Statistic], rows: Mapping[str, Rows], outcome: Outcome, asked: Asked
) -> dict[str, Estimate]:
    found = metric.bounds(outcome, level=asked.level, sampled=frozenset(rows))
    reason = "what held-out reals score at this n stands beside it"
    return _withheld(outcome, reason) | found


def _by_jackknife(
    metric: Any, statistics: Mapping[str, Statistic], rows: Mapping[str, Rows], outcome: Outcome, asked: Asked
) -> dict[str, Estimate]:
    groups = min(GROUPS, *(side.n for side in rows.values()))
    left = min(side.n - int(np.ceil(side.n / groups)) for side in rows.values())
    if groups < 5 or left < metric.minimum:
        return _withheld(outcome, "too few images for a jackknife")
    orders = {role: side.ordered(seed=asked.seed, purpose=role) for role, side in rows.items()}
    found: list[Mapping[str, float | None]] = []
    for group in range(groups):
        given = {role: side.chosen(np.sort(_all_but(orders[role], group, groups))) for role, side in rows.items()}
        found.append(metric.for_spread(**{**statistics, **given}))
    return {key: _jackknifed(metric, key, value, found, asked.level) for key, value in outcome.scores.items()}


def _jackknifed(
    metric: Metric, key: str, value: float | None, found: Sequence[Mapping[str, float | None]], level: float
) -> Estimate:
    left = [scores[key] for scores in found]
    known = [score for score in left if score is not None]
    if value is None or len(known) < len(left):
        return Estimate(value, reason="without some of the images there is no score")
    groups = len(known)
    error = float(np.sqrt((groups - 1) / groups * np.sum(np.square(np.array(known) - np.mean(known)))))
    reach = student_quantile(level, degrees=groups - 1) * error
    return _around(value, reach, level, f"jackknife, {groups} groups", bounds=metric.scores[key].bounds)


def _around(value: float | None, reach: float, level: float, method: str, *, bounds: Range = (None, None)) -> Estimate:
    assert value is not None
    low, high = value - reach, value + reach
    low = low if bounds[0] is None else min(value, max(low, bounds[0]))
    high = high if bounds[1] is None else max(value, min(high, bounds[1]))
    return Estimate(value, None, low, high, level, method)


def _withheld(outcome: Outcome, reason: str) -> dict[str, Estimate]:
    return {key: Estimate(value, reason=reason) for key, value in outcome.scores.items()}


def _all_but(order: np.ndarray, group: int, groups: int) -> np.ndarray:
    kept = np.ones(len(order), bool)
    kept[group::groups] = False
    return order[kept]
