"""The scores of several fakes against the same reals: what paired differences are judged by.

The same reals face every fake, so that what is peculiar to them cancels in a difference. The method follows the kind
that the metric declares (`Metric.interval`), as for intervals: `IntervalMethod.joint` of its file. A kind that has
nothing of its own for this leaves it to the jackknife.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ganeval.core.estimate import IntervalSettings
from ganeval.core.rows import Rows, Statistic
from ganeval.intervals.jackknife import without_groups
from ganeval.intervals.joint import JointScores
from ganeval.intervals.method import SharedReals, method_of
from ganeval.metrics.base import Metric, Outcome


def joint_scores(
    metric: Metric,
    real: Statistic | None,
    *,
    fakes: Sequence[Rows],
    outcomes: Sequence[Outcome],
    over: frozenset[str],
    intervals: IntervalSettings,
) -> dict[str, JointScores]:
    """By key, the metric's scores of all fakes; roles in `over` are samples, the others are taken as given.

    `real` is None for a metric that reads no reals.
    """
    over = over - intervals.fixed - (frozenset() if isinstance(real, Rows) else {"real"})
    values = {key: np.array([outcome.scores[key] for outcome in outcomes], float) for key in metric.scores}
    sides = SharedReals(metric=metric, real=real, fakes=tuple(fakes), over=over, intervals=intervals, values=values)
    if all(np.isnan(scores).all() for scores in values.values()):
        return dict.fromkeys(values, JointScores.without("there is no score"))
    joints = method_of(metric.interval).joint(sides)
    if joints is None:
        joints = without_groups(sides)
    missing = {
        key: {i: "it has no score" for i in np.flatnonzero(np.isnan(scores)).tolist()} for key, scores in values.items()
    }
    inputs = [sides.statistics(real, fake) for fake in fakes]
    possible = [metric.range(**statistics) for statistics in inputs]
    return {
        key: replace(joint, reasons={**joint.reasons, **missing[key]}, ranges=tuple(own[key] for own in possible))
        for key, joint in joints.items()
    }
