"""Many comparisons at once: Holm's levels for a table of differences, and rank sets for a leaderboard."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from ganeval.core.errors import SpecError
from ganeval.metrics.base import Better

_DRAWS = 4000
FEWEST_RUNS = 5


def holm_levels(p_values: Sequence[float], *, level: float) -> list[float]:
    """The confidence level at which each difference is judged, so that any false verdict is as rare as 1 − level.

    Holm's procedure (1979): the smallest of m p-values is compared with α/m, the next with α/(m − 1), until one is too
    large; it and all larger ones stay at its step. An interval at the returned level leaves 0 out exactly
    where Holm rejects, so verdict and interval never contradict each other.

    >>> [round(1 - found, 4) for found in holm_levels([0.04, 0.001, 0.03], level=0.95)]
    [0.025, 0.0167, 0.025]
    """
    order = np.argsort(p_values, kind="stable")
    levels = [0.0] * len(order)
    alpha, stopped = 1 - level, False
    share = alpha
    for step, position in enumerate(order):
        if not stopped:
            share = alpha / (len(order) - step)
            stopped = p_values[position] > share
        levels[position] = 1 - share
    return levels


@dataclass(frozen=True)
class RankSet:
    """Where a model may stand: its mean over runs, and the best and worst rank that the runs do not exclude.

    `best` and `worst` are None for a model that is listed, not ranked: with fewer than five runs, for instance.
    """

    name: str
    mean: float
    runs: int
    best: int | None
    worst: int | None


@dataclass(frozen=True)
class Means:
    """What models are ranked by: the mean of each, and how all of them err.

    `own` is the variance of each mean that its runs tell, with `degrees` of freedom. `covariance` is what comes on top
    of it, right for differences between models, with `shared_degrees`.
    """

    values: Float64[np.ndarray, " p"]
    own: Float64[np.ndarray, " p"]
    degrees: Float64[np.ndarray, " p"]
    covariance: Float64[np.ndarray, "p p"]
    shared_degrees: float = np.inf

    @classmethod
    def of_runs(cls, runs: Sequence[Sequence[float] | np.ndarray]) -> "Means":
        """From the scores of several runs of each model, and nothing else."""
        means = np.array([np.mean(scores) for scores in runs], float)
        own = np.array([np.var(scores, ddof=1) / len(scores) for scores in runs], float)
        degrees = np.array([len(scores) - 1 for scores in runs], float)
        return cls(means, own, degrees, np.zeros((len(runs),) * 2))


def rank_sets(
    scores: Mapping[str, Sequence[float] | np.ndarray],
    *,
    better: Better,
    level: float = 0.95,
    seed: int = 0,
    smallest: float = 0.0,
) -> tuple[RankSet, ...]:
    """Rank sets of many models from the scores of their training runs, best mean first; right for all at once.

    All pairwise differences are tested together by the largest studentised one, stepping down (Mogstad, Romano,
    Shaikh & Wilhelm, Inference for Ranks, Review of Economic Studies 91, 2024; Romano & Wolf 2005). Its law is drawn by
    a parametric bootstrap that redraws the few runs' variances too (normal means, χ² variances), so that few runs
    mean wide sets. With p models of which a are significantly better and b worse than one, its rank lies in
    [1 + a, p − b]. Models with fewer than five runs are listed without a rank, and count for nothing. With `smallest`
    a difference is significant only where it is surely larger than that.

    >>> far = {"x": [1, 2, 3, 2, 1], "y": [9, 8, 9, 8, 9], "z": [8, 9, 8, 9, 8], "new": [5]}
    >>> [(found.name, found.best, found.worst) for found in rank_sets(far, better="lower")]
    [('x', 1, 1), ('new', None, None), ('z', 2, 3), ('y', 2, 3)]
    """
    if not 0 < level < 1:
        raise SpecError(f"level = {level} is not possible: give a share such as 0.95")
    ranked = [name for name, runs in scores.items() if len(runs) >= FEWEST_RUNS]
    means = Means.of_runs([scores[name] for name in ranked])
    pairs = ranks(means, better=better, level=level, seed=seed, smallest=smallest)
    places = dict(zip(ranked, pairs, strict=True))
    sets = [
        RankSet(name, float(np.mean(runs)), len(runs), *places.get(name, (None, None))) for name, runs in scores.items()
    ]
    return in_order(sets, better=better)


def in_order(sets: Iterable[RankSet], *, better: Better) -> tuple[RankSet, ...]:
    """Best mean first."""
    return tuple(sorted(sets, key=lambda rank_set: rank_set.mean, reverse=better == "higher"))


def ranks(means: Means, *, better: Better, level: float, seed: int, smallest: float = 0.0) -> list[tuple[int, int]]:
    """The best and the worst rank of each model that are not excluded, by the procedure of `rank_sets`."""
    above = _significant(means, level, seed, smallest)
    above = above if better == "higher" else above.T
    p = len(means.values)
    return [(1 + int(above[:, own].sum()), p - int(above[own].sum())) for own in range(p)]


def _significant(means: Means, level: float, seed: int, smallest: float) -> np.ndarray:
    """(p, p): whether the row's mean is significantly above the column's by more than `smallest`: step-down max-|t|.

    The errors of pairs that models share are drawn apart from each other: their largest quotient is then not smaller.
    """
    p = len(means.values)
    above = np.zeros((p, p), bool)
    if p < 2:
        return above
    i, j = np.triu_indices(p, 1)
    variances = np.diag(means.covariance)
    apart = variances[i] + variances[j]
    shared = apart - 2 * means.covariance[i, j]
    shared = np.where(shared > 1e-12 * apart, shared, 0.0)  # of models with the same images, but for rounding
    observed = _studentised(means.values[None], (means.own[i] + means.own[j] + shared)[None], i, j, smallest)[0]
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((_DRAWS, p)) * np.sqrt(means.own) + _normal(means.covariance, rng)
    own = means.own * _spread(means.degrees, (_DRAWS, p), rng)
    errors = own[:, i] + own[:, j] + shared * _spread(means.shared_degrees, (_DRAWS, len(i)), rng)
    drawn = np.where(errors > 0, _studentised(noise, errors, i, j), 0.0)
    left = np.ones(len(i), bool)
    while left.any():
        limit = np.quantile(np.abs(drawn[:, left]).max(axis=1), level)
        rejections = left & (np.abs(observed) > limit)
        if not rejections.any():
            break
        left &= ~rejections
    for a, b, t in zip(i[~left], j[~left], observed[~left], strict=True):
        above[(a, b) if t > 0 else (b, a)] = True
    return above


def _normal(covariance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draws of a normal law, mean 0."""
    values, vectors = np.linalg.eigh(covariance)
    return rng.standard_normal((_DRAWS, len(values))) * np.sqrt(np.maximum(values, 0.0)) @ vectors.T


def _spread(degrees: float | np.ndarray, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """χ² ÷ its degrees of freedom: how an estimated variance scatters around 1."""
    known = np.where(np.isfinite(degrees) & (np.asarray(degrees) > 0), degrees, 1.0)
    return np.where(np.isfinite(degrees), rng.chisquare(known, shape) / known, 1.0)


def _studentised(
    means: np.ndarray, variances: np.ndarray, i: np.ndarray, j: np.ndarray, smallest: float = 0.0
) -> np.ndarray:
    """Differences beyond `smallest` over their standard errors; one without any error is infinite, none at all 0."""
    gaps = means[:, i] - means[:, j]
    gaps = np.sign(gaps) * np.maximum(np.abs(gaps) - smallest, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gaps == 0, 0.0, gaps / np.sqrt(variances))
