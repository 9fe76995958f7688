"""How the scores of several fakes against the same reals err together, and the differences that are read off it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64

from ganeval.core.estimate import Range, beyond_range, student_quantile
from ganeval.intervals.multiplicity import Means


@dataclass(frozen=True)
class JointScores:
    """One score of p fakes against the same reals.

    `values` are the literature's numbers, `centres` those without bias where it can be had: differences are of
    these. `covariance` is right for differences, with `degrees` of freedom. `reason` says why there is none of it,
    `reasons` by number why a single fake has none: the others are compared all the same. `ranges` are the values that
    each fake's rows allow.
    """

    values: Float64[np.ndarray, " p"]
    centres: Float64[np.ndarray, " p"]
    covariance: Float64[np.ndarray, "p p"]
    degrees: float
    how: str
    reason: str | None = None
    reasons: Mapping[int, str] = field(default_factory=dict)
    ranges: tuple[Range, ...] = ()

    @property
    def unbiased(self) -> bool:
        """Whether a bias was taken off."""
        return self.reason is None and bool((self.centres != self.values)[~np.isnan(self.values)].any())

    @classmethod
    def of_deviations(
        cls,
        values: np.ndarray,
        deviations: np.ndarray,
        *,
        degrees: int,
        how: str,
        reasons: Mapping[int, str] | None = None,
    ) -> "JointScores":
        """From deviations (draws, p) whose products sum to the covariance."""
        lacking = np.flatnonzero(np.isnan(deviations).any(axis=0)).tolist()
        reasons = {**dict.fromkeys(lacking, "without some of the images there is no score"), **(reasons or {})}
        return cls(values, values, deviations.T @ deviations, degrees, how, reasons=reasons)

    @classmethod
    def certain(cls, values: np.ndarray) -> "JointScores":
        """Of scores whose sides are all taken as given."""
        return cls(values, values, np.zeros((len(values),) * 2), np.inf, "spread between runs")

    @classmethod
    def without(cls, reason: str) -> "JointScores":
        """None, for a reason."""
        return cls(np.empty(0), np.empty(0), np.empty((0, 0)), np.inf, "", reason)


@dataclass(frozen=True)
class Gap:
    """A difference of two sides, its standard error and the degrees of freedom of that."""

    estimate: float
    error: float
    degrees: float


def gap(joint: JointScores, *, first: Sequence[int], second: Sequence[int]) -> Gap:
    """The mean score of the fakes `second` less that of `first`.

    Of one fake each, with the error of their images. Of several training runs a side, with what differs between
    runs (their images' noise is in it) and the shared reals' part: Welch's error, degrees of freedom by
    Satterthwaite.

    >>> joint = JointScores(np.array([1.0, 3.0]), np.array([1.0, 3.0]), np.diag([0.5, 0.5]), np.inf, "as given")
    >>> gap(joint, first=[0], second=[1])
    Gap(estimate=2.0, error=1.0, degrees=inf)
    """
    numbers = [*first, *second]
    weights = np.repeat([-1 / len(first), 1 / len(second)], [len(first), len(second)])
    estimate = float(weights @ joint.centres[numbers])
    shared = max(0.0, float(weights @ joint.covariance[np.ix_(numbers, numbers)] @ weights))
    parts = [(shared, joint.degrees)]
    for runs in (first, second):
        if len(runs) > 1:
            parts.append((float(np.var(joint.centres[list(runs)], ddof=1)) / len(runs), len(runs) - 1))
    total = sum(part for part, _ in parts)
    doubt = sum(part**2 / degrees for part, degrees in parts)
    return Gap(estimate, float(np.sqrt(total)), total**2 / doubt if doubt > 0 else np.inf)


def impossible(
    joint: JointScores, difference: Gap, *, first: Sequence[int], second: Sequence[int], level: float
) -> str | None:
    """Why a difference has no interval: one that is wider than all differences of such rows, or apart from them.

    >>> joint = JointScores(np.zeros(2), np.zeros(2), np.eye(2), np.inf, "as given", ranges=((0.0, 1.0), (0.0, 1.0)))
    >>> impossible(joint, Gap(0.0, 0.1, np.inf), first=[0], second=[1], level=0.95)
    >>> impossible(joint, Gap(0.0, 1.5, np.inf), first=[0], second=[1], level=0.95)
    'an interval of [-2.94, 2.94] cannot be: only [-1, 1] is possible'
    """
    if not joint.ranges:
        return None
    reach = student_quantile(level, degrees=difference.degrees) * difference.error
    lows, highs = (np.array([own[end] for own in joint.ranges], float) for end in (0, 1))  # None is NaN
    least = float(lows[list(second)].mean() - highs[list(first)].mean())
    most = float(highs[list(second)].mean() - lows[list(first)].mean())
    possible = None if np.isnan(least) else least, None if np.isnan(most) else most
    return beyond_range(difference.estimate - reach, difference.estimate + reach, possible=possible)


def means(joint: JointScores, *, sides: Sequence[Sequence[int]]) -> Means:
    """The mean score of each side's fakes with its errors, which add up as they do in `gap`.

    >>> joint = JointScores(np.array([1.0, 3.0]), np.array([1.0, 3.0]), np.diag([0.5, 0.5]), np.inf, "as given")
    >>> found = means(joint, sides=[[0], [1]])
    >>> found.values.tolist(), found.covariance.tolist(), found.own.tolist()
    ([1.0, 3.0], [[0.5, 0.0], [0.0, 0.5]], [0.0, 0.0])
    """
    numbers = [number for own in sides for number in own]
    places = np.repeat(np.arange(len(sides)), [len(own) for own in sides])
    weights = (places == np.arange(len(sides))[:, None]) / np.bincount(places)[:, None]
    covariance = weights @ joint.covariance[np.ix_(numbers, numbers)] @ weights.T
    runs = [joint.centres[list(own)] for own in sides]
    own = np.array([np.var(scores, ddof=1) / len(scores) if len(scores) > 1 else 0.0 for scores in runs])
    degrees = np.array([len(scores) - 1 if len(scores) > 1 else np.inf for scores in runs], float)
    return Means(
        values=weights @ joint.centres[numbers],
        own=own,
        degrees=degrees,
        covariance=covariance,
        shared_degrees=joint.degrees,
    )
