"""Nearest-neighbour accuracy: does an image's nearest other image tell whether it is real or fake?

Reals and fakes are thrown together, and each is given the kind of its nearest other image (leave one out). The
accuracy is reported for reals and for fakes apart:

    0.5          they cannot be told apart
    near 1       told apart: fakes look unlike reals (fakes and reals), or too much like each other (fakes)
    near 0       each image has the other kind beside it: fakes are copies of the reals

So lower is better only down to 0.5. Higher on fakes than on reals is the sign of dropped modes: fakes crowd
together. Well below 0.5 on reals but not on fakes is that of averages: in pixels, blurred fakes lie nearer to reals
than other reals do.

At equal numbers only: the larger side is cut to the smaller by a seeded choice. An image is right if its own kind is
strictly nearer. An exact copy on the other side, at distance 0, is always wrong; any other tie counts half. Where a
tenth of the reals equal both another real and a fake, nobody can say what is a copy: both are withheld.

Sees: shifted, noisy or blurred images, dropped modes, copies. A strong feature space tells every generator apart,
and all score near 1: then it ranks nothing. The standard error is about √(p(1 − p)/n): use 1,000 images a side
or more, and judge copying against held-out reals scored in the same way.
Cost: four products of n × n × d in tiles: a minute for 10,000 images of 2,048 features on a processor.

Source: Lopez-Paz & Oquab, Revisiting Classifier Two-Sample Tests, ICLR 2017; Xu et al., An empirical study on
evaluation metrics of generative adversarial networks, 2018. The rule for ties is ganeval's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from ganeval.core.equal_sides import equal_sides
from ganeval.core.errors import FeatureError
from ganeval.core.interval_kind import Subsamples
from ganeval.core.rows import Rows
from ganeval.core.types import AnyRows
from ganeval.metrics.base import Metric, Outcome, Score
from ganeval.numerics.duplicates import MOST, on_repeated
from ganeval.numerics.neighbours import kth_distances, nearest_distances


def nearest_neighbour_accuracy(real: AnyRows, fake: AnyRows) -> tuple[float, float]:
    """Leave-one-out 1-nearest-neighbour accuracy on the reals and on the fakes, rows (n, d) both.

    FeatureError when the sides differ in size, TooFewError below two rows.

    >>> import numpy as np
    >>> real, fake = np.array([[0.0], [1.0], [5.0]]), np.array([[5.5], [6.0], [6.1]])
    >>> nearest_neighbour_accuracy(real, fake)  # 5 lies nearest to a fake; 5.5 as near to 5 as to 6
    (0.6666666666666666, 0.8333333333333334)
    """
    if len(real) != len(fake):
        raise FeatureError(f"the sides have {len(real)} and {len(fake)} rows: give equal numbers, or chance is not 0.5")
    return _accuracy(real, fake), _accuracy(fake, real)


def _accuracy(side: AnyRows, other: AnyRows) -> float:
    own, across = kth_distances(side, k=1), nearest_distances(side, other)
    right = np.where(own == across, 0.5, own < across)
    return float(np.where(across == 0, 0.0, right).mean())


@final
@dataclass(frozen=True)
class NearestNeighbourAccuracy(Metric):
    """Accuracy of the nearest neighbour's kind, on reals and on fakes."""

    seed: int = 0

    statistic: ClassVar = Rows
    scores: ClassVar = {
        "nna_real": Score(
            "1-NN reals",
            "lower",
            frozenset({"shift", "noise", "outliers", "dropped-modes"}),
            identical=0.0,
            bounds=(0.0, 1.0),
        ),
        "nna_fake": Score(
            "1-NN fakes",
            "lower",
            frozenset({"shift", "outliers", "dropped-modes"}),
            identical=0.0,
            bounds=(0.0, 1.0),
        ),
    }
    group: ClassVar = "quality-diversity"
    order: ClassVar = 60
    depends_on_n: ClassVar = True
    interval: ClassVar = Subsamples()
    citation: ClassVar = (
        "Lopez-Paz, Oquab. Revisiting Classifier Two-Sample Tests. ICLR 2017. arXiv:1610.06545; "
        "Xu, Huang, Yuan, Guo, Sun, Wu, Weinberger. An empirical study on evaluation metrics of generative "
        "adversarial networks. 2018. arXiv:1806.07755"
    )

    @property
    def minimum(self) -> int:
        """Two: an image needs another of its kind."""
        return 2

    def __call__(self, *, real: Rows, fake: Rows) -> Mapping[str, float | None]:
        """Both accuracies, 0 to 1."""
        return self.outcome(real=real, fake=fake).scores

    def outcome(self, *, real: Rows, fake: Rows) -> Outcome:
        """The accuracies, with what chance gives and what one far below it means."""
        self.require(real=real.n, fake=fake.n)
        real, fake = equal_sides(real, fake, seed=self.seed)
        repeated = float(on_repeated(real.values, fake.values, k=1)[0].mean())
        if repeated > MOST:
            why = f"{repeated:.0%} of the reals equal other reals and fakes: nothing tells which fakes are copies"
            return Outcome(dict.fromkeys(self.scores), dict.fromkeys(self.scores, why))
        scores = dict(zip(self.scores, nearest_neighbour_accuracy(real.values, fake.values), strict=True))
        error = 0.5 / np.sqrt(fake.n)
        sentences = [f"1-NN accuracy at n = {fake.n:,} a side: chance gives 0.5 +- {1.96 * error:.3f}"]
        low = [f"{self.scores[key].label} {value:.2f}" for key, value in scores.items() if value < 0.5 - 4 * error]
        if low:
            sentences.append(
                f"{' and '.join(low)}, far below chance: the nearest image is too often of the other kind, as beside "
                "copies of the reals or blurred ones"
            )
        return Outcome(scores, sentences=tuple(sentences), details={"n": fake.n})


METRIC = NearestNeighbourAccuracy
