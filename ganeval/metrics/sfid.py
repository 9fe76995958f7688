"""sFID: the Fréchet distance of features that keep where things are in the image.

The same distance as `fd`,

    ‖μ_r − μ_f‖² + tr(Σ_r + Σ_f − 2 (Σ_r Σ_f)^½)

but of the view `spatial`: 7 channels of an intermediate layer of the FID Inception, 17 × 17 each,
2,023 numbers that are not averaged over the image. Only `-x inception` has that view.

Unit: squared feature units. 0 is identical; lower is better. On the genuine FID Inception the
number is called sFID, elsewhere it is named after its features, `sFD[…]`.

Sees what FID averages away: parts in wrong places, broken layout, grids and borders. Reads
coarse structure, so it says less about what is shown. Biased upward by about 1/n like any Fréchet
distance: use more than 2,023 images, and compare only at the same n. Published numbers are mostly
those of ADM's evaluator, which resizes in another way: `--protocol adm`.

Source: Nash, Menick, Dieleman, Battaglia, Generating Images with Sparse Representations, ICML 2021.
"""

from dataclasses import dataclass
from typing import ClassVar, final

from ganeval.metrics._frechet import SEES, FrechetMetric
from ganeval.metrics.base import Score


@final
@dataclass(frozen=True)
class SpatialFrechetDistance(FrechetMetric):
    """Fréchet distance of two Gaussians fitted to spatial features; no parameters.

    >>> import numpy as np
    >>> from ganeval.core.rows import Moments
    >>> real = Moments.from_covariance(np.zeros(2), np.eye(2), n=None)
    >>> fake = Moments.from_covariance(np.array([3.0, 0.0]), 4 * np.eye(2), n=None)
    >>> SpatialFrechetDistance()(real=real, fake=fake)
    {'sfid': 11.0}
    """

    view: ClassVar = "spatial"
    scores: ClassVar = {
        "sfid": Score(
            "sFD",
            "lower",
            SEES,
            decimals=2,
            named_after_features=True,
            genuine="sFID",
            identical=0.0,
        )
    }
    order: ClassVar = 30
    citation: ClassVar = (
        "Nash, Menick, Dieleman, Battaglia. Generating Images with Sparse Representations. ICML 2021. arXiv:2103.03841"
    )


METRIC = SpatialFrechetDistance
