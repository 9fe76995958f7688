"""Repeated rows: how many there are, and where they are too many for intervals by subsamples.

A half of a side in which rows repeat holds fewer different ones than the whole and more than a fresh side of its size:
what subsamples scatter by is then not what new images would.
"""

from collections.abc import Mapping

from ganeval.distances import distinct
from ganeval.statistics import Rows

MOST = 0.1


def different(side: Rows) -> int:
    """How many different rows there are.

    >>> import numpy as np
    >>> different(Rows.of(np.arange(3), np.array([[1.0], [2.0], [1.0]])))
    2
    """
    return len(distinct(side.values)[0])


def repeated_share(side: Rows) -> float:
    """The share of rows that repeat an earlier one."""
    return 1 - different(side) / side.n


def too_repeated(sides: Mapping[str, Rows]) -> str | None:
    """Why subsamples of these sides, by role, say too little; None where few rows repeat."""
    shares = {role: repeated_share(side) for role, side in sides.items()}
    role = max(shares, key=lambda role: shares[role])
    if shares[role] <= MOST:
        return None
    return f"{shares[role]:.0%} of the {role} images repeat others, and subsamples of repeated rows say too little"
