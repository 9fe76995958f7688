"""U-statistics of two samples: their standard error, and their permutation test."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import kstest
from test_uncertainty import interval

from ganeval.core.row_order import content_ranks
from ganeval.metrics.energy_distance import EnergyDistance
from ganeval.metrics.kid import KernelInceptionDistance, kid
from ganeval.numerics.kernels import mmd_two_sample, polynomial_kernel
from ganeval.numerics.mean_distances import energy_two_sample
from ganeval.numerics.two_sample import _labels


@pytest.mark.parametrize(("shift", "n", "m"), [(0.0, 80, 80), (0.5, 80, 80), (0.3, 60, 200)])
def test_the_standard_error_of_kid_is_its_spread(shift, n, m):
    """Against the spread of 200 draws; at equal laws it is up to a quarter too large, never too small."""
    kernel = polynomial_kernel(degree=3, gamma=1 / 6, coef0=1.0)
    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x, y = rng.standard_normal((n, 6)), rng.standard_normal((m, 6)) + shift
        found.append(
            (kid(x, y), mmd_two_sample(x, y, kernel=kernel, sampled=frozenset({"real", "fake"}), seed=None).error)
        )
    values, errors = np.array(found).T
    assert 0.85 < np.sqrt(np.mean(errors**2)) / values.std() < 1.35
    truth = 0 if shift == 0 else values.mean()
    assert np.mean(np.abs(values - truth) < 1.96 * errors) > 0.9


BOTH = frozenset({"real", "fake"})


def permuted(kernel: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """U for every labelling, by definition."""
    np.fill_diagonal(kernel, 0.0)
    found = []
    for given in labels.astype(bool):
        n, m = given.sum(), (~given).sum()
        within = kernel[np.ix_(given, given)].sum() / (n * (n - 1)) + kernel[np.ix_(~given, ~given)].sum() / (
            m * (m - 1)
        )
        found.append(within - 2 * kernel[np.ix_(given, ~given)].mean())
    return np.array(found)


@pytest.mark.parametrize("tile", [2048, 40])
def test_permutations_equal_their_definition(rng, monkeypatch, tile):
    """In one pass over tiles, also for rows that come several times, as by relabelling the whole kernel matrix."""
    monkeypatch.setattr("ganeval.numerics.kernels._TILE", tile)
    monkeypatch.setattr("ganeval.numerics.distances._ROWS", min(tile, 512))
    monkeypatch.setattr("ganeval.numerics.distances._COLUMNS", min(2 * tile, 4096))
    x, y = rng.standard_normal((90, 5)), 1.1 * rng.standard_normal((70, 5)) + 0.1
    x[:9] = y[:3].repeat(3, axis=0)
    both = np.concatenate([x, y])
    labels = _labels(90, 70, 4)[:, np.concatenate([content_ranks(x), 90 + content_ranks(y)])]
    for found, kernel in (
        (mmd_two_sample(x, y, kernel=polynomial_kernel(degree=3, gamma=0.2, coef0=1.0), sampled=BOTH, seed=4),
         (both @ both.T / 5 + 1) ** 3),
        (energy_two_sample(x, y, sampled=BOTH, seed=4), -cdist(both, both)),
    ):  # fmt: skip
        values = permuted(kernel.copy(), labels)
        assert found.p_value == np.mean(values >= values[0] - 1e-9)
        plug_in = kernel[:90, :90].mean() + kernel[90:, 90:].mean() - 2 * kernel[:90, 90:].mean()
        assert found.plug_in == pytest.approx(plug_in, rel=1e-9)


@pytest.mark.parametrize("metric", [KernelInceptionDistance(), EnergyDistance()])
def test_p_values_are_uniform_between_equal_laws(metric):
    key = next(iter(metric.scores))
    found = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        found.append(
            interval(metric, real=rng.standard_normal((30, 4)), fake=rng.standard_normal((40, 4)))[key].p_value
        )
    assert kstest(np.array(found) - 0.0025, "uniform").pvalue > 0.001
    far = interval(metric, real=rng.standard_normal((30, 4)), fake=rng.standard_normal((40, 4)) + 1)[key]
    assert far.p_value == 1 / 200
