"""The classifiers that ship with ganeval: their files are the known ones, and they can do what their card says."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import required

import ganeval
from benchmarks.classifiers import CARD, RECIPES, calibration_error, temperature, trained, weights
from ganeval.cli import exit_code
from ganeval.core.errors import FeatureError, SpecError, WeightsError
from ganeval.evaluation.settings import built_extractor
from ganeval.extractors import classifier
from ganeval.extractors.classifier import KINDS, Classifier, weight_file
from ganeval.extractors.face_attributes import FACES
from ganeval.extractors.weights import sha256_of, tensors
from ganeval.sources.named import DEBIAN
from reference_models.data.data import Labelled, fashion_mnist, garment_parts, mnist_5k, parts
from reference_models.data.faces import FACTORS, faces
from reference_models.latent_space.analogies import Share

NAMES = ("mnist", "fashion-mnist", "faces")
TEN_CLASSES = NAMES[:2]


def rows_of(name: str, images, *, block: int = 500) -> dict[str, np.ndarray]:
    extractor = built_extractor(f"classifier:{name}", device="cpu")
    stack = np.stack([extractor.prepare(image) for image in images])
    parts = [extractor.rows(stack[i : i + block]) for i in range(0, len(stack), block)]
    return {view: np.concatenate([part[view] for part in parts]) for view in extractor.views}


def coloured(data: Labelled) -> np.ndarray:
    return np.repeat(data.images[:, :, :, None], 3, axis=3)


def stated(name: str, label: str) -> list[str]:
    """The cells of a row of a classifier's table on the card."""
    text = CARD.read_text(encoding="utf-8").partition(f"<!-- generated: {name} -->")[2].partition("<!-- end -->")[0]
    line = next(line for line in text.splitlines() if line.startswith(f"| {label} |"))
    return [cell.strip() for cell in line.split("|")[2:-1]]


def share(text: str) -> float:
    return float(text.rstrip("%")) / 100


def accuracy(probs: np.ndarray, labels: np.ndarray) -> float:
    return float((probs.argmax(axis=1) == labels).mean())


@pytest.fixture(scope="module")
def digits():
    return parts(mnist_5k())


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_the_known_ones(name):
    extractor = built_extractor(f"classifier:{name}")
    path = weight_file(name)
    assert extractor.digest == sha256_of(path) == KINDS[name].digest
    assert extractor.name == f"classifier:{name}"
    assert extractor.cacheable
    assert extractor.resize == f"torch-bilinear-{KINDS[name].size}"
    assert extractor.origin.startswith("part of ganeval")
    assert path.stat().st_size <= 2**20


@pytest.mark.parametrize("name", NAMES)
def test_views(name, rng):
    sizes = ((28, 28), (64, 40), (300, 200), (5, 9))
    rows = rows_of(name, [rng.integers(0, 256, (h, w, 3), dtype=np.uint8) for h, w in sizes])
    assert {view: (found.shape, found.dtype) for view, found in rows.items()} == {
        "features": ((4, 64), np.float32),
        "probs": ((4, 216 if name == "faces" else 10), np.float32),
    }
    assert np.allclose(rows["probs"].sum(axis=1), 1, atol=1e-6)
    assert np.isfinite(rows["features"]).all()


def test_a_colour_counts_as_the_mean_of_its_channels(digits, rng):
    grey = coloured(digits.reference)[::50]
    noise = rng.integers(-20, 21, (*grey.shape[:3], 1))
    noisy = np.clip(grey, 20, 235) + np.concatenate([noise, -noise, 0 * noise], axis=3)
    plain, tinted = (
        rows_of("mnist", images)["features"] for images in (np.clip(grey, 20, 235), noisy.astype(np.uint8))
    )
    assert np.abs(plain - tinted).max() <= 1e-4 * np.abs(plain).max()


def test_larger_digits_are_read_too(digits):
    large = digits.reference.images[::20].repeat(3, axis=1).repeat(3, axis=2)
    data = Labelled(large, digits.reference.labels[::20])
    assert accuracy(rows_of("mnist", coloured(data))["probs"], data.labels) > 0.9


