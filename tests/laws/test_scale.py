"""Features of any scale and place: every score is told or refused in words, and a test agrees with its interval."""

import warnings

import numpy as np
import pytest

import ganeval
from ganeval.core.errors import GanevalError
from ganeval.core.registry import entries

METRICS = [
    item.name
    for item in entries("metric")
    if not item.load().insists_on_fid_inception and item.load().view == "features" and item.load().statistic is not None
]
SETTINGS = {"extractor": "features", "cache": "off", "floor": "off"}


def sides(scale: float) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [scale * (rng.standard_normal((60, 4)) + shift) for shift in (0, 1)]


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e-30, 1e-6, 1e6, 1e14, 1e30, 1e60, 1e200])
def test_every_metric_answers_in_words(scale):
    real, fake = sides(scale)
    for name in METRICS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                report = ganeval.evaluate(real, fake, metrics=[name], **SETTINGS)
            except GanevalError:
                continue
        for result in report.results:
            assert result.value is None or np.isfinite(result.value), name
            assert result.low is None or result.low <= result.high, name


@pytest.mark.parametrize("metric", ["kid", "ed"])
def test_the_test_of_equal_laws_sees_what_the_interval_sees(metric):
    """At a scale of 1e-4 the constant of KID's kernel is ten thousand times what tells the sides apart."""
    for scale in (1, 1e-2, 1e-4, 1e-6, 1e-8):
        (result,) = ganeval.evaluate(*sides(scale), metrics=[metric], **SETTINGS).results
        assert result.low > 0, scale
        assert result.p_value == 0.005, scale


def test_kid_of_small_features_has_all_digits():
    """As (γ x·y + 1)³ is near 1 + 3 γ x·y, it is three times the distance of degree 1 there."""
    real, fake = sides(1e-7)
    assert ganeval.kid(real, fake) == pytest.approx(3 * ganeval.kid(real, fake, degree=1), rel=1e-9)


@pytest.mark.parametrize("offset", [1e6, 1e9])
def test_an_offset_that_hides_the_kernel_is_told(offset):
    real, fake = (side + offset for side in sides(1))
    (result,) = ganeval.evaluate(real, fake, metrics=["kid"], **SETTINGS).results
    assert result.low is None
    assert "subtract a common offset" in result.no_interval


def test_equal_rows_in_float64_have_lost_no_digits():
    real, fake = sides(1)
    constant = np.repeat(real[:1], 60, axis=0)
    report = ganeval.evaluate(constant, fake, metrics=["fd"], interval="off", **SETTINGS)
    assert not any("rounding took digits" in warning for warning in report.warnings)
