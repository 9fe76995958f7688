"""Whether fakes were made from the reals one by one: copies, reconstructions, the same set in another order.

A fake b and a real a are *tied* where each is the other's nearest row of both sides, and where they lie nearer, by
more than a tenth, than either of them to any other real. Rows that are equal are tied unless they are repeated on both
sides: values that come again and again on both are those of a law with few values.

Copies are tied nearly all, whatever their order; a few exact ones are known by values that come once on each side.
Of independent sides a part is, at most as many as of two parts of the reals: were a share of the reals fakes, so many
of those would be tied to the others. So the reals are split, in the ratio of the sides, and the two shares compared.
Sides are dependent where a third more are tied than chance gives, and Fisher's exact test excludes chance at 1e-4.
(For a split of one law about 0.1 are tied, less in many dimensions; of copies with noise as long as half the usual
distance of nearest neighbours, 0.9.)

What is nearest is sought among all rows, for a sample of the fakes: were rows left out, pairs would be torn. Where
there are more fakes than reals, as many as reals are drawn. Sample, draw and split depend on what the rows hold, not
on their order.
"""

import zlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int64

from ganeval.core.randomness import hashed_order
from ganeval.core.types import AnyRows
from ganeval.numerics.distances import distinct, require_one_width
from ganeval.numerics.two_nearest import TwoNearest, two_nearest

REASON = "the fakes look made from the reals one by one, and an interval takes the sides for independent"
_QUERIES = 100
_BLOCK = 4096
_ROWS = 128  # that stay in a core's cache
_NEARER = 0.9
_CHANCE = 1e-4
_MORE = 1 / 3
_LEAST = 6  # different rows, for equal ones to be more than chance
_SMALL = 1e-12


class Dependence(NamedTuple):
    """How many of so many fakes are tied to a real, and of reals to other reals; `same` where both have equal rows."""

    tied: int
    fakes: int
    usual: int
    reals: int
    same: bool = False

    @property
    def chance(self) -> float:
        """The chance of so many tied fakes if no more were tied than of the reals, by Fisher's exact test.

        >>> round(Dependence(3, 3, 0, 3).chance, 9)
        0.05
        """
        from scipy.stats import hypergeom

        return float(hypergeom.sf(self.tied - 1, self.fakes + self.reals, self.tied + self.usual, self.fakes))

    @property
    def is_sure(self) -> bool:
        """Whether the sides depend on each other."""
        if self.same or not self.fakes or not self.reals:
            return self.same
        usual = self.usual / self.reals
        return self.tied / self.fakes - usual >= _MORE * (1 - usual) and self.chance <= _CHANCE


def dependence(real: AnyRows, fake: AnyRows) -> Dependence:
    """Whether fakes (m, d) and reals (n, d) depend; the reals are not asked where too few fakes can be tied to matter.

    >>> rows = np.random.default_rng(0).normal(size=(200, 4))
    >>> dependence(rows[:100], rows[100:]).is_sure, dependence(rows, rows[::-1] + 1e-3).is_sure
    (False, True)
    """
    return counted(real, fake, enough=_MORE)


def counted(real: AnyRows, fake: AnyRows, *, enough: float = 0.0) -> Dependence:
    """Tied rows of fakes (m, d) and reals (n, d), and of two parts of the reals if `enough` fakes may be tied."""
    require_one_width(real, fake)
    reals, fakes = (_Side.of(side) for side in _moderate(real, fake))
    if reals.equals(fakes) or reals.copied(fakes):
        return Dependence(0, 0, 0, 0, same=True)
    fakes = fakes.first(len(reals.picked))
    if min(len(reals.picked), len(fakes.picked)) < 2:
        return Dependence(0, 0, 0, 0)
    tied, n = _tied(reals, fakes, enough=enough)
    if tied < enough * n:
        return Dependence(tied, n, 0, 0)
    share = len(fakes.picked) / (len(reals.picked) + len(fakes.picked))
    one, other = reals.split(round(share * len(real)))
    return Dependence(tied, n, *_tied(other, one))


def warning(name: str) -> str:
    """What is told of fakes (their name) that depend on the reals.

    >>> warning("fake/")
    'fake/ look made from the reals one by one: intervals that take the two sides for independent are withheld'
    """
    return f"{name} look made from the reals one by one: intervals that take the two sides for independent are withheld"


def _moderate(real: AnyRows, fake: AnyRows) -> tuple[AnyRows, AnyRows]:
    """The rows, scaled by a power of two where their squares would leave float32."""
    largest = max(float(np.abs(side).max(initial=0.0)) for side in (real, fake))
    if not largest or _SMALL < largest < 1 / _SMALL:
        return real, fake
    exponent = -int(np.frexp(largest)[1])
    return np.ldexp(real, exponent), np.ldexp(fake, exponent)


