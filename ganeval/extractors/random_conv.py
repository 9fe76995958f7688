"""A random convolutional network: no training, no download, the same everywhere for a seed.

View: `features`, 512 numbers: mean and standard deviation over the image of 256 channels. Images are
resized to 64 × 64. Useful as a second opinion that no training set has shaped; it sees texture
and layout, not objects.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, final

import numpy as np
import torch
from torch import nn

from ganeval.core.protocol import ResizerName
from ganeval.extractors._network import Runner, ready
from ganeval.extractors.base import Extractor
from ganeval.extractors.resizers import RESIZERS

_SIZE = 64
_WIDTHS = (3, 64, 128, 256)


@final
@dataclass(frozen=True)
class RandomConv(Extractor):
    """Three strided 4×4 convolutions with leaky ReLU, He-normal weights from `net`."""

    net: int = 0
    resizer: ResizerName = "torch-bilinear"
    device: str = "auto"

    views: ClassVar = ("features",)

    @property
    def name(self) -> str:
        """`random-conv`, with the number of the net unless it is 0."""
        return "random-conv" if self.net == 0 else f"random-conv:net={self.net}"

    @property
    def resize(self) -> str:
        """The resizer's name and the size."""
        return f"{self.resizer}-{_SIZE}"

    @property
    def cacheable(self) -> bool:
        """Yes: the network is fixed."""
        return True

    @property
    def origin(self) -> str:
        """A seed instead of a file."""
        return f"random, seed {self.net}"

    @cached_property
    def _runner(self) -> Runner:
        def build() -> nn.Module:
            return _network(self.net)

        return ready(build, views=_views, names=self.views, size=_SIZE, device=self.device, label=self.name)

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """float32 (3, 64, 64) in [−1, 1]."""
        return 2 * RESIZERS[self.resizer](image, _SIZE) - 1

    def rows(self, stack: np.ndarray) -> dict[str, np.ndarray]:
        """`features` (n, 512)."""
        return self._runner.rows(stack)


def _network(seed: int) -> nn.Module:
    """Every weight is drawn by NumPy from the seed."""
    generator = np.random.default_rng(seed)
    layers: list[nn.Module] = []
    for before, after in pairwise(_WIDTHS):
        convolution = nn.Conv2d(before, after, kernel_size=4, stride=2, padding=1, bias=False)
        weights = generator.standard_normal(convolution.weight.shape) * np.sqrt(2 / (before * 16))
        convolution.weight = nn.Parameter(torch.from_numpy(weights.astype(np.float32)))
        layers += [convolution, nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers)


def _views(network: nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
    maps = network(x).flatten(2)
    return {"features": torch.cat([maps.mean(dim=2), maps.std(dim=2)], dim=1)}


EXTRACTOR = RandomConv
