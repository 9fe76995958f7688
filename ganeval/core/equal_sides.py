"""Both sides at the same number of rows, for metrics whose value depends on it."""

import numpy as np

from ganeval.core.rows import Rows


def equal_sides(real: Rows, fake: Rows, *, seed: int) -> tuple[Rows, Rows]:
    """The sides, the larger one cut to the size of the smaller by a choice that seed and contents decide.

    >>> sides = [Rows.of(np.arange(n), np.zeros((n, 1))) for n in (2, 5)]
    >>> [side.n for side in equal_sides(*sides, seed=0)]
    [2, 2]
    """
    n = min(real.n, fake.n)
    return _cut(real, n, seed), _cut(fake, n, seed)


def _cut(side: Rows, n: int, seed: int) -> Rows:
    return side if side.n == n else side.chosen(np.sort(side.ordered(seed=seed, purpose="equal sides")[:n]))
