"""The spread over disjoint parts of both sides, scaled to all rows (`subsamples.py`).

Never a bootstrap: repeated rows have distance 0 and shrink every ball. Of several fakes the real part is the same for
every one; differences of their scores spread as those of the whole sides do.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ganeval.core.estimate import Estimate, Range, student_quantile
from ganeval.core.interval_kind import Subsamples
from ganeval.core.rows import Rows
from ganeval.intervals.joint import JointScores
from ganeval.intervals.method import IntervalMethod, Sample, SharedReals, around
from ganeval.intervals.subsamples import Parts, spread_over_parts
from ganeval.numerics.duplicates import too_repeated


@dataclass(frozen=True)
class SubsamplesInterval(IntervalMethod[Subsamples]):
    """Every score from its spread over parts; shares and counts on a scale where errors do not depend on the value."""

    describes: ClassVar = Subsamples

    def estimates(self, sample: Sample) -> dict[str, Estimate]:
        """By Student's t, with the degrees of freedom that the parts leave."""
        metric, rows, outcome = sample.metric, sample.rows, sample.outcome
        repeated = too_repeated(rows)
        if repeated:
            return sample.withheld(repeated)
        bounds = [metric.scores[key].bounds for key in outcome.scores]

        def scores(parts: Parts) -> list[float | None]:
            of_parts = metric(**{**sample.statistics, **parts}).values()
            return [_even(*pair) for pair in zip(of_parts, bounds, strict=True)]

        spread = spread_over_parts(scores, rows, minimum=metric.minimum, seed=sample.intervals.seed)
        if isinstance(spread, str):
            return sample.withheld(spread)
        t, n = student_quantile(sample.intervals.level, degrees=spread.degrees), min(side.n for side in rows.values())
        return {
            key: _around_even(value, error, t, n, sample.intervals.level, spread.how, bounds=ends)
            for (key, value), ends, error in zip(
                outcome.scores.items(), bounds, np.linalg.norm(spread.deviations, axis=0).tolist(), strict=True
            )
        }

    def joint(self, sides: SharedReals) -> dict[str, JointScores]:
        """The parts of the reals are the same for every fake."""
        if not sides.sampled:
            return sides.certain()
        few = too_repeated({"real": sides.real}) if isinstance(sides.real, Rows) and "real" in sides.over else None
        spread = few or spread_over_parts(
            lambda parts: [score for side in sides.scores(parts) for score in side.values()],
            {id(side): side for side in sides.sampled},
            minimum=sides.metric.minimum,
            seed=sides.intervals.seed,
            purposes=sides.purposes,
        )
        if isinstance(spread, str):
            return sides.without(spread)
        repeated = [too_repeated({"fake": fake}) for fake in sides.fakes] if "fake" in sides.over else []
        reasons = {number: reason for number, reason in enumerate(repeated) if reason}
        how = f"{spread.how}, reals shared"
        by_fake = spread.deviations.reshape(len(spread.deviations), len(sides.fakes), -1)
        places = {key: place for place, key in enumerate(sides.metric.scores)}
        return {
            key: JointScores.of_deviations(
                value, by_fake[:, :, places[key]], degrees=spread.degrees, how=how, reasons=reasons
            )
            for key, value in sides.values.items()
        }


def _even(value: float | None, bounds: Range) -> float | None:
    """A share by its angle, arcsin √p, and a count by its root: errors there do not depend on the value."""
    if value is None or bounds not in ((0.0, 1.0), (0.0, None)):
        return value
    root = float(np.sqrt(value))
    return root if bounds[1] is None else float(np.arcsin(min(root, 1.0)))


def _around_even(
    value: float | None, error: float, t: float, n: int, level: float, method: str, *, bounds: Range
) -> Estimate:
    """A share of n has at least a binomial error, 1/(2√n) as an angle, also where all or none of them are in it.

    The angle around which the interval lies is Anscombe's (Biometrika 35, 1948), 3/8 of an image inwards.
    """
    if value is None or np.isnan(error):
        return Estimate(value, reason="without some of the images there is no score")
    if bounds == (0.0, 1.0):
        angle, reach = np.arcsin(np.sqrt((n * value + 3 / 8) / (n + 3 / 4))), t * max(error, 0.5 / np.sqrt(n))
        low, high = np.sin(np.maximum(0, angle - reach)) ** 2, np.sin(np.minimum(angle + reach, np.pi / 2)) ** 2
    elif bounds == (0.0, None):
        root = np.sqrt(value)
        low, high = max(0.0, root - t * error) ** 2, (root + t * error) ** 2
    else:
        return around(value, t * error, level=level, method=method, bounds=bounds)
    return Estimate(
        value=value,
        corrected=None,
        low=min(value, float(low)),
        high=max(value, float(high)),
        level=level,
        method=method,
    )


METHOD = SubsamplesInterval
