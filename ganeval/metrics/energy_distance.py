"""Energy distance: how far apart two sets are, by distances between images alone.

    2 mean_{i,j} |x_i − y_j| − mean_{i≠j} |x_i − x_j| − mean_{i≠j} |y_i − y_j|

|·| is the Euclidean distance of features. Unit: feature units, so values from different extractors cannot be
compared. It is 0 on average for equal distributions, so a small negative value is normal; lower is better. Some
authors print its square root, or half of it.

Sees any difference of the distributions: no moments are singled out, and there is no kernel to choose. Blind to
nothing in the limit, but differences that are small beside the usual distance of two images, such as details of a few
rare images or a repeated image among thousands, move it little in high dimensions.

Unbiased at any n (the full statistic over all pairs): values at different n can be compared, and 1,000 images
tell most generators apart. Copies of the reals score below 0, as if better than real: it is no test of copying.
Cost: three products of n × n × d; 10,000 images of 2,048 features take half a minute on a processor, in tiles of
about 10 MB.

Source: Székely & Rizzo, Energy statistics: A class of statistics based on distances, Journal of
Statistical Planning and Inference 143, 2013.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from ganeval.core.estimate import Range
from ganeval.core.interval_kind import UStatistic
from ganeval.core.rows import Rows
from ganeval.core.types import AnyRows
from ganeval.metrics.base import Metric, Score
from ganeval.numerics.mean_distances import energy_two_sample, mean_distance, mean_distance_within
from ganeval.numerics.two_sample import TwoSample


def energy_distance(real: AnyRows, fake: AnyRows) -> float:
    """Unbiased energy distance of rows (n, d) and (m, d), in feature units; TooFewError below two rows a side.

    >>> import numpy as np
    >>> found = energy_distance(np.array([[0.0], [1.0]]), np.array([[3.0], [5.0]]))
    >>> round(found, 9)  # 2·(3 + 5 + 2 + 4)/4 − 1 − 2
    4.0
    """
    within = mean_distance_within(real) + mean_distance_within(fake)
    return 2 * mean_distance(real, fake) - within


@final
@dataclass(frozen=True)
class EnergyDistance(Metric):
    """Energy distance over all pairs; no parameters."""

    statistic: ClassVar = Rows
    scores: ClassVar = {
        "energy": Score(
            "energy", "lower", frozenset({"shift", "noise", "dropped-modes", "outliers"}), named_after_features=True
        )
    }
    group: ClassVar = "distance"
    order: ClassVar = 15
    depends_on_n: ClassVar = False
    symmetric: ClassVar = True
    interval: ClassVar = UStatistic()
    citation: ClassVar = (
        "Székely, Rizzo. Energy statistics: A class of statistics based on distances. "
        "Journal of Statistical Planning and Inference 143, 2013"
    )

    @property
    def minimum(self) -> int:
        """Two: a distance within a set needs a pair."""
        return 2

    def __call__(self, *, real: Rows, fake: Rows) -> dict[str, float]:
        """The distance, in feature units."""
        self.require(real=real.n, fake=fake.n)
        return {"energy": energy_distance(real.values, fake.values)}

    def range(self, *, real: Rows, fake: Rows) -> dict[str, Range]:
        """By way of the reals' mean c: |x − y| ≤ |x − c| + |y − c| in each of the four mean distances."""
        centre = real.values.mean(axis=0, dtype=np.float64)[None]
        most = 2 * sum(mean_distance(side.values, centre) for side in (real, fake))
        return {"energy": (-most, most)}

    def two_sample(self, *, real: Rows, fake: Rows, sampled: frozenset[str], seed: int) -> TwoSample | str:
        """Its standard error in feature units and a test of equal laws, or why there is none."""
        if min(real.n, fake.n) < 4:
            return "4 images a side needed"
        return energy_two_sample(real.values, fake.values, sampled=sampled, seed=seed)


METRIC = EnergyDistance
