"""Vendi score: how many different images there seem to be, alone and beside the reals.

    exp( −Σ λ log λ ), in general ( Σ λ^q )^(1/(1−q)),  λ the eigenvalues of K/n,  K_ij = cosine of x_i and x_j

The effective number of images that have nothing in common: 1 when all are equal, n when all are orthogonal. Printed
with it is its ratio to the score of the reals at the same n: about 1 for a good generator, lower is less diverse, and
above 1 is not better but more scattered than the reals. `--q` is the order: q < 1 listens to rare kinds, q = 2 and
`inf` to the most frequent ones; q = 1 is the published default.

Sees: dropped modes, repeated and similar images. It never asks whether an image looks real: noise raises it, and
invented kinds do. The cosine is of raw features: where all of them are positive, as in most networks, all images look
alike and scores are small; only the ratio says much. A row of zeros is like other such rows and unlike all else.

It grows with n until the features' dimensions are used up: compare at the same n and features only. The larger side
is cut to the smaller by a seeded choice, so the ratio is always at equal n; 1,000 images or more.
Cost: n × min(n, d)² for the products and min(n, d)³ for the eigenvalues: half a minute for 10,000 images of 2,048
features; twice min(n, d)² numbers are held.

Source: Friedman & Dieng, The Vendi Score: A Diversity Evaluation Metric for Machine Learning, TMLR 2023;
Pasarkar & Dieng, Cousins of the Vendi Score, AISTATS 2024, for the order q.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, final

import numpy as np
from jaxtyping import Float64, Real

from ganeval.core.equal_sides import equal_sides
from ganeval.core.errors import FeatureError, SpecError, TooFewError
from ganeval.core.estimate import Range
from ganeval.core.rows import BLOCK, Rows
from ganeval.core.types import AnyRows
from ganeval.metrics.base import Metric, Outcome, Score


def vendi_score(rows: AnyRows, *, q: float = 1.0) -> float:
    """Vendi score of order q of feature rows (n, d) with the cosine kernel: between 1 and min(n, d).

    Σ λ over x xᵀ (n, n) is that over xᵀ x (d, d): the smaller is used. A row of zeros is like other such rows only
    (and may raise the bound to d + 1).

    >>> round(vendi_score(np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 3.0]])), 4)  # shares 1/3 and 2/3
    1.8899
    """
    n, d = rows.shape
    if not n:
        raise TooFewError("a Vendi score needs at least one row: give more images")
    gram = np.zeros((d, d)) if d < n else np.zeros((n, n))
    for start, left in _unit_rows(rows):
        if d < n:
            gram += left.T @ left
            continue
        for other, right in _unit_rows(rows[: start + BLOCK]):  # the lower triangle is all that is read
            gram[start : start + BLOCK, other : other + BLOCK] = left @ right.T
    blank = int((~rows.any(axis=1)).sum())
    return _of_eigenvalues(np.append(np.linalg.eigvalsh(gram), blank) / n, q)


def vendi_score_of_kernel(kernel: Real[np.ndarray, "n n"], *, q: float = 1.0) -> float:
    """Vendi score of order q of a similarity matrix (n, n): symmetric, positive semi-definite, ones on the diagonal.

    >>> round(vendi_score_of_kernel(np.array([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]])), 4)
    2.1573
    >>> vendi_score_of_kernel(np.eye(4), q=2)
    4.0
    """
    if not np.allclose(np.diag(kernel), 1) or not np.allclose(kernel, kernel.T):
        raise FeatureError("a similarity matrix is symmetric and holds ones on its diagonal")
    return _of_eigenvalues(np.linalg.eigvalsh(kernel.astype(np.float64)) / len(kernel), q)


def _unit_rows(rows: AnyRows) -> Iterator[tuple[int, np.ndarray]]:
    """Blocks of rows in float64 divided by their lengths; zeros stay zeros."""
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK].astype(np.float64)
        lengths = np.linalg.norm(block, axis=1, keepdims=True)
        yield start, np.divide(block, lengths, out=block, where=lengths > 0)


def _of_eigenvalues(shares: Float64[np.ndarray, " n"], q: float) -> float:
    """The Hill number of order q of shares that sum to 1; what is rounding of 0 is 0."""
    _require_order(q)
    shares = shares[shares > len(shares) * np.finfo(np.float64).eps * shares.max()]
    if q == 1:
        return float(np.exp(-(shares * np.log(shares)).sum()))
    if math.isinf(q):
        return float(1 / shares.max())
    return float(np.sum(shares**q) ** (1 / (1 - q)))


def _require_order(q: float) -> None:
    if not q > 0:
        raise SpecError(f"q = {q} is not possible: give a number above 0, or inf")


@final
@dataclass(frozen=True)
class Vendi(Metric):
    """Vendi score of the fakes, and its ratio to that of as many reals."""

    q: Annotated[float, "Order of the entropy: below 1 rare kinds count more."] = 1.0
    seed: int = 0

    statistic: ClassVar = Rows
    scores: ClassVar = {
        "vendi_ratio": Score("Vendi ratio", "higher", frozenset({"dropped-modes"}), identical=1.0, bounds=(0.0, None)),
        "vendi": Score("Vendi", "higher", frozenset({"dropped-modes"}), decimals=2, secondary=True, bounds=(1.0, None)),
    }
    group: ClassVar = "quality-diversity"
    order: ClassVar = 40
    depends_on_n: ClassVar = True
    citation: ClassVar = (
        "Friedman, Dieng. The Vendi Score: A Diversity Evaluation Metric for Machine Learning. TMLR 2023. "
        "arXiv:2210.02410; Pasarkar, Dieng. Cousins of the Vendi Score: A Family of Similarity-Based Diversity "
        "Metrics for Science and Machine Learning. AISTATS 2024. arXiv:2310.12952"
    )

    def __post_init__(self) -> None:
        _require_order(self.q)

    @property
    def minimum(self) -> int:
        """One image is one kind."""
        return 1

    def __call__(self, *, real: Rows, fake: Rows) -> Mapping[str, float | None]:
        """Ratio and score of the fakes."""
        return self.outcome(real=real, fake=fake).scores

    def range(self, *, real: Rows, fake: Rows) -> dict[str, Range]:
        """At most as many kinds as images or dimensions, and zeros are one more."""
        most = float(min(real.n, fake.n, real.values.shape[1] + 1))
        return {"vendi_ratio": (1 / most, most), "vendi": (1.0, most)}

    def outcome(self, *, real: Rows, fake: Rows) -> Outcome:
        """The scores, with that of the reals."""
        self.require(real=real.n, fake=fake.n)
        real, fake = equal_sides(real, fake, seed=self.seed)
        of_fakes, of_reals = (vendi_score(side.values, q=self.q) for side in (fake, real))
        n = fake.n
        sentence = f"Vendi score at n = {n:,}: fakes {of_fakes:.2f}, reals {of_reals:.2f}"
        scores = {"vendi_ratio": of_fakes / of_reals, "vendi": of_fakes}
        return Outcome(scores, sentences=(sentence,), details={"n": n, "real": of_reals})


METRIC = Vendi
