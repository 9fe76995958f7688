"""What training needs of a model: `Recipe`, the options by which it is made, and `Learner`, what is trained.

A model of one's own is one file with a frozen dataclass that ends in `RECIPE = …`; its fields are the
options of `--set`. For a GAN, subclass `reference_models.models.gan.Adversarial` and write two methods:

    @dataclass(frozen=True)
    class Mine(Adversarial):
        width: int = 32

        def generator(self, shape): ...      # latents (n, latent) -> (n, *shape), in [−1, 1]
        def discriminator(self, shape): ...  # (n, *shape) -> logits, one for each

    RECIPE = Mine
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import torch
from torch import nn

from reference_models.errors import ModelsError

Shape = tuple[int, ...]  # (channels, height, width) of images, (2,) of points


class Learner(Protocol):
    """Networks with their optimisers. All that changes in training lies in these two."""

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """All that is saved."""
        ...

    @property
    def optimisers(self) -> Mapping[str, torch.optim.Optimizer]:
        """Each with its moments."""
        ...

    @property
    def appetite(self) -> int:
        """How many real examples one step takes."""
        ...

    def step(self, real: torch.Tensor) -> dict[str, float]:
        """One step of training on real examples in [−1, 1]; what is to be shown of it.

        Random numbers come from torch's global generator, which is seeded anew for every step.
        """
        ...

    def held_out(self, real: torch.Tensor) -> dict[str, float]:
        """What is to be shown of real examples that are not trained on, under names of its own; changes nothing."""
        ...

    def sample(self, n: int, *, generator: torch.Generator) -> torch.Tensor:
        """`n` examples in [−1, 1] (images) or as they are (points); the networks are in evaluation mode."""
        ...


@dataclass(frozen=True)
class Recipe(ABC):
    """The options of a model. `points` says that it takes points in place of images."""

    steps: int = 3000
    batch: int = 64

    points: ClassVar[bool] = False

    @abstractmethod
    def learner(self, shape: Shape) -> Learner:
        """The model for examples of a shape, freshly initialised from torch's global generator."""

    def require(self, shape: Shape, *sizes: int) -> None:
        """ModelsError unless the examples are square images of one of these sizes (of any without), or points."""
        name = type(self).__name__
        if self.points != (len(shape) == 1):
            wanted, given = ("points", "images") if self.points else ("images", "points")
            raise ModelsError(f"{name} learns from {wanted}, not from {given}: choose another model or other data")
        if sizes and shape[1:] not in [(size, size) for size in sizes]:
            known = ", ".join(map(str, sizes))
            raise ModelsError(
                f"{name} draws images of {known} pixels, the data has {shape[2]} × {shape[1]}: add ,size={sizes[0]} "
                "to the data's name"
            )


def initialised(network: nn.Module, *, deviation: float = 0.02) -> nn.Module:
    """Weights from N(0, deviation), batch norm's gains from N(1, deviation), no biases (Radford et al. 2016)."""
    for part in network.modules():
        if isinstance(part, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(part.weight, 0, deviation)
        elif isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(part.weight, 1, deviation)
        else:
            continue
        if part.bias is not None:
            nn.init.zeros_(part.bias)
    return network
