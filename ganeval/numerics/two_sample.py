"""Two-sample U-statistics: standard error and permutation test from one visit to all pairs.

    U = mean_{i≠j} k(x_i, x_j) + mean_{i≠j} k(y_i, y_j) − 2 mean_{i,j} k(x_i, y_j)

is the squared maximum mean discrepancy for a kernel k, and the energy distance for k = −|x − y|. The pairs come in
tiles, so that neither the kernel matrix nor a permuted one is ever held: every relabelling of the rows is one more
row of a matrix that multiplies each tile.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from ganeval.core.randomness import purpose_seed

_PERMUTATIONS = 199  # beside the labels as they are
_MOST_IMAGES = 50_000  # of both sides, for the permutation test
_EXACT = 1 << 22  # pairs up to which permutations are summed in float64


class PairTile(NamedTuple):
    """Kernel values of some rows and some columns; 0 for a row with itself.

    Where both are of one side, the pairs from column `mirror` on stand for their mirror images too.
    """

    rows: slice
    columns: slice
    values: np.ndarray
    mirror: int


class Units(NamedTuple):
    """The distinct rows of one side: how often each comes (None: once), and which of them each given row is.

    `own` is the mean kernel value of a row with itself.
    """

    n: int
    own: float
    counts: np.ndarray | None = None
    inverse: np.ndarray | None = None

    def summed(self, labels: np.ndarray) -> np.ndarray:
        """Labels (B, given rows) summed over equal rows."""
        if self.inverse is None or self.counts is None:
            return labels
        order = np.argsort(self.inverse, kind="stable")
        starts = np.concatenate([[0], np.cumsum(self.counts)[:-1]])
        return np.add.reduceat(labels[:, order], starts, axis=1)


Pairs = Callable[[str, str], Iterable[PairTile]]


class TwoSample(NamedTuple):
    """How sure U is.

    `error` is its standard error, known to as many `degrees` of freedom as the tails of the rows' effects leave;
    `plug_in` U with each row's pair with itself left in, which is a squared length; `p_value` the chance of a U as
    large between equal laws (None: too many images for a test).
    """

    error: float
    degrees: float
    plug_in: float
    p_value: float | None


def two_sample(
    units: dict[str, Units],
    pairs: Pairs,
    *,
    sampled: frozenset[str],
    seed: int | None,
    ranks: dict[str, np.ndarray] | None = None,
) -> TwoSample:
    """Of the sides "real" and "fake"; `pairs(a, b)` yields the tiles of two sides, or of one with itself.

    The variance is that of a two-sample U-statistic, first and second order (Serfling 1980, §5.2; Bounliphone et al.
    2016):

        4 ζ_x/n + 4 ζ_y/m + 2 s_xx/n² + 2 s_yy/m² + 4 s_xy/(nm)

    ζ is the variance of a row's mean kernel difference without the noise of its averages, s the variance of
    doubly centred kernel values. A side that is not `sampled` is the population and adds nothing of its own.
    p is the share of 200 labellings, the given one among them, with a U at least as large; without a `seed`, none.
    `ranks` number the given rows of each side: labels are drawn for these numbers, not for where rows stand.
    """
    n, m = (_given(units[role]) for role in ("real", "fake"))
    labels = _labels(n, m, seed) if seed is not None and n + m <= _MOST_IMAGES else None
    own: dict[str, np.ndarray] = {}
    for role, part in () if labels is None else (("real", labels[:, :n]), ("fake", labels[:, n:])):
        own[role] = units[role].summed(part if ranks is None else part[:, ranks[role]])
    xx, yy, xy = (
        PairSums.of(pairs(a, b), (units[a], units[b]), labels=(own[a], own[b]) if own else None)
        for a, b in (("real", "real"), ("fake", "fake"), ("real", "fake"))
    )
    p = None if not own else _p_value(xx, yy, xy, labels=own)
    statistic = _within(xx) + _within(yy) - 2 * _total(xy.left, units["real"]) / (n * m)
    bias = sum((units[a].own - _within(sums)) / k for a, sums, k in (("real", xx, n), ("fake", yy, m)) if a in sampled)
    return TwoSample(*_error(xx, yy, xy, sampled), statistic + bias, p)


class PairSums(NamedTuple):
    """What the kernel values of two sides add up to.

    `left` and `right` sum them for each distinct row, `variance` is theirs after double centring, and `agreement`
    Σ_ij s_i k_ij s_j for every labelling s.
    """

    left: np.ndarray
    right: np.ndarray
    variance: float
    agreement: np.ndarray
    units: tuple[Units, Units]

    @classmethod
    def of(
        cls,
        tiles: Iterable[PairTile],
        units: tuple[Units, Units],
        *,
        labels: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> "PairSums":
        """From all tiles of the pairs of two sides."""
        a, b = units
        same = a is b
        left, right, squares = np.zeros(a.n), np.zeros(b.n), 0.0
        agreement = np.zeros(0 if labels is None else len(labels[0]))
        for tile in tiles:
            rows, columns, values, mirror = tile
            of_a, of_b = _weights(a, rows), _weights(b, columns)
            left[rows] += values.sum(axis=1, dtype=np.float64) if of_b is None else values @ of_b
            further = slice(columns.start + mirror, columns.stop) if same else columns
            here = values[:, mirror:] if same else values
            right[further] += here.sum(axis=0, dtype=np.float64) if of_a is None else of_a @ here
            twice = np.ones(values.shape[1])
            twice[mirror if same else len(twice) :] = 2
            squares += _squares(values, of_a, twice if of_b is None else twice * of_b)
            if labels is not None:
                agreement += _agreement(values, labels[0][:, rows], labels[1][:, columns] * twice)
        if same:
            left = right = left + right
        return cls._centred(left, right, squares, agreement, units)

    @classmethod
    def _centred(
        cls, left: np.ndarray, right: np.ndarray, squares: float, agreement: np.ndarray, units: tuple[Units, Units]
    ) -> "PairSums":
        a, b = units
        n, m = _given(a), _given(b) - (a is b)
        mean = float(_total(left, a)) / (n * m)
        rows = _total(np.square(left / m), a) / n
        columns = _total(np.square(right / (n * m / _given(b))), b) / _given(b)
        variance = max(0.0, squares / (n * m) - float(rows) - float(columns) + mean**2)
        return cls(left, right, variance, agreement, units)


def _given(units: Units) -> int:
    return units.n if units.inverse is None else len(units.inverse)


def _total(values: np.ndarray, units: Units) -> float:
    return float(values.sum() if units.counts is None else units.counts @ values)


def _weights(units: Units, part: slice) -> np.ndarray | None:
    return None if units.counts is None else units.counts[part].astype(np.float64)


def _squares(values: np.ndarray, of_a: np.ndarray | None, of_b: np.ndarray) -> float:
    by_column = np.einsum("ij,ij->j", values, values, dtype=np.float64) if of_a is None else of_a @ np.square(values)
    return float(by_column @ of_b)


def _agreement(values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Σ_ij s_i k_ij s_j over a tile, for every labelling."""
    dtype = np.float64 if _is_exact(values.size) else np.float32
    products = left.astype(dtype) @ values.astype(dtype, copy=False)
    return np.einsum("bj,bj->b", products, right, dtype=np.float64)


