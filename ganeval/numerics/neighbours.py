"""Exact nearest-neighbour radii and ball memberships, in tiles and in float64.

A fast float32 (or float64) matrix product screens all pairs with a proven error bound; the few
pairs that the bound cannot decide are measured again by √Σ(x − y)² in float64. The answer is the
one that brute force gives, ties and copies included, whatever the offset of the rows.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64

from ganeval.core.errors import TooFewError
from ganeval.core.types import AnyRows
from ganeval.numerics.distances import Points, Screen, Tile, exact_distances, require_one_width

Ball = Literal["closed", "open"]
_GROUPS = 64
_CHUNK = 1 << 18


@dataclass(frozen=True)
class Balls:
    """Balls around every row of one side that reach its k-th nearest other row there.

    A closed ball holds a point at distance ≤ radius, an open one at distance < radius.
    """

    around: Literal["real", "fake"]
    k: int
    ball: Ball


@dataclass(frozen=True, eq=False)
class Counts:
    """How many balls hold each row of the other side, and how many of those rows each ball holds."""

    hits: Int64[np.ndarray, " m"]
    held: Int64[np.ndarray, " n"]


def ball_counts(real: AnyRows, fake: AnyRows, *, wanted: Collection[Balls]) -> dict[Balls, Counts]:
    """What all the balls asked for hold, from one visit to the pairs of each kind: real, fake and mixed.

    rows (n, d) in any real dtype. TooFewError when a side has not more than k rows.

    >>> real, fake = np.array([[0.0], [1.0], [5.0]]), np.array([[0.5], [9.0]])
    >>> open_balls = Balls("real", 1, "open")
    >>> found = ball_counts(real, fake, wanted=[open_balls])[open_balls]
    >>> found.hits.tolist(), found.held.tolist()  # the radii are 1, 1 and 4
    ([2, 0], [1, 1, 0])
    """
    require_one_width(real, fake)
    sides = {"real": Points.of(real), "fake": Points.of(fake)}
    wanted = list(dict.fromkeys(wanted))
    radii = {
        around: _radii(points, ks)
        for around, points in sides.items()
        if (ks := {balls.k for balls in wanted if balls.around == around})
    }
    rims = [_Rim(balls.around == "fake", radii[balls.around][balls.k], balls.ball) for balls in wanted]
    counts = {}
    for balls, (of_real, of_fake) in zip(wanted, _memberships(sides["real"], sides["fake"], rims), strict=True):
        memberships = of_real[sides["real"].inverse], of_fake[sides["fake"].inverse]
        held, hits = memberships if balls.around == "real" else memberships[::-1]
        counts[balls] = Counts(hits, held)
    return counts


def ball_hits(
    centres: AnyRows, points: AnyRows, *, radii: Float64[np.ndarray, " n"], ball: Ball
) -> tuple[Int64[np.ndarray, " m"], Int64[np.ndarray, " n"]]:
    """How many balls hold each point (m,), and how many points each ball holds (n,); equal centres, equal radii.

    A closed ball holds a point at distance ≤ radius, an open one at distance < radius.

    >>> hits, held = ball_hits(np.array([[0.0], [5.0]]), np.array([[1.0], [9.0]]), radii=np.ones(2), ball="closed")
    >>> hits.tolist(), held.tolist()
    ([1, 0], [1, 0])
    """
    require_one_width(centres, points)
    a, b = Points.of(centres), Points.of(points)
    held, hits = _memberships(a, b, [_Rim(False, radii[a.picked], ball)])[0]
    return hits[b.inverse], held[a.inverse]


def kth_distances(rows: AnyRows, *, k: int) -> Float64[np.ndarray, " n"]:
    """Distance from each row to its k-th nearest other row; equal rows are at distance 0.

    rows (n, d) in any real dtype, result (n,) in feature units. TooFewError when n ≤ k.

    >>> kth_distances(np.array([[0.0], [1.0], [3.0]]), k=1)
    array([1., 1., 2.])
    """
    points = Points.of(rows)
    return _radii(points, [k])[k][points.inverse]


def nearest_distances(
    points: AnyRows, others: AnyRows, *, scales: Float64[np.ndarray, " m"] | None = None
) -> Float64[np.ndarray, " n"]:
    """Distance from each of `points` (n, d) to the nearest of `others` (m, d), in feature units.

    With `scales`, equal for equal rows, the least of distance ÷ scale: how much the ball of that radius around
    one of the others must grow to hold the point. A ball of radius 0 only holds its own centre.

    >>> points, others = np.array([[0.0], [9.0]]), np.array([[1.0], [5.0]])
    >>> nearest_distances(points, others).tolist()
    [1.0, 4.0]
    >>> nearest_distances(points, others, scales=np.array([1.0, 8.0])).tolist()
    [0.625, 0.5]
    """
    require_one_width(points, others)
    a, b = Points.of(points), Points.of(others)
    scale = np.ones(len(b)) if scales is None else scales[b.picked]
    weight = 1 / np.maximum(np.square(scale), np.finfo(np.float32).tiny)
    reach = np.full(len(a), np.inf)
    screen = Screen.between(a, b)

    def near(tile: Tile) -> _Pairs:
        candidates = _weighted(tile, weight, reach)
        undecided = len(candidates) - len(tile.row_gap)
        if tile.is_coarse and undecided > tile.tolerance:
            return _weighted(screen.finer(tile), weight, reach)
        return candidates

    pairs = _Pairs.joined(list(screen.each(near)), reach)
    exact = exact_distances(a, b, rows=pairs.rows, columns=pairs.columns)
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = np.where(exact == 0, 0.0, exact / scale[pairs.columns])
    nearest = np.full(len(a), np.inf)
    np.minimum.at(nearest, pairs.rows, exact)
    return nearest[a.inverse]


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Pairs of rows that may be near, with bounds on their squared distances."""

    rows: np.ndarray
    columns: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, mask: np.ndarray) -> "_Pairs":
        return _Pairs(self.rows[mask], self.columns[mask], self.lower[mask], self.upper[mask])

    @classmethod
    def joined(cls, parts: Sequence["_Pairs"], reach: np.ndarray) -> "_Pairs":
        """Those within reach of their row."""
        kept = [part.where(part.lower <= reach[part.rows]) for part in parts]
        names = ("rows", "columns", "lower", "upper")
        return cls(*(np.concatenate([getattr(part, name) for part in kept]) for name in names))

    @classmethod
    def of(cls, tile: Tile, reach: np.ndarray) -> "_Pairs":
        i, j = tile.below(rows=reach[tile.rows])
        rows, columns = (i + tile.rows.start).astype(np.int32), (j + tile.columns.start).astype(np.int32)
        return cls(rows, columns, *tile.bounds(i, j))


