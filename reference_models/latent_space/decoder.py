"""A trained run as a function of its latents: what interpolation, arithmetic and directions need."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from reference_models.errors import ModelsError
from reference_models.models.latents import Prior
from reference_models.seeds import mixed_seed
from reference_models.training import checkpoint
from reference_models.training.pictures import coloured, pixels
from reference_models.training.runs import BLOCK, evaluating, task_of


@dataclass(frozen=True)
class Decoder:
    """The prior, and uint8 images (n, h, w, 3) of latents (n, d)."""

    prior: Prior
    images: Callable[[np.ndarray], np.ndarray]

    def latents(self, n: int, *, seed: int) -> np.ndarray:
        """`n` latents, float32 (n, d): those from which `sample RUN --seed SEED` draws its first n images."""
        blocks = (torch.Generator().manual_seed(mixed_seed(seed, at)) for at in range((n + BLOCK - 1) // BLOCK))
        return torch.cat([self.prior.draw(BLOCK, generator=block) for block in blocks])[:n].numpy()


def decoder_of(folder: str | os.PathLike[str]) -> Decoder:
    """The decoder of a run, as of its last checkpoint; ModelsError where it has no latents, or draws points."""
    task, _ = task_of(Path(folder))
    if len(task.shape) == 1:
        raise ModelsError(f"{folder}: draws points in the plane: choose a run of images")
    learner = task.learner()
    drawn, prior = getattr(learner, "drawn", None), getattr(learner, "prior", None)
    if drawn is None or prior is None:
        raise ModelsError(
            f"{folder}: its model does not show its latents: give its learner `prior` (a Prior of "
            "reference_models.models.latents) and `drawn(latents)`, the images of latents"
        )
    checkpoint.restore(learner, Path(folder), optimisers=False)

    def images(latents: np.ndarray) -> np.ndarray:
        parts = torch.from_numpy(np.ascontiguousarray(latents, dtype=np.float32)).split(BLOCK)
        with evaluating(learner), torch.no_grad():
            return coloured(np.concatenate([pixels(drawn(part).numpy()) for part in parts]))

    return Decoder(prior, images)
