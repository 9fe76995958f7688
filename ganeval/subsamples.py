"""How scores spread over subsamples of the rows drawn without replacement, scaled to what scores of all rows do.

With V(b) the variance of a score of b rows, that over subsamples of b of n rows is about V(b) (1 − b/n) (Politis &
Romano 1994). Where V falls as b^−γ, V(n) = V(b) (b/n)^γ. For means γ is 1. Where a few rows are
neighbours of many others, as of heavy tails in high dimensions, balls around reals share their luck and γ is less:
it is found from subsamples of two sizes (Bertail, Politis & Romano 1999), at most 1 and at least ½, for it is noisy.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64

from ganeval.statistics import Rows

Parts = Mapping[Any, Rows]
SUBSAMPLES = 20
_SMALL = 40  # subsamples of the second size
_SMALLER = 4
_LARGEST = 2000


def subsample_deviations(
    scores: Callable[[Parts], Sequence[float | None]], sides: Parts, *, minimum: int, seed: int
) -> Float64[np.ndarray, "draws k"] | str:
    """Deviations of k scores, a row for a subsample, whose products sum to their covariance; or why there are none.

    NaN where a subsample has no score. A score must have more than `minimum` rows a side.

    >>> rows = Rows.of(np.arange(400), np.random.default_rng(0).standard_normal((400, 1)))
    >>> mean = lambda parts: [float(parts["fake"].values.mean())]
    >>> found = subsample_deviations(mean, {"fake": rows}, minimum=1, seed=0)
    >>> 0.03 < float(np.linalg.norm(found)) < 0.08  # the standard error of a mean of 400, 1/20
    True
    """
    share = _share(sides.values(), minimum=minimum)
    if share is None:
        return f"too few images for subsamples: {2 * _SMALLER * (minimum + 1)} needed"
    found = [_drawn(scores, sides, share=share, draws=range(SUBSAMPLES), seed=seed)]
    small = range(SUBSAMPLES, SUBSAMPLES + _SMALL)
    found.append(_drawn(scores, sides, share=share / _SMALLER, draws=small, seed=seed))
    variances = [
        np.var(each, axis=0, ddof=1) / (1 - b) for each, b in zip(found, (share, share / _SMALLER), strict=True)
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.log(variances[1] / variances[0]) / np.log(_SMALLER)
    rate = np.clip(np.nan_to_num(rate, nan=1.0), 0.5, 1.0)
    factor = share**rate / (1 - share) / (SUBSAMPLES - 1)
    return np.sqrt(factor) * (found[0] - found[0].mean(axis=0))


def _share(sides: Collection[Rows], *, minimum: int) -> float | None:
    """How much of every side a subsample takes."""
    share = min(0.5, _LARGEST / max(side.n for side in sides))
    return share if min(int(share / _SMALLER * side.n) for side in sides) > minimum else None


def _drawn(
    scores: Callable[[Parts], Sequence[float | None]], sides: Parts, *, share: float, draws: range, seed: int
) -> np.ndarray:
    parts = (
        {name: side.hashed(slice(int(share * side.n)), seed=seed + 1 + draw) for name, side in sides.items()}
        for draw in draws
    )
    return np.array([scores(part) for part in parts], float)
