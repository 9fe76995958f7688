"""Precision and recall: do the fakes look real, and are all kinds of real there?

Around each real row lies a ball that reaches its k-th nearest real neighbour. Precision is the
share of fakes inside some real ball (quality), recall the share of reals inside some fake ball
(diversity). Both between 0 and 1; higher is better.

`--ball closed` (default, as the authors' code, ADM and torch-fidelity) counts a point on the rim,
`open` does not (as the package prdc): they differ on copies and discrete data.

An open ball around a row that is repeated more than k times holds nothing, not even its copies: where a tenth of
the images are such copies, the score is withheld. Closed balls hold them, rightly.

Sees: precision: fakes outside the real set; recall: dropped modes. Blind to how often a mode is
drawn. One outlier makes a large ball and inflates both; in high dimensions even equal
distributions stay below 1. Compare at the same n, k and features only (papers use VGG16 or
Inception, k = 3, 50,000 images).

Source: Kynkäänniemi et al., Improved Precision and Recall Metric for Assessing Generative Models,
NeurIPS 2019.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, final

from ganeval.core.interval_kind import Subsamples
from ganeval.core.rows import Rows
from ganeval.core.spec import require_at_least
from ganeval.core.types import AnyRows
from ganeval.metrics.base import Metric, Outcome, Score
from ganeval.numerics.duplicates import MOST, on_repeated
from ganeval.numerics.neighbours import Ball, Balls, Counts, ball_counts


def precision_recall(real: AnyRows, fake: AnyRows, *, k: int = 3, ball: Ball = "closed") -> tuple[float, float]:
    """Share of fakes in the real manifold, and share of reals in the fake manifold.

    >>> import numpy as np
    >>> real = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> precision_recall(real, np.array([[0.5], [0.6], [9.0], [9.1]]), k=1)
    (0.5, 0.0)
    """
    around_real, around_fake = Balls("real", k, ball), Balls("fake", k, ball)
    counts = ball_counts(real, fake, wanted=[around_real, around_fake])
    return _share_held(counts[around_real]), _share_held(counts[around_fake])


def _share_held(counts: Counts) -> float:
    return float((counts.hits > 0).mean())


@final
@dataclass(frozen=True)
class PrecisionRecall(Metric):
    """Improved precision and recall with k-nearest-neighbour balls."""

    k: Annotated[int, "A ball reaches to its centre's k-th nearest neighbour."] = 3
    ball: Annotated[Ball, "Whether a point on the rim of a ball counts."] = "closed"

    statistic: ClassVar = Rows
    scores: ClassVar = {
        "precision": Score("precision", "higher", frozenset({"shift", "outliers"}), identical=1.0, bounds=(0.0, 1.0)),
        "recall": Score("recall", "higher", frozenset({"shift", "dropped-modes"}), identical=1.0, bounds=(0.0, 1.0)),
    }
    group: ClassVar = "quality-diversity"
    order: ClassVar = 10
    default: ClassVar = True
    depends_on_n: ClassVar = True
    citation: ClassVar = (
        "Kynkäänniemi, Karras, Laine, Lehtinen, Aila. Improved Precision and Recall Metric for Assessing "
        "Generative Models. NeurIPS 2019. arXiv:1904.06991"
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
        """Around the reals and around the fakes."""
        return frozenset({Balls("real", self.k, self.ball), Balls("fake", self.k, self.ball)})

    def __call__(
        self, *, real: Rows, fake: Rows, counts: Mapping[Balls, Counts] | None = None
    ) -> Mapping[str, float | None]:
        """Both shares."""
        return self.outcome(real=real, fake=fake, counts=counts).scores

    def outcome(self, *, real: Rows, fake: Rows, counts: Mapping[Balls, Counts] | None = None) -> Outcome:
        """The shares, or why open balls around repeated rows leave one no meaning."""
        self.require(real=real.n, fake=fake.n)
        if counts is None:
            counts = ball_counts(real.values, fake.values, wanted=self.balls)
        withheld = {}
        for key, centres, points in (("precision", real, fake), ("recall", fake, real)):
            if self.ball == "open" and on_repeated(centres.values, points.values, k=self.k)[1].mean() > MOST:
                withheld[key] = "open balls around repeated images hold nothing, not even the images that equal them"
        scores = {
            "precision": _share_held(counts[Balls("real", self.k, self.ball)]),
            "recall": _share_held(counts[Balls("fake", self.k, self.ball)]),
        }
        return Outcome({**scores, **dict.fromkeys(withheld)}, withheld)


METRIC = PrecisionRecall
