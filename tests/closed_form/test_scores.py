"""KID, Inception Score, precision, recall, density and coverage where the answer is known."""

import numpy as np
import pytest

from ganeval import density_coverage, inception_score, kid, precision_recall
from ganeval.core.errors import FeatureError, TooFewError
from ganeval.core.rows import Rows
from ganeval.metrics.inception_score import InceptionScore
from ganeval.metrics.kid import KernelInceptionDistance


def rows(values) -> Rows:
    return Rows.of(np.arange(len(values)), np.asarray(values))


def test_kid_equals_its_definition(rng):
    x, y = rng.standard_normal((30, 5)), rng.standard_normal((40, 5)) + 0.3

    def k(a, b):
        return (a @ b.T / 5 + 1) ** 3

    xx, yy = k(x, x), k(y, y)
    expected = (xx.sum() - np.trace(xx)) / (30 * 29) + (yy.sum() - np.trace(yy)) / (40 * 39) - 2 * k(x, y).mean()
    assert kid(x, y) == pytest.approx(expected, rel=1e-12)


def test_kid_beyond_one_tile(rng):
    x, y = rng.standard_normal((4100, 2)), rng.standard_normal((2100, 2))
    k = [(a @ b.T / 2 + 1) ** 3 for a, b in ((x, x), (y, y), (x, y))]
    within = sum((m.sum() - np.trace(m)) / (len(m) * (len(m) - 1)) for m in k[:2])
    assert kid(x, y) == pytest.approx(within - 2 * k[2].mean(), rel=1e-9)


def test_kid_has_mean_zero_on_equal_laws(rng):
    values = [kid(rng.standard_normal((50, 4)), rng.standard_normal((50, 4))) for _ in range(400)]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(400)
    assert min(values) < 0 < max(values)


def test_kid_of_a_set_with_itself_is_slightly_negative(rng):
    x = rng.standard_normal((100, 4))
    assert -0.5 < kid(x, x) < 0


def test_kid_of_constant_codes():
    assert abs(kid(np.ones((20, 6)), np.ones((20, 6)))) < 1e-12


def test_kid_subsets_are_seeded(rng):
    real, fake = rows(rng.standard_normal((80, 4))), rows(rng.standard_normal((90, 4)))
    one, same, other = (
        KernelInceptionDistance(subsets=5, subset_size=40, seed=seed)(real=real, fake=fake) for seed in (1, 1, 2)
    )
    assert one == same != other
    with pytest.raises(TooFewError, match="at least 1000 real images"):
        KernelInceptionDistance(subsets=5)(real=real, fake=fake)


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_inception_score_of_certain_balanced_classes(classes):
    assert inception_score(np.eye(classes)) == pytest.approx(classes, rel=1e-12)


def test_inception_score_of_constant_predictions(rng):
    assert inception_score(np.full((50, 7), 1 / 7)) == pytest.approx(1.0)
    assert inception_score(np.repeat(rng.dirichlet(np.ones(7), 1), 50, axis=0)) == pytest.approx(1.0)


def test_inception_score_survives_probabilities_of_zero():
    certain = np.zeros((20, 3), dtype=np.float32)
    certain[:, 0] = 1
    assert inception_score(certain) == 1.0


def test_inception_score_splits(rng):
    probs = rng.dirichlet(np.full(5, 0.3), 103).astype(np.float32)
    order = np.random.RandomState(7).permutation(103)
    parts = [inception_score(probs[order[i * 103 // 10 : (i + 1) * 103 // 10]]) for i in range(10)]
    assert InceptionScore(seed=7)(fake=rows(probs))["is"] == pytest.approx(np.mean(parts), rel=1e-12)
    with pytest.raises(TooFewError, match="at least 10 fake images"):
        InceptionScore()(fake=rows(probs[:9]))
    with pytest.raises(FeatureError, match="not logits"):
        InceptionScore()(fake=rows(np.log(probs)))


def test_precision_and_recall_are_not_swapped():
    """torch-fidelity once had them the other way round: fakes inside the reals are precise."""
    rng = np.random.default_rng(42)
    precision, recall = precision_recall(3 * rng.standard_normal((200, 16)), 0.1 * rng.standard_normal((200, 16)))
    assert precision > 0.8
    assert recall < 0.3


@pytest.mark.parametrize("k", [3, 5])
def test_identical_sets(rng, k):
    x = rng.standard_normal((100, 6))
    assert precision_recall(x, x, k=k) == (1.0, 1.0)
    assert density_coverage(x, x, k=k) == (pytest.approx((k + 1) / k), 1.0)


def test_one_repeated_point():
    """Copies are at distance 0: a closed ball of radius 0 holds them, an open one does not."""
    x = np.ones((10, 3))
    assert precision_recall(x, x) == (1.0, 1.0)
    assert precision_recall(x, x, ball="open") == (0.0, 0.0)


def test_one_outlier_inflates_precision_but_not_density():
    """The figure in prdc's README: many fakes around one real outlier."""
    real = np.concatenate([np.linspace(0, 1, 9), [10.0]])[:, None]
    fake = np.linspace(8, 9.5, 10)[:, None]
    assert precision_recall(real, fake, k=1)[0] == 1.0
    assert density_coverage(real, fake, k=1)[0] == 1.0
    assert density_coverage(real, fake, k=5)[0] == pytest.approx(0.2)


@pytest.mark.parametrize(("k", "expected"), [(3, 0.875), (5, 0.969)])
def test_coverage_of_equal_laws(k, expected):
    """E[coverage] = 1 − Π (N − i)/(N + M − i), about 1 − 2^−k."""
    rng = np.random.default_rng(1)
    found = [density_coverage(rng.standard_normal((500, 8)), rng.standard_normal((500, 8)), k=k) for _ in range(10)]
    density, coverage = np.mean(found, axis=0)
    exact = 1 - np.prod([(500 - i) / (1000 - i) for i in range(1, k + 1)])
    assert exact == pytest.approx(expected, abs=2e-3)
    assert coverage == pytest.approx(exact, abs=0.01)
    assert density == pytest.approx(1.0, abs=0.05)


@pytest.mark.slow
def test_prdc_readme_example():
    """N = M = 10,000 normal rows of 1,000 dimensions, k = 5: .4772, .4705, 1.0555, .9735 in its README.

    Unseeded there, and in 1,000 dimensions a few hubs hold most neighbours, so single draws differ. Over seeds 0 to 7:
    precision .4563 to .4968 (standard deviation .013), recall .4585 to .4926 (.011), density .912 to 1.082 (.061),
    coverage .9563 to .9753 (.0063). The tolerances are four standard deviations. That counts are exactly prdc's on
    the same rows is tested in tests/parity.
    """
    rng = np.random.default_rng(0)
    real, fake = (rng.standard_normal((10_000, 1000)).astype(np.float32) for _ in range(2))
    precision, recall = precision_recall(real, fake, k=5, ball="open")
    density, coverage = density_coverage(real, fake, k=5, ball="open")
    assert precision == pytest.approx(0.4772, abs=0.052)
    assert recall == pytest.approx(0.4705, abs=0.044)
    assert density == pytest.approx(1.0, abs=0.24)
    assert coverage == pytest.approx(0.96877, abs=0.025)
