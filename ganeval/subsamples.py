"""How scores spread over subsamples of the rows drawn without replacement, scaled to what scores of all rows do.

With V(b) the variance of a score of b rows, that over subsamples of b of n rows is about V(b) (1 − b/n) (Politis &
Romano 1994). Where V falls as b^−γ, V(n) = V(b) (b/n)^γ. For means γ is 1. Where a few rows are neighbours of many
others, as of heavy tails in high dimensions, the balls around all of them share their luck and γ is less. It is found
from subsamples of two sizes (Bertail, Politis & Romano 1999), at most 1 and at least ½, for it is noisy; ½ where there
are too few rows for the smaller size.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64

from ganeval.statistics import Rows

Parts = Mapping[Any, Rows]
SUBSAMPLES = 20
_SMALL = 40  # subsamples of the second size
_SMALLER = 4
_LARGEST = 2000
_LEAST_RATE = 0.5


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
    share = min(0.5, _LARGEST / max(side.n for side in sides.values()))
    if not _enough(sides, share, minimum):
        return f"too few images for subsamples: {2 * (minimum + 1)} needed"
    found = _drawn(scores, sides, share=share, draws=range(SUBSAMPLES), seed=seed)
    rate: np.ndarray | float = _LEAST_RATE
    if _enough(sides, share / _SMALLER, minimum):
        more = range(SUBSAMPLES, SUBSAMPLES + _SMALL)
        small = _drawn(scores, sides, share=share / _SMALLER, draws=more, seed=seed)
        rate = _rate(
            np.var(found, axis=0, ddof=1) / (1 - share), np.var(small, axis=0, ddof=1) / (1 - share / _SMALLER)
        )
    factor = share**rate / (1 - share) / (SUBSAMPLES - 1)
    return np.sqrt(factor) * (found - found.mean(axis=0))


def _enough(sides: Parts, share: float, minimum: int) -> bool:
    return min(int(share * side.n) for side in sides.values()) > minimum


def _rate(large: np.ndarray, small: np.ndarray) -> np.ndarray:
    """γ, from the variances of scores of few rows and of a quarter as many; 1 where there is no variance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.log(small / large) / np.log(_SMALLER)
    return np.clip(np.nan_to_num(rate, nan=1.0), _LEAST_RATE, 1.0)


def _drawn(
    scores: Callable[[Parts], Sequence[float | None]], sides: Parts, *, share: float, draws: range, seed: int
) -> np.ndarray:
    parts = (
        {name: side.hashed(slice(int(share * side.n)), seed=seed + 1 + draw) for name, side in sides.items()}
        for draw in draws
    )
    return np.array([scores(part) for part in parts], float)
