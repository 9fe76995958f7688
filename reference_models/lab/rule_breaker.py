"""DCGAN with one of its four rules broken.

pooling      1: pooling in D and resizing in G in place of strided convolutions
norm         2: no batch norm at all
hidden       3: a fully connected hidden layer at G's beginning and at D's end
activation   4: tanh in G and D in place of ReLU and LeakyReLU
"""

from dataclasses import dataclass
from typing import Literal

from torch import nn

from reference_models.models.dcgan import DCGAN
from reference_models.models.learner import Shape, initialised

Broken = Literal["none", "pooling", "norm", "hidden", "activation"]
_HIDDEN = 128


@dataclass(frozen=True)
class RuleBreaker(DCGAN):
    """DCGAN with one rule broken."""

    broken: Broken = "none"

    def generator(self, shape: Shape) -> nn.Module:
        """DCGAN's, rewritten layer by layer."""
        return _rewritten(super().generator(shape), self.broken)

    def discriminator(self, shape: Shape) -> nn.Module:
        """DCGAN's, rewritten layer by layer."""
        return _rewritten(super().discriminator(shape), self.broken)


def _rewritten(network: nn.Module, broken: Broken) -> nn.Module:
    if broken == "none":
        return network
    layers = list(network.children())
    made = [new for layer in layers for new in _stand_in(layer, broken)]
    if broken == "hidden" and isinstance(made[0], nn.Unflatten):
        del made[0]
    return initialised(nn.Sequential(*made))


def _stand_in(layer: nn.Module, broken: Broken) -> list[nn.Module]:
    """What stands in a layer's place."""
    kind = type(layer)
    if broken == "norm" and isinstance(layer, nn.BatchNorm2d):
        return []
    if broken == "activation" and isinstance(layer, nn.ReLU | nn.LeakyReLU):
        return [nn.Tanh()]
    if not isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        return [layer]
    few, more, size = layer.in_channels, layer.out_channels, int(layer.kernel_size[0])
    if broken == "pooling" and layer.stride[0] == 2:
        same = nn.Conv2d(few, more, 3, 1, 1)
        return [nn.Upsample(scale_factor=2), same] if kind is nn.ConvTranspose2d else [same, nn.MaxPool2d(2)]
    if broken == "hidden" and layer.stride[0] == 1:
        pixels, norm = size * size, nn.BatchNorm1d(_HIDDEN)
        if kind is nn.ConvTranspose2d:
            shaped = nn.Linear(_HIDDEN, more * pixels), nn.Unflatten(1, (more, size, size))
            return [nn.Linear(few, _HIDDEN), norm, nn.ReLU(), *shaped]
        head = nn.LeakyReLU(0.2), nn.Linear(_HIDDEN, more)
        return [nn.Flatten(), nn.Linear(few * pixels, _HIDDEN), norm, *head]
    return [layer]


RECIPE = RuleBreaker
