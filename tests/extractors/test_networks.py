"""Networks give the same rows whichever engine runs them and however images are batched."""

import sys

import numpy as np
import pytest
from PIL import Image

import ganeval
from ganeval.core.errors import SpecError, WeightsError
from ganeval.evaluation.settings import built_extractor
from ganeval.extractors import _network, efficientnet_lite0


@pytest.fixture(scope="module")
def images() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [
        rng.integers(0, 256, (h, w, 3), dtype=np.uint8) for h, w in ((28, 28), (64, 40), (300, 200)) for _ in range(4)
    ]


def rows_of(spec: str, images, *, block: int = 8) -> dict[str, np.ndarray]:
    extractor = built_extractor(spec, device="cpu")
    stack = np.stack([extractor.prepare(image) for image in images])
    parts = [extractor.rows(stack[i : i + block]) for i in range(0, len(stack), block)]
    return {view: np.concatenate([part[view] for part in parts]) for view in extractor.views}


@pytest.mark.parametrize("spec", ["efficientnet-lite0", "random-conv", "random-conv:net=3", "pixels:size=16"])
def test_batching_changes_nothing(spec, images):
    one, all_at_once = rows_of(spec, images, block=1), rows_of(spec, images, block=12)
    for view, rows in one.items():
        assert rows.dtype == np.float32
        assert np.abs(rows - all_at_once[view]).max() <= 1e-5 * np.abs(rows).max()


@pytest.mark.parametrize("spec", ["efficientnet-lite0", "random-conv"])
def test_torch_gives_what_onnx_runtime_gives(spec, images, monkeypatch):
    fast = rows_of(spec, images)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    slow = rows_of(spec, images)
    for view, rows in fast.items():
        assert np.abs(rows - slow[view]).max() <= 1e-5 * np.abs(rows).max()


def test_resizing_where_the_network_runs_gives_the_same_rows_in_order(images, monkeypatch, tmp_path):
    """As on a GPU: pixels of several sizes in one batch, resized by the device (here the processor)."""
    for i, at in enumerate(np.random.default_rng(0).permutation(len(images))):
        Image.fromarray(images[at]).save(tmp_path / f"{i:02}.png")

    def collected() -> np.ndarray:
        side = ganeval.reference(tmp_path, metrics=["kid"], extractor="efficientnet-lite0", device="cpu", cache="off")
        return side.statistics["features"].values

    here = collected()
    monkeypatch.setattr(efficientnet_lite0, "on_gpu", lambda device, resizer: True)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    there = collected()
    assert np.abs(here - there).max() <= 1e-5 * np.abs(here).max()


def test_folding_batch_norms_is_exact_to_rounding(images, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    folded = rows_of("efficientnet-lite0", images)
    monkeypatch.setattr(_network, "_fold_batch_norms", lambda network: None)
    plain = rows_of("efficientnet-lite0", images)
    assert np.abs(folded["features"] - plain["features"]).max() <= 1e-5 * np.abs(plain["features"]).max()


def test_probabilities_are_probabilities(images):
    probs = rows_of("efficientnet-lite0", images)["probs"]
    assert probs.shape == (12, 1000)
    assert np.allclose(probs.sum(1), 1, atol=1e-5)


def test_imagenet_weights_know_a_coffee_cup_and_a_cat():
    """The preprocessing fits the weights: scikit-image's photographs get sensible ImageNet classes."""
    from skimage import data

    probs = rows_of("efficientnet-lite0", [data.coffee(), data.chelsea()])["probs"]
    assert probs[0].argmax() in {504, 967, 968, 960}, "coffee mug, espresso, cup, chocolate sauce"
    assert probs[1].argmax() in {281, 282, 285}, "tabby, tiger cat, Egyptian cat"


def test_the_random_network_is_the_same_everywhere():
    """Golden value (ganeval 0.1.0, numpy 2.4, x86-64): weights from default_rng(0), a ramp of greys, 1e-4."""
    ramp = np.repeat(np.arange(64, dtype=np.uint8)[None, :, None] * 4, 64, axis=0).repeat(3, axis=2)
    features = rows_of("random-conv", [ramp])["features"]
    assert features.shape == (1, 512)
    assert rows_of("random-conv:net=1", [ramp])["features"][0, 0] != features[0, 0]
    assert features.mean() == pytest.approx(0.26026, abs=1e-4)


def test_names_and_options():
    assert built_extractor("efficientnet-lite0").name == "efficientnet-lite0"
    assert built_extractor("random-conv:net=3").name == "random-conv:net=3"
    assert built_extractor("pixels:size=8").name == "pixels:size=8"
    with pytest.raises(SpecError, match="did you mean 'inception'"):
        built_extractor("incepton")
    with pytest.raises(SpecError, match="loads no weight file"):
        built_extractor("pixels", weights="x.pth")
    with pytest.raises(SpecError, match="dims=100 is not one of 64, 192, 768, 2048"):
        built_extractor("inception:dims=100")
    with pytest.raises(WeightsError, match="no such weight file"):
        _ = built_extractor("inception", weights="missing.pth").name


def test_an_impossible_device_is_named(images):
    with pytest.raises(SpecError, match="the device 'toaster' cannot be used here"):
        built_extractor("random-conv", device="toaster").rows(np.zeros((1, 3, 64, 64), np.float32))
