"""How scores spread over disjoint parts of the rows, scaled to what scores of all rows do.

Disjoint parts of independent rows are independent, so the variance between the parts of one split is without bias
that of a score of b rows, V(b), for any score. (Subsamples that overlap, Politis & Romano 1994, need a factor 1 − b/n
that holds for means; shares of nearest neighbours they take for up to twice as variable as they are.) It is averaged
over splits. Where V falls as b^−γ, V(n) = V(b) (b/n)^γ. For means γ is 1. Where a few rows are neighbours of many
others, as of heavy tails in high dimensions, the balls around all of them share their luck and γ is less. It is found
from parts of two sizes (Bertail, Politis & Romano 1999). It is noisy (its standard error is about 0.3): half of that
is taken off, and it is held between 0.4 and 0.85; 0.4 where there are too few rows for the smaller size.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from ganeval.core.rows import Rows

Parts = Mapping[Any, Rows]
_DEGREES = 20  # of freedom, at least
_SMALL_DEGREES = 40  # those of the second size
_SMALLER = 4
_LARGEST = 2000
_CAUTION = 0.15
_LEAST_RATE, _GREATEST_RATE = 0.4, 0.85


@dataclass(frozen=True)
class Spread:
    """`deviations` of k scores, a row for a part, whose products sum to their covariance; its degrees of freedom."""

    deviations: Float64[np.ndarray, "parts k"]
    degrees: int
    how: str


def spread_over_parts(
    scores: Callable[[Parts], Sequence[float | None]],
    sides: Parts,
    *,
    minimum: int,
    seed: int,
    purposes: Mapping[Any, str] | None = None,
) -> Spread | str:
    """The spread of k scores, or why there is none. NaN where a part has no score.

    A score must have more than `minimum` rows a side. Sides are split for the purposes of their names, or of
    `purposes`.

    >>> rows = Rows.of(np.arange(400), np.random.default_rng(0).standard_normal((400, 1)))
    >>> mean = lambda parts: [float(parts["fake"].values.mean())]
    >>> found = spread_over_parts(mean, {"fake": rows}, minimum=1, seed=0)
    >>> 0.03 < float(np.linalg.norm(found.deviations)) < 0.08  # the standard error of a mean of 400, 1/20
    True
    """
    most = min(side.n for side in sides.values()) // (minimum + 1)
    if most < 2:
        return f"too few images for subsamples: {2 * (minimum + 1)} needed"
    parts = min(most, max(2, -(-max(side.n for side in sides.values()) // _LARGEST)))
    splits = -(-_DEGREES // (parts - 1))
    drawn = {"seed": seed, "purposes": purposes}
    large = _split(scores, sides, parts=parts, splits=range(splits), **drawn)
    rate: np.ndarray | float = _LEAST_RATE
    if parts * _SMALLER <= most:
        more = -(-_SMALL_DEGREES // (parts * _SMALLER - 1))
        small = _split(scores, sides, parts=parts * _SMALLER, splits=range(splits, splits + more), **drawn)
        rate = _rate(_variance(large), _variance(small))
    degrees = splits * (parts - 1)
    deviations = np.sqrt(parts**-rate / degrees) * large.reshape(splits * parts, -1)
    return Spread(deviations, degrees, f"{splits} splits into {parts} parts")


def _variance(deviations: np.ndarray) -> np.ndarray:
    splits, parts, _ = deviations.shape
    return np.square(deviations).sum(axis=(0, 1)) / (splits * (parts - 1))


def _rate(large: np.ndarray, small: np.ndarray) -> np.ndarray:
    """γ, from the variances of scores of few rows and of a quarter as many; the greatest where there is no variance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.log(small / large) / np.log(_SMALLER)
    return np.clip(np.nan_to_num(rate, nan=1.0) - _CAUTION, _LEAST_RATE, _GREATEST_RATE)


def _split(
    scores: Callable[[Parts], Sequence[float | None]],
    sides: Parts,
    *,
    parts: int,
    splits: range,
    seed: int,
    purposes: Mapping[Any, str] | None,
) -> np.ndarray:
    """Deviations from their split's mean (splits, parts, k)."""
    values = []
    for split in splits:
        orders = {
            name: side.ordered(seed=seed, purpose=f"subsamples, {(purposes or {}).get(name, name)}", i=split)
            for name, side in sides.items()
        }
        for part in range(parts):
            values.append(scores({name: _part(side, orders[name], part, parts) for name, side in sides.items()}))
    drawn = np.array(values, float).reshape(len(splits), parts, -1)
    return drawn - drawn.mean(axis=1, keepdims=True)


def _part(side: Rows, order: np.ndarray, part: int, parts: int) -> Rows:
    size = side.n // parts
    return side.chosen(np.sort(order[part * size : (part + 1) * size]))
