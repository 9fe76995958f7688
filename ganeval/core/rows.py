"""What a pass over a source remembers: `Rows` (every feature row) or `Moments` (mean and covariance).

Both are immutable values that combine with `+`, associatively and commutatively: exactly for
`Rows`, up to rounding of sums for `Moments`. So batches, workers and machines can be combined in
any order.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add

import numpy as np
from jaxtyping import Float64

from ganeval.core.errors import FeatureError, TooFewError
from ganeval.core.randomness import hashed_order, purpose_seed
from ganeval.core.row_order import content_numbers
from ganeval.core.types import AnyRows, Index, Labels, Matrix

BLOCK = 4096
LARGEST = float(np.finfo(np.float32).max)  # of a feature: what a cubic kernel makes of it fits into float64
_WHOLE = 1 << 24  # float32 holds every whole number up to here


@dataclass(frozen=True)
class Rows:
    """Feature rows (n, d), in the order of their index in the source; class labels where it has them.

    Values are float32, or float64 where they were given so: a common offset may leave their spread no digit of
    float32.
    """

    index: Index
    values: Matrix
    labels: Labels | None = None

    @classmethod
    def of(cls, index: Index, values: AnyRows, *, labels: Labels | None = None) -> "Rows":
        """Rows sorted by index; FeatureError when a value is not finite or an index comes twice."""
        values = finite_rows(values, index=index)
        if len(index) != len(values):
            raise FeatureError(f"{len(values)} rows came with {len(index)} index numbers")
        if not (index[1:] > index[:-1]).all():  # rows mostly come in order, and are then not copied
            order = np.argsort(index, kind="stable")
            index, values = index[order], values[order]
            labels = None if labels is None else labels[order]
        if (index[1:] == index[:-1]).any():
            twice = index[1:][index[1:] == index[:-1]][0]
            raise FeatureError(f"row {twice} was given twice: two parts of one source overlap")
        if values.size and max(float(values.max()), -float(values.min())) > LARGEST:
            raise FeatureError(f"values beyond {LARGEST:.1e} are too large: rescale the rows")
        return cls(index, np.ascontiguousarray(values, dtype=row_dtype(values)), labels)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.index)

    @cached_property
    def moments(self) -> "Moments":
        """Their mean and covariance, made once."""
        return Moments.of(self.index, self.values)

    @property
    def digest(self) -> str:
        """sha256 of index numbers and values; numbers that float32 holds exactly have one digest in both widths."""
        return _digest(self.index, _narrowest(self.values))

    def chosen(self, positions: np.ndarray) -> "Rows":
        """The rows at these positions, in this order of positions."""
        labels = None if self.labels is None else self.labels[positions]
        return Rows(self.index[positions], self.values[positions], labels)

    @cached_property
    def numbers(self) -> Index:
        """A number for each row that does not depend on where it stands (`content_numbers`), made once."""
        return content_numbers(self.values, self.labels)

    def ordered(self, *, seed: int, purpose: str, i: int = 0) -> np.ndarray:
        """Positions in the `i`-th hashed order of the contents for a purpose: they do not depend on how rows stand.

        Sides that are independent are ordered for purposes of their own: equal rows must not fall into parts together.
        """
        return hashed_order(self.numbers, seed=purpose_seed(seed, purpose, i=i))

    def hashed(self, part: slice, *, seed: int | Sequence[int]) -> "Rows":
        """The rows that stand in a part of the hashed order, by index."""
        return self.chosen(np.sort(hashed_order(self.index, seed=seed)[part]))

    def __add__(self, other: "Rows") -> "Rows":
        return gathered([self, other])


@dataclass(frozen=True)
class Moments:
    """Mean (d,) and unbiased covariance (d, d) of n rows, in float64.

    While n ≤ d the centred rows are kept instead of the covariance: they are the smaller and the
    exact form of it. `n` is None for statistics whose file does not say it.
    """

    n: int | None
    mean: Float64[np.ndarray, " d"]
    deviations: Float64[np.ndarray, "n d"] | None
    full: Float64[np.ndarray, "d d"] | None

    @classmethod
    def of(cls, index: Index, values: AnyRows) -> "Moments":
        """Moments of rows; the index only serves to name a row that is not finite."""
        values = finite_rows(values, index=index)
        return reduce(add, (cls._of_block(block) for block in _blocks(values)))

    @classmethod
    def from_covariance(cls, mean: np.ndarray, covariance: np.ndarray, *, n: int | None) -> "Moments":
        """Moments from a mean and a covariance, such as pytorch-fid's `mu` and `sigma`."""
        mean = np.atleast_1d(np.asarray(mean, dtype=np.float64))
        covariance = np.atleast_2d(np.asarray(covariance, dtype=np.float64))
        if mean.ndim != 1 or covariance.shape != (mean.size, mean.size):
            raise FeatureError(
                f"mean {mean.shape} and covariance {covariance.shape} do not belong together: expected (d,) and (d, d)"
            )
        if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
            raise FeatureError("mean or covariance holds NaN or infinite values: recompute the statistics")
        if not np.allclose(covariance, covariance.T, rtol=1e-6, atol=1e-9 * max(np.abs(covariance).max(), 1e-300)):
            raise FeatureError("the covariance is not symmetric: recompute the statistics")
        return cls(n, mean, None, (covariance + covariance.T) / 2)

    @classmethod
    def _of_block(cls, values: np.ndarray) -> "Moments":
        values = values.astype(np.float64)
        n, d = values.shape
        mean = values.mean(axis=0) if n else np.zeros(d)
        deviations = values - mean
        if n <= d:
            return cls(n, mean, deviations, None)
        return cls(n, mean, None, deviations.T @ deviations / (n - 1))

    @property
    def d(self) -> int:
        """Number of feature dimensions."""
        return self.mean.size

    @property
    def digest(self) -> str:
        """sha256 of mean and covariance."""
        return _digest(self.mean, self.full if self.deviations is None else self.deviations)

    @property
    def covariance(self) -> Float64[np.ndarray, "d d"]:
        """Unbiased covariance, divided by n − 1; TooFewError below two rows."""
        if self.full is not None:
            return self.full
        return self._scatter() / (at_least_two(self) - 1)

    def _scatter(self) -> np.ndarray:
        if self.deviations is not None:
            return self.deviations.T @ self.deviations
        assert self.full is not None and self.n is not None
        return self.full * (self.n - 1)

    def __add__(self, other: "Moments") -> "Moments":
        if self.n is None or other.n is None:
            raise FeatureError("statistics without a known n cannot be merged: recompute them with `ganeval stats`")
        if self.d != other.d:
            raise FeatureError(f"statistics of {self.d} and {other.d} dimensions cannot be merged")
        if not self.n or not other.n:
            return other if not self.n else self
        n = self.n + other.n
        mean = (self.n * self.mean + other.n * other.mean) / n
        if self.deviations is not None and other.deviations is not None and n <= self.d:
            moved = [self.deviations + (self.mean - mean), other.deviations + (other.mean - mean)]
            return Moments(n, mean, np.concatenate(moved), None)
        gap = self.mean - other.mean
        scatter = self._scatter() + other._scatter() + np.outer(gap, gap) * (self.n * other.n / n)
        return Moments(n, mean, None, scatter / (n - 1))


