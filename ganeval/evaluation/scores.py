"""The outcomes of several metrics on one set of sides: distances are measured once for all."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ganeval.core.errors import FeatureError
from ganeval.core.rows import Rows, Statistic
from ganeval.core.types import AnyRows
from ganeval.evaluation.engine import Features
from ganeval.intervals.intervals import BEYOND
from ganeval.metrics.base import Metric, Outcome
from ganeval.numerics.neighbours import Balls, Counts, ball_counts


def given_to(metric: Metric, sides: Mapping[str, Features]) -> dict[str, Statistic]:
    """What a metric reads of each of its roles, and of the optional ones that are there."""
    roles = (*metric.roles, *(role for role in metric.optional if role in sides))
    return {role: sides[role].statistic(metric.view, metric.statistic) for role in roles}


def outcomes(metrics: Sequence[Metric], inputs: Sequence[Mapping[str, Statistic]]) -> list[Outcome]:
    """The outcome of each metric on the statistics beside it; metrics of one view are given the same rows."""
    counts = _ball_counts(metrics, inputs)
    return [
        _outcome(metric, {**statistics, "counts": counts[metric.view]} if metric.balls else statistics)
        for metric, statistics in zip(metrics, inputs, strict=True)
    ]


def _outcome(metric: Metric, arguments: Mapping[str, Any]) -> Outcome:
    try:
        return metric.outcome(**arguments)
    except (ArithmeticError, np.linalg.LinAlgError) as error:
        name = next(iter(metric.scores.values())).label
        raise FeatureError(f"{name}: {BEYOND}") from error


def _ball_counts(
    metrics: Sequence[Metric], inputs: Sequence[Mapping[str, Statistic]]
) -> dict[str, dict[Balls, Counts]]:
    """By view, what the balls hold that any of the metrics asks for."""
    wanted: dict[str, set[Balls]] = {}
    rows: dict[str, tuple[AnyRows, AnyRows]] = {}
    for metric, statistics in zip(metrics, inputs, strict=True):
        if metric.balls:
            real, fake = statistics["real"], statistics["fake"]
            assert isinstance(real, Rows) and isinstance(fake, Rows)
            metric.require(real=real.n, fake=fake.n)
            rows[metric.view] = real.values, fake.values
            wanted.setdefault(metric.view, set()).update(metric.balls)
    return {view: ball_counts(*rows[view], wanted=balls) for view, balls in wanted.items()}
