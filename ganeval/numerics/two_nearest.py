"""The two nearest rows of each row, with their positions: who lies nearest, and how much further is the next?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from ganeval.core.errors import TooFewError
from ganeval.core.types import AnyRows
from ganeval.numerics.distances import require_one_width

_BLOCK = 512
_CANDIDATES = 8  # by the matrix product; the two nearest of them are then measured by √Σ(x − y)²
_LARGE = 1 << 35  # multiplications


@dataclass(frozen=True, eq=False)
class TwoNearest:
    """Distances to the nearest and second nearest row, in feature units, and their positions."""

    distances: Float64[np.ndarray, "n 2"]
    positions: Int64[np.ndarray, "n 2"]


def two_nearest(points: AnyRows, others: AnyRows, *, dtype: type | None = None) -> TwoNearest:
    """For each of `points` (n, d) the two nearest of `others` (m, d); TooFewError when there are fewer than two.

    `dtype` is that of the product which finds the candidates (None: float64, unless there are very many pairs).

    >>> found = two_nearest(np.array([[0.0], [9.0]]), np.array([[1.0], [5.0], [7.0]]))
    >>> found.distances.tolist(), found.positions.tolist()
    ([[1.0, 5.0], [2.0, 4.0]], [[0, 1], [2, 1]])
    """
    require_one_width(points, others)
    return _found(points, others, own=False, dtype=dtype)


def two_nearest_within(rows: AnyRows) -> TwoNearest:
    """For each of `rows` (n, d) the two nearest other ones; an equal row is at distance 0.

    >>> two_nearest_within(np.array([[0.0], [1.0], [3.0]])).distances.tolist()
    [[1.0, 3.0], [1.0, 2.0], [2.0, 3.0]]
    """
    return _found(rows, rows, own=True)


def _found(points: AnyRows, others: AnyRows, *, own: bool, dtype: type | None = None) -> TwoNearest:
    if len(others) < 2 + own:
        raise TooFewError(f"two nearest rows need {2 + own} rows to choose from, got {len(others)}: give more images")
    distances, positions = np.empty((len(points), 2)), np.empty((len(points), 2), np.int64)
    for start, squares in _squares(points, others, dtype):
        if own:
            here = np.arange(len(squares))
            squares[here, start + here] = np.inf
        kept = min(_CANDIDATES, squares.shape[1] - own)
        nearest = np.argpartition(squares, kept - 1, axis=1)[:, :kept]
        gaps = others[nearest].astype(np.float64) - points[start : start + len(squares), None].astype(np.float64)
        exact = np.sqrt(np.square(gaps, out=gaps).sum(axis=2))
        order = np.lexsort((nearest, exact), axis=1)[:, :2]
        distances[start : start + len(squares)] = np.take_along_axis(exact, order, axis=1)
        positions[start : start + len(squares)] = np.take_along_axis(nearest, order, axis=1)
    return TwoNearest(distances, positions)


def _squares(points: AnyRows, others: AnyRows, dtype: type | None) -> Iterator[tuple[int, np.ndarray]]:
    """Squared distances by a matrix product, up to what all of a row have in common, a block of points at a time.

    Float32 for very many pairs: its error only matters where more than eight rows are nearest up to that error.
    """
    dtype = dtype or (np.float32 if len(points) * len(others) * others.shape[1] > _LARGE else np.float64)
    centre = others.mean(axis=0, dtype=np.float64)
    if dtype is np.float32 and others.dtype == np.float32:
        centre = centre.astype(np.float32)
    right = (others - centre).astype(dtype, copy=False)
    lengths = np.einsum("md,md->m", right, right)
    for start in range(0, len(points), _BLOCK):
        left = (points[start : start + _BLOCK] - centre).astype(dtype, copy=False)
        yield start, lengths - 2 * (left @ right.T)
