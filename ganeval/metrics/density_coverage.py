"""Density and coverage: precision and recall that one outlier cannot inflate.

Around each real row lies a ball that reaches its k-th nearest real neighbour. Density is the mean
number of real balls that hold a fake, divided by k (quality; 1 for equal distributions, can exceed
1). Coverage is the share of real balls that hold at least one fake (diversity; at most 1). Higher
is better.

For equal distributions the expected coverage at n = m is 1 − Π_{i=1..k} (n − i)/(2n − i), about
1 − 2^−k: 0.969 for k = 5. Coverage saturates there, and needs m near n.

Sees: density: fakes away from where reals are dense; coverage: dropped and thinned modes.

Source: Naeem et al., Reliable Fidelity and Diversity Metrics for Generative Models, ICML 2020
(package prdc; it uses open balls, `--ball open`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, final

from ganeval.estimate import Range
from ganeval.metric import Metric, Score
from ganeval.neighbours import Ball, Balls, Counts, ball_counts
from ganeval.spec import require_at_least
from ganeval.statistics import Rows
from ganeval.types import AnyRows


def density_coverage(real: AnyRows, fake: AnyRows, *, k: int = 5, ball: Ball = "closed") -> tuple[float, float]:
    """Mean number of real balls around a fake ÷ k, and share of real balls that hold a fake.

    >>> import numpy as np
    >>> real = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> density_coverage(real, np.array([[0.5], [9.0]]), k=1)  # 0.5 lies in two balls, 9 in none
    (1.0, 0.5)
    """
    balls = Balls("real", k, ball)
    return _of_counts(ball_counts(real, fake, wanted=[balls])[balls], k)


def _of_counts(counts: Counts, k: int) -> tuple[float, float]:
    return float(counts.hits.mean() / k), float((counts.held > 0).mean())


@final
@dataclass(frozen=True)
class DensityCoverage(Metric):
    """Density and coverage with k-nearest-neighbour balls around the reals."""

    k: Annotated[int, "A ball reaches to its centre's k-th nearest neighbour."] = 5
    ball: Annotated[Ball, "Whether a point on the rim of a ball counts."] = "closed"

    statistic: ClassVar = Rows
    scores: ClassVar = {
        "density": Score("density", "higher", frozenset({"shift", "outliers"}), identical=1.2, bounds=(0.0, None)),
        "coverage": Score(
            "coverage", "higher", frozenset({"shift", "dropped-modes"}), identical=1.0, bounds=(0.0, 1.0)
        ),
    }
    group: ClassVar = "quality-diversity"
    order: ClassVar = 20
    default: ClassVar = True
    depends_on_n: ClassVar = True
    citation: ClassVar = (
        "Naeem, Oh, Uh, Choi, Yoo. Reliable Fidelity and Diversity Metrics for Generative Models. "
        "ICML 2020. arXiv:2002.09797"
    )

    resample: ClassVar = "subsamples"
    remedy: ClassVar = ", or a smaller k"

    def __post_init__(self) -> None:
        require_at_least(1, k=self.k)

    @property
    def minimum(self) -> int:
        """One more than k."""
        return self.k + 1

    @property
    def balls(self) -> frozenset[Balls]:
        """Around the reals."""
        return frozenset({Balls("real", self.k, self.ball)})

    def range(self, *, real: Rows, fake: Rows) -> dict[str, Range]:
        """A fake may lie in the balls of all reals."""
        return {"density": (0.0, real.n / self.k), "coverage": (0.0, 1.0)}

    def __call__(self, *, real: Rows, fake: Rows, counts: Mapping[Balls, Counts] | None = None) -> dict[str, float]:
        """Density (≥ 0) and coverage (0 to 1)."""
        self.require(real=real.n, fake=fake.n)
        if counts is None:
            counts = ball_counts(real.values, fake.values, wanted=self.balls)
        density, coverage = _of_counts(counts[Balls("real", self.k, self.ball)], self.k)
        return {"density": density, "coverage": coverage}


METRIC = DensityCoverage
