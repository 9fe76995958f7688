"""Fréchet distances whose value is known, and the cases on which other tools stumble."""

from itertools import pairwise

import numpy as np
import pytest

from ganeval import Moments, frechet_distance
from ganeval.core.errors import FeatureError


def test_two_point_columns():
    """80 + 900/99 with the unbiased covariance (compare_gan's fid_score_test)."""
    real, fake = np.ones((100, 2)), 9 * np.ones((100, 2))
    real[:50, 0], fake[50:, 0] = 2, 2
    assert frechet_distance(real, fake) == pytest.approx(80 + 900 / 99, abs=1e-10)


def test_means_alone():
    """Means 0 and 1 with unit covariances in 2048 dimensions (pytorch-fid's test)."""
    zero = Moments.from_covariance(np.zeros(2048), np.eye(2048), n=None)
    one = Moments.from_covariance(np.ones(2048), np.eye(2048), n=None)
    assert frechet_distance(zero, one) == pytest.approx(2048, rel=1e-12)


def test_constant_images_through_a_mean():
    """Images 0, ½, 1 in every coordinate: mean ½ and covariance ¼ everywhere (pytorch-fid's test)."""
    moments = Moments.of(np.arange(3), np.repeat([[0.0], [0.5], [1.0]], 8, axis=1))
    assert np.allclose(moments.mean, 0.5)
    assert np.allclose(moments.covariance, 0.25)


def test_diagonal_covariances(rng):
    a, b = rng.uniform(0.1, 4, 30), rng.uniform(0.1, 4, 30)
    gap = rng.standard_normal(30)
    left = Moments.from_covariance(np.zeros(30), np.diag(a), n=None)
    right = Moments.from_covariance(gap, np.diag(b), n=None)
    assert frechet_distance(left, right) == pytest.approx((gap**2).sum() + ((a**0.5 - b**0.5) ** 2).sum(), rel=1e-11)


@pytest.mark.parametrize(("n", "d"), [(40, 64), (100, 512), (65, 64), (200, 8), (4000, 64), (4, 4), (2, 1)])
def test_identical_sets_are_at_zero(rng, n, d):
    rows = rng.standard_normal((n, d))
    assert abs(frechet_distance(rows, rows.copy())) < 1e-10
    stored = Moments.from_covariance(rows.mean(0), np.atleast_2d(np.cov(rows, rowvar=False)), n=n)
    assert abs(frechet_distance(rows, stored)) < 1e-9


@pytest.mark.parametrize(("n", "m", "d"), [(40, 50, 64), (40, 500, 64), (500, 40, 64), (64, 65, 64), (66, 66, 64)])
def test_every_route_agrees_with_the_nuclear_norm(rng, n, m, d):
    """Rows, moments and stored covariances, full rank or not, against singular values of A·Bᵀ."""
    mix = rng.standard_normal((d, d))
    x, y = rng.standard_normal((n, d)) @ mix, 1.3 * rng.standard_normal((m, d)) @ mix + 0.2
    a, b = ((z - z.mean(0)) / np.sqrt(len(z) - 1) for z in (x, y))
    nuclear = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    expected = ((x.mean(0) - y.mean(0)) ** 2).sum() + (a**2).sum() + (b**2).sum() - 2 * nuclear
    stored = [Moments.from_covariance(z.mean(0), np.cov(z, rowvar=False), n=len(z)) for z in (x, y)]
    nameless = [Moments.from_covariance(z.mean(0), np.cov(z, rowvar=False), n=None) for z in (x, y)]
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(*stored) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(x, stored[1]) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(*nameless) == pytest.approx(expected, rel=1e-6)


def test_grows_with_the_scale():
    """tensorflow/gan's classifier_metrics_test: strictly increasing in the scale of one side."""
    rng = np.random.RandomState(0)
    rows = rng.randn(2048, 256)
    values = [frechet_distance(rows, rng.randn(2048, 256) * i) for i in (1, 3, 5, 7, 9)]
    assert all(a < b for a, b in pairwise(values))


@pytest.mark.parametrize("n", [2, 8, 64, 1024])
@pytest.mark.parametrize("d", [2, 16, 128])
def test_never_nan(n, d):
    """Sizes of torch-fidelity's test, and its 4 × 4 case on which real eigenvalues give NaN."""
    rng = np.random.default_rng(2023)
    assert np.isfinite(frechet_distance(rng.standard_normal((n, d)), rng.standard_normal((n, d))))
    old = np.random.RandomState(1)
    assert np.isfinite(frechet_distance(old.randn(4, 4), old.randn(4, 4)))


def test_sigma_points_are_perfect_in_its_eyes(rng):
    """Why no distance of two moments may stand alone: 2d repeated points score 0."""
    d = 8
    rows = rng.standard_normal((4000, d)) @ rng.standard_normal((d, d))
    mean, covariance = rows.mean(0), np.cov(rows, rowvar=False)
    root = np.linalg.cholesky(covariance) * np.sqrt(d)
    points = np.concatenate([mean + root.T, mean - root.T])
    repeated = np.repeat(points, 250, axis=0)
    fresh = rng.standard_normal((4000, d)) @ np.linalg.cholesky(covariance).T + mean
    assert frechet_distance(rows, repeated) < 1e-4 * np.trace(covariance) < frechet_distance(rows, fresh)


def test_what_is_refused(rng):
    unit = Moments.from_covariance(np.zeros(2), np.eye(2), n=None)
    with pytest.raises(FeatureError, match="not positive semi-definite"):
        frechet_distance(Moments.from_covariance(np.zeros(2), np.array([[-1.0, 1.0], [1.0, 1.0]]), n=None), unit)
    with pytest.raises(FeatureError, match="2 and 3 feature dimensions"):
        frechet_distance(unit, rng.standard_normal((9, 3)))
    with pytest.raises(FeatureError, match="NaN or infinite"):
        Moments.from_covariance(np.zeros(2), np.full((2, 2), np.nan), n=4)
