"""Squared distances between rows in tiles, with a proven bound on their error, and exact ones for named pairs.

Equal rows are collapsed to one row with a count first: a generator that repeats itself makes the work
smaller. Nothing is ever held of a side but its own rows and a few numbers each: blocks are centred when they
are needed, and tiles are bounded in both directions.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from jaxtyping import Float64, Int, Int64

from ganeval.core.errors import FeatureError
from ganeval.core.rows import finite_rows
from ganeval.core.types import AnyRows

_ROWS, _COLUMNS = 512, 4096  # of a tile; the second is a multiple of the first
_MOST_WORKERS = 8
_BLOCK = 128  # rows that stay in a core's cache
_DIRECT_BYTES = 1 << 20
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Points:
    """The distinct rows of `given` in order of their distance from its mean, `centre`.

    `picked` are their positions in `given`, `counts` how often each comes there, `squares` its squared distance
    from the centre; `inverse` maps the given rows to them.
    """

    given: AnyRows
    centre: np.ndarray
    picked: Int64[np.ndarray, " n"]
    counts: Int64[np.ndarray, " n"]
    inverse: Int64[np.ndarray, " given"]
    squares: Float64[np.ndarray, " n"]

    @classmethod
    def of(cls, rows: AnyRows) -> "Points":
        """FeatureError when a value is not finite, or too large to be squared.

        >>> points = Points.of(np.array([[3.0], [0.0], [3.0]]))
        >>> points.picked.tolist(), points.counts.tolist(), points.inverse.tolist()
        ([0, 1], [2, 1], [0, 1, 0])
        """
        rows = finite_rows(rows)
        total = rows.sum(axis=0, dtype=np.float64)
        centre = (total / max(len(rows), 1)).astype(np.float32 if rows.dtype == np.float32 else np.float64)
        picked, inverse = distinct(rows)
        squares = _squares(rows, picked, centre)
        order = np.argsort(squares, kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        inverse = rank[inverse]
        counts = np.bincount(inverse, minlength=len(order))
        return cls(rows, centre, picked[order], counts, inverse, squares[order])

    def __len__(self) -> int:
        return len(self.picked)

    @property
    def width(self) -> int:
        """Number of dimensions."""
        return self.given.shape[1]


def require_one_width(a: AnyRows, b: AnyRows) -> None:
    """FeatureError when rows (n, d) and (m, e) have different numbers of dimensions."""
    if a.shape[1] != b.shape[1]:
        raise FeatureError(f"the two sides have {a.shape[1]} and {b.shape[1]} feature dimensions: use one extractor")


def exact_distances(
    a: Points, b: Points, *, rows: Int[np.ndarray, " n"], columns: Int[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """√Σ(x − y)² in float64 for the pairs of a row of `a` and one of `b`, in feature units.

    >>> a, b = Points.of(np.array([[1.0, 1.0]])), Points.of(np.array([[4.0, 5.0]]))
    >>> exact_distances(a, b, rows=np.array([0]), columns=np.array([0])).tolist()
    [5.0]
    """
    distances = np.empty(len(rows))
    chunk = max(1, _DIRECT_BYTES // (8 * a.width))
    for start in range(0, len(rows), chunk):
        part = slice(start, start + chunk)
        gap = a.given[a.picked[rows[part]]].astype(np.float64)
        gap -= b.given[b.picked[columns[part]]]
        np.square(gap, out=gap)
        distances[part] = np.sqrt(gap.sum(axis=1))
    return distances


@dataclass(frozen=True, eq=False)
class Tile:
    """Lower bounds on the squared distances of all pairs of some rows and some columns.

    The upper bound of pair (i, j) is lower[i, j] + row_gap[i] + column_gap[j]. In a tile of a side with
    itself, the pairs from column `mirror` on stand for their mirror images too, and a row's own place holds ∞.
    """

    rows: slice
    columns: slice
    lower: np.ndarray
    row_gap: Float64[np.ndarray, " rows"]
    column_gap: Float64[np.ndarray, " columns"]
    mirror: int

    @property
    def mirrored(self) -> "Tile":
        """The pairs from `mirror` on, with rows as columns."""
        rows = slice(self.columns.start + self.mirror, self.columns.stop)
        lower = self.lower[:, self.mirror :].T
        return Tile(
            rows=rows,
            columns=self.rows,
            lower=lower,
            row_gap=self.column_gap[self.mirror :],
            column_gap=self.row_gap,
            mirror=len(self.row_gap),
        )

    @property
    def is_coarse(self) -> bool:
        """Whether float64 would bound the distances better."""
        return self.lower.dtype == np.float32

    @property
    def tolerance(self) -> int:
        """How many undecided pairs are cheaper to measure one by one than by the tile in float64."""
        return 64 + self.lower.size // 512

    def below(
        self, *, rows: np.ndarray | None = None, columns: np.ndarray | None = None
    ) -> tuple[Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]]:
        """The pairs (i, j) whose lower bound is at most the limit of its row or that of its column."""
        masks = []
        if rows is not None:
            masks.append(self.lower <= _rounded_up(rows, self.lower.dtype)[:, None])
        if columns is not None:
            masks.append(self.lower <= _rounded_up(columns, self.lower.dtype))
        mask = masks[0] if len(masks) == 1 else np.logical_or(*masks, out=masks[0])
        order = "C" if mask.flags.c_contiguous else "F"
        i, j = np.unravel_index(np.flatnonzero(mask.ravel(order)), mask.shape, order=order)
        return i, j

    def bounds(self, i: np.ndarray, j: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds of pairs, in float64."""
        lower = self.lower[i, j].astype(np.float64)
        return lower, lower + self.row_gap[i] + self.column_gap[j]


