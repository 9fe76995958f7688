"""PacGAN's networks for points in the plane (Lin, Khetan, Fanti, Oh, NeurIPS 2018; github.com/fjxmlzn/PacGAN).

G: 2 -> 4 × (400, batch norm, ReLU) -> 2, no bias but in the last layer. D: 3 × maxout (200 units of 5 pieces)
-> 1, on `pack` points side by side. Weights from N(0, 0.02), biases 0; Adam 1e-4, β₁ = 0.8; batches of 100;
latents N(0, I₂); both networks updated at once from the same batch; 400 epochs of 100,000 points, which is 400,000
steps. Batch norm's ε = 1e-4 and its averages' rate of 0.05 are a choice made here: the paper states neither, and they
were not checked against the library (Blocks) in which its code is written.
Not a convolutional network: DCGAN's rules do not apply.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

import torch
from torch import nn

from reference_models.models.gan import Adversarial
from reference_models.models.learner import Shape, initialised


@dataclass(frozen=True)
class PacGAN2D(Adversarial):
    """Defaults are the published specification; `pack` is 1 for the plain GAN, 2 to 4 in the paper."""

    steps: int = 400_000
    batch: int = 100
    latent: int = 2
    d_rate: float = 1e-4
    g_rate: float = 1e-4
    beta1: float = 0.8
    order: Literal["alternating", "simultaneous"] = "simultaneous"
    width: int = 400
    d_width: int = 200
    pieces: int = 5

    points: ClassVar[bool] = True

    def generator(self, shape: Shape) -> nn.Module:
        """Five linear layers."""
        self.require(shape)
        layers: list[nn.Module] = []
        for inputs in (self.latent, self.width, self.width, self.width):
            norm = nn.BatchNorm1d(self.width, eps=1e-4, momentum=0.05)
            layers += [nn.Linear(inputs, self.width, bias=False), norm, nn.ReLU()]
        made = initialised(nn.Sequential(*layers, nn.Linear(self.width, shape[0])))
        for part in made.modules():
            if isinstance(part, nn.BatchNorm1d):
                nn.init.ones_(part.weight)
        return made

    def discriminator(self, shape: Shape) -> nn.Module:
        """Three maxout layers and a logit."""
        self.require(shape)
        layers = [Maxout(i, self.d_width, pieces=self.pieces) for i in (shape[0], self.d_width, self.d_width)]
        return initialised(nn.Sequential(*layers, nn.Linear(self.d_width, 1)))


@final
class Maxout(nn.Module):
    """The largest of several linear functions, for each unit (Goodfellow et al., ICML 2013)."""

    def __init__(self, inputs: int, outputs: int, *, pieces: int) -> None:
        """`pieces` linear functions a unit."""
        super().__init__()
        self.pieces = pieces
        self.linear = nn.Linear(inputs, outputs * pieces)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(n, inputs) -> (n, outputs)."""
        return self.linear(x).unflatten(1, (-1, self.pieces)).max(dim=2).values  # amax's gradient is slower


RECIPE = PacGAN2D
