"""Inception Score: are the fakes classified with confidence, and into many classes?

    exp( mean_x KL( p(y|x) ‖ p(y) ) ), the mean over `splits` parts of the shuffled set

Between 1 and the number of classes; higher is better. It never looks at real images. The class
probabilities are the extractor's view `probs`; on the FID Inception these are the 1008 outputs
without bias, as in the original graph.

Sees: fakes that are no clear member of a class, missing classes. Blind to collapse inside a class,
to copies of the training set, and to everything when the images are not of ImageNet's kind: shown
last, as legacy. The standard deviation over splits is no error bar: it stands in the JSON report only.

With `--order given`, as ADM's evaluator has it, the parts are cut from the images as they come: of a set in the order
of its classes each part holds few of them, and the score is far too low. Labels and file names that show such an order
are warned of, with the score of the shuffled set.

Source: Salimans et al., Improved Techniques for Training GANs, NeurIPS 2016. Barratt & Sharma,
A Note on the Inception Score, 2018, for what is wrong with it.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, final

import numpy as np
from jaxtyping import Float

from ganeval.core.errors import FeatureError
from ganeval.core.estimate import Range
from ganeval.core.rows import Rows
from ganeval.core.spec import require_at_least
from ganeval.metrics.base import Metric, Outcome, Score


def inception_score(probs: Float[np.ndarray, "n classes"]) -> float:
    """exp of the mean Kullback–Leibler divergence from the mean distribution, for one split.

    >>> inception_score(np.eye(4))  # four classes, each certain, balanced
    4.0
    """
    p = probs.astype(np.float64)
    p /= p.sum(axis=1, keepdims=True)
    marginal = p.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * (np.log(p) - np.log(marginal)), 0.0)
    return float(np.exp(terms.sum(axis=1).mean()))


@final
@dataclass(frozen=True)
class InceptionScore(Metric):
    """Mean Inception Score over parts of the set: `splits` equal ones, or each of `split_size` images (ADM's form).

    The set is shuffled with `seed` first, or taken in the given order.
    """

    splits: Annotated[int, "Mean over that many equal parts of the set."] = 10
    split_size: Annotated[int | None, "Parts of that many images instead of --splits."] = None
    order: Annotated[Literal["shuffled", "given"], "Parts are cut from the set in this order."] = "shuffled"
    seed: int = 0

    statistic: ClassVar = Rows
    view: ClassVar = "probs"
    roles: ClassVar = ("fake",)
    scores: ClassVar = {
        "is": Score(
            "IS",
            "higher",
            frozenset({"uncertain-classes", "dropped-classes"}),
            decimals=2,
            named_after_features=True,
        )
    }
    group: ClassVar = "legacy"
    default: ClassVar = True
    depends_on_n: ClassVar = True
    citation: ClassVar = (
        "Salimans, Goodfellow, Zaremba, Cheung, Radford, Chen. Improved Techniques for Training GANs. "
        "NeurIPS 2016. arXiv:1606.03498"
    )

    remedy: ClassVar = ", or fewer splits (splits=1)"

    def __post_init__(self) -> None:
        require_at_least(1, splits=self.splits, split_size=self.split_size or 1)

    @property
    def minimum(self) -> int:
        """One image per split."""
        return self.splits if self.split_size is None else 1

    def __call__(self, *, fake: Rows) -> dict[str, float]:
        """The score, between 1 and the number of classes."""
        return {"is": float(np.mean(self._parts(fake)))}

    def outcome(self, *, fake: Rows) -> Outcome:
        """The score, with the standard deviation over the parts among the details."""
        parts = self._parts(fake)
        return Outcome({"is": float(np.mean(parts))}, details={"parts": len(parts), "deviation": float(np.std(parts))})

    def range(self, *, fake: Rows) -> dict[str, Range]:
        """From 1 to the number of classes."""
        return {"is": (1.0, float(fake.values.shape[1]))}

    @property
    def for_spread(self) -> "InceptionScore":
        """The score of the whole set: its spread is that of the mean over parts, without the chance of parting."""
        return replace(self, splits=1, split_size=None)

    @property
    def draws_by_index(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Several parts are cut from the images by where they stand."""
        return self.splits > 1 or self.split_size is not None

    @property
    def shuffled(self) -> "InceptionScore | None":
        """The parts of a shuffled set, where they are cut from the given order."""
        return replace(self, order="shuffled") if self.order == "given" else None

    def _parts(self, fake: Rows) -> list[float]:
        self.require(fake=fake.n)
        if (fake.values < 0).any():
            raise FeatureError("class probabilities must not be negative: give probabilities, not logits")
        order = np.random.RandomState(self.seed).permutation(fake.n) if self.order == "shuffled" else np.arange(fake.n)
        return [inception_score(fake.values[order[a:b]]) for a, b in pairwise(self._bounds(fake.n))]

    def _bounds(self, n: int) -> list[int]:
        if self.split_size is None:
            return [i * n // self.splits for i in range(self.splits + 1)]
        return [*range(0, n, self.split_size), n]


METRIC = InceptionScore