def _is_exact(pairs: int) -> bool:
    """Whether so many pairs are summed in float64 for every labelling."""
    return pairs <= _EXACT // 16


def _within(sums: PairSums) -> float:
    n = _given(sums.units[0])
    return _total(sums.left, sums.units[0]) / (n * (n - 1))


def _error(xx: PairSums, yy: PairSums, xy: PairSums, sampled: frozenset[str]) -> tuple[float, float]:
    """The standard error and its degrees of freedom (Satterthwaite, from the kurtosis of the effects)."""
    n, m = (_given(sums.units[0]) for sums in (xx, yy))
    real, fake = float("real" in sampled), float("fake" in sampled)
    noise_x = real * xx.variance / n + fake * xy.variance / m
    noise_y = fake * yy.variance / m + real * xy.variance / n
    of_x, kurtosis_x = _variance(xx.left / (n - 1) - xy.left / m, xx.units[0])
    of_y, kurtosis_y = _variance(yy.left / (m - 1) - xy.right / n, yy.units[0])
    zeta_x, zeta_y = max(0.0, of_x - noise_x), max(0.0, of_y - noise_y)
    variance = 4 * (real * zeta_x / n + fake * zeta_y / m)
    variance += 2 * (real * xx.variance / n**2 + fake * yy.variance / m**2) + 4 * real * fake * xy.variance / (n * m)
    if not variance > 0:
        return 0.0, float("inf")
    share_x, share_y = real * zeta_x / variance, fake * zeta_y / variance
    spread = 16 * (share_x**2 * (kurtosis_x - 1) / n**3 + share_y**2 * (kurtosis_y - 1) / m**3)
    return float(np.sqrt(variance)), 2 / spread if spread > 0 else float("inf")


def _variance(effects: np.ndarray, units: Units) -> tuple[float, float]:
    """And the kurtosis, 3 for normal numbers."""
    n = _given(units)
    squares = np.square(effects - _total(effects, units) / n)
    mean = _total(squares, units) / n
    return n * mean / (n - 1), _total(np.square(squares / mean), units) / n if mean > 0 else 1.0


def _labels(n: int, m: int, seed: int) -> np.ndarray:
    """1 for real, 0 for fake: as given, then permuted."""
    rng = np.random.default_rng(purpose_seed(seed, "permutations"))
    labels = np.zeros((_PERMUTATIONS + 1, n + m), np.float32)
    labels[0, :n] = 1
    for row in labels[1:]:
        row[rng.permutation(n + m)[:n]] = 1
    return labels


def _p_value(xx: PairSums, yy: PairSums, xy: PairSums, *, labels: dict[str, np.ndarray]) -> float:
    """From Σ s k s, Σ s r (r the sums of rows) and Σ k: what lies within one label, across, and within the other."""
    n, m = (_given(sums.units[0]) for sums in (xx, yy))
    real, fake = xx.left + xy.left, yy.left + xy.right
    within = xx.agreement + yy.agreement + 2 * xy.agreement
    by_row = labels["real"] @ real + labels["fake"] @ fake
    total = _total(real, xx.units[0]) + _total(fake, yy.units[0])
    statistics = (
        within / (n * (n - 1)) + (total - 2 * by_row + within) / (m * (m - 1)) - 2 * (by_row - within) / (n * m)
    )
    exact = all(_is_exact(a.n * b.n) for sums in (xx, yy, xy) for a, b in [sums.units])
    tolerance = (1e-12 if exact else 1e-7) * abs(total) / (n + m) ** 2
    return float((statistics >= statistics[0] - tolerance).mean())