def test_grey_files_and_grey_arrays_score_the_same(digits):
    options = {"metrics": ["fd", "pr"], "extractor": "classifier:mnist"}
    grey = ganeval.evaluate(digits.reference.images[:200], digits.rest.images[:200], **options)
    colour = ganeval.evaluate(coloured(digits.reference)[:200], coloured(digits.rest)[:200], **options)
    assert grey.to_dict() == colour.to_dict()
    assert grey["fd"].name == "FD[classifier:mnist]"


def test_digits_are_read_as_well_as_the_card_says(digits):
    judged = [digits.reference, digits.rest]
    labels = np.concatenate([part.labels for part in judged])
    probs = rows_of("mnist", np.concatenate([coloured(part) for part in judged]))["probs"]
    hold(probs, labels, "mnist")
    assert share(*stated("mnist", "held-out accuracy")) >= 0.97
    assert accuracy(probs[:2000], labels[:2000]) == pytest.approx(accuracy(probs, labels), abs=0.01)


def test_garments_are_told_as_well_as_the_card_says():
    if not DEBIAN.exists() and shutil.which("apt-get") is None:
        pytest.skip("Debian's dataset-fashion-mnist cannot be installed here")
    required(DEBIAN.exists(), "Debian's dataset-fashion-mnist")
    data = fashion_mnist("train").at(garment_parts().held_out[:4000])
    hold(rows_of("fashion-mnist", coloured(data))["probs"], data.labels, "fashion-mnist")
    assert share(*stated("fashion-mnist", "held-out accuracy")) >= 0.9


def hold(probs: np.ndarray, labels: np.ndarray, name: str) -> None:
    """Accuracy and calibration error are the card's."""
    assert accuracy(probs, labels) == pytest.approx(share(*stated(name, "held-out accuracy")), abs=0.01)
    (error,) = stated(name, "calibration error, after")
    assert calibration_error(probs, labels) == pytest.approx(float(error), abs=0.01)


def test_attributes_are_read_as_well_as_the_card_says():
    drawn = faces(2000, seed=4)
    found = ganeval.face_attributes(ganeval.rows(drawn.images, extractor="classifier:faces")["probs"])
    assert list(found) == list(FACES)
    for name, probs in found.items():
        told, _, _, _, error = stated("faces", name)
        assert accuracy(probs, drawn.factors[name]) == pytest.approx(share(told), abs=0.01)
        assert calibration_error(probs, drawn.factors[name]) == pytest.approx(float(error), abs=0.01)
        assert share(told) >= 0.97


def test_combinations_are_numbered_as_the_data_are():
    """Attributes, their values and the labels of `--data faces` are those of the drawing program."""
    assert dict(FACES) == FACTORS
    drawn = faces(500, seed=4)
    probs = ganeval.rows(drawn.images, extractor="classifier:faces", views=["probs"])["probs"]
    assert accuracy(probs, drawn.modes) == pytest.approx(share(stated("faces", "all six")[0]), abs=0.03)
    assert np.allclose(probs.sum(axis=1), 1, atol=1e-5)
    with pytest.raises(FeatureError, match=r"\(500, 10\) are not the view probs \(n, 216\)"):
        ganeval.face_attributes(probs[:, :10])


