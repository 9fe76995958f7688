"""The view `spatial` of `inception`, on random weights: the right numbers in the right order, at no cost."""

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import save_images

import ganeval
from ganeval.core.errors import SourceError, SpecError
from ganeval.extractors.inception import Inception, fid_inception
from ganeval.metrics.sfid import SpatialFrechetDistance


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    """Random weights, saved."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = fid_inception()
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save(network.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def extractor(weights) -> Inception:
    return Inception(weights=weights, device="cpu")


@pytest.fixture
def folders(tmp_path, digits) -> tuple[str, str]:
    real = save_images(tmp_path / "real", digits[:6])
    fake = save_images(tmp_path / "fake", 255 - digits[6:12])
    return str(real), str(fake)


def hooked(weights: Path, stack: np.ndarray) -> np.ndarray:
    """The whole output of the 1 × 1 branch of Mixed_6d after its ReLU, (n, 192, 17, 17), by a hook."""
    network = fid_inception().eval()
    network.load_state_dict(torch.load(weights, weights_only=True))
    caught = []
    network.Mixed_6d.branch1x1.register_forward_hook(lambda _, __, out: caught.append(out))
    with torch.inference_mode():
        network(torch.from_numpy(stack))
    return caught[0].numpy()


def test_it_is_seven_channels_of_mixed_6_row_by_row(weights, extractor):
    rng = np.random.default_rng(0)
    stack = np.stack([extractor.prepare(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)) for _ in range(2)])
    spatial = extractor.rows(stack)["spatial"]
    maps = hooked(weights, stack)
    assert maps.shape == (2, 192, 17, 17)
    assert spatial.shape == (2, 2023)
    assert maps[:, :7].max() > 0
    for y, x, channel in [(0, 0, 0), (0, 1, 3), (5, 0, 6), (16, 16, 6)]:
        assert spatial[:, (y * 17 + x) * 7 + channel] == pytest.approx(maps[:, channel, y, x], rel=1e-4, abs=1e-6)
    expected = maps[:, :7].transpose(0, 2, 3, 1).reshape(2, -1)
    assert np.abs(spatial - expected).max() <= 1e-5 * np.abs(expected).max()


def test_every_layer_names_the_views_it_has(weights):
    assert Inception(weights=weights).views == ("features", "probs", "spatial")
    assert Inception(dims=768, weights=weights).views == ("features", "spatial")
    assert Inception(dims=64, weights=weights).views == ("features",)
    early = Inception(dims=64, weights=weights, device="cpu")
    for metric in ("is", "sfid"):
        with pytest.raises(SpecError, match="does not have"):
            ganeval.evaluate("real", "fake", metrics=[metric], extractor=early)


def test_sfid_is_named_after_its_features_and_only_kept_when_wanted(extractor, folders):
    report = ganeval.evaluate(*folders, metrics=["sfid", "fd"], extractor=extractor)
    assert report["sfid"].value > 0
    assert [result.name for result in report.results] == [f"sFD[{extractor.name}]", f"FD[{extractor.name}]"]
    assert not SpatialFrechetDistance.default
    reference = ganeval.reference(folders[0], metrics=["fd"], extractor=extractor)
    assert set(reference.statistics) == {"features"}


def test_other_extractors_have_no_such_view(folders):
    with pytest.raises(SpecError, match="reads the view 'spatial', which pixels does not have"):
        ganeval.evaluate(*folders, metrics=["sfid"], extractor="pixels")


def test_a_statistics_file_of_features_does_not_serve_it(extractor, folders, tmp_path):
    np.savez(tmp_path / "ref.npz", mu=np.zeros(2048), sigma=np.eye(2048))
    with pytest.raises(SourceError, match="holds no 'spatial' rows"):
        ganeval.evaluate(str(tmp_path / "ref.npz"), folders[1], metrics=["sfid"], extractor=extractor)
