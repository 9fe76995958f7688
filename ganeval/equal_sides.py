"""Both sides at the same number of rows, for metrics whose value depends on it."""

from ganeval.statistics import Rows


def equal_sides(real: Rows, fake: Rows, *, seed: int) -> tuple[Rows, Rows]:
    """The sides, the larger one cut to the size of the smaller by a choice that seed and index numbers decide.

    >>> import numpy as np
    >>> sides = [Rows.of(np.arange(n), np.zeros((n, 1))) for n in (2, 5)]
    >>> [side.n for side in equal_sides(*sides, seed=0)]
    [2, 2]
    """
    n = min(real.n, fake.n)
    cut = [side if side.n == n else side.hashed(slice(n), seed=seed) for side in (real, fake)]
    return cut[0], cut[1]
