"""The stand-in for the FID Inception's weights, and the photographs that ganeval and its peers are shown.

The genuine weights cannot be fetched where tests and benchmarks run offline. The stand-in has the
architecture, seeded random weights and batch norms calibrated on images, so that no direction holds
most of the variance and features have the genuine ones' scale (`tests/parity/test_stand_in.py`). It
costs what the genuine ones cost. A number made with it is never called FID.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from ganeval.extractors.inception import fid_inception
from ganeval.extractors.weights import FILE, sha256_of

THEIR_FILE = "weights-inception-2015-12-05-6726825d.pth"


@dataclass(frozen=True)
class StandIn:
    """Where the stand-in lies: `home` as TORCH_HOME for the peers, `weights` for ganeval."""

    home: Path
    weights: Path
    digest: str

    @property
    def name(self) -> str:
        """What ganeval calls its features."""
        return f"inception@{self.digest[:8]}"


def stand_in(home: Path) -> StandIn:
    """Make the weights below `home`, a new folder: the user's own torch cache is never touched."""
    digits = handwritten()
    images = [*crops(photographs(), n=10, size=299, seed=0), *(rgb(resized(digit, 299)) for digit in digits[:2])]
    weights = home / "stand-in.pth"
    torch.save(_calibrated(np.stack(images)).state_dict(), weights)
    return for_peers(weights, home)


def for_peers(weights: Path, home: Path) -> StandIn:
    """Copies of a weight file below `home`, under the names that the peers look for in torch's cache."""
    checkpoints = home / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    for name in (FILE, THEIR_FILE):
        shutil.copy(weights, checkpoints / name)
    return StandIn(home, weights, sha256_of(weights))


def _calibrated(images: np.ndarray) -> nn.Module:
    network = fid_inception()
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            if module.in_channels > 3:  # filters blind to the mean activity, or it becomes the one big direction
                module.weight.data -= module.weight.data.mean(dim=(1, 2, 3), keepdim=True)
        elif isinstance(module, nn.BatchNorm2d):
            module.momentum = None
            nn.init.normal_(module.bias, generator=generator)  # without, rounding grows through the layers
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.5, generator=generator)
            nn.init.normal_(module.bias, generator=generator)
    pooled = []
    last = network.get_submodule("fc")
    assert isinstance(last, nn.Linear)
    network.train().get_submodule("dropout").eval()
    last.register_forward_pre_hook(lambda _, given: pooled.append(given[0]))
    with torch.no_grad():
        network(2 * torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255 - 1)
        mean = pooled[0].mean(dim=0)  # classes blind to it, or one would win on every image
        last.weight -= torch.outer(last.weight @ mean, mean) / (mean @ mean)
    return network.eval()


def photographs() -> list[np.ndarray]:
    """The photographs that scikit-image ships, RGB, at their own sizes."""
    from skimage import data

    names = "astronaut camera coffee chelsea rocket coins moon clock brick grass gravel hubble_deep_field retina"
    return [rgb(getattr(data, name)()) for name in names.split()]


def handwritten() -> np.ndarray:
    """scikit-learn's 1,797 handwritten digits, uint8 (n, 8, 8)."""
    from sklearn.datasets import load_digits

    return np.round(load_digits().images * (255 / 16)).astype(np.uint8)  # pyright: ignore[reportAttributeAccessIssue]


def rgb(image: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3)."""
    return np.ascontiguousarray(np.stack([image] * 3, axis=-1) if image.ndim == 2 else image)


def resized(image: np.ndarray, size: int) -> np.ndarray:
    """A square copy, grey or RGB; torch wants it writable."""
    return np.array(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR))


def crops(photos: Sequence[np.ndarray], *, n: int, size: int, seed: int) -> list[np.ndarray]:
    """Random square pieces of the photographs in turn."""
    rng = np.random.default_rng(seed)
    pieces = []
    for i in range(n):
        photo = photos[i % len(photos)]
        side = int(rng.integers(100, min(photo.shape[:2]) + 1))
        y, x = (int(rng.integers(0, length - side + 1)) for length in photo.shape[:2])
        pieces.append(resized(photo[y : y + side, x : x + side], size))
    return pieces


def damaged(images: Iterable[np.ndarray], *, seed: int) -> list[np.ndarray]:
    """Noisy, darker copies: fakes that are not far from the reals."""
    rng = np.random.default_rng(seed)
    return [np.clip(0.9 * x + rng.normal(0, 12, x.shape), 0, 255).astype(np.uint8) for x in images]
