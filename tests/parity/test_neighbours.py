"""Precision, recall, density and coverage: exactly brute force, and exactly the peers where they are exact."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from parity.peers import peer

from ganeval import density_coverage, precision_recall

Sides = tuple[np.ndarray, np.ndarray]
SETS: dict[str, Callable[[np.random.Generator], Sides]] = {
    "random": lambda rng: (rng.normal(size=(150, 16)), rng.normal(0.3, 1, (130, 16))),
    "float32": lambda rng: tuple(x.astype(np.float32) for x in SETS["random"](rng)),
    "ties": lambda rng: (rng.integers(0, 3, (150, 4)), rng.integers(0, 3, (130, 4))),
    "bytes": lambda rng: (rng.integers(0, 4, (90, 5), dtype=np.uint8), rng.integers(1, 5, (80, 5), dtype=np.uint8)),
    "copies": lambda rng: copies(rng.normal(size=(150, 16)), rng),
    "collapsed": lambda rng: (rng.normal(size=(150, 16)), np.tile(rng.normal(size=16), (130, 1))),
    "both-collapsed": lambda rng: (np.ones((20, 3)), np.ones((30, 3))),
    "outlier": lambda rng: (np.concatenate([rng.normal(size=(99, 8)), np.full((1, 8), 1e4)]), rng.normal(size=(90, 8))),
    "wide": lambda rng: (rng.normal(size=(60, 2048)), rng.normal(size=(50, 2048))),
    "long": lambda rng: (rng.normal(size=(1300, 3)), rng.normal(size=(1100, 3))),
}
# where the peers' distances, ‖x‖² + ‖y‖² − 2 x·y, are not exact enough to decide
UNKIND: dict[str, Callable[[np.random.Generator], Sides]] = {
    "duplicates": lambda rng: copies(np.repeat(rng.normal(size=(50, 6)), 3, axis=0), rng),
    "duplicates-only": lambda rng: tuple(np.repeat(x, 4, axis=0) for x in copies(rng.normal(size=(100, 6)), rng)),
    "offset": lambda rng: tuple(x + 1e6 for x in SETS["random"](rng)),
    "offset-float32": lambda rng: tuple((x + 3e3).astype(np.float32) for x in SETS["random"](rng)),
    "offset-ties": lambda rng: tuple(x + 1e7 for x in SETS["ties"](rng)),
    "tiny": lambda rng: tuple(x * 1e-30 for x in SETS["random"](rng)),
    "tiny-float32": lambda rng: tuple((x * 1e-30).astype(np.float32) for x in SETS["random"](rng)),
    "huge": lambda rng: tuple(x * 1e100 for x in SETS["random"](rng)),
    "huge-float32": lambda rng: tuple((x * 1e30).astype(np.float32) for x in SETS["random"](rng)),
    "mixed-scales": lambda rng: tuple(x * np.logspace(-12, 12, 16) for x in SETS["random"](rng)),
}
pytestmark = pytest.mark.peer


def copies(real: np.ndarray, rng: np.random.Generator) -> Sides:
    """Half of the fakes are copies of reals."""
    return real, np.concatenate([real[:65], rng.normal(size=(65, real.shape[1]))])


def distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.stack([np.sqrt(np.square(row - y.astype(np.float64)).sum(axis=1)) for row in x.astype(np.float64)])


def brute_force(real: np.ndarray, fake: np.ndarray, *, k: int, ball: str) -> dict[str, float]:
    inside = np.less_equal if ball == "closed" else np.less
    # the nearest of a row's own set is the row itself, at distance 0
    real_radii, fake_radii = (np.sort(distances(x, x), axis=1)[:, k] for x in (real, fake))
    gaps = distances(real, fake)
    in_real = inside(gaps, real_radii[:, None])
    return {
        "precision": float(in_real.any(axis=0).mean()),
        "recall": float(inside(gaps, fake_radii).any(axis=1).mean()),
        "density": float(in_real.sum(axis=0).mean() / k),
        "coverage": float(in_real.any(axis=1).mean()),
    }


def ours(real: np.ndarray, fake: np.ndarray, *, k: int, ball: str) -> dict[str, float]:
    precision, recall = precision_recall(real, fake, k=k, ball=ball)
    density, coverage = density_coverage(real, fake, k=k, ball=ball)
    return {"precision": precision, "recall": recall, "density": density, "coverage": coverage}


@pytest.mark.parametrize("ball", ["closed", "open"])
@pytest.mark.parametrize("name", [*SETS, *UNKIND])
def test_brute_force(rng, name, ball):
    real, fake = (SETS | UNKIND)[name](rng)
    for k in (1, 3, 5):
        assert ours(real, fake, k=k, ball=ball) == brute_force(real, fake, k=k, ball=ball)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("k", [3, 5])
def test_prdc(rng, name, k):
    """The package of density and coverage's authors: open balls."""
    real, fake = SETS[name](rng)
    theirs = peer("prdc").compute_prdc(real, fake, nearest_k=k)
    assert ours(real, fake, k=k, ball="open") == {key: pytest.approx(value, abs=1e-15) for key, value in theirs.items()}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("form", ["part", "full"])
def test_torch_fidelity(rng, name, form):
    """Closed balls, k = 3; generated first, real second; its shares are float32."""
    real, fake = SETS[name](rng)
    metric = peer("torch_fidelity.metric_prc")
    function = getattr(metric, f"calculate_precision_recall_{form}")
    theirs = function(torch.from_numpy(fake).double(), torch.from_numpy(real).double(), neighborhood=3)
    assert precision_recall(real, fake, k=3, ball="closed") == pytest.approx(theirs, abs=1e-7)
