"""The delta method by influence functions, the bias removed by half-samples (`delta_method.py`).

Of several fakes the effects of a real row on all the scores give the shared part of their errors, by their covariance,
and each fake's rows its own. Biases are removed by half-samples whose real halves are the same for every fake.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ganeval.core.estimate import Estimate
from ganeval.core.interval_kind import InfluenceFunction
from ganeval.core.rows import Rows, as_moments
from ganeval.intervals.delta_method import Influence, extrapolated
from ganeval.intervals.joint import JointScores
from ganeval.intervals.method import IntervalMethod, Sample, SharedReals


@dataclass(frozen=True)
class InfluenceInterval(IntervalMethod[InfluenceFunction]):
    """The metric's only score, extrapolated."""

    describes: ClassVar = InfluenceFunction

    def estimates(self, sample: Sample) -> dict[str, Estimate]:
        """Around the value without its bias; sides that are no sample are given as moments."""
        metric = sample.metric
        assert isinstance(metric, Influence)
        ((key, value),) = sample.outcome.scores.items()
        assert value is not None
        population = {role: as_moments(side) for role, side in sample.statistics.items() if role not in sample.rows}
        return {
            key: extrapolated(metric, {**sample.rows, **population}, value=value, intervals=sample.intervals).estimate
        }

    def joint(self, sides: SharedReals) -> dict[str, JointScores]:
        """The covariance of the effects of the shared rows, and the variance of each fake's own."""
        metric = sides.metric
        assert isinstance(metric, Influence)
        ((key, value),) = sides.values.items()
        assert sides.real is not None
        real = sides.real if "real" in sides.over else as_moments(sides.real)
        centres, own, reasons = value.copy(), np.zeros(len(value)), {}
        shared = np.zeros((len(value), real.n if isinstance(real, Rows) else 2))
        for number, fake in enumerate(sides.fakes):
            statistics = sides.statistics(real, fake)
            estimate, effects = extrapolated(metric, statistics, value=float(value[number]), intervals=sides.intervals)
            if estimate.reason is not None:
                reasons[number] = estimate.reason
                continue
            centres[number] = estimate.corrected
            own[number] = float(np.var(effects["fake"], ddof=1)) / fake.n
            shared[number] = effects.get("real", 0.0)
        covariance = np.atleast_2d(np.cov(shared)) / shared.shape[1]
        if "fake" in sides.over:
            covariance = covariance + np.diag(own)
        how = "influence functions on shared reals, bias by half-samples"
        return {
            key: JointScores(
                values=value, centres=centres, covariance=covariance, degrees=sides.degrees, how=how, reasons=reasons
            )
        }


METHOD = InfluenceInterval
