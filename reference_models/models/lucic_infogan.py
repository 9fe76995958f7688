"""The network of "Are GANs Created Equal?" (Lucic et al., NeurIPS 2018; google/compare_gan, branch v1).

InfoGAN's sizes without InfoGAN's codes. G: 64 -> 1024 -> 128 maps at a quarter of the size -> 64 maps -> image,
4 × 4 transposed convolutions of stride 2, batch norm (ε 0.001, averages moved by 0.001) before every LeakyReLU
(0.2), sigmoid. D: convolutions of 64 and 128 maps, 1024, 1; `d_batch_norm` was searched over and is off here.
Latents U(−1, 1); Adam 5e-5, β₁ = 0; batches of 64; 15,625 steps on MNIST and Fashion-MNIST, 20 epochs of 50,000.
It has fully connected hidden layers and LeakyReLU in G: no DCGAN, and DCGAN's rules do not apply.
Convolutions of D start from a truncated normal distribution, all other weights from N(0, 0.02).
"""

from dataclasses import dataclass
from typing import final

import torch
from torch import nn

from reference_models.models.gan import Adversarial
from reference_models.models.latents import PriorName
from reference_models.models.learner import Shape, initialised


@dataclass(frozen=True)
class LucicInfoGAN(Adversarial):
    """Defaults are compare_gan's for its plain GAN, with the non-saturating loss."""

    steps: int = 15_625
    prior: PriorName = "uniform"
    latent: int = 64
    d_rate: float = 5e-5
    g_rate: float = 5e-5
    beta1: float = 0.0
    d_batch_norm: bool = False

    def generator(self, shape: Shape) -> nn.Module:
        """Two linear layers and two transposed convolutions."""
        self.require(shape, 28, 32, 64)
        channels, quarter = shape[0], shape[1] // 4
        flat = 128 * quarter * quarter
        layers = [
            *(nn.Linear(self.latent, 1024), _norm(1024), nn.LeakyReLU(0.2)),
            *(nn.Linear(1024, flat), _norm(flat), nn.LeakyReLU(0.2), nn.Unflatten(1, (128, quarter, quarter))),
            *(nn.ConvTranspose2d(128, 64, 4, 2, 1), _norm(64, maps=True), nn.LeakyReLU(0.2)),
            *(nn.ConvTranspose2d(64, channels, 4, 2, 1), nn.Sigmoid(), Affine(2, -1)),
        ]
        return _with_plain_gains(initialised(nn.Sequential(*layers)))

    def discriminator(self, shape: Shape) -> nn.Module:
        """Two convolutions and two linear layers, on pixels in [0, 1]."""
        self.require(shape, 28, 32, 64)
        on = 1 if self.d_batch_norm else 0
        layers = [
            *(Affine(0.5, 0.5), nn.Conv2d(shape[0], 64, 4, 2, 1), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(64, 128, 4, 2, 1), *[_norm(128, maps=True)] * on, nn.LeakyReLU(0.2), nn.Flatten()),
            *(nn.Linear(128 * (shape[1] // 4) ** 2, 1024), *[_norm(1024)] * on, nn.LeakyReLU(0.2), nn.Linear(1024, 1)),
        ]
        made = initialised(nn.Sequential(*layers))
        for part in made.modules():
            if isinstance(part, nn.Conv2d):
                nn.init.trunc_normal_(part.weight, std=0.02, a=-0.04, b=0.04)
        return _with_plain_gains(made)


@final
class Affine(nn.Module):
    """times · x + plus."""

    def __init__(self, times: float, plus: float) -> None:
        """Two fixed numbers."""
        super().__init__()
        self.times, self.plus = times, plus

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Of any shape."""
        return self.times * x + self.plus


def _norm(size: int, *, maps: bool = False) -> nn.Module:
    return (nn.BatchNorm2d if maps else nn.BatchNorm1d)(size, eps=1e-3, momentum=1e-3)


def _with_plain_gains(network: nn.Module) -> nn.Module:
    for part in network.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.ones_(part.weight)
    return network


RECIPE = LucicInfoGAN
