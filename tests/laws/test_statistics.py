"""Statistics combine in any order and grouping; rows exactly, moments up to rounding of sums."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganeval.core.errors import FeatureError, TooFewError
from ganeval.core.rows import Moments, Rows, as_moments, gathered, moments_of

SIZES = st.tuples(st.integers(2, 40), st.integers(1, 12), st.integers(0, 10_000))


def table(n: int, d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.permutation(n).astype(np.int64), rng.normal(3.0, 2.0, (n, d)).astype(np.float32)


def split(n: int, seed: int) -> list[np.ndarray]:
    """Random parts of range(n), some empty."""
    owner = np.random.default_rng(seed + 1).integers(0, 4, n)
    return [np.flatnonzero(owner == part) for part in range(4)]


@given(SIZES)
def test_rows_combine_in_any_order(size):
    index, values = table(*size)
    whole = Rows.of(index, values)
    parts = [Rows.of(index[part], values[part]) for part in split(size[0], size[2])]
    forward, backward = parts[0], parts[-1]
    for part in parts[1:]:
        forward = forward + part
    for part in parts[-2::-1]:
        backward = part + backward
    for combined in (forward, backward, gathered(parts)):
        assert np.array_equal(combined.index, whole.index)
        assert np.array_equal(combined.values, whole.values)


@given(SIZES)
def test_moments_combine_in_any_order(size):
    index, values = table(*size)
    parts = [Moments.of(index[part], values[part]) for part in split(size[0], size[2])]
    forward = ((parts[0] + parts[1]) + parts[2]) + parts[3]
    backward = parts[3] + (parts[1] + (parts[2] + parts[0]))
    for combined in (forward, backward, Moments.of(index, values)):
        assert combined.n == size[0]
        assert np.allclose(combined.mean, values.astype(np.float64).mean(0), rtol=1e-12)
        expected = np.atleast_2d(np.cov(values.astype(np.float64), rowvar=False))
        assert np.allclose(combined.covariance, expected, rtol=1e-11, atol=1e-12)


@given(SIZES)
def test_addition_of_moments_commutes_exactly(size):
    index, values = table(*size)
    a, b = (Moments.of(index[part], values[part]) for part in (slice(0, 1), slice(1, None)))
    assert np.array_equal((a + b).mean, (b + a).mean)
    assert np.allclose((a + b).covariance, (b + a).covariance, rtol=1e-14, atol=1e-14)


@settings(max_examples=20)
@given(st.integers(5000, 9000))
def test_moments_of_many_blocks(n):
    values = np.random.default_rng(n).normal(100.0, 1.0, (n, 3)).astype(np.float32)
    assert np.allclose(moments_of(values).covariance, np.cov(values.astype(np.float64), rowvar=False), rtol=1e-10)


def test_moments_keep_the_smaller_form():
    few, many = moments_of(np.eye(4)), moments_of(np.vstack([np.eye(4), 2 * np.eye(4)]))
    assert few.deviations is not None
    assert many.full is not None
    assert as_moments(Rows.of(np.arange(4), np.eye(4))).deviations is not None


def test_bad_rows_are_refused_by_name():
    values = np.zeros((5, 2))
    values[3, 1] = np.nan
    with pytest.raises(FeatureError, match="row 13 holds NaN"):
        Rows.of(np.arange(10, 15), values)
    with pytest.raises(FeatureError, match="row 13 holds NaN"):
        Moments.of(np.arange(10, 15), values)
    with pytest.raises(FeatureError, match="row 2 was given twice"):
        Rows.of(np.array([1, 2, 2]), np.zeros((3, 1)))
    with pytest.raises(FeatureError, match="real numbers"):
        moments_of(np.zeros((3, 2), dtype=complex))
    with pytest.raises(FeatureError, match="different widths"):
        gathered([Rows.of(np.arange(2), np.zeros((2, 1))), Rows.of(np.arange(2, 4), np.zeros((2, 3)))])


def test_moments_without_enough_to_go_on():
    with pytest.raises(TooFewError, match="at least 2"):
        _ = moments_of(np.zeros((1, 3))).covariance
    unknown = Moments.from_covariance(np.zeros(2), np.eye(2), n=None)
    with pytest.raises(FeatureError, match="without a known n"):
        _ = unknown + unknown
    with pytest.raises(FeatureError, match="do not belong together"):
        Moments.from_covariance(np.zeros(3), np.eye(2), n=5)
    with pytest.raises(FeatureError, match="not symmetric"):
        Moments.from_covariance(np.zeros(2), np.array([[1.0, 1.0], [0.0, 1.0]]), n=5)


def test_rows_too_large_for_float32_say_so():
    with pytest.raises(FeatureError, match=r"values beyond 3.4e\+38 are too large: rescale the rows"):
        Rows.of(np.arange(2), np.full((2, 3), 1e200))