Statistic = Rows | Moments


def row_dtype(values: AnyRows) -> type[np.float32] | type[np.float64]:
    """The kind of floats in which rows are kept: float64 for float64 and for whole numbers beyond 2^24, else float32.

    >>> row_dtype(np.array([[0.1]])).__name__, row_dtype(np.array([[1 << 24]])).__name__
    ('float64', 'float32')
    """
    if values.dtype.kind == "f" and values.dtype.itemsize == 8:  # in either order of bytes
        return np.float64
    whole = values.dtype.kind in "iu" and values.dtype.itemsize > 2 and values.size > 0
    return np.float64 if whole and max(int(values.max()), -int(values.min())) > _WHOLE else np.float32


def _narrowest(values: Matrix) -> Matrix:
    if values.dtype == np.float32:
        return values
    with np.errstate(over="ignore", under="ignore"):
        narrow = values.astype(np.float32)
    return narrow if (narrow == values).all() else values


def _digest(*arrays: np.ndarray | None) -> str:
    total = hashlib.sha256()
    for array in arrays:
        if array is not None:
            total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()


def gathered(parts: Iterable[Rows]) -> Rows:
    """All parts as one `Rows`: the sum of many without copying again and again."""
    kept = list(parts)
    widths = {part.values.shape[1] for part in kept}
    if len(widths) != 1:
        raise FeatureError(f"rows of different widths cannot be combined: {sorted(widths)}")
    labels = [p.labels for p in kept if p.labels is not None]
    return Rows.of(
        np.concatenate([p.index for p in kept]),
        np.concatenate([p.values for p in kept]),
        labels=np.concatenate(labels) if len(labels) == len(kept) else None,
    )


def as_moments(statistic: Statistic) -> Moments:
    """The moments of either statistic."""
    return statistic if isinstance(statistic, Moments) else statistic.moments


def finite_rows(values: AnyRows, *, index: Index | None = None) -> AnyRows:
    """`values` if it is a finite real (n, d) array; FeatureError naming the first bad row otherwise."""
    if values.ndim != 2 or values.shape[1] == 0:
        raise FeatureError(f"feature rows must be (n, d) with d ≥ 1, got {values.shape}")
    if values.dtype.kind not in "fiub":
        raise FeatureError(f"feature rows must be real numbers, got {values.dtype}")
    for start, block in zip(range(0, len(values), BLOCK), _blocks(values), strict=False):
        bad = ~np.isfinite(block).all(axis=1)
        if bad.any():
            row = start + int(np.argmax(bad))
            name = row if index is None else int(index[row])
            raise FeatureError(
                f"row {name} holds NaN or infinite values ({int(bad.sum())} such rows in this block): "
                "look at the image or the extractor that made it"
            )
    return values


def _blocks(values: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, max(len(values), 1), BLOCK):
        yield values[start : start + BLOCK]


def moments_of(values: AnyRows) -> Moments:
    """The moments of rows (n, d)."""
    return Moments.of(np.arange(len(values), dtype=np.int64), values)


def at_least_two(moments: Moments) -> int:
    """n; TooFewError when it is below two or unknown."""
    if moments.n is None or moments.n < 2:
        raise TooFewError(f"a covariance needs at least 2 rows, got {moments.n}: give more images")
    return moments.n