@dataclass(frozen=True, eq=False)
class Screen:
    """All pairs of two sides, or of one with itself, by a matrix product of rows centred on the mean of the first.

    |x − y|² = |x|² + |y|² − 2 x·y. The squares are summed in float64. With unit roundoff u, a dot product of d
    terms summed in any order is off by at most γ_d |x||y|, γ_d = d·u/(1 − d·u) (Higham 2002, §3.1), and
    2|x||y| ≤ |x|² + |y|². So every squared distance is within

        e (|x|² + |y|²),  e = γ_d + 32 u + 2 d ε

    of the product's, and a lower bound is the same sum with squares shrunk by 1 − e. 32 u covers centring,
    storing the squares and the final sums, ε (float64) the squares and the rounding of brute force in
    float64, which is what is bounded; 8 d times the smallest normal number, what underflows.
    """

    a: Points
    b: Points
    squares: Float64[np.ndarray, " b"]

    @classmethod
    def between(cls, a: Points, b: Points) -> "Screen":
        """The screen of all pairs; each pair of a side with itself comes once."""
        return cls(a, b, b.squares if a is b else _squares(b.given, b.picked, a.centre))

    @cached_property
    def dtype(self) -> type:
        """float32, unless rows are too long, too short or too wide for it."""
        longest = np.sqrt(max(self.a.squares.max(initial=0.0), self.squares.max(initial=0.0)))
        return np.float32 if 1e-12 < longest < 1e15 and self.a.width < 1_000_000 else np.float64

    def tiles(self) -> Iterator[Tile]:
        """Every pair once, a tile at a time."""
        return (self._tile(*job) for job in self._jobs())

    def each(self, work: Callable[[Tile], T]) -> Iterator[T]:
        """What `work` makes of every tile, in their order: one tile a core, each with a product of its own."""
        if len(self.a) * len(self.b) <= _ROWS * _COLUMNS:
            yield from map(work, self.tiles())
            return
        from threadpoolctl import threadpool_limits

        workers = min(_cores(), _MOST_WORKERS)
        pending: deque[Future[T]] = deque()
        with threadpool_limits(max(1, _cores() // workers), user_api="blas"), ThreadPoolExecutor(workers) as pool:
            for job in self._jobs():
                pending.append(pool.submit(lambda job: work(self._tile(*job)), job))
                if len(pending) > 2 * workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()

    def _jobs(self) -> Iterator[tuple[slice, slice, np.ndarray]]:
        """Rows and columns of each tile, with the right factor of its product."""
        for start in range(0, len(self.b), _COLUMNS):
            columns = slice(start, min(start + _COLUMNS, len(self.b)))
            right = self._right(columns, self.dtype)
            end = columns.stop if self.a is self.b else len(self.a)
            for top in range(0, end, _ROWS):
                first = max(start, top) if self.a is self.b else start
                yield slice(top, min(top + _ROWS, end)), slice(first, columns.stop), right[first - start :]

    def _tile(self, rows: slice, columns: slice, right: np.ndarray) -> Tile:
        left = _centred(self.a.given, self.a.picked[rows], self.a.centre, self.dtype)
        products = np.empty((len(left), len(right)), self.dtype)
        _multiply(left, right, products)
        return self._bounded(rows, columns, products)

    def finer(self, tile: Tile) -> Tile:
        """The same tile in float64."""
        products = np.empty_like(tile.lower, np.float64)
        left = _centred(self.a.given, self.a.picked[tile.rows], self.a.centre, np.float64)
        for start in range(0, products.shape[1], _ROWS):
            here = slice(tile.columns.start + start, min(tile.columns.start + start + _ROWS, tile.columns.stop))
            _multiply(left, self._right(here, np.float64), products[:, start : start + _ROWS])
        return self._bounded(tile.rows, tile.columns, products)

    def _right(self, columns: slice, dtype: type) -> np.ndarray:
        right = _centred(self.b.given, self.b.picked[columns], self.a.centre, dtype)
        right *= -2
        return right

    def _bounded(self, rows: slice, columns: slice, products: np.ndarray) -> Tile:
        """A tile from −2 x·y, in place."""
        d, dtype = self.a.width, products.dtype
        unit, least = np.finfo(dtype).eps / 2, 4.0 * d * np.finfo(dtype).tiny
        error = float(d * unit / (1 - d * unit) + 32 * unit + 2 * d * np.finfo(np.float64).eps)
        a, b = self.a.squares[rows], self.squares[columns]
        products += ((1 - error) * b - least).astype(dtype)
        products += ((1 - error) * a - least).astype(dtype)[:, None]
        mirror = 0
        if self.a is self.b:
            own = np.arange(max(0, rows.stop - columns.start))
            products[own, own] = np.inf
            mirror = len(own)
        return Tile(
            rows=rows,
            columns=columns,
            lower=products,
            row_gap=2 * (error * a + least),
            column_gap=2 * (error * b + least),
            mirror=mirror,
        )


def _cores() -> int:
    """Cores this process may use; some systems only tell how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _multiply(left: np.ndarray, right: np.ndarray, out: np.ndarray) -> None:
    np.matmul(left, right.T, out=out)


def _centred(values: AnyRows, picked: np.ndarray, centre: np.ndarray, dtype: type) -> np.ndarray:
    """The rows minus the centre, rounded once."""
    wide = np.float32 if values.dtype == centre.dtype == dtype == np.float32 else np.float64
    rows = values[picked].astype(wide, copy=False)
    rows -= centre
    return rows.astype(dtype, copy=False)


def _squares(values: AnyRows, picked: np.ndarray, centre: np.ndarray) -> np.ndarray:
    squares = np.empty(len(picked))
    for start in range(0, len(picked), _BLOCK):
        block = _centred(values, picked[start : start + _BLOCK], centre, np.float64)
        squares[start : start + _BLOCK] = np.einsum("nd,nd->n", block, block)
    if not squares.max(initial=0.0) < np.finfo(np.float64).max / 16:
        raise FeatureError("feature rows are too large: their squared distances overflow float64")
    return squares


def distinct(rows: AnyRows) -> tuple[np.ndarray, np.ndarray]:
    """Where the first of each kind of equal rows stands, and of which kind every row is.

    Found by hash and verified; rows that a collision of hashes keeps apart merely cost their share of work.

    >>> first, kinds = distinct(np.array([[3.0], [0.0], [3.0]]))
    >>> len(first), bool(kinds[0] == kinds[2])
    (2, True)
    """
    keys = np.empty(len(rows), np.int64)
    for start in range(0, len(rows), _BLOCK):
        keys[start : start + _BLOCK] = _hashes(rows[start : start + _BLOCK])
    order = np.argsort(keys, kind="stable")
    same = keys[order[1:]] == keys[order[:-1]]
    doubtful = np.flatnonzero(same)
    for start in range(0, len(doubtful), _BLOCK):
        part = doubtful[start : start + _BLOCK]
        same[part] = (rows[order[part]] == rows[order[part + 1]]).all(axis=1)
    first = np.ones(len(rows), bool)
    first[1:] = ~same
    kinds = np.empty_like(order)
    kinds[order] = np.cumsum(first) - 1
    return order[first], kinds


def _hashes(block: AnyRows) -> np.ndarray:
    kept = np.ascontiguousarray(block + 0.0)  # −0.0 and 0.0 are the same value but not the same bytes
    return np.fromiter((hash(row.tobytes()) for row in kept), np.int64, len(kept))


def _rounded_up(limits: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """In another precision and a little larger; what is too large for it is ∞."""
    largest = np.finfo(dtype).max
    within = np.nextafter(np.minimum(limits, largest / 2).astype(dtype), largest)
    return np.where(limits <= largest / 2, within, dtype.type(np.inf))
