"""Priors: where latent vectors come from.

`normal` is N(0, 1) in every coordinate, `uniform` is U(−1, 1) as in Radford et al. 2016 and Lucic et al. 2018.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
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


def mixed_seed(*numbers: int) -> int:
    """32 well mixed bits of several numbers: a seed for each step, block or epoch.

    >>> mixed_seed(0, 0), mixed_seed(0, 1) == mixed_seed(1, 0)
    (2968811710, False)
    """
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])
