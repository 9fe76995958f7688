"""Fréchet distance between real and fake features, in any feature space.

Both sets are summed up by mean and covariance, as if they were Gaussian, and the score is the
squared Wasserstein-2 distance of the two Gaussians:

    ‖μ_r − μ_f‖² + tr(Σ_r + Σ_f − 2 (Σ_r Σ_f)^½)

Unit: squared feature units, so values from different extractors cannot be compared. 0 is
identical; lower is better. On the genuine FID Inception the number is called FID, elsewhere it is
named after its features, `FD[…]`.

Sees: shifted, blurred or noisy images, dropped modes. Blind to anything that keeps mean and
covariance: a handful of repeated points can score 0. Biased upward by about 1/n, and by a
different amount for each generator: compare only at the same n. Use at least 2,048 images with
Inception, 10,000 as papers do.

Source: Heusel et al., GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
Equilibrium, NeurIPS 2017; Fréchet 1957.
"""

from dataclasses import dataclass
from typing import ClassVar, final

from ganeval.metrics._frechet import SEES, FrechetMetric
from ganeval.metrics.base import Score


@final
@dataclass(frozen=True)
class FrechetDistance(FrechetMetric):
    """Fréchet distance of two Gaussians fitted to the features; no parameters.

    >>> import numpy as np
    >>> from ganeval.core.rows import Moments
    >>> real = Moments.from_covariance(np.zeros(2), np.eye(2), n=None)
    >>> fake = Moments.from_covariance(np.array([3.0, 0.0]), np.eye(2), n=None)
    >>> FrechetDistance()(real=real, fake=fake)
    {'fd': 9.0}
    """

    scores: ClassVar = {
        "fd": Score(
            "FD",
            "lower",
            SEES,
            decimals=2,
            named_after_features=True,
            genuine="FID",
            identical=0.0,
        )
    }
    order: ClassVar = 20
    default: ClassVar = True
    citation: ClassVar = (
        "Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter. GANs Trained by a Two Time-Scale Update Rule "
        "Converge to a Local Nash Equilibrium. NeurIPS 2017. arXiv:1706.08500"
    )


METRIC = FrechetDistance
