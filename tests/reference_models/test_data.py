"""Data: definitions, splits, faces with exact labels."""

import math
from itertools import combinations

import numpy as np
import pytest
from PIL import Image
from scipy.stats import chi2_contingency

from reference_models.data import downloads
from reference_models.data.data import fashion_mnist, mnist_5k, parts
from reference_models.data.faces import FACTORS, MODES, drawn, faces, factors_of, mode_of
from reference_models.data.points import MIXTURES
from reference_models.data.sets import SETS, examples, resized, stacked
from reference_models.errors import ModelsError


def test_pacgans_ring():
    """github.com/fjxmlzn/PacGAN, 2DRing_GAN&PacGAN/config.py: MEANS, VARIANCES."""
    ring = MIXTURES["ring"]
    assert len(ring.centres) == 8
    assert ring.deviation == 0.01
    for k, (x, y) in enumerate(ring.centres):
        assert (x, y) == pytest.approx((math.cos(2 * math.pi * k / 8), math.sin(2 * math.pi * k / 8)))


def test_pacgans_grid():
    grid = MIXTURES["grid"]
    assert grid.deviation == 0.05
    assert {tuple(centre) for centre in grid.centres.tolist()} == {
        (x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)
    }


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_a_perfect_sampler_of_points(name):
    """A point of a plane lies within three deviations with probability 1 − exp(−9/2)."""
    mixture = MIXTURES[name]
    data = examples(name, "training")
    assert data.values.shape == (100_000, 2)
    assert data.values.dtype == np.float32
    modes, quality = mixture.tally(data.values)
    assert modes == len(mixture.centres)
    assert quality == pytest.approx(1 - math.exp(-4.5), abs=0.002)
    assert np.array_equal(mixture.nearest(data.values)[0], data.labels)
    counts = np.bincount(data.labels)
    assert np.abs(counts / counts.mean() - 1).max() < 0.1
    assert not np.array_equal(data.values, examples(name, "reference").values)


def test_noise_finds_most_modes_of_the_grid():
    """Why the share of good points is told beside the modes: methods of counting have a floor."""
    noise = np.random.default_rng(0).uniform(-5, 5, (2500, 2))
    modes, quality = MIXTURES["grid"].tally(noise)
    assert modes > 15
    assert quality < 0.03


def test_mnist_5k_is_split():
    cut = parts(mnist_5k())
    training, reference = (examples("mnist-5k", part) for part in ("training", "reference"))
    assert np.array_equal(training.values[..., 0], cut.rest.images)
    assert np.array_equal(reference.values[..., 0], cut.reference.images)
    assert np.bincount(training.labels).tolist() == [200] * 10


@pytest.mark.parametrize("name", ["mnist-5k", "digits", "faces,n=500"])
def test_parts_share_no_image(name):
    images = [examples(name, part).values for part in ("training", "reference")]
    shown = [{image.tobytes() for image in part} for part in images]
    assert not shown[0] & shown[1]
    assert len(shown[0]) > 0.99 * len(images[0])


def test_stacked_triples():
    base = parts(mnist_5k()).rest
    made = stacked(base, 3000, seed=0)
    assert made.values.shape == (3000, 28, 28, 3)
    flat = {image.tobytes(): label for image, label in zip(base.images, base.labels, strict=True)}
    for image, label in zip(made.values[:50], made.labels[:50], strict=True):
        digits = [flat[np.ascontiguousarray(image[..., channel]).tobytes()] for channel in range(3)]
        assert label == 100 * digits[0] + 10 * digits[1] + digits[2]
    assert len(np.unique(made.labels)) > 900
    assert examples("stacked-mnist-5k,n=10", "training").values.shape == (10, 28, 28, 3)


