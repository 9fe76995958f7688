"""Sharpness and spectrum: known answers, and what blur and noise do to real digits."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

import ganeval
from ganeval.core.errors import FeatureError, SpecError
from ganeval.extractors.spectrum import RINGS, Spectrum, laplacian_variance, ring_powers
from ganeval.metrics.sharpness import sharpness_ratio, spectrum_error


@pytest.fixture
def images(digits) -> np.ndarray:
    """200 digits at 32 × 32."""
    return np.stack([np.asarray(Image.fromarray(d).resize((32, 32), Image.Resampling.BICUBIC)) for d in digits[:200]])


def scores(real, fake, **options) -> dict[str, float]:
    return ganeval.evaluate(real, fake, metrics=["sharpness"], cache="off", **options).to_dict()


def test_white_noise_has_its_variance_in_every_ring(rng):
    powers = np.mean([ring_powers(0.1 * rng.standard_normal((24, 30))) for _ in range(300)], axis=0)
    assert powers == pytest.approx(np.full(RINGS, 0.01), rel=0.05)


def test_laplacian_of_white_noise(rng):
    """Four neighbours and minus four times the pixel: 4 + 16 variances."""
    assert laplacian_variance(rng.standard_normal((400, 400))) == pytest.approx(20, rel=0.02)


def test_a_wave_lies_in_its_ring():
    wave = np.cos(2 * np.pi * 10 * np.arange(64) / 64)[None] * np.ones((64, 1))  # 10/32 of half a cycle a pixel
    powers = ring_powers(wave)
    assert powers.argmax() == int(10 / 32 * RINGS)
    assert powers[2] > 1e6 * np.delete(powers, 2).max()


def test_numbers_of_plain_rows():
    assert sharpness_ratio(np.array([2.0, 4.0]), np.array([1.0, 2.0])) == 0.5
    assert sharpness_ratio(np.zeros(3), np.zeros(3)) == 1.0
    assert spectrum_error(np.ones((2, 8)), np.full((2, 8), 100.0)) == pytest.approx(20.0)


def test_blur_and_noise_of_digits(rng, images):
    blurred = np.stack([np.asarray(Image.fromarray(i).filter(ImageFilter.GaussianBlur(1))) for i in images[100:]])
    noisy = np.clip(images[100:] + rng.normal(0, 20, images[100:].shape), 0, 255).astype(np.uint8)
    other, soft, rough = (scores(images[:100], fake) for fake in (images[100:], blurred, noisy))
    assert soft["sharpness"] < 0.6 < 0.9 < other["sharpness"] < 1.1 < 1.5 < rough["sharpness"]
    assert 3 * other["spectrum"] < min(soft["spectrum"], rough["spectrum"])


def test_sizes_may_be_mixed(images, tmp_path):
    """Frequencies are of each image's own pixels; with a size all are resized first."""
    for number, image in enumerate(images[:40]):
        size = (32, 32) if number % 2 else (48, 40)
        Image.fromarray(image).resize(size).save(tmp_path / f"{number}.png")
    found = scores(tmp_path, images[:40], extractor="spectrum:size=32")
    assert found["sharpness"] == pytest.approx(1, abs=0.3)
    assert np.isfinite(list(scores(tmp_path, images[:40]).values())).all()


def test_it_stands_beside_any_extractor_in_one_pass(images):
    """The same numbers as alone, and no image is read twice."""
    alone = scores(images[:100], images[100:])
    seen: list[int] = []

    def batches():
        for image in images[100:]:
            seen.append(1)
            yield image[None]

    both = ganeval.evaluate(images[:100], ganeval.stream(batches()), metrics=["fd", "sharpness"],
                            extractor="pixels:size=8", cache="off")  # fmt: skip
    assert {key: both[key].value for key in alone} == alone
    assert len(seen) == 100
    assert both["fd"].name == "FD[pixels:size=8]"


def test_refusals(rng):
    with pytest.raises(FeatureError, match="no spectrum"):
        Spectrum().prepare(np.zeros((2, 9, 3), np.uint8))
    with pytest.raises(SpecError, match="at least 3"):
        Spectrum(size=2)
    with pytest.raises(SpecError, match="reads the view 'spectrum'"):
        ganeval.evaluate(rng.standard_normal((9, 3)), rng.standard_normal((9, 3)), metrics=["sharpness"],
                         extractor="features")  # fmt: skip
