"""Train a DCGAN and judge it, in one file: the whole path, without options, resuming or logs.

python -m reference_models.minimal_dcgan    # a minute on one CPU core; samples in minimal/samples.png

Reading order. First this file, from `main` upwards. Then what it leaves out:

1. data/sets.py         the data by name, and the two parts of each set that never share an image
2. models/dcgan.py      the same two networks at three sizes; models/gan.py the same loop with its options
3. training/loop.py     the loop for any model, which goes on after a stop as if nothing had happened
4. rules/check.py       whether a network keeps the four rules below
5. lab/presets/         what goes wrong, and the knob that cures it
6. latent_space/        what lies between the latents of a trained generator

What ganeval does is told in docs/architecture.md.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

import ganeval
from reference_models.data.sets import examples
from reference_models.training.pictures import coloured, grid, pixels, saved

LATENT, WIDTH, BATCH, STEPS = 64, 16, 64, 600


def generator() -> nn.Module:
    """Latents (n, 64) -> digits (n, 1, 28, 28) in [−1, 1].

    The rules: transposed convolutions with strides and no other resizing, batch norm but at the output, nothing fully
    connected, ReLU, and tanh at the end.
    """
    return nn.Sequential(
        nn.Unflatten(1, (LATENT, 1, 1)),
        nn.ConvTranspose2d(LATENT, 2 * WIDTH, 7, bias=False),  # 7 x 7 pixels
        nn.BatchNorm2d(2 * WIDTH),
        nn.ReLU(),
        nn.ConvTranspose2d(2 * WIDTH, WIDTH, 4, stride=2, padding=1, bias=False),  # 14 x 14
        nn.BatchNorm2d(WIDTH),
        nn.ReLU(),
        nn.ConvTranspose2d(WIDTH, 1, 4, stride=2, padding=1),  # 28 x 28
        nn.Tanh(),
    )


def discriminator() -> nn.Module:
    """Digits (n, 1, 28, 28) -> logits (n, 1): above 0 it takes a digit for real.

    The rules: convolutions with strides and no pooling, batch norm but at the input, nothing fully connected, and
    LeakyReLU.
    """
    return nn.Sequential(
        nn.Conv2d(1, WIDTH, 4, stride=2, padding=1),  # 14 x 14 pixels
        nn.LeakyReLU(0.2),
        nn.Conv2d(WIDTH, 2 * WIDTH, 4, stride=2, padding=1, bias=False),  # 7 x 7
        nn.BatchNorm2d(2 * WIDTH),
        nn.LeakyReLU(0.2),
        nn.Conv2d(2 * WIDTH, 1, 7),
        nn.Flatten(),
    )


def initialise(part: nn.Module) -> None:
    """Weights from N(0, 0.02), batch norm's gains from N(1, 0.02), as Radford et al. 2016 have it."""
    if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(part.weight, 0, 0.02)
    elif isinstance(part, nn.BatchNorm2d):
        nn.init.normal_(part.weight, 1, 0.02)


def trained(real: torch.Tensor, *, steps: int) -> nn.Module:
    """Let G and D learn from each other on digits (n, 1, 28, 28) in [−1, 1]; return G."""
    makes, judges = generator().apply(initialise), discriminator().apply(initialise)
    g_adam = torch.optim.Adam(makes.parameters(), lr=5e-4, betas=(0.5, 0.999))
    d_adam = torch.optim.Adam(judges.parameters(), lr=5e-4, betas=(0.5, 0.999))
    ones, zeros = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    for _ in range(steps):
        shown = real[torch.randint(len(real), (BATCH,))]
        fake = makes(torch.randn(BATCH, LATENT))

        # D is to answer one for real digits, and zero for fakes. It sees them without their gradients: D moves alone.
        d_loss = cross_entropy(judges(shown), ones) + cross_entropy(judges(fake.detach()), zeros)
        d_adam.zero_grad()
        d_loss.backward()
        d_adam.step()

        # G wants D to answer one for its fakes.
        g_loss = cross_entropy(judges(fake), ones)
        g_adam.zero_grad()
        g_loss.backward()
        g_adam.step()
    return makes.eval()


def sampler(makes: nn.Module) -> Callable[[int, int], np.ndarray]:
    """How ganeval asks for images: (n, seed) -> uint8 (n, 28, 28, 3)."""

    def sample(n: int, seed: int) -> np.ndarray:
        latents = torch.randn(n, LATENT, generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            return coloured(pixels(makes(latents).numpy()))

    return sample


def main(*, steps: int = STEPS, out: Path = Path("minimal")) -> ganeval.Report:
    """Train, save 64 samples, and judge 1,000 by digits that were not trained on."""
    torch.manual_seed(0)
    digits = examples("mnist-5k", "training").values  # uint8 (2000, 28, 28, 1)
    real = torch.from_numpy(digits).permute(0, 3, 1, 2) / 127.5 - 1
    sample = sampler(trained(real, steps=steps))
    saved(grid(sample(64, 0)), out / "samples.png")

    others = ganeval.images(coloured(examples("mnist-5k", "reference").values))
    fakes = ganeval.sampler(sample, seed=0)
    return ganeval.evaluate(others, fakes, metrics=["fd", "pr"], extractor="classifier:mnist", n=1000)


if __name__ == "__main__":
    print(main())
