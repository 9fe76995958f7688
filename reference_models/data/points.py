"""Mixtures of Gaussians in the plane: `ring` and `grid` as VEEGAN and PacGAN define them.

| | modes | where | standard deviation |
|---|---|---|---|
| `ring` | 8 | on the unit circle, at angles 2πk/8 | 0.01 |
| `grid` | 25 | {−4, −2, 0, 2, 4}² | 0.05 |

All modes are equally likely. Other papers' rings of the same name have another radius, deviation or
number of modes (Metz et al.: radius 2, 0.02; a notebook's `linspace(0, 2π, 8)` has seven modes, one twice).

Judged (Srivastava et al., VEEGAN, NeurIPS 2017) on 2,500 points: a point is of high quality when it lies
within three standard deviations of the nearest mode; a mode counts when such a point is nearest to it. By
that rule a perfect generator has 98.89 % (1 − e^−4.5), and noise finds most modes of the grid: look at the share too.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

PointsName = Literal["ring", "grid"]


@dataclass(frozen=True)
class Mixture:
    """Centres (modes, 2) and the standard deviation in every direction."""

    centres: np.ndarray
    deviation: float

    def draw(self, n: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Points float32 (n, 2) and the modes (n,) they come from."""
        rng = np.random.default_rng(seed)
        modes = rng.integers(0, len(self.centres), n)
        return (self.centres[modes] + rng.normal(0, self.deviation, (n, 2))).astype(np.float32), modes

    def nearest(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The nearest mode of each point, and whether the point is of high quality."""
        distances = np.linalg.norm(points[:, None] - self.centres, axis=2)
        return distances.argmin(axis=1), distances.min(axis=1) < 3 * self.deviation

    def tally(self, points: np.ndarray) -> tuple[int, float]:
        """The number of modes found, and the share of points of high quality.

        >>> MIXTURES["ring"].tally(np.array([[1.0, 0.0], [0.0, 1.02], [0.0, 1.04], [-1.0, 0.5]]))
        (2, 0.5)
        """
        modes, good = self.nearest(points)
        return len(np.unique(modes[good])), float(good.mean())


MIXTURES: dict[PointsName, Mixture] = {
    "ring": Mixture(np.array([[math.cos(k * math.pi / 4), math.sin(k * math.pi / 4)] for k in range(8)]), 0.01),
    "grid": Mixture(np.array([[x, y] for x in range(-4, 5, 2) for y in range(-4, 5, 2)], dtype=float), 0.05),
}
