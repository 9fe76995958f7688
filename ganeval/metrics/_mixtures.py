"""Two-dimensional mixtures with known modes: the ring and the grid on which mode collapse is counted.

As PacGAN's code defines them: 8 Gaussians on the unit circle with σ = 0.01; 25 on {−4, −2, 0, 2, 4}²
with σ = 0.05. Papers use other rings under the same name (other radius, σ, or number of modes), so
a count means something only beside its definition.

Source: Lin, Khetan, Fanti, Oh, PacGAN: The Power of Two Samples in Generative Adversarial Networks,
NeurIPS 2018; Srivastava et al., VEEGAN, NeurIPS 2017.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float64, Int64

MixtureName = Literal["ring", "grid"]
HIGH_QUALITY = 3.0  # standard deviations from the nearest mode


@dataclass(frozen=True)
class Mixture:
    """Equally likely Gaussians of one standard deviation; `box` is half the side of the square around them."""

    centres: Float64[np.ndarray, "modes 2"]
    sigma: float
    box: float

    @property
    def names(self) -> tuple[str, ...]:
        """Each mode by its centre."""
        return tuple(f"({x:.3g}, {y:.3g})" for x, y in self.centres + 0.0)

    def nearest(self, points: Float[np.ndarray, "n 2"]) -> tuple[Int64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
        """The nearest mode of each point, and the distance to it in standard deviations.

        >>> MIXTURES["grid"].nearest(np.array([[4.1, 3.9]]))[0].tolist()
        [24]
        """
        gaps = np.linalg.norm(points.astype(np.float64)[:, None] - self.centres[None], axis=2)
        return gaps.argmin(axis=1), gaps.min(axis=1) / self.sigma

    def drawn(self, n: int, *, seed: int) -> Float64[np.ndarray, "n 2"]:
        """n points of a perfect sampler; 1 − e^(−9/2) = 98.89 % of them lie within three σ."""
        rng = np.random.default_rng(seed)
        return self.centres[rng.integers(len(self.centres), size=n)] + self.sigma * rng.standard_normal((n, 2))

    def noise(self, n: int, *, seed: int) -> Float64[np.ndarray, "n 2"]:
        """n points spread evenly over the box."""
        return np.random.default_rng(seed).uniform(-self.box, self.box, size=(n, 2))


def _ring() -> Mixture:
    angles = 2 * np.pi * np.arange(8) / 8
    return Mixture(np.stack([np.cos(angles), np.sin(angles)], axis=1).round(12), 0.01, 1.5)


def _grid() -> Mixture:
    ticks = np.arange(-4.0, 5.0, 2.0)
    return Mixture(np.array([(x, y) for x in ticks for y in ticks]), 0.05, 5.0)


MIXTURES: Mapping[MixtureName, Mixture] = {"ring": _ring(), "grid": _grid()}
