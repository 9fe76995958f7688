"""What every Fréchet metric shares: moments in, one distance out. Its files differ in view, name and order."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ganeval.core.estimate import Range
from ganeval.core.interval_kind import InfluenceFunction
from ganeval.core.rows import Moments, Rows, Statistic, as_moments
from ganeval.metrics.base import Damage, Metric
from ganeval.numerics.frechet import frechet_distance, frechet_influence, frechet_null_spread

SEES: frozenset[Damage] = frozenset({"shift", "noise", "dropped-modes", "outliers"})


@dataclass(frozen=True)
class FrechetMetric(Metric):
    """The squared Wasserstein-2 distance of two Gaussians fitted to the rows; one score, no parameters.

    `retraining_noise`: trained again from another seed, the FID of one recipe varies by 1 to 2 % (coefficient of
    variation; Dufour, Efros & Pérez, The FID Lottery, arXiv:2606.20536, 2026; SiT on ImageNet).
    """

    statistic: ClassVar = Moments
    group: ClassVar = "distance"
    depends_on_n: ClassVar = True
    symmetric: ClassVar = True
    interval: ClassVar = InfluenceFunction()
    retraining_noise: ClassVar = 0.013
    fallback: ClassVar = "kid"

    @property
    def minimum(self) -> int:
        """Two: a covariance needs that many."""
        return 2

    def __call__(self, *, real: Statistic, fake: Statistic) -> dict[str, float]:
        """The distance, in squared feature units."""
        moments = as_moments(real), as_moments(fake)
        self.require(real=moments[0].n, fake=moments[1].n)
        (key,) = self.scores
        return {key: frechet_distance(*moments)}

    def range(self, *, real: Statistic, fake: Statistic) -> dict[str, Range]:
        """At most what two Gaussians with nothing in common have: ‖μ_r − μ_f‖² + tr Σ_r + tr Σ_f."""
        a, b = as_moments(real), as_moments(fake)
        traces = sum(float(np.trace(side.covariance)) for side in (a, b))
        (key,) = self.scores
        return {key: (0.0, float(np.square(a.mean - b.mean).sum()) + traces)}

    def influence(self, *, real: Statistic, fake: Statistic) -> dict[str, np.ndarray]:
        """The effect of each row on the distance, for the roles whose rows are known."""
        sides = {"real": real, "fake": fake}
        rows = {role: side.values for role, side in sides.items() if isinstance(side, Rows)}
        return frechet_influence(as_moments(real), as_moments(fake), rows=rows)

    def null_spread(self, *, real: Statistic, fake: Statistic) -> float:
        """E K² of the distance's kernel between equal laws, from the rows of one side (the fakes', if known)."""
        side = fake if isinstance(fake, Rows) else real
        assert isinstance(side, Rows)
        order = side.ordered(seed=0, purpose="pairs")
        return frechet_null_spread(as_moments(side), side.values, order=order)
