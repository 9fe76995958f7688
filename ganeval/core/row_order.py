"""Numbers for the rows of a side that do not depend on the order in which they came.

What a score or its interval is made of (halves, groups, parts, clusters) is chosen by these numbers: the same files
under other names then have the same score and the same interval.
"""

import numpy as np
from jaxtyping import Float64, Int64

from ganeval.core.types import AnyRows, Labels

_SEED = 20150621  # any fixed number: the direction must only be unlike those that features have
_FINE = 1 << 16  # steps in a standard deviation: far more than rounding moves a row, far less than rows lie apart
_BLOCK = 1024


def content_numbers(values: AnyRows, labels: Labels | None = None) -> Int64[np.ndarray, " n"]:
    """A number for each row (n, d) that its own content decides, and its rank among those that are nearly equal.

    Rows are projected on one fixed direction and their places on it, in steps of 2^-16 of their standard deviation,
    hashed: neither an offset, nor a scale, nor the rounding of another machine moves many rows to another number. Equal
    rows have different numbers, and it does not matter which has which; `labels` tell them apart where there are any.

    >>> rows = np.array([[3.0], [1.0], [2.0]])
    >>> bool((content_numbers(rows)[[2, 0, 1]] == content_numbers(rows[[2, 0, 1]])).all())
    True
    """
    places = _places(values)
    spread = float(places.std())
    steps = np.floor((places - places.mean()) * (_FINE / spread)) + 0.0 if spread > 0 else np.zeros(len(places))
    order = np.lexsort((places, steps) if labels is None else (labels, places, steps))
    first = np.flatnonzero(np.diff(steps[order], prepend=-np.inf) != 0)
    ranks = np.arange(len(order)) - np.repeat(first, np.diff(first, append=len(order)))
    numbers = np.empty(len(order), np.int64)
    numbers[order] = (mixed(steps[order].view(np.uint64)) + ranks.astype(np.uint64)).view(np.int64)
    return numbers


def content_ranks(values: AnyRows) -> Int64[np.ndarray, " n"]:
    """Each row's place in the order of the numbers: what is drawn by these places belongs to the row in any order.

    >>> rows = np.array([[3.0], [1.0], [2.0]])
    >>> bool((content_ranks(rows)[[2, 0, 1]] == content_ranks(rows[[2, 0, 1]])).all())
    True
    """
    order = np.argsort(content_numbers(values), kind="stable")
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def mixed(numbers: np.ndarray) -> np.ndarray:
    """uint64 numbers scrambled, each by itself (splitmix64)."""
    with np.errstate(over="ignore"):
        bits = numbers * np.uint64(0x9E3779B97F4A7C15)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
        return bits ^ (bits >> np.uint64(31))


def _places(values: AnyRows) -> Float64[np.ndarray, " n"]:
    """Each row's place on a fixed direction, summed in one way wherever the row stands."""
    direction = np.random.default_rng(_SEED).standard_normal(values.shape[1])
    centre = values.mean(axis=0, dtype=np.float64)
    places = np.empty(len(values))
    for start in range(0, len(values), _BLOCK):
        places[start : start + _BLOCK] = ((values[start : start + _BLOCK] - centre) * direction).sum(axis=1)
    return places