@dataclass(frozen=True, eq=False)
class _Side:
    """The different rows of a side in an order that depends on what they hold: that of `keys`, their hashes.

    `picked` are their places in `values`, `counts` says how often each comes.
    """

    values: AnyRows
    keys: Int64[np.ndarray, " n"]
    picked: Int64[np.ndarray, " n"]
    counts: Int64[np.ndarray, " n"]

    @classmethod
    def of(cls, values: AnyRows) -> "_Side":
        picked, kinds = distinct(values)
        blocks = (np.ascontiguousarray(values[picked[i : i + _ROWS]] + 0.0) for i in range(0, len(picked), _ROWS))
        keys = np.fromiter((zlib.crc32(row) for block in blocks for row in block), np.int64, len(picked))
        order = np.argsort(keys, kind="stable")
        return cls(values, keys[order], picked[order], np.bincount(kinds, minlength=len(picked))[order])

    def equals(self, other: "_Side") -> bool:
        """Whether both hold the same rows as often, and of enough kinds."""
        if not len(self.picked) == len(other.picked) >= _LEAST:
            return False
        return np.array_equal(self.keys, other.keys) and np.array_equal(self.counts, other.counts)

    def copied(self, other: "_Side") -> bool:
        """Whether rows of this side come again in the other one, and not again in their own.

        Of values that come exactly twice among independent rows of both, a pair is across the sides by chance alone.
        """
        _, here, there = np.intersect1d(self.keys, other.keys, return_indices=True)
        across = int(((self.counts[here] == 1) & (other.counts[there] == 1)).sum())
        if across < max(_LEAST, _MORE * min(len(self.picked), len(other.picked))):
            return False
        from scipy.stats import binom

        within = np.isin(self.keys[self.counts == 2], other.keys, invert=True).sum()
        within += np.isin(other.keys[other.counts == 2], self.keys, invert=True).sum()
        n, m = int(self.counts.sum()), int(other.counts.sum())
        chance = 2 * n * m / ((n + m) * (n + m - 1))
        return float(binom.sf(across - 1, across + int(within), chance)) <= _CHANCE

    def first(self, n: int) -> "_Side":
        """The first n different rows."""
        return _Side(self.values, self.keys[:n], self.picked[:n], self.counts[:n])

    def split(self, n: int) -> tuple["_Side", "_Side"]:
        """n of all rows, and the others."""
        kinds = np.repeat(np.arange(len(self.picked)), self.counts)
        drawn = kinds[hashed_order(np.arange(len(kinds)), seed=0)]
        one, other = (self._among(part) for part in (drawn[:n], drawn[n:]))
        return one, other

    def _among(self, drawn: Int64[np.ndarray, " drawn"]) -> "_Side":
        counts = np.bincount(drawn, minlength=len(self.picked))
        kept = np.flatnonzero(counts)
        return _Side(self.values, self.keys[kept], self.picked[kept], counts[kept])

    def two_nearest(self, points: AnyRows) -> TwoNearest:
        """The two nearest of the different rows, block by block."""
        blocks = []
        for part in np.array_split(np.arange(len(self.picked)), -(-len(self.picked) // _BLOCK)):
            near = two_nearest(points, self.values[self.picked[part]], dtype=np.float32)
            blocks.append(TwoNearest(near.distances, near.positions + part[0]))
        distances = np.concatenate([near.distances for near in blocks], axis=1)
        positions = np.concatenate([near.positions for near in blocks], axis=1)
        order = np.lexsort((positions, distances), axis=1)[:, :2]
        return TwoNearest(np.take_along_axis(distances, order, 1), np.take_along_axis(positions, order, 1))


def _tied(real: _Side, fake: _Side, *, enough: float = 0.0) -> tuple[int, int]:
    """How many of a sample of the different fakes are tied to a real, and of how many.

    Where the share cannot be `enough`, as between independent sides, how many may be tied: half of the work.
    """
    n = min(_QUERIES, len(fake.picked))
    if min(len(real.picked), len(fake.picked)) < 2:
        return 0, n
    fakes = fake.values[fake.picked[:n]]
    near = real.two_nearest(fakes)
    gap, partner = near.distances[:, 0], near.positions[:, 0]
    equal = (gap == 0) & ((real.counts[partner] == 1) | (fake.counts[:n] == 1))
    nearest_fake = fake.two_nearest(fakes).distances[:, 1]  # the first is the row itself
    likely = np.flatnonzero((gap > 0) & (gap <= _NEARER * near.distances[:, 1]) & (gap < nearest_fake))
    if not len(likely) or equal.sum() + len(likely) < enough * n:
        return int(equal.sum()) + len(likely), n
    mutual = _mutual(real, fake, fakes=likely, reals=partner[likely], gaps=gap[likely])
    return int(equal.sum()) + int(mutual.sum()), n


def _mutual(
    real: _Side, fake: _Side, *, fakes: Int64[np.ndarray, " k"], reals: Int64[np.ndarray, " k"], gaps: np.ndarray
) -> Bool[np.ndarray, " k"]:
    """Whether no other fake is as near to its real, and no other real nearly as near."""
    partners = real.values[real.picked[reals]]
    back = fake.two_nearest(partners)
    own = (back.positions[:, 0] == fakes) & (back.distances[:, 1] > gaps)
    return own & (gaps <= _NEARER * real.two_nearest(partners).distances[:, 1])
