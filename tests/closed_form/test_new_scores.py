"""Energy distance, Vendi, clipped density and coverage, nearest-neighbour accuracy, support size: known answers."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from ganeval import (
    clipped_density_coverage,
    colliding_pairs,
    energy_distance,
    nearest_neighbour_accuracy,
    smallest_distance,
    support_size,
    vendi_score,
    vendi_score_of_kernel,
)
from ganeval.core.errors import FeatureError, SpecError, TooFewError
from ganeval.core.rows import Rows
from ganeval.metrics.clipped_density_coverage import calibrated_coverage, expected_clipped_coverage
from ganeval.metrics.nearest_neighbour_accuracy import NearestNeighbourAccuracy
from ganeval.metrics.support_size import SupportSize
from ganeval.metrics.vendi import Vendi
from ganeval.numerics import mean_distances as means


def rows(values) -> Rows:
    return Rows.of(np.arange(len(values)), np.asarray(values))


def energy_by_definition(x, y):
    within = [cdist(side, side).sum() / (len(side) * (len(side) - 1)) for side in (x, y)]
    return 2 * cdist(x, y).mean() - sum(within)


def test_energy_distance_equals_its_definition(rng):
    x, y = rng.standard_normal((30, 5)), rng.standard_normal((40, 5)) + 0.3
    assert energy_distance(x, y) == pytest.approx(energy_by_definition(x, y), rel=1e-10)
    with pytest.raises(TooFewError, match="at least 2 rows"):
        energy_distance(x, y[:1])


def test_energy_distance_of_two_points():
    """Two laws of one point each: twice their distance."""
    assert energy_distance(np.zeros((5, 2)), np.tile([3.0, 4.0], (7, 1))) == pytest.approx(10.0, rel=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e4])
@pytest.mark.parametrize("large", [True, False])
def test_energy_distance_beyond_one_tile_with_copies_and_near_rows(rng, monkeypatch, offset, large):
    """Fakes are 30 images, some exactly repeated and some with tiny noise: the product alone would lose them."""
    if large:
        monkeypatch.setattr(means, "_LARGE", 0)
    x = (offset + rng.standard_normal((700, 20))).astype(np.float32)
    y = x[rng.integers(0, 30, 4300)]
    y[::2] += (1e-3 * rng.standard_normal((2150, 20))).astype(np.float32)
    expected = energy_by_definition(x.astype(float), y.astype(float))
    assert energy_distance(x, y) == pytest.approx(expected, rel=1e-5 if large else 1e-9)
    noisy = y[::2]
    assert means.mean_distance_within(noisy) == pytest.approx(
        cdist(noisy.astype(float), noisy.astype(float)).sum() / (2150 * 2149), rel=1e-6 if large else 1e-10
    )


def test_energy_distance_has_mean_zero_on_equal_laws(rng):
    values = [energy_distance(rng.standard_normal((50, 4)), rng.standard_normal((40, 4))) for _ in range(400)]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(400)
    assert min(values) < 0 < max(values)


def test_energy_distance_between_normal_laws(rng):
    """E|X − Y| of N(0, 1) and N(0, 4) in one dimension is √(2 (1 + 4)/π), and 2σ/√π within."""
    expected = 2 * np.sqrt(10 / np.pi) - (2 + 4) / np.sqrt(np.pi)
    found = [energy_distance(rng.standard_normal((800, 1)), 2 * rng.standard_normal((800, 1))) for _ in range(20)]
    assert np.mean(found) == pytest.approx(expected, abs=4 * np.std(found) / np.sqrt(20))


def test_vendi_examples_of_its_readme():
    samples = np.array([0, 0, 10, 10, 20, 20])
    assert vendi_score_of_kernel(np.exp(-np.abs(np.subtract.outer(samples, samples)))) == pytest.approx(
        2.9999, abs=1.1e-4
    )
    assert vendi_score_of_kernel(np.array([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]])) == pytest.approx(2.1573, abs=5e-5)
    with pytest.raises(FeatureError, match="ones on its diagonal"):
        vendi_score_of_kernel(2 * np.eye(3))


@pytest.mark.parametrize("q", [0.1, 0.5, 1.0, 2.0, 5.0, np.inf])
def test_vendi_of_equal_and_of_orthogonal_rows(q):
    assert vendi_score(np.ones((9, 4)), q=q) == pytest.approx(1.0)
    assert vendi_score(np.repeat(np.eye(5), 3, axis=0), q=q) == pytest.approx(5.0)
    assert vendi_score(np.eye(5) * np.arange(1, 6)[:, None], q=q) == pytest.approx(5.0)
    assert vendi_score(np.concatenate([np.zeros((3, 5)), np.repeat(np.eye(5), 3, axis=0)]), q=q) == pytest.approx(6.0)


@pytest.mark.parametrize("q", [0.5, 1.0, 2.0, np.inf])
@pytest.mark.parametrize("shape", [(60, 7), (7, 60), (5000, 3)])
def test_vendi_of_both_forms_is_that_of_the_kernel(rng, shape, q):
    x = rng.standard_normal(shape)
    units = x / np.linalg.norm(x, axis=1, keepdims=True)
    shares = np.linalg.svd(units, compute_uv=False) ** 2 / len(x)
    expected = {1.0: np.exp(-(shares * np.log(shares)).sum()), np.inf: 1 / shares.max()}.get(q)
    expected = np.sum(shares**q) ** (1 / (1 - q)) if expected is None else expected
    assert vendi_score(x, q=q) == pytest.approx(expected, rel=1e-9)
    if len(x) < 100:
        assert vendi_score_of_kernel(units @ units.T, q=q) == pytest.approx(expected, rel=1e-6)


def test_vendi_beyond_one_tile_of_the_wide_form(rng, monkeypatch):
    x = rng.standard_normal((50, 80))
    whole = vendi_score(x)
    monkeypatch.setattr("ganeval.metrics.vendi.BLOCK", 16)
    assert vendi_score(x) == pytest.approx(whole, rel=1e-12)


def test_vendi_decreases_with_its_order(rng):
    x = rng.standard_normal((50, 6)) * np.arange(1, 7)
    found = [vendi_score(x, q=q) for q in (0.1, 0.5, 1.0, 1.0 + 1e-6, 2.0, np.inf)]
    assert found == sorted(found, reverse=True)
    assert found[2] == pytest.approx(found[3], rel=1e-5)
    for q in (0.0, -1.0, np.nan):
        with pytest.raises(SpecError, match="above 0"):
            Vendi(q=q)


def test_vendi_ratio_is_at_the_same_n(rng):
    """The larger side is cut by seed and index: which rows lie where is no matter."""
    real, fake = rng.standard_normal((500, 30)), rng.standard_normal((60, 30))
    metric = Vendi(seed=3)
    found = metric.outcome(real=rows(real), fake=rows(fake))
    assert found.scores["vendi_ratio"] == pytest.approx(1.0, abs=0.1)
    assert found.details["n"] == 60
    order = rng.permutation(500)
    assert metric(real=Rows.of(order, real[order]), fake=rows(fake)) == found.scores
    assert Vendi(seed=4)(real=rows(real), fake=rows(fake)) != found.scores


def test_calibration_of_one_fake():
    """One fake of the same law comes before the K-th of N − 1 fellows with chance K/N."""
    for k, n in ((1, 2), (3, 10), (5, 100), (5, 6)):
        expected = expected_clipped_coverage(k=k, reals=n, fakes=4)
        assert expected[0] == pytest.approx(0, abs=1e-12)
        assert expected[1] == pytest.approx(1 / n)
        assert (np.diff(expected) > 0).all()


def test_calibration_agrees_with_draws(rng):
    """min(C, K)/K, C the fakes before the K-th fellow in a random order of N − 1 fellows and m fakes."""
    k, n, m = 4, 12, 9
    order = rng.permuted(np.tile(np.arange(n - 1 + m) < m, (40_000, 1)), axis=1)
    fellows = np.cumsum(~order, axis=1)
    before = (order & (fellows < k)).sum(axis=1)
    drawn = np.minimum(before, k) / k
    expected = expected_clipped_coverage(k=k, reals=n, fakes=m)
    assert expected[m] == pytest.approx(drawn.mean(), abs=4 * drawn.std() / 200)
    assert calibrated_coverage(float(expected[6]), k=k, reals=n, fakes=m) == pytest.approx(6 / 9)
    assert calibrated_coverage(1.0, k=k, reals=n, fakes=m) == 1.0


@pytest.mark.parametrize(("n", "m", "d"), [(800, 800, 8), (900, 450, 16)])
def test_clipped_scores_are_linear_in_the_share_of_bad_samples(n, m, d):
    rng = np.random.default_rng(0)
    for bad in (0.0, 0.1, 0.3, 0.5, 0.8, 1.0):
        found = []
        for _ in range(8):
            fake = rng.standard_normal((m, d))
            fake[: round(bad * m)] += 50
            found.append(clipped_density_coverage(rng.standard_normal((n, d)), fake))
        density, coverage = np.mean(found, axis=0)
        assert density == pytest.approx(1 - bad, abs=0.03), (bad, "density")
        assert coverage == pytest.approx(1 - bad, abs=0.03), (bad, "coverage")


def test_an_outlier_among_the_reals_makes_no_large_ball():
    """Fakes around one real outlier are dense by one large ball each, but not by a clipped one."""
    real = np.concatenate([np.linspace(0, 1, 99), [10.0]])[:, None]
    fake = np.linspace(8, 9.5, 100)[:, None]
    density, coverage = clipped_density_coverage(real, fake, k=1)
    assert density == 0.0
    assert coverage < 0.02


def test_nearest_neighbour_accuracy_by_definition(rng):
    x, y = rng.standard_normal((60, 3)), rng.standard_normal((60, 3)) + 0.5
    distances = cdist(np.concatenate([x, y]), np.concatenate([x, y]))
    np.fill_diagonal(distances, np.inf)
    right = (distances.argmin(axis=1) < 60) == (np.arange(120) < 60)
    assert nearest_neighbour_accuracy(x, y) == (right[:60].mean(), right[60:].mean())
    with pytest.raises(FeatureError, match="equal numbers"):
        nearest_neighbour_accuracy(x, y[:50])


def test_nearest_neighbour_accuracy_of_equal_laws_of_copies_and_of_strangers():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 6))
    pairs = [(rng.standard_normal((300, 6)), rng.standard_normal((300, 6))) for _ in range(20)]
    assert np.mean([nearest_neighbour_accuracy(*pair) for pair in pairs], axis=0) == pytest.approx([0.5, 0.5], abs=0.02)
    assert nearest_neighbour_accuracy(x, x) == (0.0, 0.0)
    assert nearest_neighbour_accuracy(x, x + 1e-4) == (0.0, 0.0)
    assert nearest_neighbour_accuracy(x, x + 100) == (1.0, 1.0)


def test_nearest_neighbour_accuracy_of_ties_and_of_repeated_copies():
    """All distances equal: every tie is half right. A copy is wrong even where its own kind has the same copy."""
    corners = np.eye(4)
    assert nearest_neighbour_accuracy(corners[:2], corners[2:]) == (0.5, 0.5)
    assert nearest_neighbour_accuracy(corners, np.repeat(corners[:1], 4, axis=0)) == (0.75 * 0.5, 0.0)


def test_nearest_neighbour_accuracy_names_copies(rng):
    x = rng.standard_normal((200, 5))
    told = NearestNeighbourAccuracy().outcome(real=rows(x), fake=rows(x[:120])).sentences
    assert "n = 120" in told[0]
    other = NearestNeighbourAccuracy().outcome(real=rows(x[:100]), fake=rows(x[100:])).sentences
    assert len(other) == 1
    copied = NearestNeighbourAccuracy().outcome(real=rows(x[:100]), fake=rows(x[:100])).sentences
    assert "copies" in copied[1]


@pytest.mark.parametrize(("m", "times"), [(1, 50), (10, 20), (100, 3)])
def test_an_evenly_repeated_set_has_as_many_effective_images(rng, m, times):
    fake = np.repeat(rng.standard_normal((m, 6)), times, axis=0)
    real = rng.standard_normal((150, 6))
    found = SupportSize(epsilon=0.0)(real=rows(real), fake=rows(fake))
    assert found["effective_images"] == m
    assert found["support_size"] == pytest.approx((m * times - 1) / (times - 1))


def test_support_size_of_draws_from_few_images():
    """1/c is that of the law on average of c, also where n is below the support."""
    rng = np.random.default_rng(0)
    images = rng.standard_normal((400, 5))
    shares = [1 / support_size(images[rng.integers(0, 400, 150)], epsilon=0.0)[0] for _ in range(200)]
    assert np.mean(shares) == pytest.approx(1 / 400, abs=4 * np.std(shares) / np.sqrt(200))


def test_support_size_counts_near_pairs(rng):
    x = rng.standard_normal((80, 3))
    distances = cdist(x, x)[np.triu_indices(80, 1)]
    assert smallest_distance(x) == pytest.approx(distances.min(), rel=1e-12)
    assert smallest_distance(np.concatenate([x, x])) == smallest_distance(x)
    assert smallest_distance(np.ones((4, 2))) == 0.0
    for epsilon in np.quantile(distances, [0.001, 0.1, 0.5]):
        assert colliding_pairs(x, epsilon=epsilon) == (distances <= epsilon).sum()


def test_support_size_is_withheld_without_a_collision(rng):
    found = SupportSize(epsilon=0.0).outcome(
        real=rows(rng.standard_normal((50, 6))), fake=rows(rng.standard_normal((201, 6)))
    )
    assert found.scores == {"support_size": None, "effective_images": 201.0}
    assert "at least 6,710" in found.withheld["support_size"], "20,100 pairs ÷ ln 20"
    assert support_size(np.array([[0.0], [1.0]]), epsilon=0.5) == (np.inf, 2.0)
