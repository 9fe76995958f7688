"""Mean distances between rows over all pairs, in tiles, with sums in float64.

Squared distances come from a matrix product of centred rows, in float64 or, for very many pairs, in float32. A
product loses the digits of distances that are small beside the rows' own lengths: such pairs are measured again by
√Σ(x − y)², and equal rows are one row with a count. At 4,200 rows of 2,048 numbers float32 products moved the energy
distance by 2e-10 of the mean distance.
"""

from collections.abc import Iterator

import numpy as np

from ganeval.core.errors import TooFewError
from ganeval.core.row_order import content_ranks
from ganeval.core.types import AnyRows
from ganeval.numerics.distances import Points, Screen, Tile, exact_distances, require_one_width
from ganeval.numerics.two_sample import PairTile, TwoSample, Units, two_sample

_NEAR = 8.0  # times the proven error of the product, which the usual error is far below
_LARGE = 1 << 35  # multiplications


def mean_distance(x: AnyRows, y: AnyRows) -> float:
    """Mean of |x_i − y_j| over all pairs of rows (n, d) and (m, d), in feature units.

    >>> round(mean_distance(np.array([[0.0], [4.0]]), np.array([[1.0]])), 9)
    2.0
    """
    require_one_width(x, y)
    if not len(x) or not len(y):
        raise TooFewError("a mean distance needs at least one row a side: give more images")
    return _sum(Points.of(x), Points.of(y)) / (len(x) * len(y))


def mean_distance_within(x: AnyRows) -> float:
    """Mean of |x_i − x_j| over i ≠ j, in feature units; TooFewError below two rows.

    >>> round(mean_distance_within(np.array([[0.0], [0.0], [3.0]])), 9)
    2.0
    """
    n = len(x)
    if n < 2:
        raise TooFewError(f"a mean distance within a set needs at least 2 rows, got {n}: give more images")
    points = Points.of(x)
    return _sum(points, points) / (n * (n - 1))


def energy_two_sample(x: AnyRows, y: AnyRows, *, sampled: frozenset[str], seed: int) -> TwoSample:
    """Standard error and permutation test of the energy distance between rows x ("real") and y ("fake")."""
    require_one_width(x, y)
    points = {"real": Points.of(x), "fake": Points.of(y)}
    units = {role: Units(len(side), 0.0, side.counts, side.inverse) for role, side in points.items()}

    def negative(a: str, b: str) -> Iterator[PairTile]:
        for tile in _tiles(points[a], points[b]):
            np.negative(tile.values, out=tile.values)
            yield tile

    ranks = {"real": content_ranks(x), "fake": content_ranks(y)}
    return two_sample(units, negative, sampled=sampled, seed=seed, ranks=ranks)


def _sum(a: Points, b: Points) -> float:
    """Σ |x − y| over all given rows of both sides."""
    total = 0.0
    for tile in _tiles(a, b):
        weight = b.counts[tile.columns].astype(np.float64)
        if a is b:
            weight[tile.mirror :] *= 2
        total += float(a.counts[tile.rows] @ (tile.values @ weight))
    return total


def _tiles(a: Points, b: Points) -> Iterator[PairTile]:
    """The distances of all pairs of distinct rows."""
    screen = Screen.between(a, b)
    small = len(a) * len(b) * a.width <= _LARGE
    for tile in screen.tiles():
        if small and tile.is_coarse:
            tile = screen.finer(tile)
        distances = _distances(tile, screen)
        if distances is None:
            distances = _distances(screen.finer(tile), screen)
        assert distances is not None
        yield PairTile(tile.rows, tile.columns, distances, tile.mirror)


def _distances(tile: Tile, screen: Screen) -> np.ndarray | None:
    """The distances of a tile's pairs; None when so many are near that float64 had better measure the tile."""
    kind = tile.lower.dtype
    half = tile.row_gap[:, None].astype(kind) / 2 + tile.column_gap.astype(kind) / 2
    squares = tile.lower + half
    own = np.arange(tile.mirror)
    squares[own, own] = np.inf
    half *= 2 * _NEAR
    i, j = np.nonzero(squares <= half)
    if tile.is_coarse and len(i) > tile.tolerance:
        return None
    squares[own, own] = 0.0
    np.sqrt(np.maximum(squares, 0.0, out=squares), out=squares)
    distances = squares.astype(np.float64, copy=False)
    rows, columns = i + tile.rows.start, j + tile.columns.start
    distances[i, j] = exact_distances(screen.a, screen.b, rows=rows, columns=columns)
    return distances
