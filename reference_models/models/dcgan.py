"""DCGAN at 28, 32 and 64 pixels, grey or in colour (Radford, Metz, Chintala, ICLR 2016).

The four rules: strided convolutions, no pooling; batch norm except at G's output and D's input; no fully
connected hidden layer; ReLU in G, LeakyReLU (0.2) in D. G ends in tanh. The first layer of G and the last of D
are convolutions over the whole of the smallest map (7, 4 and 4 pixels), so that nothing at all is fully connected.
Weights from N(0, 0.02); Adam 2e-4, β₁ = 0.5; the published 64-pixel network has width 128, latents from U(−1, 1).
`python -m reference_models rules reference_models.models.dcgan:pair` checks this file.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from torch import nn

from reference_models.models.gan import Adversarial
from reference_models.models.learner import Shape, initialised

SMALLEST = {28: 7, 32: 4, 64: 4}


@dataclass(frozen=True)
class DCGAN(Adversarial):
    """`width` is the number of channels at the largest map; `d_norm` stands in for batch norm in D."""

    width: int = 32
    d_norm: Literal["batch", "none"] = "batch"

    def generator(self, shape: Shape) -> nn.Module:
        """Transposed convolutions from one pixel up."""
        self.require(shape, *SMALLEST)
        return initialised(up(shape, self.width, latent=self.latent))

    def discriminator(self, shape: Shape) -> nn.Module:
        """Its mirror image, to one logit."""
        self.require(shape, *SMALLEST)
        return initialised(down(shape, self.width, outputs=1, norm=self.d_norm == "batch"))


def widths(size: int, width: int) -> list[int]:
    """Channels from the largest map to the smallest.

    >>> widths(28, 32), widths(64, 32)
    ([32, 64], [32, 64, 128, 256])
    """
    doublings = (size // SMALLEST[size]).bit_length() - 1
    return [width << i for i in range(doublings)]


def up(shape: Shape, width: int, *, latent: int) -> nn.Sequential:
    """Latents (n, latent) -> images (n, *shape) in [−1, 1]."""
    channels, size = shape[0], shape[1]
    upwards = widths(size, width)[::-1]
    layers: list[nn.Module] = [nn.Unflatten(1, (latent, 1, 1))]
    layers += [nn.ConvTranspose2d(latent, upwards[0], SMALLEST[size], bias=False)]
    for few, fewer in pairwise([*upwards, channels]):
        layers += [nn.BatchNorm2d(few), nn.ReLU(), nn.ConvTranspose2d(few, fewer, 4, 2, 1, bias=fewer == channels)]
    return nn.Sequential(*layers, nn.Tanh())


def down(shape: Shape, width: int, *, outputs: int, norm: bool = True) -> nn.Sequential:
    """Images (n, *shape) -> numbers (n, outputs)."""
    channels, size = shape[0], shape[1]
    downwards = widths(size, width)
    layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
    for few, more in pairwise(downwards):
        layers += [nn.Conv2d(few, more, 4, 2, 1, bias=not norm), *[nn.BatchNorm2d(more)] * norm, nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(downwards[-1], outputs, SMALLEST[size]), nn.Flatten())


def pair() -> tuple[nn.Module, nn.Module]:
    """G and D at 64 pixels in colour."""
    recipe = DCGAN()
    return recipe.generator((3, 64, 64)), recipe.discriminator((3, 64, 64))


RECIPE = DCGAN
