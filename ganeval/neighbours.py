"""Exact nearest-neighbour radii and ball memberships, in tiles and in float64.

A fast float32 (or float64) matrix product screens all pairs with a proven error bound; the few
pairs that the bound cannot decide are measured again by √Σ(x − y)² in float64. The answer is the
one that brute force gives, ties and copies included, whatever the offset of the rows.

Equal rows are collapsed to one row with a count first: a generator that repeats itself makes the
work smaller, and copies are at distance exactly 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64

from ganeval.errors import FeatureError, TooFewError
from ganeval.statistics import finite_rows
from ganeval.types import AnyRows

Ball = Literal["closed", "open"]
_TILE = 1024
_DIRECT_BYTES = 32 << 20


def kth_distances(rows: AnyRows, *, k: int) -> Float64[np.ndarray, " n"]:
    """Distance from each row to its k-th nearest other row; equal rows are at distance 0.

    rows (n, d) in any real dtype, result (n,) in feature units. TooFewError when n ≤ k.

    >>> kth_distances(np.array([[0.0], [1.0], [3.0]]), k=1)
    array([1., 1., 2.])
    """
    points = _Points.of(finite_rows(rows))
    if len(rows) <= k:
        raise TooFewError(f"the {k}-th nearest neighbour needs more than {k} rows, got {len(rows)}: give more images")
    return _radii(points, k)[points.inverse]


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
    _require_one_width(points, others)
    a, b = _Points.of(finite_rows(points)), _Points.of(finite_rows(others))
    scale = np.ones(len(b.rows))
    if scales is not None:
        scale[b.inverse] = scales
    weight = 1 / np.maximum(np.square(scale), np.finfo(np.float32).tiny)
    nearest = np.full(len(a.rows), np.inf)
    for start, squared, slack in _tiles(a, b, radius=None):
        upper = ((squared + slack) * weight).min(axis=1)
        rows, columns = np.nonzero((squared - slack) * weight <= upper[:, None])
        exact = _exact(a, b, rows + start, columns)
        with np.errstate(divide="ignore", invalid="ignore"):
            exact = np.where(exact == 0, 0.0, exact / scale[columns])
        np.minimum.at(nearest, rows + start, exact)
    return nearest[a.inverse]


def ball_hits(
    centres: AnyRows, points: AnyRows, *, radii: Float64[np.ndarray, " n"], ball: Ball
) -> tuple[Int64[np.ndarray, " m"], Int64[np.ndarray, " n"]]:
    """How many balls hold each point (m,), and how many points each ball holds (n,).

    A closed ball holds a point at distance ≤ radius, an open one at distance < radius.

    >>> hits, held = ball_hits(np.array([[0.0], [5.0]]), np.array([[1.0], [9.0]]), radii=np.ones(2), ball="closed")
    >>> hits.tolist(), held.tolist()
    ([1, 0], [1, 0])
    """
    _require_one_width(centres, points)
    a, b = _Points.of(finite_rows(centres)), _Points.of(finite_rows(points))
    first = np.zeros(len(a.rows), dtype=np.int64)
    first[a.inverse] = np.arange(len(a.inverse))
    radius = radii[first]
    hits, held = np.zeros(len(b.rows), np.int64), np.zeros(len(a.rows), np.int64)
    for start, squared, slack in _tiles(a, b, radius=radius):
        rim = radius[start : start + len(squared)]
        squared -= np.square(rim)[:, None].astype(squared.dtype)
        inside = squared < -slack
        rows, columns = np.nonzero(np.abs(squared) <= slack)
        exact = _exact(a, b, rows + start, columns)
        inside[rows, columns] = exact <= rim[rows] if ball == "closed" else exact < rim[rows]
        hits += a.counts[start : start + len(rim)] @ inside
        held[start : start + len(rim)] = inside @ b.counts
    return hits[b.inverse], held[a.inverse]


def _require_one_width(a: AnyRows, b: AnyRows) -> None:
    if a.shape[1] != b.shape[1]:
        raise FeatureError(f"the two sides have {a.shape[1]} and {b.shape[1]} feature dimensions: use one extractor")


@dataclass(frozen=True)
class _Points:
    """Distinct rows with their counts; `inverse` maps the given rows to them."""

    rows: np.ndarray
    counts: np.ndarray
    inverse: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray) -> "_Points":
        kept = rows if rows.dtype in (np.float32, np.float64) else rows.astype(np.float64)
        kept = np.ascontiguousarray(kept + 0.0)  # −0.0 and 0.0 are the same value but not the same bytes
        keys = kept.view(np.dtype((np.void, kept.dtype.itemsize * kept.shape[1]))).ravel()
        _, first, inverse, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        order = np.argsort(first, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        return cls(kept[first[order]], counts[order].astype(np.int64), rank[inverse.ravel()])


def _radii(points: _Points, k: int) -> np.ndarray:
    """The k-th smallest exact distance of each distinct row, its own further copies counted as 0."""
    others = min(k, len(points.rows) - 1)
    radii = np.zeros(len(points.rows))
    if others == 0:
        return radii
    for start, squared, slack in _tiles(points, points, radius=None):
        here = np.arange(len(squared))
        squared[here, start + here] = np.inf
        upper = np.partition(squared + slack, others - 1, axis=1)[:, others - 1]
        rows, columns = np.nonzero(squared - slack <= upper[:, None])
        exact = _exact(points, points, rows + start, columns)
        order = np.lexsort((exact, rows))
        exact, counts = exact[order], points.counts[columns[order]]
        edges = np.searchsorted(rows, np.arange(len(squared) + 1))
        for i, copies in enumerate(points.counts[start : start + len(squared)] - 1):
            if copies < k:
                reach = copies + np.cumsum(counts[edges[i] : edges[i + 1]])
                radii[start + i] = exact[edges[i] + int(np.searchsorted(reach, k))]
    return radii


def _tiles(a: _Points, b: _Points, *, radius: np.ndarray | None) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Row blocks of approximate squared distances and of the bound on their error.

    Screens in float32, and again in float64 where that leaves too many pairs undecided. Rows
    too long or too short for float32 squares go to float64 at once.
    """
    centre = a.rows.mean(axis=0, dtype=np.float64)
    largest = max(float(np.abs(side.rows).max(initial=0.0)) for side in (a, b))
    dtypes = (np.float32, np.float64) if 1e-12 < largest < 1e15 else (np.float64,)
    screens: dict[type, tuple[_Screen, _Screen]] = {}
    for start in range(0, len(a.rows), _TILE):
        block = slice(start, start + _TILE)
        for dtype in dtypes:
            if dtype not in screens:
                left, right = (_Screen.of(side.rows, centre=centre, dtype=dtype) for side in (a, b))
                screens[dtype] = left, right
            left, right = screens[dtype]
            squared, slack = left.squared_distances(right, block)
            if dtype is np.float64 or _decides(squared, slack, None if radius is None else radius[block]):
                yield start, squared, slack
                break