def _weighted(tile: Tile, weight: np.ndarray, reach: np.ndarray) -> _Pairs:
    """Pairs that may have the least weighted distance of their row, whose `reach` is narrowed."""
    here, rows = weight[tile.columns], tile.rows
    upper = tile.lower + tile.row_gap[:, None]
    upper += tile.column_gap
    upper *= here
    reach[rows] = np.minimum(reach[rows], upper.min(axis=1, initial=np.inf))
    lower = tile.lower * here
    i, j = np.nonzero(lower <= reach[rows][:, None])
    return _Pairs(i + rows.start, j + tile.columns.start, lower[i, j], upper[i, j])


def _radii(points: Points, ks: Collection[int]) -> dict[int, np.ndarray]:
    """The k-th smallest exact distance of each distinct row, its own further copies counted as 0."""
    n, most = len(points.given), max(ks)
    if n <= most:
        raise TooFewError(f"the {most}-th nearest neighbour needs more than {most} rows, got {n}: give more images")
    others = min(most, len(points) - 1)
    if others == 0:
        return {k: np.zeros(len(points)) for k in ks}
    pairs = _near_pairs(points, others)
    return {k: _kth(points, pairs, k) for k in ks}


def _near_pairs(points: Points, k: int) -> _Pairs:
    """For each distinct row, all that may be among the k nearest.

    The k-th smallest of the least upper bounds of disjoint groups of a row's pairs bounds its k-th distance.
    """
    groups = max(_GROUPS, 1 << (4 * k - 1).bit_length())
    least = np.full((len(points), min(groups, len(points))), np.inf)
    reach = np.full(len(points), np.inf)
    screen = Screen.between(points, points)
    near = partial(_near_in, screen=screen, k=k, least=least, reach=reach)
    return _Pairs.joined([part for parts in screen.each(near) for part in parts], reach)


def _near_in(tile: Tile, *, screen: Screen, k: int, least: np.ndarray, reach: np.ndarray) -> list[_Pairs]:
    """The same within a tile, in float64 where it leaves too many pairs undecided."""
    parts = _within_reach(tile, k, least, reach)
    undecided = sum(int((part.upper > reach[part.rows]).sum()) for part in parts)
    if tile.is_coarse and undecided > tile.tolerance:
        return _within_reach(screen.finer(tile), k, least, reach)
    return parts


def _within_reach(tile: Tile, k: int, least: np.ndarray, reach: np.ndarray) -> list[_Pairs]:
    """The tile's pairs and their mirror images that may be among a row's k nearest; narrows `least` and `reach`."""
    views = [view for view in (tile, tile.mirrored) if view.lower.size]
    for view in views:
        rows, groups = view.rows, least[view.rows]
        height, width = view.lower.shape
        even = width - width % groups.shape[1]
        gap = view.row_gap[:, None] + view.column_gap.max()
        if even:
            folded = view.lower[:, :even].reshape(height, -1, groups.shape[1]).min(axis=1)
            np.minimum(groups, folded + gap, out=groups)
        if even < width:
            part = groups[:, : width - even]
            np.minimum(part, view.lower[:, even:] + gap, out=part)
        reach[rows] = np.partition(groups, k - 1, axis=1)[:, k - 1]
    return [_Pairs.of(view, reach) for view in views]


