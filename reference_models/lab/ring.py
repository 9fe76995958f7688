"""GANs on the ring: small networks, and how a crowd of points is judged.

The networks are those of the duality-gap experiments in the plane (github.com/perturbed-dg/Perturbed-Duality-Gap):
two hidden layers of 128 ReLUs each, Adam 5e-4 with β₁ = 0.5, batches of 128. The data is PacGAN's ring
(`reference_models.data.points`).

modes     of 8: those that at least a fifth of their fair share of the points have come near (within 0.1, ten
          standard deviations: trainings here are short)
quality   share of points within the published three standard deviations of a mode; a perfect sampler has 0.989
gap       mean distance to the nearest mode: how unlike the data single points are, whatever their variety
distance  ganeval's energy distance to the data; 0 is equal. A crowd on one mode (1.3) is farther than one in the middle
          (0.7): it sees variety more than looks
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from torch import nn

from reference_models.data.points import MIXTURES
from reference_models.lab.loop import learner_of, trained
from reference_models.models.gan import GAN, Adversarial
from reference_models.models.learner import Shape
from reference_models.training.runs import sampler_of

RING = MIXTURES["ring"]
NEAR = 0.1
MODES = len(RING.centres)
JUDGED = 1000
_TAU = 0.2
_DATA = 20_000


@dataclass(frozen=True)
class Toy(Adversarial):
    """Two small perceptrons for points in the plane."""

    batch: int = 128
    d_rate: float = 5e-4
    g_rate: float = 5e-4
    width: int = 128
    d_width: int = 128

    points: ClassVar[bool] = True

    def generator(self, shape: Shape) -> nn.Module:
        """latent -> width -> width -> 2."""
        self.require(shape)
        return _perceptron(self.latent, self.width, shape[0])

    def discriminator(self, shape: Shape) -> nn.Module:
        """2 -> d_width -> d_width -> 1."""
        self.require(shape)
        return _perceptron(shape[0], self.d_width, 1)


def _perceptron(inputs: int, width: int, outputs: int) -> nn.Module:
    hidden = nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
    return nn.Sequential(*hidden, nn.Linear(width, outputs))


@dataclass(frozen=True)
class Course:
    """A training on the ring: what was judged on the way, what D told, and the crowd it ended in."""

    steps: np.ndarray
    judged: Mapping[str, np.ndarray]
    measured: Mapping[str, np.ndarray]
    points: np.ndarray

    def last(self, key: str) -> float:
        """Mean of the last three judgements: a crowd that jumps is not judged by one jump."""
        return float(np.mean(self.judged[key][-3:]))


def data(seed: int) -> np.ndarray:
    """Points of the ring to train on."""
    return RING.draw(_DATA, seed=seed)[0]


def course(recipe: Adversarial, *, seed: int, steps: int, judgements: int = 12) -> Course:
    """Train from a seed and judge the crowd at equal distances."""
    import ganeval

    learner = learner_of(recipe, (2,), seed=seed)
    assert isinstance(learner, GAN)
    draw, real = sampler_of(learner), RING.draw(JUDGED, seed=seed + 1)[0]
    every = math.ceil(steps / judgements)
    at: list[int] = []
    told: list[dict[str, float]] = []
    measured: list[dict[str, float]] = []
    crowd = np.empty((0, 2))
    for step, measures in trained(learner, data(seed), seed=seed, steps=steps):
        measured.append(measures)
        if step % every == 0 or step == steps:
            crowd = draw(JUDGED, 0)
            at.append(step)
            told.append(judged(crowd) | {"distance": ganeval.energy_distance(real, crowd)})
    return Course(np.array(at), _columns(told), _columns(measured), crowd)


def judged(points: np.ndarray) -> dict[str, float]:
    """Modes, quality, gap, and how far out the middle point lies (the ring's radius is 1)."""
    import ganeval

    distances = np.linalg.norm(points[:, None] - RING.centres, axis=2)
    fair = np.full(MODES, 1 / MODES)
    covered = ganeval.covered_modes(distances.argmin(axis=1), distances.min(axis=1) < NEAR, fair=fair, tau=_TAU)
    return {
        "modes": float(covered.sum()),
        "quality": float((distances.min(axis=1) < 3 * RING.deviation).mean()),
        "gap": float(distances.min(axis=1).mean()),
        "radius": float(np.median(np.linalg.norm(points, axis=1))),
    }


def crowd_drawn(panel: Any, points: np.ndarray, *, title: str) -> None:
    """The crowd in blue over the modes as circles."""
    panel.scatter(*RING.centres.T, s=90, facecolors="none", edgecolors="black", linewidths=1)
    panel.scatter(*points[:1000].T, s=4, alpha=0.35, color="C0", linewidths=0)
    reach = max(1.4, min(1.1 * float(np.quantile(np.abs(points), 0.99)), 20))
    panel.set_xlim(-reach, reach)
    panel.set_ylim(-reach, reach)
    panel.set_aspect("equal")
    panel.set_xticks([])
    panel.set_yticks([])
    panel.set_title(title, fontsize=9)


def _columns(rows: list[dict[str, float]]) -> dict[str, np.ndarray]:
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}
