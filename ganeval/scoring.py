"""The outcomes of several metrics on one set of sides: distances are measured once for all."""

from collections.abc import Mapping, Sequence

from ganeval.engine import Collection
from ganeval.metric import Metric, Outcome
from ganeval.neighbours import Balls, Counts, ball_counts
from ganeval.statistics import Rows, Statistic
from ganeval.types import AnyRows


def given_to(metric: Metric, sides: Mapping[str, Collection]) -> dict[str, Statistic]:
    """What a metric reads of each of its roles, and of the optional ones that are there."""
    roles = (*metric.roles, *(role for role in metric.optional if role in sides))
    return {role: sides[role].statistic(metric.view, metric.statistic) for role in roles}


def outcomes(metrics: Sequence[Metric], statistics: Sequence[Mapping[str, Statistic]]) -> list[Outcome]:
    """The outcome of each metric on the statistics beside it; metrics of one view are given the same rows."""
    counts = _ball_counts(metrics, statistics)
    return [
        metric.outcome(**given, counts=counts[metric.view]) if metric.balls else metric.outcome(**given)
        for metric, given in zip(metrics, statistics, strict=True)
    ]


def _ball_counts(
    metrics: Sequence[Metric], statistics: Sequence[Mapping[str, Statistic]]
) -> dict[str, dict[Balls, Counts]]:
    """By view, what the balls hold that any of the metrics asks for."""
    wanted: dict[str, set[Balls]] = {}
    rows: dict[str, tuple[AnyRows, AnyRows]] = {}
    for metric, given in zip(metrics, statistics, strict=True):
        if metric.balls:
            real, fake = given["real"], given["fake"]
            assert isinstance(real, Rows) and isinstance(fake, Rows)
            metric.require(real=real.n, fake=fake.n)
            rows[metric.view] = real.values, fake.values
            wanted.setdefault(metric.view, set()).update(metric.balls)
    return {view: ball_counts(*rows[view], wanted=balls) for view, balls in wanted.items()}
