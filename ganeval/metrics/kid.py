"""Kernel Inception Distance: unbiased squared MMD with a cubic kernel.

    mean_{i≠j} k(x_i, x_j) + mean_{i≠j} k(y_i, y_j) − 2 mean_{i,j} k(x_i, y_j),
    k(a, b) = (γ a·b + c)^degree,  γ = 1/d, c = 1, degree = 3

Unit: kernel units; printed ×10³. Its mean is 0 for equal distributions, so a small negative value
is normal; lower is better. Unlike FID it is unbiased at any n.

Its standard error is that of a U-statistic, and `p_value` in the report the share of 200 random relabellings of reals
and fakes that score as badly: small where the two sets are not of one distribution.

The default is the full statistic over all pairs. `--subsets 100` gives the published form, the
mean over that many random subsets of `--subset-size` images drawn without replacement.

Sees: shifted, blurred or noisy images, dropped modes; up to third moments of the features.

Source: Bińkowski et al., Demystifying MMD GANs, ICLR 2018; Gretton et al., JMLR 2012.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, final

import numpy as np
from jaxtyping import Float

from ganeval.core.estimate import Range
from ganeval.core.interval_kind import UStatistic
from ganeval.core.rows import Rows
from ganeval.core.spec import require_at_least
from ganeval.metrics.base import Metric, Score
from ganeval.numerics.kernels import (
    Kernel,
    kernel_mean,
    kernel_mean_within,
    kernel_of_itself,
    mmd_two_sample,
    polynomial_kernel,
)
from ganeval.numerics.relative_mmd import mmd_covariance
from ganeval.numerics.two_sample import TwoSample

_ROUNDING = 1e-6  # of the kernel: were its spread smaller, the square of it would lie below float64's digits


def kid(
    real: Float[np.ndarray, "n d"],
    fake: Float[np.ndarray, "m d"],
    *,
    degree: int = 3,
    gamma: float | None = None,
    coef0: float = 1.0,
) -> float:
    """Unbiased squared maximum mean discrepancy with the polynomial kernel; `gamma` None is 1/d.

    >>> kid(np.array([[0.0], [2.0]]), np.array([[0.0], [2.0]]), degree=1)  # (1 + 1) − 2·(1+1+1+5)/4
    -2.0
    """
    kernel = polynomial_kernel(degree=degree, gamma=1 / real.shape[1] if gamma is None else gamma, coef0=coef0)
    within = kernel_mean_within(real, kernel=kernel) + kernel_mean_within(fake, kernel=kernel)
    return within - 2 * kernel_mean(real, fake, kernel=kernel)


@final
@dataclass(frozen=True)
class KernelInceptionDistance(Metric):
    """KID with its kernel and, if `subsets` > 0, the published subset form."""

    degree: Annotated[int, "Degree of the kernel."] = 3
    gamma: Annotated[float | None, "Factor of the product in the kernel; by default 1/d."] = None
    coef0: Annotated[float, "What the kernel adds to the product."] = 1.0
    subsets: Annotated[int, "Mean over that many random subsets, the published form; 0: all pairs."] = 0
    subset_size: Annotated[int, "Images in each subset."] = 1000
    seed: int = 0

    statistic: ClassVar = Rows
    scores: ClassVar = {
        "kid": Score(
            "KID",
            "lower",
            frozenset({"shift", "noise", "dropped-modes"}),
            decimals=2,
            exponent=3,
            named_after_features=True,
        )
    }
    group: ClassVar = "distance"
    order: ClassVar = 10
    default: ClassVar = True
    depends_on_n: ClassVar = False
    citation: ClassVar = "Bińkowski, Sutherland, Arbel, Gretton. Demystifying MMD GANs. ICLR 2018. arXiv:1801.01401"

    interval: ClassVar = UStatistic()
    remedy: ClassVar = ", or a smaller subset_size where subsets are used"

    def __post_init__(self) -> None:
        require_at_least(1, degree=self.degree)
        require_at_least(0, subsets=self.subsets, gamma=self.gamma or 0, coef0=self.coef0)
        require_at_least(2, subset_size=self.subset_size)

    @property
    def draws_by_index(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Subsets are drawn by where images stand."""
        return self.subsets > 0

    @property
    def minimum(self) -> int:
        """Two for the full statistic, `subset_size` for subsets."""
        return self.subset_size if self.subsets else 2

    def __call__(self, *, real: Rows, fake: Rows) -> dict[str, float]:
        """The distance, in kernel units (not ×10³)."""
        self.require(real=real.n, fake=fake.n)
        pairs = [(real.values, fake.values)] if not self.subsets else self._subsets(real.values, fake.values)
        kernel = {"degree": self.degree, "gamma": self.gamma, "coef0": self.coef0}
        return {"kid": float(np.mean([kid(x, y, **kernel) for x, y in pairs]))}

    def range(self, *, real: Rows, fake: Rows) -> dict[str, Range]:
        """A mean of k(x, y) is at most the mean of k(x, x) and k(y, y), and there are four such means."""
        own = [kernel_of_itself(side.values, kernel=self._kernel(real)) for side in (real, fake)]
        return {"kid": (-2 * sum(own), 2 * sum(own))}

    def two_sample(self, *, real: Rows, fake: Rows, sampled: frozenset[str], seed: int) -> TwoSample | str:
        """Its standard error in kernel units and a test of equal laws, or why there is none."""
        if self.subsets:
            return "the mean over random subsets has none; the full statistic (subsets=0) has"
        if min(real.n, fake.n) < 4:
            return "4 images a side needed"
        kernel = self._kernel(real)
        if self._is_far(real, kernel) and self._is_far(fake, kernel):
            return "the rows lie so far from 0 that rounding hides what the kernel tells; subtract a common offset"
        return mmd_two_sample(real.values, fake.values, kernel=kernel, sampled=sampled, seed=seed)

    def joint_covariance(self, *, real: Rows, fakes: Sequence[Rows], sampled: frozenset[str]) -> np.ndarray | str:
        """The covariance of the full statistic for several fakes over the same reals."""
        if self.subsets:
            return "the mean over random subsets has no standard error; the full statistic (subsets=0) has"
        if min(real.n, *(fake.n for fake in fakes)) < 4:
            return "4 images a side needed"
        kernel = self._kernel(real)
        return mmd_covariance(real.values, [fake.values for fake in fakes], kernel=kernel, sampled=sampled)

    def _kernel(self, real: Rows) -> Kernel:
        gamma = 1 / real.values.shape[1] if self.gamma is None else self.gamma
        return polynomial_kernel(degree=self.degree, gamma=gamma, coef0=self.coef0)

    @staticmethod
    def _is_far(side: Rows, kernel: Kernel) -> bool:
        """Whether the kernel of a row with itself is, up to rounding, that of the mean row with itself."""
        mean = side.values.mean(axis=0, dtype=np.float64)[None]
        own, common = (kernel_of_itself(rows, kernel=kernel) for rows in (side.values, mean))
        return own - common < _ROUNDING * own and not (side.values == side.values[:1]).all()

    def _subsets(self, real: np.ndarray, fake: np.ndarray):
        rng = np.random.RandomState(self.seed)
        for _ in range(self.subsets):
            drawn = fake[rng.choice(len(fake), self.subset_size, replace=False)]
            yield real[rng.choice(len(real), self.subset_size, replace=False)], drawn


METRIC = KernelInceptionDistance
