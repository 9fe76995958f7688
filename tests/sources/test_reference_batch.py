"""Files that hold images and statistics, as ADM's reference batches do."""

from pathlib import Path

import numpy as np
import pytest

import ganeval

OPTIONS = {"extractor": "pixels", "metrics": ["fd", "kid", "pr"]}


@pytest.fixture
def images(rng) -> np.ndarray:
    return rng.integers(0, 256, (90, 5, 5, 3), np.uint8)


def batch(path: Path, images: np.ndarray, *, whole: np.ndarray) -> str:
    """Images with the statistics of a larger set."""
    rows = whole.transpose(0, 3, 1, 2).reshape(len(whole), -1) / 255
    spatial = {"mu_s": np.zeros(7), "sigma_s": np.eye(7)}
    np.savez(path, arr_0=images, mu=rows.mean(axis=0), sigma=np.cov(rows.T), **spatial)
    return str(path)


def test_the_distance_is_that_of_the_statistics_and_the_rest_that_of_the_images(tmp_path, images, rng):
    whole = rng.integers(0, 200, (200, 5, 5, 3), np.uint8)
    fake = rng.integers(0, 256, (80, 5, 5, 3), np.uint8)
    file = batch(tmp_path / "ref.npz", images, whole=whole)
    for sides in ((file, fake), (ganeval.reference(file, **OPTIONS), fake)):
        report = ganeval.evaluate(*sides, **OPTIONS)
        from_images = ganeval.evaluate(images, fake, **OPTIONS)
        assert report["fd"].value == pytest.approx(ganeval.evaluate(whole, fake, **OPTIONS)["fd"].value, rel=1e-5)
        assert report["fd"].value != pytest.approx(from_images["fd"].value, rel=1e-2)
        for key in ("kid", "precision", "recall"):
            assert report[key].value == from_images[key].value
        assert report.sides["real"].n == 90
        assert any("mean and covariance are the file's own (of an unknown protocol)" in w for w in report.warnings)


def test_the_number_of_images_says_nothing_about_statistics_of_a_larger_set(tmp_path, images, rng):
    file = batch(tmp_path / "ref.npz", images[:60], whole=rng.integers(0, 200, (200, 5, 5, 3), np.uint8))
    report = ganeval.evaluate(file, images, **OPTIONS)
    assert not any("dimensions" in warning for warning in report.warnings)


def test_the_distance_alone_reads_no_image_beyond_the_first(tmp_path, images):
    file = batch(tmp_path / "ref.npz", images, whole=images)
    report = ganeval.evaluate(file, images, extractor="pixels", metrics=["fd"])
    assert report["fd"].value == pytest.approx(0, abs=1e-4)
    assert report.sides["real"].n is None
    assert any("protocol unknown" in w for w in report.warnings)


def test_statistics_of_other_features_are_left_aside_with_a_warning(tmp_path, images, rng):
    file = batch(tmp_path / "ref.npz", images, whole=images)
    fake = rng.integers(0, 256, (80, 5, 5, 3), np.uint8)
    options = {**OPTIONS, "extractor": "pixels:size=4"}
    report = ganeval.evaluate(file, fake, **options)
    assert report.to_dict() == ganeval.evaluate(images, fake, **options).to_dict()
    assert any("its mean and covariance are not of pixels" in w for w in report.warnings)
