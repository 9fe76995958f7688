"""Sharpness: are the fakes as sharp as the reals, and is their power spread over the same frequencies?

    sharpness ratio   mean variance of the Laplacian of the fakes ÷ that of the reals: below 1 blurred, above 1 noisy
                      or too crisp; 1 is best
    spectrum error    root mean square, over eight rings of frequency, of 10 log₁₀(mean power of the fakes ÷ that of the
                      reals), in dB; 0 is best

It is the number behind "GANs are sharper than VAEs". Of the pixels alone, no network: `ganeval sharpness REAL FAKE`,
or `-m sharpness` beside any extractor, in the same pass.

Sees: blur, noise, grids of upsampling (error), compression. Blind to what is shown, to diversity and to copies; noise
can hide blur in the ratio, not in the error. The Laplacian is that of neighbouring pixels: compare images of one size,
or `-x spectrum:size=64`. Powers below the noise of rounding to 256 levels, (1/255)² ÷ 12, count as that. Hardly depends
on n; 200 images or more.

Source: Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000 (Laplacian variance); Durall,
Keuper & Keuper, Watch your Up-Convolution, CVPR 2020 (radial power spectra of generated images). The two numbers made
of them are ganeval's.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from jaxtyping import Shaped

from ganeval.core.estimate import Range
from ganeval.core.rows import Rows
from ganeval.metrics.base import Metric, Score

_ROUNDING = (1 / 255) ** 2 / 12


def sharpness_ratio(real: Shaped[np.ndarray, " n"], fake: Shaped[np.ndarray, " m"]) -> float:
    """Mean of the fakes ÷ mean of the reals, both at least what rounding to 256 levels leaves.

    >>> sharpness_ratio(np.array([1.0, 3.0]), np.array([1.0, 1.0]))
    0.5
    """
    means = [max(float(side.mean(dtype=np.float64)), 20 * _ROUNDING) for side in (fake, real)]
    return means[0] / means[1]


def spectrum_error(real: Shaped[np.ndarray, "n rings"], fake: Shaped[np.ndarray, "m rings"]) -> float:
    """Root mean square difference of mean ring powers, in dB.

    >>> spectrum_error(np.array([[1.0, 1.0]]), np.array([[10.0, 0.1]]))
    10.0
    """
    levels = [10 * np.log10(np.maximum(side.mean(axis=0, dtype=np.float64), _ROUNDING)) for side in (fake, real)]
    return float(np.sqrt(np.mean(np.square(levels[0] - levels[1]))))


@final
@dataclass(frozen=True)
class Sharpness(Metric):
    """Laplacian variance and radial power spectrum of fakes against reals; no parameters."""

    statistic: ClassVar = Rows
    view: ClassVar = "spectrum"
    extractor: ClassVar = "spectrum"
    scores: ClassVar = {
        "sharpness": Score("sharpness ratio", "higher", frozenset(), identical=1.0, bounds=(0.0, None)),
        "spectrum": Score("spectrum dB", "lower", frozenset({"shift"}), decimals=2, identical=0.0, bounds=(0.0, None)),
    }
    group: ClassVar = "quality-diversity"
    order: ClassVar = 80
    depends_on_n: ClassVar = False
    citation: ClassVar = (
        "Durall, Keuper, Keuper. Watch your Up-Convolution: CNN Based Generative Deep Neural Networks are Failing to "
        "Reproduce Spectral Distributions. CVPR 2020. arXiv:2003.01826; Pech-Pacheco, Cristobal, Chamorro-Martinez, "
        "Fernandez-Valdivia. Diatom autofocusing in brightfield microscopy. ICPR 2000"
    )

    @property
    def minimum(self) -> int:
        """One image has a spectrum."""
        return 1

    def range(self, *, real: Rows, fake: Rows) -> dict[str, Range]:
        """Means lie between the least and the most of the rows, and so do their ratios and differences."""
        least, most = ([end(side.values, axis=0) for side in (real, fake)] for end in (np.min, np.max))
        of_real, of_fake = ([max(float(end[i][0]), 20 * _ROUNDING) for end in (least, most)] for i in (0, 1))
        low, high = ([10 * np.log10(np.maximum(side[1:], _ROUNDING)) for side in end] for end in (least, most))
        gaps = np.maximum(high[0] - low[1], high[1] - low[0])
        return {
            "sharpness": (of_fake[0] / of_real[1], of_fake[1] / of_real[0]),
            "spectrum": (0.0, float(np.sqrt(np.mean(np.square(gaps))))),
        }

    def __call__(self, *, real: Rows, fake: Rows) -> dict[str, float]:
        """Ratio and error."""
        self.require(real=real.n, fake=fake.n)
        return {
            "sharpness": sharpness_ratio(real.values[:, 0], fake.values[:, 0]),
            "spectrum": spectrum_error(real.values[:, 1:], fake.values[:, 1:]),
        }


METRIC = Sharpness
