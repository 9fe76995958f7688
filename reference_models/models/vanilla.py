"""The plain GAN: two multilayer perceptrons, the non-saturating loss, Adam.

After Goodfellow et al., Generative Adversarial Nets (NeurIPS 2014), which trained maxout networks by gradient
descent with momentum; LeakyReLU, Adam and batch norm in G are later habits. Images of any size, as rows of pixels.
Without batch norm, or at DCGAN's rate of 2e-4, it needs many more steps: `python -m benchmarks run vanilla-sweep`.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from torch import nn

from reference_models.models.gan import Adversarial
from reference_models.models.learner import Shape


@dataclass(frozen=True)
class Vanilla(Adversarial):
    """`width` is the size of G's first hidden layer, `d_width` of D's last; the others are twice and four times that.

    `norm` follows G's hidden layers but the first; `dropout` is the share of D's hidden units left out.
    """

    steps: int = 6000
    d_rate: float = 5e-4
    g_rate: float = 5e-4
    width: int = 128
    d_width: int = 128
    norm: Literal["batch", "none"] = "batch"
    dropout: float = 0.3

    def generator(self, shape: Shape) -> nn.Module:
        """latent -> width -> 2·width -> 4·width -> pixels."""
        self.require(shape)
        sizes = [self.latent, self.width, 2 * self.width, 4 * self.width]
        layers: list[nn.Module] = []
        for wide, wider in pairwise(sizes):
            normed = self.norm == "batch" and bool(layers)
            layers += [nn.Linear(wide, wider), *[nn.BatchNorm1d(wider)] * normed, nn.LeakyReLU(0.2)]
        return nn.Sequential(*layers, nn.Linear(sizes[-1], math.prod(shape)), nn.Tanh(), nn.Unflatten(1, shape))

    def discriminator(self, shape: Shape) -> nn.Module:
        """pixels -> 4·d_width -> 2·d_width -> d_width -> 1."""
        self.require(shape)
        sizes = [math.prod(shape), 4 * self.d_width, 2 * self.d_width, self.d_width]
        layers: list[nn.Module] = [nn.Flatten()]
        for wide, narrow in pairwise(sizes):
            layers += [nn.Linear(wide, narrow), nn.LeakyReLU(0.2), nn.Dropout(self.dropout)]
        return nn.Sequential(*layers, nn.Linear(sizes[-1], 1))


RECIPE = Vanilla