def test_rows_of_images():
    images = faces(40, seed=5).images
    every = ganeval.rows(images, extractor="classifier:faces")
    assert {view: found.shape for view, found in every.items()} == {"features": (40, 64), "probs": (40, 216)}
    some = ganeval.rows(images[:10], extractor="classifier:faces", views=["probs"], cache="off")
    assert np.allclose(some["probs"], every["probs"][:10], atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_about_these_files(name):
    assert stated(name, "sha256") == [f"`{KINDS[name].digest}`"]
    assert stated(name, "file") == [f"{weight_file(name).stat().st_size:,} bytes"]
    n = int(stated(name, "n (held-out images)")[0].replace(",", ""))
    if name in TEN_CLASSES:
        rows = [stated(name, "held-out accuracy") + stated(name, "its Wilson interval (95 %)")]
    else:
        rows = [stated(name, attribute)[:2] for attribute in (*FACES, "all six")]
    for told, interval in rows:
        assert interval == "{:.2%} to {:.2%}".format(*Share(round(share(told) * n), n).interval)


def test_another_file_is_named_after_its_digest(tmp_path, monkeypatch):
    changed = tmp_path / "mnist.safetensors"
    changed.write_bytes(weight_file("mnist").read_bytes()[:-1] + b"\1")
    monkeypatch.setattr(classifier, "FOLDER", tmp_path)
    assert Classifier("mnist").name == f"classifier:mnist@{sha256_of(changed)[:8]}"
    changed.write_bytes(b"no tensors")
    with pytest.raises(WeightsError, match=r"mnist\.safetensors: cannot be read as safetensors"):
        tensors(changed, digest=sha256_of(changed))


def test_unknown_names():
    with pytest.raises(
        SpecError, match=r"unknown classifier 'cifar' \(known: mnist, fashion-mnist, faces\): for other images"
    ):
        built_extractor("classifier:cifar")
    with pytest.raises(SpecError, match="did you mean 'fashion-mnist'"):
        built_extractor("classifier:fashion")
    with pytest.raises(SpecError, match="needs a name: -x classifier:mnist or -x classifier:fashion-mnist or"):
        built_extractor("classifier")


def test_the_command_explains_it(capsys):
    assert exit_code(["explain", "classifier"]) == 0
    out = capsys.readouterr().out
    assert "classifier:fashion-mnist" in out
    assert "resizer=torch-bilinear" in out


def test_the_splits(digits):
    every = mnist_5k()
    sizes = {"classifier": 100, "reference": 200, "rest": 200}
    for name, each in sizes.items():
        assert np.bincount(getattr(digits, name).labels).tolist() == [each] * 10
    used = np.concatenate([getattr(digits, name).images for name in sizes])
    assert np.array_equal(np.unique(used, axis=0), np.unique(every.images, axis=0))
    assert not np.array_equal(parts(every, seed=1).reference.images, digits.reference.images)
    cut = garment_parts()
    assert [len(part) for part in (cut.classifier, cut.held_out, cut.rest)] == [20_000, 10_000, 30_000]
    assert np.array_equal(np.sort(np.concatenate(dataclasses.astuple(cut))), np.arange(60_000))


def test_training_is_repeatable(digits):
    recipe = dataclasses.replace(RECIPES["mnist"], epochs=1)
    data = Labelled(digits.classifier.images[::5], digits.classifier.labels[::5])
    first, again, other = (weights(trained(data, recipe, kind=KINDS["mnist"], seed=seed), [2.0]) for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_a_temperature_calibrates():
    """Labels drawn from a softmax whose logits are then tripled: the temperature is 3."""
    rng = np.random.default_rng(0)
    logits = torch.from_numpy(rng.normal(0, 1.5, (20_000, 10)))
    probs = logits.softmax(dim=1).numpy()
    labels = (probs.cumsum(axis=1) > rng.random((20_000, 1))).argmax(axis=1)
    assert temperature(3 * logits, labels) == pytest.approx(3, rel=0.03)
    assert (
        calibration_error(probs, labels) < 0.01 < 0.1 < calibration_error((3 * logits).softmax(dim=1).numpy(), labels)
    )


def test_no_mistake_fits_no_temperature():
    assert temperature(torch.tensor([[2.0, 0.0], [0.0, 1.0]]), np.array([0, 1])) == 1.0


def test_calibration_error_by_hand():
    """Confidences 0.9 (right, wrong) and 0.6 (right): (|1 − 1.8| + |1 − 0.6|)/3 = 0.4."""
    probs = np.array([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]])
    assert calibration_error(probs, np.array([0, 1, 1])) == pytest.approx(0.4)


def test_wilson_by_hand():
    """95 of 100: (0.8882, 0.9785), as in textbooks."""
    assert Share(95, 100).interval == pytest.approx((0.8882, 0.9785), abs=1e-4)


def test_weight_files_hold_no_code():
    assert sorted(path.name for path in Path(classifier.FOLDER).iterdir()) == [
        "faces.safetensors",
        "fashion_mnist.safetensors",
        "mnist.safetensors",
    ]