def _decides(squared: np.ndarray, slack: np.ndarray, radius: np.ndarray | None) -> bool:
    """Whether the bound settles nearly all pairs, judged on every 64th row."""
    sample, doubt = squared[::64], slack[::64]
    if radius is None:
        second = min(1, sample.shape[1] - 1)  # the nearest may be the row itself
        nearest = np.partition(sample, second, axis=1)[:, second : second + 1]
        return bool((sample - 2 * doubt <= nearest).mean() < 0.02)
    return bool((np.abs(sample - np.square(radius[::64])[:, None]) <= doubt).mean() < 0.02)


@dataclass(frozen=True)
class _Screen:
    """Centred rows in one precision with their lengths, for the matrix product."""

    rows: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray, *, centre: np.ndarray, dtype: type) -> "_Screen":
        moved = np.empty(rows.shape, dtype)
        for start in range(0, len(rows), _TILE):
            moved[start : start + _TILE] = rows[start : start + _TILE] - centre
        return cls(moved, np.sqrt(np.einsum("nd,nd->n", moved, moved, dtype=np.float64)))

    def squared_distances(self, other: "_Screen", block: slice) -> tuple[np.ndarray, np.ndarray]:
        """‖x‖² + ‖y‖² − 2 x·y, and a bound on its error.

        γ_d = d·u/(1 − d·u) bounds the error of a dot product of d terms summed in any order,
        relative to |x||y| ≤ (|x| + |y|)²/4 (Higham 2002, §3.1). The norms were summed in float64;
        32u covers centring and the final sums, `tiny` what underflows.
        """
        dtype, d = self.rows.dtype, self.rows.shape[1]
        unit, tiny = np.finfo(dtype).eps / 2, np.finfo(dtype).tiny
        gamma = d * unit / (1 - d * unit)
        a, b = self.lengths[block].astype(dtype), other.lengths.astype(dtype)
        squared = self.rows[block] @ other.rows.T
        squared *= -2
        squared += np.square(a)[:, None]
        squared += np.square(b)[None, :]
        slack = np.add.outer(a, b)
        np.square(slack, out=slack)
        slack *= dtype.type(gamma / 2 + 32 * unit + d * np.finfo(np.float64).eps)
        slack += dtype.type(8 * d * tiny)
        return squared, slack


def _exact(a: _Points, b: _Points, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """√Σ(x − y)² in float64 for the named pairs."""
    distances = np.empty(len(rows))
    chunk = max(1, _DIRECT_BYTES // (8 * a.rows.shape[1]))
    for i in range(0, len(rows), chunk):
        gap = a.rows[rows[i : i + chunk]].astype(np.float64)
        gap -= b.rows[columns[i : i + chunk]]
        np.square(gap, out=gap)
        distances[i : i + chunk] = np.sqrt(gap.sum(axis=1))
    return distances
