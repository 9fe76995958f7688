"""The Fréchet distance on the same rows as the peers, and on rows where theirs lose digits."""

import numpy as np
import pytest
import torch
from parity.peers import THEIR_WARNINGS, peer

from ganeval import Moments, frechet_distance

pytestmark = [pytest.mark.peer, *THEIR_WARNINGS]


def feature_rows(n: int, d: int, *, seed: int) -> np.ndarray:
    """Non-negative correlated rows with widths over two orders of magnitude, like pooled features."""
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(n, d)) @ (rng.normal(size=(d, d)) / np.sqrt(d))
    return np.maximum(mixed * np.exp(rng.normal(size=d) / 2) + 0.4, 0)


def nuclear_norm_form(real: np.ndarray, fake: np.ndarray) -> float:
    """‖Δμ‖² + tr Σ₁ + tr Σ₂ − 2 ‖A Bᵀ‖* with A, B the centred rows ÷ √(n − 1)."""
    a, b = ((rows - rows.mean(axis=0)) / np.sqrt(len(rows) - 1) for rows in (real, fake))
    root = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    return float(np.square(real.mean(axis=0) - fake.mean(axis=0)).sum() + (a**2).sum() + (b**2).sum() - 2 * root)


def by_pytorch_fid(real: np.ndarray, fake: np.ndarray) -> float:
    return peer("pytorch_fid.fid_score").calculate_frechet_distance(*statistics(real), *statistics(fake))


def by_clean_fid(real: np.ndarray, fake: np.ndarray) -> float:
    return peer("cleanfid.fid").fid_from_feats(real, fake)


def by_torch_fidelity(real: np.ndarray, fake: np.ndarray) -> float:
    metric = peer("torch_fidelity.metric_fid")
    sides = (metric.fid_features_to_statistics(torch.from_numpy(rows)) for rows in (real, fake))
    return metric.fid_statistics_to_metric(*sides, verbose=False)[metric.KEY_METRIC_FID]


def by_torchmetrics(real: np.ndarray, fake: np.ndarray) -> float:
    """Its streaming sums, on rows that pass through a network that changes nothing."""
    network = torch.nn.Identity()
    network.num_features = real.shape[1]
    metric = peer("torchmetrics.image.fid").FrechetInceptionDistance(feature=network)
    metric.update(torch.from_numpy(real), real=True)
    metric.update(torch.from_numpy(fake), real=False)
    return float(metric.compute())


def statistics(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rows.mean(axis=0), np.cov(rows, rowvar=False)


PEERS = [by_pytorch_fid, by_clean_fid, by_torch_fidelity, by_torchmetrics]


@pytest.mark.parametrize(
    ("theirs", "d"), [(theirs, d) for theirs in PEERS for d in (2, 64, 192)] + [(by_pytorch_fid, 768)]
)
def test_full_rank(theirs, d):
    real, fake = feature_rows(d + d // 4 + 2, d, seed=0), 1.05 * feature_rows(2 * d + 2, d, seed=1)
    assert frechet_distance(real, fake) == pytest.approx(theirs(real, fake), rel=1e-6)


@pytest.mark.slow
def test_full_rank_of_the_pooled_features_width():
    real, fake = feature_rows(2500, 2048, seed=0), feature_rows(2500, 2048, seed=1)
    assert frechet_distance(real, fake) == pytest.approx(by_pytorch_fid(real, fake), rel=1e-6)


@pytest.mark.parametrize(("n", "m", "d"), [(2, 2, 3), (10, 30, 64), (48, 48, 192), (200, 60, 128), (100, 90, 2048)])
def test_fewer_rows_than_dimensions(n, m, d):
    real, fake = feature_rows(n, d, seed=0), feature_rows(m, d, seed=1)
    expected = nuclear_norm_form(real, fake)
    assert frechet_distance(real, fake) == pytest.approx(expected, rel=1e-12, abs=1e-8)


@pytest.mark.parametrize(("n", "m", "d"), [(10, 30, 64), (48, 48, 192), (200, 60, 128)])
def test_fewer_rows_than_dimensions_from_covariances(n, m, d):
    """A covariance keeps half the digits of the rows' null directions, whose roots are summed."""
    real, fake = feature_rows(n, d, seed=0), feature_rows(m, d, seed=1)
    for known in (True, False):
        sides = (Moments.from_covariance(*statistics(rows), n=len(rows) if known else None) for rows in (real, fake))
        assert frechet_distance(*sides) == pytest.approx(nuclear_norm_form(real, fake), rel=1e-8 if known else 1e-5)


@pytest.mark.parametrize(("n", "d"), [(40, 64), (48, 192)])
@pytest.mark.parametrize("theirs", PEERS)
def test_peers_on_fewer_rows_than_dimensions(theirs, n, d):
    """They take square roots of rounding noise in the null directions."""
    real, fake = feature_rows(n, d, seed=0), feature_rows(n, d, seed=1)
    assert frechet_distance(real, fake) == pytest.approx(theirs(real, fake), rel=1e-4, abs=1e-3)


@pytest.mark.parametrize(("n", "d"), [(40, 64), (100, 512)])
def test_identical_rows_where_peers_leave_rounding(n, d):
    rows = feature_rows(n, d, seed=0)
    assert abs(frechet_distance(rows, rows.copy())) < 1e-10
    assert 1e-10 < abs(by_torch_fidelity(rows, rows)) < 1e-3
