"""Image sets by name."""

from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch
import torchvision
from conftest import required
from PIL import Image

import ganeval
from ganeval.core.errors import SourceError, SpecError
from ganeval.sources import named as named_sets
from ganeval.sources.named import DEBIAN, SETS, data_folder, named


def score(real, fake, **options) -> ganeval.Report:
    return ganeval.evaluate(real, fake, **{"extractor": "pixels:size=8", "metrics": ["fd"], **options})


class Handmade:
    """Stands in for a class of torchvision.datasets, and says what it was asked."""

    def __init__(self, root: str, *, download: bool, **part) -> None:
        print("Files already downloaded and verified")
        seed = sum(map(ord, str(part)))
        images = np.random.default_rng(seed).integers(0, 256, (30, 8, 8, 3), np.uint8)
        self.asked = (root, download, part)
        self.images = images


class InMemory(Handmade):
    """As CIFAR10."""

    @property
    def data(self) -> np.ndarray:
        return self.images


class Grey(Handmade):
    """As MNIST."""

    @property
    def data(self) -> torch.Tensor:
        return torch.from_numpy(self.images[..., 0])


class OnDisk(Handmade, torch.utils.data.Dataset):
    """As CelebA."""

    def __len__(self) -> int:
        return 30

    def __getitem__(self, i: int):
        return Image.fromarray(self.images[i]), 0


@pytest.mark.parametrize("kind", [InMemory, Grey, OnDisk])
def test_a_set_is_made_by_torchvision(monkeypatch, tmp_path, kind, capsys):
    monkeypatch.setenv("GANEVAL_DATA", str(tmp_path))
    monkeypatch.setattr(torchvision.datasets, "CIFAR10", kind)
    images = kind(str(tmp_path), download=True, train=False).images
    images = images[..., 0] if kind is Grey else images
    capsys.readouterr()
    report = score("cifar10:train", "cifar10:test", n=20)
    assert capsys.readouterr().out == ""
    assert report.sides["fake"].available == 30
    assert report.sides["real"].spec == "cifar10:train"
    assert not [w for w in report.warnings if "same place" in w]
    assert report["fd"].value == score("cifar10:train", images, n=20)["fd"].value


def test_where_they_are_kept(monkeypatch, tmp_path):
    monkeypatch.delenv("GANEVAL_DATA", raising=False)
    assert "ganeval" in data_folder().parts
    assert data_folder().is_absolute()
    monkeypatch.setenv("GANEVAL_DATA", str(tmp_path))
    assert data_folder() == tmp_path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("cifra10:train", r"no image set of that name; did you mean 'cifar10'\? \(sets: celeba, cifar10"),
        ("cifar10", r"which part of cifar10\? Give cifar10:train or cifar10:test"),
        ("CIFAR10:trian", r"or cifar10:test; did you mean 'train'\?"),
        ("celeba:val", r"Give celeba:train or celeba:valid .*did you mean 'valid'\?"),
    ],
)
def test_unknown_names(text, says):
    with pytest.raises(SpecError, match=says):
        named(text)


@pytest.mark.parametrize("text", ["real", "a/b", "C:\\images", "a b:c", "fake.npy,range=0:1", "x"])
def test_what_is_no_name(text):
    assert named(text) is None
    with pytest.raises(SourceError, match="no such file or folder"):
        score(text, text)


def test_a_folder_of_that_name_comes_first(digits, tmp_path, monkeypatch):
    from conftest import save_images

    monkeypatch.chdir(tmp_path)
    save_images(Path("mnist"), digits[:20])
    assert score("mnist", "mnist").sides["real"].available == 20


def test_no_network_is_one_line_with_the_ways_out(monkeypatch, tmp_path):
    def offline(**_):
        raise URLError("name resolution failed\nand more")

    monkeypatch.setenv("GANEVAL_DATA", str(tmp_path))
    monkeypatch.setattr(torchvision.datasets, "MNIST", offline)
    with pytest.raises(SourceError, match=r"mnist:test: could not be fetched into .*name resolution failed") as caught:
        named("mnist:test")
    assert "set GANEVAL_DATA to a folder that holds them, or give a folder of images" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_set_exists_in_torchvision():
    assert all(hasattr(torchvision.datasets, known.name) for known in SETS.values())


def test_fashion_mnist_comes_from_debian_without_a_download(monkeypatch, call, tmp_path):
    required(DEBIAN.exists(), "Debian's dataset-fashion-mnist")
    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", lambda **_: pytest.fail("a download"))
    source = named("fashion-mnist:test")
    assert source is not None
    assert source.available == 10_000
    image = next(source.batches(np.array([0]), size=1))().images[0]
    assert image.shape == (28, 28, 3)
    assert image.max() == 255
    assert named("fashion-mnist:train").available == 60_000  # pyright: ignore[reportOptionalMemberAccess]
    options = ("--n", "100", "-x", "pixels:size=8", "--value")
    done = call("fd", "fashion-mnist:train", "fashion-mnist:test", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) > 0


def test_elsewhere_fashion_mnist_is_downloaded(monkeypatch, tmp_path):
    monkeypatch.setattr(named_sets, "DEBIAN", tmp_path)
    monkeypatch.setattr(torchvision.datasets, "FashionMNIST", Grey)
    source = named("fashion_mnist:test")
    assert source is not None
    assert source.available == 30
