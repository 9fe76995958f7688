"""How sharp an image is, and how its power spreads over frequencies: a few numbers of its own pixels, no network.

View: `spectrum`, of the grey image (the mean of its channels) in [0, 1]: the variance of its Laplacian, then its power
in eight rings of frequency, from 0 to half a cycle a pixel across. Frequencies are those of each image's own pixels, so
sizes may be mixed within a side; for sides of different sizes, or to compare at a viewer's size, `size` resizes all
images to `size` × `size` first.

Metrics that read it (`ganeval sharpness`) take it in the same pass as the features of any other extractor.
"""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from jaxtyping import Float, Float64

from ganeval.core.errors import FeatureError, SpecError
from ganeval.core.protocol import ResizerName
from ganeval.extractors.base import Extractor
from ganeval.extractors.resizers import RESIZERS

RINGS = 8


@final
@dataclass(frozen=True)
class Spectrum(Extractor):
    """Laplacian variance and ring powers, of images as they are or resized."""

    size: int | None = None
    resizer: ResizerName = "torch-bilinear"

    views: ClassVar = ("spectrum",)

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 3:
            raise SpecError(f"spectrum:size={self.size}: the size is a number of pixels, at least 3")

    @property
    def name(self) -> str:
        """`spectrum`, with the size if one is given."""
        return "spectrum" if self.size is None else f"spectrum:size={self.size}"

    @property
    def resize(self) -> str:
        """The resizer's name and the size, or none."""
        return "none" if self.size is None else f"{self.resizer}-{self.size}"

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """float32 (9,): what `rows` stacks."""
        if min(image.shape[:2]) < 3:
            raise FeatureError(
                f"an image of {image.shape[1]}×{image.shape[0]} pixels has no spectrum: give 3 × 3 or more"
            )
        grey = image.mean(axis=2) / 255 if self.size is None else RESIZERS[self.resizer](image, self.size).mean(axis=0)
        return np.concatenate([[laplacian_variance(grey)], ring_powers(grey)]).astype(np.float32)

    def rows(self, stack: np.ndarray) -> dict[str, np.ndarray]:
        """`spectrum` (n, 9)."""
        return {"spectrum": stack}


def laplacian_variance(grey: Float[np.ndarray, "h w"]) -> float:
    """Variance of (sum of the four neighbours − four times the pixel) over the inner pixels, in squared grey levels.

    Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000.

    >>> laplacian_variance(np.array([[0.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]))  # of −4 and 1
    6.25
    """
    g = grey.astype(np.float64)
    laplacian = g[:-2, 1:-1] + g[2:, 1:-1] + g[1:-1, :-2] + g[1:-1, 2:] - 4 * g[1:-1, 1:-1]
    return float(laplacian.var())


def ring_powers(grey: Float[np.ndarray, "h w"]) -> Float64[np.ndarray, " rings"]:
    """Mean power |F|²/(h·w) in eight rings of equal width up to half a cycle a pixel, the mean grey removed.

    White noise has its variance in every ring. A ring without a frequency of this image size takes the line between its
    neighbours (Durall et al., Watch your Up-Convolution, CVPR 2020, for the radial average).

    >>> ring_powers(np.array([[1.0, -1.0] * 8] * 16)).round(6).tolist()  # half a cycle a pixel
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.12]
    """
    h, w = grey.shape
    power = np.square(np.abs(np.fft.fft2(grey - grey.mean()))) / (h * w)
    radius = np.hypot(np.fft.fftfreq(h)[:, None], np.fft.fftfreq(w)[None]) * 2
    inside = (radius > 0) & (radius <= 1 + 1e-9)
    ring = np.minimum((radius[inside] * RINGS + 1e-9).astype(int), RINGS - 1)  # roundings must not move a border
    counts = np.bincount(ring, minlength=RINGS)
    rings = np.flatnonzero(counts)
    sums = np.bincount(ring, power[inside], minlength=RINGS)
    return np.interp(np.arange(RINGS), rings, sums[rings] / counts[rings])


EXTRACTOR = Spectrum