def test_a_folder_of_any_images(tmp_path):
    rng = np.random.default_rng(0)
    for i, size in enumerate([(40, 20), (20, 60), (33, 33)]):
        (tmp_path / "sub").mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (*size, 3), np.uint8)).save(tmp_path / "sub" / f"{i}.png")
    (tmp_path / "notes.txt").write_text("no image")
    found = examples(f"folder:{tmp_path},size=16", "training")
    assert found.values.shape == (3, 16, 16, 3)
    assert found.labels is None
    assert found.shape == (3, 16, 16)
    assert examples(f"folder:{tmp_path},n=2", "training").values.shape == (2, 64, 64, 3)
    with pytest.raises(ModelsError, match="no reference part"):
        examples(f"folder:{tmp_path}", "reference")
    (tmp_path / "broken.png").write_bytes(b"nothing")
    with pytest.raises(ModelsError, match=r"broken\.png cannot be read"):
        examples(f"folder:{tmp_path}", "training")


@pytest.mark.filterwarnings("error")
def test_images_of_any_mode(tmp_path):
    """Sixteen bits are scaled, not cut off; colour is kept and transparency is not."""
    Image.fromarray(np.full((8, 8), 200 * 257, np.uint16)).save(tmp_path / "16.png")
    assert np.all(examples(f"folder:{tmp_path},size=8", "training").values == 200)
    red = Image.new("RGBA", (8, 8), (200, 10, 10, 40))
    for name in ("palette.png", "palette.gif", "one.webp"):
        red.convert("P" if "palette" in name else "RGBA").save(
            tmp_path / name, transparency=bytes([9, 30]), lossless=True
        )
    Image.new("LA", (8, 8), (200, 3)).save(tmp_path / "la.png")
    found = examples(f"folder:{tmp_path},size=8", "training").values
    assert found.shape == (5, 8, 8, 3)
    assert {tuple(int(level) for level in image[4, 4]) for image in found} <= {
        (200, 200, 200),
        (204, 0, 0),
        (200, 10, 10),
    }


def test_n_is_a_choice_of_all_kinds(tmp_path):
    """MNIST-5k is sorted by digit, and folders by class: the first n would be few kinds."""
    found = examples("mnist-5k,n=200", "training")
    assert len(np.unique(found.labels)) == 10
    assert np.array_equal(found.values, examples("mnist-5k,n=200", "training").values)
    more = {image.tobytes() for image in examples("mnist-5k,n=300", "training").values}
    assert {image.tobytes() for image in found.values} <= more
    for level in range(40):
        folder = tmp_path / ("dark" if level < 20 else "light")
        folder.mkdir(exist_ok=True)
        Image.fromarray(np.full((8, 8), 6 * level, np.uint8)).save(folder / f"{level:02}.png")
    levels = examples(f"folder:{tmp_path},size=8,n=20", "training").values[:, 0, 0, 0]
    assert levels.min() < 120 <= levels.max()
    assert len(examples(f"folder:{tmp_path},size=8,n=99", "training").values) == 40


def test_sizes():
    grey = [Image.fromarray(np.full((28, 28), 7, np.uint8))] * 2
    assert resized(grey, 32).shape == (2, 32, 32, 1)
    assert np.all(resized(grey, 32) == 7)
    assert examples("digits,size=28,n=5", "training").values.shape == (5, 28, 28, 1)
    assert examples("digits", "training").shape == (1, 8, 8)


@pytest.mark.parametrize("name", ["mnst", "mnist-5k:train", "faces,m=3", "faces,n=x", "folder:/nowhere/at/all"])
def test_names_that_are_not(name):
    with pytest.raises(ModelsError):
        examples(name, "training")


def test_a_folder_that_is_not_there():
    with pytest.raises(ModelsError, match="no such folder"):
        examples("folder:nowhere/at/all", "training")


def test_torchvisions_sets(monkeypatch):
    class Handmade:
        data = np.zeros((6, 32, 32, 3), np.uint8)
        targets = np.arange(6)

    asked = []
    monkeypatch.setattr(downloads, "dataset", lambda name, **part: asked.append((name, part)) or Handmade)
    assert examples("cifar10", "training").values.shape == (6, 32, 32, 3)
    assert examples("cifar10", "reference").labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert asked == [("CIFAR10", {"train": True}), ("CIFAR10", {"train": False})]


