"""Many comparisons at once: Holm's levels for a table of differences, and rank sets for a leaderboard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ganeval.errors import SpecError
from ganeval.metric import Better

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

    `best` and `worst` are None with fewer than five runs: such a model is listed, not ranked.
    """

    name: str
    mean: float
    runs: int
    best: int | None
    worst: int | None


def rank_sets(
    scores: Mapping[str, Sequence[float] | np.ndarray], *, better: Better, level: float = 0.95, seed: int = 0,
    smallest: float = 0.0,
) -> tuple[RankSet, ...]:  # fmt: skip
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
    means = {name: float(np.mean(runs)) for name, runs in scores.items()}
    ranked = [name for name, runs in scores.items() if len(runs) >= FEWEST_RUNS]
    sign = 1.0 if better == "higher" else -1.0
    above = _significant([sign * np.asarray(scores[name], float) for name in ranked], level, seed, smallest)
    sets = []
    for name in sorted(scores, key=lambda name: -sign * means[name]):
        best = worst = None
        if name in ranked:
            own = ranked.index(name)
            best, worst = 1 + int(above[:, own].sum()), len(ranked) - int(above[own].sum())
        sets.append(RankSet(name, means[name], len(scores[name]), best, worst))
    return tuple(sets)


def _significant(runs: Sequence[np.ndarray], level: float, seed: int, smallest: float) -> np.ndarray:
    """(p, p): whether the row's mean is significantly above the column's by more than `smallest`: step-down max-|t|."""
    p = len(runs)
    above = np.zeros((p, p), bool)
    if p < 2:
        return above
    means = np.array([np.mean(scores) for scores in runs])
    errors = np.array([np.var(scores, ddof=1) / len(scores) for scores in runs])
    degrees = np.array([len(scores) - 1 for scores in runs])
    i, j = np.triu_indices(p, 1)
    observed = _studentised(means[None], errors[None], i, j, smallest)[0]
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((_DRAWS, p)) * np.sqrt(errors)
    drawn = _studentised(noise, errors * rng.chisquare(degrees, (_DRAWS, p)) / degrees, i, j)
    left = np.ones(len(i), bool)
    while left.any():
        limit = np.quantile(np.abs(drawn[:, left]).max(axis=1), level)
        found = left & (np.abs(observed) > limit)
        if not found.any():
            break
        left &= ~found
    for a, b, t in zip(i[~left], j[~left], observed[~left], strict=True):
        above[(a, b) if t > 0 else (b, a)] = True
    return above


def _studentised(
    means: np.ndarray, errors: np.ndarray, i: np.ndarray, j: np.ndarray, smallest: float = 0.0
) -> np.ndarray:
    """Differences beyond `smallest` over their standard errors; one without any error is infinite, none at all 0."""
    gaps, spread = means[:, i] - means[:, j], np.sqrt(errors[:, i] + errors[:, j])
    gaps = np.sign(gaps) * np.maximum(np.abs(gaps) - smallest, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gaps == 0, 0.0, gaps / spread)
