"""KID and the Inception Score on the same rows as the peers, with their subsets and shuffles."""

import numpy as np
import pytest
import torch
from parity.peers import peer

from ganeval import Rows, inception_score, kid
from ganeval.metrics.inception_score import InceptionScore
from ganeval.metrics.kid import KernelInceptionDistance

pytestmark = pytest.mark.peer


def as_rows(values: np.ndarray) -> Rows:
    return Rows.of(np.arange(len(values)), values)


def kernel(x: np.ndarray, y: np.ndarray, *, degree: int = 3, gamma: float | None = None, coef0: float = 1.0):
    """k(x, y) in float64, pair by pair."""
    products = np.einsum("nd,md->nm", x.astype(np.float64), y.astype(np.float64))
    return (products * (1 / x.shape[1] if gamma is None else gamma) + coef0) ** degree


def brute_force(real: np.ndarray, fake: np.ndarray, **options) -> float:
    within = [kernel(x, x, **options)[~np.eye(len(x), dtype=bool)].mean() for x in (real, fake)]
    return float(sum(within) - 2 * kernel(real, fake, **options).mean())


@pytest.fixture
def sides(rng) -> tuple[np.ndarray, np.ndarray]:
    """300 real and 250 fake rows of 2048 float32 features, the fakes a little off."""
    real = np.maximum(rng.normal(0.4, 0.4, (300, 2048)), 0).astype(np.float32)
    fake = np.maximum(rng.normal(0.42, 0.4, (250, 2048)), 0).astype(np.float32)
    return real, fake


def tolerance(real: np.ndarray) -> float:
    return float(1e-5 * kernel(real, real).mean())


@pytest.mark.parametrize(("subsets", "size", "seed"), [(1, 250, 0), (5, 100, 7), (20, 2, 2020)])
def test_torch_fidelity_on_the_same_subsets(sides, subsets, size, seed):
    real, fake = sides
    metric = peer("torch_fidelity.metric_kid")
    theirs = metric.kid_features_to_metric(
        torch.from_numpy(fake),
        torch.from_numpy(real),
        kid_subsets=subsets,
        kid_subset_size=size,
        rng_seed=seed,
        verbose=False,
    )[metric.KEY_METRIC_KID_MEAN]
    ours = KernelInceptionDistance(subsets=subsets, subset_size=size, seed=seed)
    assert ours(real=as_rows(real), fake=as_rows(fake))["kid"] == pytest.approx(theirs, abs=tolerance(real))


def test_torchmetrics_on_one_set(sides):
    real, fake = sides
    theirs = peer("torchmetrics.image.kid").poly_mmd(torch.from_numpy(real[:250]), torch.from_numpy(fake))
    assert kid(real[:250], fake) == pytest.approx(float(theirs), abs=tolerance(real))


def test_clean_fid_on_one_set(sides):
    """Its one subset is the whole set, in an order that does not matter."""
    real, fake = sides
    theirs = peer("cleanfid.fid").kernel_distance(real[:250], fake, num_subsets=1)
    assert kid(real[:250], fake) == pytest.approx(theirs, abs=tolerance(real))


@pytest.mark.parametrize(("n", "m", "d"), [(2, 3, 1), (300, 250, 2048), (2500, 2100, 8)])
@pytest.mark.parametrize("options", [{}, {"degree": 2, "gamma": 0.1, "coef0": 0.0}])
def test_full_statistic(rng, n, m, d, options):
    real, fake = rng.normal(size=(n, d)), rng.normal(0.1, 1.1, size=(m, d))
    assert kid(real, fake, **options) == pytest.approx(brute_force(real, fake, **options), rel=1e-9, abs=1e-12)


@pytest.fixture
def logits(rng) -> np.ndarray:
    """103 rows that ten splits do not divide, some of them certain."""
    return (rng.normal(size=(103, 1008)) * rng.uniform(0.5, 40, (103, 1))).astype(np.float32)


def softmax(logits: np.ndarray) -> np.ndarray:
    return torch.from_numpy(logits).double().softmax(dim=1).numpy()


@pytest.mark.parametrize("splits", [1, 3, 10])
def test_torch_fidelity_inception_score(logits, splits):
    metric = peer("torch_fidelity.metric_isc")
    theirs = metric.isc_features_to_metric(torch.from_numpy(logits), splits=splits, shuffle=True, rng_seed=2020)
    ours = InceptionScore(splits=splits, seed=2020)(fake=as_rows(softmax(logits)))["is"]
    assert ours == pytest.approx(theirs[metric.KEY_METRIC_ISC_MEAN], rel=1e-6)


@pytest.mark.filterwarnings("ignore:Metric `InceptionScore` will save all extracted features:UserWarning")
@pytest.mark.filterwarnings("ignore:std\\(\\). degrees of freedom is <= 0:UserWarning")  # of its one split
def test_torchmetrics_inception_score(logits):
    """With one split, so that its unseeded shuffle does not matter; its sums are float32."""
    metric = peer("torchmetrics.image.inception").InceptionScore(feature=torch.nn.Identity(), splits=1)
    metric.update(torch.from_numpy(logits))
    assert inception_score(softmax(logits)) == pytest.approx(float(metric.compute()[0]), rel=1e-5)