def test_celeba_is_cropped_and_resized(monkeypatch):
    class Handmade(list):
        pass

    made = Handmade([(Image.new("RGB", (178, 218), (10, 20, 30)), 0)] * 5)
    monkeypatch.setattr(downloads, "dataset", lambda name, **part: made)
    assert examples("celeba,n=3", "training").values.shape == (3, 64, 64, 3)
    assert examples("celeba,size=32", "reference").values.shape == (5, 32, 32, 3)


def test_a_set_that_cannot_be_had(monkeypatch, tmp_path):
    import torchvision

    def offline(*_, **__):
        raise OSError("no network")

    monkeypatch.setenv("GANEVAL_DATA", str(tmp_path))
    monkeypatch.setattr(torchvision.datasets, "MNIST", offline)
    with pytest.raises(ModelsError, match=r"MNIST could not be fetched .*no network"):
        examples("mnist", "training")


def test_fashion_mnist_is_what_ganeval_reads():
    from ganeval.sources.named import named

    if not downloads.DEBIAN.exists():
        pytest.skip("needs Debian's dataset-fashion-mnist")
    for part, n in (("train", 60_000), ("test", 10_000)):
        ours, theirs = fashion_mnist(part), named(f"fashion-mnist:{part}")
        assert ours.images.shape == (n, 28, 28)
        assert np.array_equal(ours.images, theirs.images)
        assert np.array_equal(ours.labels, theirs.labels.astype(int))
        assert ours.labels.dtype == np.int64


def test_faces_are_reproducible_and_the_first_of_many_are_those_of_few():
    few, many = faces(10, seed=4), faces(300, seed=4)
    assert few.images.shape == (10, 32, 32, 3)
    assert few.images.dtype == np.uint8
    assert np.array_equal(few.images, many.images[:10])
    assert np.array_equal(few.modes, many.modes[:10])
    assert not np.array_equal(few.images, faces(10, seed=5).images)


def test_labels_are_exact():
    """Drawn anew with one factor changed and all else as it was, exactly those faces change whose label did."""
    modes = np.arange(MODES)
    base = factors_of(modes)
    assert np.array_equal(mode_of(base), modes)
    images = drawn(base, seed=0)
    for name, values in FACTORS.items():
        changed = {**base, name: np.zeros(MODES, int)}
        differs = (drawn(changed, seed=0) != images).reshape(MODES, -1).sum(axis=1)
        assert np.array_equal(differs > 0, base[name] != 0), name
        assert differs[base[name] != 0].min() > 15, f"{name}: too little of {values} is seen"


def test_factors_are_independent_and_uniform():
    found = faces(20_000, seed=0).factors
    for name, values in FACTORS.items():
        shares = np.bincount(found[name], minlength=len(values)) / 20_000
        assert np.abs(shares - 1 / len(values)).max() < 0.02
    for one, other in combinations(FACTORS, 2):
        table = np.zeros((len(FACTORS[one]), len(FACTORS[other])))
        np.add.at(table, (found[one], found[other]), 1)
        assert chi2_contingency(table).pvalue > 1e-4, (one, other)
    assert len(np.unique(mode_of(found))) == MODES == 216


def test_factors_can_be_learned():
    """A linear classifier reads every factor off the pixels far better than chance."""
    from sklearn.linear_model import RidgeClassifier

    shown, held = faces(3000, seed=0), faces(600, seed=1)
    for name, values in FACTORS.items():
        fitted = RidgeClassifier(100).fit(shown.images.reshape(3000, -1) / 255, shown.factors[name])
        right = (fitted.predict(held.images.reshape(600, -1) / 255) == held.factors[name]).mean()
        assert right > 1 / len(values) + 0.25, (name, right)


def test_all_sets_are_told():
    from reference_models.data import sets

    assert all(f"`{name}" in (sets.__doc__ or "") for name in SETS)