def _kth(points: Points, pairs: _Pairs, k: int) -> np.ndarray:
    """The k-th distance of each distinct row; only pairs are measured that the bounds leave undecided."""
    weights = points.counts[pairs.columns]
    missing = k + 1 - points.counts
    least = _reaching(missing, pairs.rows, pairs.lower, weights)[pairs.rows]
    most = _reaching(missing, pairs.rows, pairs.upper, weights)[pairs.rows]
    nearer = pairs.upper < least
    missing = missing - np.bincount(pairs.rows[nearer], weights[nearer], len(points)).astype(np.int64)
    open_ = ~nearer & (pairs.lower <= most) & (missing > 0)[pairs.rows]
    rows, columns = pairs.rows[open_], pairs.columns[open_]
    exact = exact_distances(points, points, rows=rows, columns=columns)
    return np.where(points.counts > k, 0.0, _reaching(missing, rows, exact, weights[open_]))


def _reaching(wanted: np.ndarray, rows: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """For each row its smallest value up to which the weights sum to what is wanted; ∞ where there is none."""
    order = np.lexsort((values, rows))
    total = np.concatenate([[0], np.cumsum(weights[order])])
    starts = np.searchsorted(rows[order], np.arange(len(wanted)))
    positions = np.searchsorted(total[1:], total[starts] + wanted)
    return np.append(values[order], np.inf)[positions]


@dataclass(frozen=True, eq=False)
class _Rim:
    """Balls around the distinct rows of the second side of a screen, or of the first."""

    around_second: bool
    radii: np.ndarray
    ball: Ball

    def holds(self, distances: np.ndarray, radii: np.ndarray) -> np.ndarray:
        return distances <= radii if self.ball == "closed" else distances < radii


def _memberships(a: Points, b: Points, rims: Sequence[_Rim]) -> list[tuple[np.ndarray, np.ndarray]]:
    """By rim and distinct row: how many given rows of the other side belong to it, as ball or as point."""
    counts = [(np.zeros(len(a), np.int64), np.zeros(len(b), np.int64)) for _ in rims]
    screen = Screen.between(a, b)
    for tile, here in screen.each(partial(_counted, screen=screen, rims=rims)):
        for (of_a, of_b), (rows, columns) in zip(counts, here, strict=True):
            of_a[tile.rows] += rows
            of_b[tile.columns] += columns
    return counts


def _counted(tile: Tile, *, screen: Screen, rims: Sequence[_Rim]) -> tuple[Tile, list[tuple[np.ndarray, np.ndarray]]]:
    here = _memberships_in(tile, screen, rims)
    if here is None:
        here = _memberships_in(screen.finer(tile), screen, rims)
    assert here is not None
    return tile, here


def _memberships_in(tile: Tile, screen: Screen, rims: Sequence[_Rim]) -> list[tuple[np.ndarray, np.ndarray]] | None:
    """The same within a tile; None when it leaves so many pairs undecided that float64 had better screen them."""
    counts = [(np.zeros(n, np.int64), np.zeros(m, np.int64)) for n, m in [tile.lower.shape] * len(rims)]
    of_a, of_b = screen.a.counts[tile.rows], screen.b.counts[tile.columns]
    radii = [rim.radii[tile.columns if rim.around_second else tile.rows] for rim in rims]
    squares = [np.square(r) for r in radii]
    limits: list[np.ndarray | None] = [None, None]
    for rim, square in zip(rims, squares, strict=True):
        limit = limits[rim.around_second]
        limits[rim.around_second] = square if limit is None else np.maximum(limit, square)
    i, j = tile.below(rows=limits[0], columns=limits[1])
    undecided = 0
    for start in range(0, len(i), _CHUNK):
        rows, columns = i[start : start + _CHUNK], j[start : start + _CHUNK]
        lower, upper = tile.bounds(rows, columns)
        ends = [columns if rim.around_second else rows for rim in rims]
        inside = [upper < square[end] for square, end in zip(squares, ends, strict=True)]
        near = [(lower <= square[end]) & ~sure for square, end, sure in zip(squares, ends, inside, strict=True)]
        doubtful = np.flatnonzero(np.logical_or.reduce(near))
        undecided += len(doubtful)
        if tile.is_coarse and undecided > tile.tolerance:
            return None
        exact = exact_distances(
            screen.a, screen.b, rows=rows[doubtful] + tile.rows.start, columns=columns[doubtful] + tile.columns.start
        )
        for rim, radius, end, members, (by_a, by_b) in zip(rims, radii, ends, inside, counts, strict=True):
            members[doubtful] = rim.holds(exact, radius[end[doubtful]])
            by_a += np.bincount(rows[members], of_b[columns[members]], len(by_a)).astype(np.int64)
            by_b += np.bincount(columns[members], of_a[rows[members]], len(by_b)).astype(np.int64)
    return counts
