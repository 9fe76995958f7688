"""Repeated rows: how many there are, and where they are too many for intervals by subsamples.

A half of a side in which rows repeat holds fewer different ones than the whole and more than a fresh side of its size:
what subsamples scatter by is then not what new images would.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool

from ganeval.core.rows import Rows
from ganeval.core.types import AnyRows
from ganeval.numerics.distances import distinct

MOST = 0.1


def different(side: Rows) -> int:
    """How many different rows there are.

    >>> different(Rows.of(np.arange(3), np.array([[1.0], [2.0], [1.0]])))
    2
    """
    return len(distinct(side.values)[0])


def without_radius(rows: AnyRows, *, k: int) -> Bool[np.ndarray, " n"]:
    """Which rows are repeated k times or more: a ball around one that reaches its k-th neighbour has radius 0.

    It holds copies of its centre alone, and how many of them there are grows with n.

    >>> without_radius(np.array([[1.0], [2.0], [1.0]]), k=1).tolist()
    [True, False, True]
    """
    _, kinds = distinct(rows)
    return (np.bincount(kinds) > k)[kinds]


def on_repeated(centres: AnyRows, points: AnyRows, *, k: int) -> tuple[Bool[np.ndarray, " n"], Bool[np.ndarray, " m"]]:
    """Which centres are repeated more than k times and have a point on them, and which points lie on such a centre.

    >>> centres, points = np.array([[1.0], [2.0], [1.0]]), np.array([[1.0], [2.0]])
    >>> [found.tolist() for found in on_repeated(centres, points, k=1)]
    [[True, False, True], [True, False]]
    """
    _, kinds = distinct(np.concatenate([centres, points]))
    here, there = kinds[: len(centres)], kinds[len(centres) :]
    both = (np.bincount(here, minlength=kinds.max() + 1) > k) & (np.bincount(there, minlength=kinds.max() + 1) > 0)
    return both[here], both[there]


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
