"""Priors: where latent vectors come from.

`normal` is N(0, 1) in every coordinate, `uniform` is U(−1, 1) as in Radford et al. 2016 and Lucic et al. 2018.
"""

from dataclasses import dataclass
from typing import Literal

import torch

PriorName = Literal["normal", "uniform"]


@dataclass(frozen=True)
class Prior:
    """Independent coordinates of one distribution."""

    name: PriorName
    size: int

    def draw(self, n: int, *, generator: torch.Generator | None = None) -> torch.Tensor:
        """Latents (n, size); torch's global generator without one of one's own."""
        if self.name == "uniform":
            return 2 * torch.rand(n, self.size, generator=generator) - 1
        return torch.randn(n, self.size, generator=generator)
