"""Density and coverage: precision and recall that one outlier cannot inflate.

Around each real row lies a ball that reaches its k-th nearest real neighbour. Density is the mean
number of real balls that hold a fake, divided by k (quality; 1 for equal distributions, can exceed
1). Coverage is the share of real balls that hold at least one fake (diversity; at most 1). Higher
is better.

For equal distributions the expected coverage at n = m is 1 − Π_{i=1..k} (n − i)/(2n − i), about
1 − 2^−k: 0.969 for k = 5. Coverage saturates there, and needs m near n.

Where rows are repeated more than k times their balls have radius 0 and hold copies of them: for one point n/k balls
a fake, whatever it looks like. Density is withheld where that is the case for a tenth of the balls, or where such
balls make a tenth of it. So is the coverage of open balls, which do not hold the fakes on their centres; closed ones
do, rightly.

Sees: density: fakes away from where reals are dense; coverage: dropped and thinned modes.

Source: Naeem et al., Reliable Fidelity and Diversity Metrics for Generative Models, ICML 2020
(package prdc; it uses open balls, `--ball open`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, final

from ganeval.core.estimate import Range
from ganeval.core.interval_kind import Subsamples
from ganeval.core.rows import Rows
from ganeval.core.spec import require_at_least
from ganeval.core.types import AnyRows
from ganeval.metrics.base import Metric, Outcome, Score
from ganeval.numerics.duplicates import MOST, on_repeated, without_radius
from ganeval.numerics.neighbours import Ball, Balls, Counts, ball_counts


def density_coverage(real: AnyRows, fake: AnyRows, *, k: int = 5, ball: Ball = "closed") -> tuple[float, float]:
    """Mean number of real balls around a fake ÷ k, and share of real balls that hold a fake.

    The formula, whatever the rows: around those that are repeated more than k times it counts copies, n/k a fake where
    all rows are one point. The metric withholds density, and says why, where such balls make a tenth of it.

    >>> import numpy as np
    >>> real = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> density_coverage(real, np.array([[0.5], [9.0]]), k=1)  # 0.5 lies in two balls, 9 in none
    (1.0, 0.5)
    """
    balls = Balls("real", k, ball)
    counts = ball_counts(real, fake, wanted=[balls])[balls]
    return _of_counts(counts, k)


def _of_counts(counts: Counts, k: int) -> tuple[float, float]:
    return float(counts.hits.mean() / k), float((counts.held > 0).mean())


def _withheld(real: AnyRows, fake: AnyRows, counts: Counts, balls: Balls) -> dict[str, str]:
    """Why there is no density, or no coverage, where too many balls have radius 0."""
    empty = without_radius(real, k=balls.k)
    share, total = float(empty.mean()), int(counts.held.sum())
    part = float(counts.held[empty].sum()) / total if total else 0.0
    reasons = {}
    if share > MOST or part > MOST:
        reasons["density"] = (
            f"{share:.0%} of the real images are repeated more than {balls.k} times: their balls have radius 0 and "
            "hold copies alone" + (f", which would make {part:.0%} of the number" if part else "")
        )
    if balls.ball == "open" and share > MOST and on_repeated(real, fake, k=balls.k)[0].mean() > MOST:
        reasons["coverage"] = "open balls around repeated real images hold nothing, not even the fakes that equal them"
    return reasons


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

    interval: ClassVar = Subsamples()
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

    def __call__(
        self, *, real: Rows, fake: Rows, counts: Mapping[Balls, Counts] | None = None
    ) -> Mapping[str, float | None]:
        """Density (≥ 0) and coverage (0 to 1)."""
        return self.outcome(real=real, fake=fake, counts=counts).scores

    def outcome(self, *, real: Rows, fake: Rows, counts: Mapping[Balls, Counts] | None = None) -> Outcome:
        """The scores, or why too many repeated reals leave one no meaning."""
        self.require(real=real.n, fake=fake.n)
        if counts is None:
            counts = ball_counts(real.values, fake.values, wanted=self.balls)
        own = counts[Balls("real", self.k, self.ball)]
        withheld = _withheld(real.values, fake.values, own, Balls("real", self.k, self.ball))
        scores = dict(zip(self.scores, _of_counts(own, self.k), strict=True))
        return Outcome({**scores, **dict.fromkeys(withheld)}, withheld)


METRIC = DensityCoverage
