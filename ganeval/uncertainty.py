"""How sure a score is: an interval for every metric, or the reason why there is none.

The layer dispatches on what a metric declares (`Metric.resample`), never on its name:

* `influence`: the delta method for the Fréchet distance. `Metric.influence` gives the effect of every row; the
  bias is removed by half-samples, 2 F_n − mean F_{n/2} (Richardson in 1/n). First order: Rippl, Munk & Sturm 2016.
* `u-statistic`: `Metric.standard_error`, in closed form.
* `subsamples`: the spread over subsamples of both sides drawn without replacement, scaled to n (Politis & Romano
  1994). Never a bootstrap: repeated rows have distance 0 and shrink every ball.
* `counts`: `Metric.bounds`, exact for binomial counts.
* `jackknife`: delete-a-group, the default, so that every new metric has an interval.

Images are treated as independent. Groups, halves and subsamples come from a seeded hash of the index: the files of
real folders are sorted by class.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ganeval.metric import Metric, Outcome
from ganeval.statistics import Moments, Rows, Statistic, as_moments, hashed_order

Bounds = tuple[float | None, float | None]
Interval = Literal["on", "off"]
Population = Literal["none", "real"]
INDEPENDENT = (
    "Images are treated as independent: mirrored copies, video frames or one patient's slices are not, "
    "and make intervals too short."
)
_GROUPS = 20
_SUBSAMPLES = 20
_LARGEST_SUBSAMPLE = 2000
_SPLITS = 4
_WIDE = 512


@dataclass(frozen=True)
class Estimate:
    """A score with what is known about its error.

    `value` is the literature's number. `corrected` is it without its bias in n, where that can be had; then `low`
    and `high` bracket the corrected one. `reason` says why there is no interval.
    """

    value: float | None
    corrected: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    method: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Asked:
    """How intervals are wanted. `fixed` roles are taken as the population, not as a sample."""

    level: float = 0.95
    seed: int = 0
    fixed: frozenset[str] = field(default_factory=frozenset)


def estimates(
    metric: Metric, statistics: Mapping[str, Statistic], *, outcome: Outcome, asked: Asked
) -> dict[str, Estimate]:
    """An estimate for every score of the metric, by key."""
    plain = {key: Estimate(value) for key, value in outcome.scores.items()}
    sampled = {role: s for role, s in statistics.items() if role not in asked.fixed}
    sampled = {
        role: s for role, s in sampled.items() if role != "real" or isinstance(s, Rows)
    }  # a file is a population
    rows = {role: s for role, s in sampled.items() if isinstance(s, Rows)}
    if not rows or len(rows) < len(sampled):
        reason = "the rows of the fakes are not known" if sampled else "every side is taken as fixed"
        return {key: _without(estimate, reason) for key, estimate in plain.items()}
    how = {
        "influence": _by_influence,
        "u-statistic": _by_standard_error,
        "subsamples": _by_subsamples,
        "counts": _by_counts,
        "jackknife": _by_jackknife,
    }[metric.resample]
    found = how(metric, statistics, rows, outcome, asked)
    return {key: found.get(key, estimate) for key, estimate in plain.items()}


def _by_influence(
    metric: Any, statistics: Mapping[str, Statistic], rows: Mapping[str, Rows], outcome: Outcome, asked: Asked
) -> dict[str, Estimate]:
    (key,) = outcome.scores
    estimate = Estimate(outcome.scores[key])
    d = next(iter(rows.values())).values.shape[1]
    needed = int(np.ceil(2 * d * max(_tail(side.values) for side in rows.values())))
    few = {role: side.n for role, side in rows.items() if side.n < needed}
    if few:
        role, n = min(few.items(), key=lambda item: item[1])
        heavy = " for rows with tails like these" if needed > 2.2 * d else ""
        return {key: _without(estimate, f"{n:,} {role} images, {needed:,} needed{heavy}")}
    value = outcome.scores[key]
    assert value is not None
    effects = metric.influence(**{role: _of(statistics, rows, role) for role in metric.roles})
    error = float(np.sqrt(sum(np.var(effects[role], ddof=1) / side.n for role, side in rows.items())))
    halves = []
    for split in range(_SPLITS if d <= _WIDE else 1):
        for part in (0, 1):
            given = {role: as_moments(_half(side, split, part, asked.seed)) for role, side in rows.items()}
            fixed = {role: as_moments(s) for role, s in statistics.items() if role not in rows}
            halves.append(metric(**given, **fixed)[key])
    corrected = 2 * value - float(np.mean(halves))
    reach = _normal(asked.level) * error
    return {
        key: Estimate(
            value, corrected, corrected - reach, corrected + reach, asked.level,
            "influence functions, bias by half-samples",
        )
    }  # fmt: skip


def _by_standard_error(
    metric: Any, statistics: Mapping[str, Statistic], rows: Mapping[str, Rows], outcome: Outcome, asked: Asked
) -> dict[str, Estimate]:
    (key,) = outcome.scores
    error = metric.standard_error(
        **{role: _of(statistics, rows, role) for role in metric.roles}, sampled=frozenset(rows)
    )
    if isinstance(error, str):
        return {key: _without(Estimate(outcome.scores[key]), error)}
    return {key: _around(outcome.scores[key], _normal(asked.level) * error, asked.level, "variance of the U-statistic")}


def _by_subsamples(
    metric: Any, statistics: Mapping[str, Statistic], rows: Mapping[str, Rows], outcome: Outcome, asked: Asked
) -> dict[str, Estimate]:
    share = min(0.5, _LARGEST_SUBSAMPLE / max(side.n for side in rows.values()))
    least = min(int(share * side.n) for side in rows.values())
    if least <= metric.minimum:
        reason = f"too few images for subsamples: {2 * (metric.minimum + 1)} needed"
        return {key: _without(Estimate(value), reason) for key, value in outcome.scores.items()}
    found = []
    for draw in range(_SUBSAMPLES):
        given = {role: _part(side, share, asked.seed + 1 + draw) for role, side in rows.items()}
        found.append(metric(**{**statistics, **given}))
    scale = np.sqrt(share / (1 - share))
    reach = _student(asked.level, _SUBSAMPLES - 1)
    return {
        key: _around(
            value, reach * scale * float(np.std([scores[key] for scores in found], ddof=1)), asked.level,
            f"{_SUBSAMPLES} subsamples without replacement", bounds=metric.scores[key].bounds,
        )
        for key, value in outcome.scores.items()
    }  # fmt: skip


def _by_counts(
    metric: Any, statistics: Mapping[str, Statistic], rows: Mapping[str, Rows], outcome: Outcome, asked: Asked
) -> dict[str, Estimate]:
    bounds = metric.bounds(outcome, level=asked.level)
    found = {}
    for key, value in outcome.scores.items():
        if value is None or key not in bounds:
            found[key] = _without(Estimate(value), "what held-out reals score at this n stands beside it")
        else:
            low, high, method = bounds[key]
            found[key] = Estimate(value, None, low, high, asked.level, method)
    return found


def _by_jackknife(
    metric: Any, statistics: Mapping[str, Statistic], rows: Mapping[str, Rows], outcome: Outcome, asked: Asked
) -> dict[str, Estimate]:
    groups = min(_GROUPS, *(side.n for side in rows.values()))
    left = min(side.n - int(np.ceil(side.n / groups)) for side in rows.values())
    if groups < 5 or left < metric.minimum:
        return {
            key: _without(Estimate(value), "too few images for a jackknife") for key, value in outcome.scores.items()
        }
    orders = {role: hashed_order(side.index, seed=asked.seed) for role, side in rows.items()}
    found: list[Mapping[str, float | None]] = []
    for group in range(groups):
        given = {role: side.chosen(np.sort(_all_but(orders[role], group, groups))) for role, side in rows.items()}
        found.append(metric(**{**statistics, **given}))
    return {key: _jackknifed(metric, key, value, found, asked.level) for key, value in outcome.scores.items()}


def _jackknifed(
    metric: Metric, key: str, value: float | None, found: Sequence[Mapping[str, float | None]], level: float
) -> Estimate:
    left = [scores[key] for scores in found]
    known = [score for score in left if score is not None]
    if value is None or len(known) < len(left):
        return _without(Estimate(value), "without some of the images there is no score")
    groups = len(known)
    error = float(np.sqrt((groups - 1) / groups * np.sum(np.square(np.array(known) - np.mean(known)))))
    reach = _student(level, groups - 1) * error
    return _around(value, reach, level, f"jackknife, {groups} groups", bounds=metric.scores[key].bounds)


def _around(value: float | None, reach: float, level: float, method: str, *, bounds: Bounds = (None, None)) -> Estimate:
    assert value is not None
    low, high = value - reach, value + reach
    low = low if bounds[0] is None else min(value, max(low, bounds[0]))
    high = high if bounds[1] is None else max(value, min(high, bounds[1]))
    return Estimate(value, None, low, high, level, method)


def _without(estimate: Estimate, reason: str) -> Estimate:
    return Estimate(estimate.value, reason=reason)


def _of(statistics: Mapping[str, Statistic], rows: Mapping[str, Rows], role: str) -> Statistic:
    return rows.get(role, statistics[role])


def _half(side: Rows, split: int, part: int, seed: int) -> Rows:
    order = hashed_order(side.index, seed=seed + 1000 * (split + 1))
    return side.chosen(np.sort(order[part::2]))


def _part(side: Rows, share: float, seed: int) -> Rows:
    order = hashed_order(side.index, seed=seed)
    return side.chosen(np.sort(order[: int(share * side.n)]))


def _all_but(order: np.ndarray, group: int, groups: int) -> np.ndarray:
    kept = np.ones(len(order), bool)
    kept[group::groups] = False
    return order[kept]


def _tail(values: np.ndarray) -> float:
    """How much heavier the tails of the rows' lengths are than a Gaussian's of the same covariance; at least 1.

    E|a|⁴ / (E|a|²)² is 1 + 2 tr Σ² / (tr Σ)² for a Gaussian; covariances of rows with a ratio κ times that are as
    noisy as a Gaussian's from n/κ rows (elliptical laws).
    """
    moments = Moments.of(np.arange(len(values), dtype=np.int64), values)
    squared = np.concatenate(
        [np.square(values[i : i + 4096] - moments.mean).sum(axis=1) for i in range(0, len(values), 4096)]
    )
    total = float(squared.mean())
    if total == 0:
        return 1.0
    covariance = moments.covariance
    expected = 1 + 2 * float(np.square(covariance).sum()) / float(np.trace(covariance)) ** 2
    return max(1.0, float(np.square(squared).mean()) / total**2 / expected)


def _normal(level: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf((1 + level) / 2))


def _student(level: float, degrees: int) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + level) / 2, degrees))
