"""The stand-in for the FID Inception's weights, and the image sets that both sides are shown.

The genuine weights cannot be fetched where tests run offline. The stand-in has the architecture,
seeded random weights and batch norms calibrated on images, so that no direction holds most of the
variance and features have the genuine ones' scale (`test_stand_in.py`). A number made with it is
never called FID.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import save_images
from torch import nn

from ganeval.extractors.inception import Inception, fid_inception
from ganeval.extractors.weights import FILE, VARIABLE, sha256_of
from parity.peers import crops, damaged, ganeval_views, photographs, resized, rgb

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


@pytest.fixture(scope="session")
def photos() -> list[np.ndarray]:
    return photographs()


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory, photos, digits) -> StandIn:
    home = tmp_path_factory.mktemp("torch_home")
    checkpoints = home / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    images = [*crops(photos, n=10, size=299, seed=0), *(rgb(resized(digit, 299)) for digit in digits[:2])]
    torch.save(_calibrated(np.stack(images)).state_dict(), checkpoints / FILE)
    shutil.copy(checkpoints / FILE, checkpoints / THEIR_FILE)
    weights = home / "stand-in.pth"
    shutil.copy(checkpoints / FILE, weights)
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
    network.train().dropout.eval()
    network.fc.register_forward_pre_hook(lambda _, given: pooled.append(given[0]))
    with torch.no_grad():
        network(2 * torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255 - 1)
        mean = pooled[0].mean(dim=0)  # classes blind to it, or one would win on every image
        network.fc.weight -= torch.outer(network.fc.weight @ mean, mean) / (mean @ mean)
    return network.eval()


@pytest.fixture
def torch_home(monkeypatch, stand_in) -> Path:
    """The peers find the stand-in in torch's hub cache; ganeval is told by no variable."""
    monkeypatch.setenv("TORCH_HOME", str(stand_in.home))
    monkeypatch.delenv(VARIABLE, raising=False)
    return stand_in.home


@pytest.fixture(scope="session")
def inception(stand_in) -> Inception:
    """ganeval's extractor with the stand-in."""
    return Inception(weights=stand_in.weights, device="cpu")


@pytest.fixture(scope="session")
def full(tmp_path_factory, photos, digits) -> dict[str, Path]:
    """Twenty-four images a side of 299 × 299, the network's size: no resizer does anything."""
    images = [*crops(photos, n=20, size=299, seed=1), *(rgb(resized(digit, 299)) for digit in digits[100:104])]
    fakes = damaged([*crops(photos, n=20, size=299, seed=2), *images[20:]], seed=3)
    root = tmp_path_factory.mktemp("full")
    return {"real": save_images(root / "real", images), "fake": save_images(root / "fake", fakes)}


@pytest.fixture(scope="session")
def small(tmp_path_factory, photos) -> dict[str, Path]:
    """Seventy images a side of 96 × 96: more images than the 64 features of the first stage."""
    images = crops(photos, n=140, size=96, seed=4)
    root = tmp_path_factory.mktemp("small")
    fakes = damaged(images[70:], seed=5)
    return {"real": save_images(root / "real", images[:70]), "fake": save_images(root / "fake", fakes)}


@pytest.fixture(scope="session")
def full_views(full, inception) -> dict[str, dict[str, np.ndarray]]:
    """By role and view, ganeval's rows of `full`."""
    return {role: ganeval_views(folder, inception) for role, folder in full.items()}
