"""Delete-a-group jackknife: the default, so that every new metric has an interval.

Groups come from a seeded hash of the rows' contents, not from their order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ganeval.core.estimate import Estimate, student_quantile
from ganeval.core.interval_kind import Jackknife
from ganeval.intervals.joint import JointScores
from ganeval.intervals.method import IntervalMethod, Sample, SharedReals, around
from ganeval.metrics.base import Metric

GROUPS = 20


@dataclass(frozen=True)
class JackknifeInterval(IntervalMethod[Jackknife]):
    """Every score from the scores of the rest of the rows."""

    describes: ClassVar = Jackknife

    def estimates(self, sample: Sample) -> dict[str, Estimate]:
        """By Student's t with a degree of freedom less than groups."""
        metric, rows, level = sample.metric, sample.rows, sample.intervals.level
        groups = min(GROUPS, *(side.n for side in rows.values()))
        left = min(side.n - int(np.ceil(side.n / groups)) for side in rows.values())
        if groups < 5 or left < metric.minimum:
            return sample.withheld("too few images for a jackknife")
        orders = {role: side.ordered(seed=sample.intervals.seed, purpose=role) for role, side in rows.items()}
        by_group: list[Mapping[str, float | None]] = []
        for group in range(groups):
            kept = {role: side.chosen(np.sort(_all_but(orders[role], group, groups))) for role, side in rows.items()}
            by_group.append(metric.for_spread(**{**sample.statistics, **kept}))
        return {key: _jackknifed(metric, key, value, by_group, level) for key, value in sample.outcome.scores.items()}


def without_groups(sides: SharedReals) -> dict[str, JointScores]:
    """Several fakes over the same reals: groups of the reals are left out for all fakes at once."""
    if not sides.sampled:
        return sides.certain()
    groups = min(GROUPS, *(side.n for side in sides.sampled))
    if groups < 5 or min(side.n - -(-side.n // groups) for side in sides.sampled) < sides.metric.minimum:
        return sides.without("too few images for a jackknife")
    orders = {
        id(side): side.ordered(seed=sides.intervals.seed, purpose=sides.purposes[id(side)]) for side in sides.sampled
    }
    drawn = []
    for group in range(groups):
        kept = {name: np.sort(np.delete(order, np.s_[group::groups])) for name, order in orders.items()}
        drawn.append(sides.scores({id(side): side.chosen(kept[id(side)]) for side in sides.sampled}))
    how = f"jackknife, {groups} groups, reals shared"
    joints = {}
    for key, value in sides.values.items():
        scores = np.array([[side[key] for side in draw] for draw in drawn], float)
        deviations = np.sqrt((groups - 1) / groups) * (scores - scores.mean(axis=0))
        joints[key] = JointScores.of_deviations(value, deviations, degrees=groups - 1, how=how)
    return joints


def _jackknifed(
    metric: Metric, key: str, value: float | None, by_group: Sequence[Mapping[str, float | None]], level: float
) -> Estimate:
    left = [scores[key] for scores in by_group]
    known = [score for score in left if score is not None]
    if value is None or len(known) < len(left):
        return Estimate(value, reason="without some of the images there is no score")
    groups = len(known)
    error = float(np.sqrt((groups - 1) / groups * np.sum(np.square(np.array(known) - np.mean(known)))))
    reach = student_quantile(level, degrees=groups - 1) * error
    method = f"jackknife, {groups} groups"
    return around(value, reach, level=level, method=method, bounds=metric.scores[key].bounds)


def _all_but(order: np.ndarray, group: int, groups: int) -> np.ndarray:
    kept = np.ones(len(order), bool)
    kept[group::groups] = False
    return order[kept]


METHOD = JackknifeInterval
