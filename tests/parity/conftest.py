"""The stand-in of `benchmarks/stand_in.py`, and the image sets that both sides are shown."""

from pathlib import Path

import numpy as np
import pytest
from conftest import save_images
from parity.peers import ganeval_views

from benchmarks.stand_in import StandIn, crops, damaged, photographs, resized, rgb
from benchmarks.stand_in import stand_in as made
from ganeval.extractors.inception import Inception
from ganeval.extractors.weights import VARIABLE


@pytest.fixture(scope="session")
def photos() -> list[np.ndarray]:
    return photographs()


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory) -> StandIn:
    return made(tmp_path_factory.mktemp("torch_home"))


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
