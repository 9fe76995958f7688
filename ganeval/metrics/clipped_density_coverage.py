"""Clipped density and coverage: what share of the fakes is good, what share of the reals is covered?

Both lie between 0 and 1, 1 for equal distributions, and fall in proportion to the share of bad samples: 0.8 reads
"as if one fake in five were bad". Higher is better.

    clipped density    Σ_fakes min(balls that hold it ÷ K, 1) ÷ n, divided by the same of the reals, at most 1
    clipped coverage   g( Σ_reals min(fakes in its ball ÷ K, 1) ÷ n )

Around each real lies a closed ball that reaches its K-th nearest real neighbour. For density no radius is larger than
the median radius, so that an outlier among the reals makes no large ball; the same sum over the reals, each without
its own ball, is what a perfect generator would score. For coverage the balls are whole.

g turns the raw coverage into the share s of good fakes that would give it. Let m = s·M of M fakes be draws from
the law of the N reals and the others far away. Seen from a real, its N − 1 fellows and the m fakes come in random
order of distance, so C, the number of fakes before the K-th fellow, has

    P(C = c) = (c+K−1 over c) (N−1−K+m−c over m−c) ÷ (N−1+m over m),   f(m) = Σ_{c≥1} min(c, K)/K P(C = c)

whatever the law and the dimension: a binomial over a ball's beta-distributed share. f is increasing; g is its inverse,
linear between whole m, and 1 above f(M).

Where half of the reals are repeated more than K times, the median radius is 0: only copies of reals would count, and
clipped density is withheld.

Sees: density: fakes away from where reals are dense; coverage: dropped and thinned modes, and fakes that are
bad. Blind to copies of the reals, which score 1, and to what the features do not show. Hardly depends on n, but is
noisy: at 1,000 images a side the standard deviation is about 0.03, and being cut at 1 equal distributions average
0.98. With several fakes to a real most balls are full, and coverage is less certain: use equal numbers.
Cost: four products of n × n × d in tiles: a minute for 10,000 images of 2,048 features on a processor.

Source: Salvy, Talbot & Thirion, Enhanced Generative Model Evaluation with Clipped Density and Coverage, ICLR 2026.
Closed balls, leaving out a real's own ball, at most 1 for density and interpolation of g are ganeval's reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, final

import numpy as np
from jaxtyping import Float64

from ganeval.core.interval_kind import Subsamples
from ganeval.core.rows import Rows
from ganeval.core.spec import require_at_least
from ganeval.core.types import AnyRows
from ganeval.metrics.base import Metric, Outcome, Score
from ganeval.numerics.neighbours import Balls, Counts, ball_counts, ball_hits, kth_distances


def clipped_density_coverage(real: AnyRows, fake: AnyRows, *, k: int = 5) -> tuple[float, float]:
    """Clipped density and calibrated clipped coverage, both 0 to 1; TooFewError when a side has not more than k rows.

    The density is NaN where most balls have radius 0.

    >>> import numpy as np
    >>> real = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> fake = np.array([[0.0], [9.0], [9.1], [9.2]])
    >>> clipped_density_coverage(real, fake, k=1)  # two balls of four are hit, as by three good fakes
    (0.25, 0.75)
    """
    balls = Balls("real", k, "closed")
    return _scores(real, fake, k, ball_counts(real, fake, wanted=[balls])[balls])


def expected_clipped_coverage(*, k: int, reals: int, fakes: int) -> Float64[np.ndarray, " fakes_and_none"]:
    """The raw clipped coverage to expect when 0, 1, … all of the fakes are drawn from the law of the reals.

    >>> expected_clipped_coverage(k=1, reals=2, fakes=2).tolist()  # 1 − 1/(m + 1)
    [0.0, 0.5, 0.6666666666666667]
    """
    m = np.arange(fakes + 1)
    first = reals - 1 - np.arange(k)
    chance = np.prod(first / (first + m[:, None]), axis=1)  # that the k nearest are all reals
    missing = k * chance
    for c in range(k - 1):
        left = np.maximum(m - c, 0)
        chance = chance * (c + k) / (c + 1) * left / np.maximum(reals - 1 - k + left, 1)
        missing += (k - 1 - c) * chance
    return 1 - missing / k


def calibrated_coverage(raw: float, *, k: int, reals: int, fakes: int) -> float:
    """The share of good fakes at which the raw clipped coverage is to be expected, 0 to 1.

    >>> calibrated_coverage(0.5, k=1, reals=2, fakes=2)
    0.5
    """
    expected = expected_clipped_coverage(k=k, reals=reals, fakes=fakes)
    return float(np.interp(raw, expected, np.linspace(0, 1, fakes + 1)))


def _scores(real: AnyRows, fake: AnyRows, k: int, counts: Counts) -> tuple[float, float]:
    radii = kth_distances(real, k=k)
    radii = np.minimum(radii, np.median(radii))
    coverage = calibrated_coverage(_clipped(counts.held, k), k=k, reals=len(real), fakes=len(fake))
    if not radii.any():
        return np.nan, coverage
    by_fake, _ = ball_hits(real, fake, radii=radii, ball="closed")
    by_real, _ = ball_hits(real, real, radii=radii, ball="closed")
    density = _clipped(by_fake, k) / _clipped(by_real - 1, k)
    return min(1.0, density), coverage


def _clipped(counts: np.ndarray, k: int) -> float:
    return float(np.minimum(counts, k).mean() / k)


@final
@dataclass(frozen=True)
class ClippedDensityCoverage(Metric):
    """Clipped density and clipped coverage with k-nearest-neighbour balls around the reals."""

    k: Annotated[int, "A ball reaches to its centre's k-th nearest neighbour."] = 5

    statistic: ClassVar = Rows
    scores: ClassVar = {
        "clipped_density": Score(
            "clipped density",
            "higher",
            frozenset({"shift", "noise", "outliers"}),
            identical=1.0,
            bounds=(0.0, 1.0),
        ),
        "clipped_coverage": Score(
            "clipped coverage",
            "higher",
            frozenset({"shift", "noise", "outliers", "dropped-modes"}),
            identical=1.0,
            bounds=(0.0, 1.0),
        ),
    }
    group: ClassVar = "quality-diversity"
    order: ClassVar = 25
    depends_on_n: ClassVar = True
    citation: ClassVar = (
        "Salvy, Talbot, Thirion. Enhanced Generative Model Evaluation with Clipped Density and Coverage. "
        "ICLR 2026. arXiv:2507.01761"
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
        return frozenset({Balls("real", self.k, "closed")})

    def __call__(
        self, *, real: Rows, fake: Rows, counts: Mapping[Balls, Counts] | None = None
    ) -> Mapping[str, float | None]:
        """Both shares."""
        return self.outcome(real=real, fake=fake, counts=counts).scores

    def outcome(self, *, real: Rows, fake: Rows, counts: Mapping[Balls, Counts] | None = None) -> Outcome:
        """The shares, or why there is no density."""
        self.require(real=real.n, fake=fake.n)
        counts = counts or ball_counts(real.values, fake.values, wanted=self.balls)
        density, coverage = _scores(real.values, fake.values, self.k, counts[Balls("real", self.k, "closed")])
        if np.isnan(density):
            why = f"most of the real images are repeated more than {self.k} times: only copies of them would count"
            scores = {"clipped_density": None, "clipped_coverage": coverage}
            return Outcome(scores, {"clipped_density": why})
        return Outcome({"clipped_density": density, "clipped_coverage": coverage})


METRIC = ClippedDensityCoverage
