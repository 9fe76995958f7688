"""Laws of rows whose mean and covariance are known in closed form, each with another of its kind beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from ganeval.core.rows import Moments

Draw = Callable[[int, np.random.Generator], np.ndarray]


@dataclass(frozen=True, eq=False)
class Law:
    """How to draw rows (n, d), and their true moments."""

    draw: Draw
    mean: np.ndarray
    covariance: np.ndarray

    @property
    def moments(self) -> Moments:
        """The moments of infinitely many rows."""
        return Moments.from_covariance(self.mean, self.covariance, n=None)


@cache
def pair(name: str, d: int) -> tuple[Law, Law]:
    """The law called `name` in d dimensions, and one that is some way off."""
    return LAWS[name](d, 0.0), LAWS[name](d, 1.0)


def gaussian(d: int, off: float) -> Law:
    """Independent normal numbers; off: 10 % wider, and shifted by 0.3 in a quarter of the directions."""
    scale, mean = 1 + 0.1 * off, 0.3 * off * (np.arange(d) % 4 == 0)
    return Law(lambda n, rng: mean + scale * rng.standard_normal((n, d)), mean, scale**2 * np.eye(d))


def rectified(d: int, off: float) -> Law:
    """max(z, 0) of correlated normal z whose variance falls off as 1/i; off: other directions, 10 % wider.

    With angle θ between z_i and z_j, E z_i⁺z_j⁺ is σ_iσ_j (sin θ + (π − θ) cos θ)/2π (Cho & Saul 2009).
    """
    mixing = _turn(d, 1) * np.sqrt(d / np.arange(1, d + 1) / np.log(d + 1))
    if off:
        mixing = 1.1 * (np.eye(d) + 0.1 * np.random.default_rng(2).standard_normal((d, d)) / np.sqrt(d)) @ mixing
    sigma = np.linalg.norm(mixing, axis=1)
    cosine = np.clip((mixing @ mixing.T) / np.outer(sigma, sigma), -1, 1)
    angle = np.arccos(cosine)
    second = np.outer(sigma, sigma) * (np.sqrt(1 - cosine**2) + (np.pi - angle) * cosine) / (2 * np.pi)
    mean = sigma / np.sqrt(2 * np.pi)
    return Law(
        lambda n, rng: np.maximum(rng.standard_normal((n, d)) @ mixing.T, 0), mean, second - np.outer(mean, mean)
    )


def mixture(d: int, off: float) -> Law:
    """Ten normal clusters with centres of length about 2√2, equally likely; off: two are thinned to a fifth."""
    return _clusters(d, np.where(np.arange(10) < 2, 1 - 0.8 * off, 1.0))


def student(d: int, off: float) -> Law:
    """Multivariate Student-t with 5 degrees of freedom; off: 10 % wider and shifted by 0.3 in a quarter."""
    scale, mean = 1 + 0.1 * off, 0.3 * off * (np.arange(d) % 4 == 0)

    def draw(n: int, rng: np.random.Generator) -> np.ndarray:
        return mean + scale * rng.standard_normal((n, d)) / np.sqrt(rng.chisquare(5, (n, 1)) / 5)

    return Law(draw, mean, scale**2 * 5 / 3 * np.eye(d))


def sparse(d: int, off: float) -> Law:
    """Independent zeros and ones, a tenth of them ones; off: 16 % in every other place."""
    share = np.where(np.arange(d) % 2 == 0, 0.1 + 0.06 * off, 0.1)
    return Law(lambda n, rng: (rng.random((n, d)) < share).astype(np.float64), share, np.diag(share * (1 - share)))


def rounded(d: int, off: float) -> Law:
    """Normal numbers rounded to whole ones; off: 15 % wider."""
    scale = 1 + 0.15 * off
    from scipy.stats import norm

    values = np.arange(-12, 13)
    chance = norm.cdf((values + 0.5) / scale) - norm.cdf((values - 0.5) / scale)
    return Law(
        lambda n, rng: np.round(scale * rng.standard_normal((n, d))), np.zeros(d), np.eye(d) * (chance @ values**2)
    )


def lognormal(d: int, off: float) -> Law:
    """Independent exp(z/2) with normal z; off: 10 % larger."""
    scale, square = 1 + 0.1 * off, np.exp(0.25)
    return Law(
        lambda n, rng: scale * np.exp(rng.standard_normal((n, d)) / 2),
        np.full(d, scale * np.sqrt(square)),
        scale**2 * square * (square - 1) * np.eye(d),
    )


def unequal(d: int, off: float) -> Law:
    """Ten normal clusters of weights 10 to 1; off: 1 to 10."""
    return _clusters(d, np.arange(1.0, 11.0)[:: 1 if off else -1])


def collapsed(d: int, off: float) -> Law:
    """Normal numbers; off: the 2d points ±√d e_i, which have the same mean and covariance."""
    points = np.sqrt(d) * np.concatenate([np.eye(d), -np.eye(d)])
    if off:
        return Law(lambda n, rng: points[rng.integers(0, 2 * d, n)], np.zeros(d), np.eye(d))
    return gaussian(d, 0.0)


def digits(d: int, off: float) -> Law:
    """Features of `classifier:mnist` of MNIST-5k, drawn with replacement; off: zeros and ones thinned to a fifth."""
    rows, labels = _digits()
    weights = np.where(labels < 2, 1 - 0.8 * off, 1.0)
    weights /= weights.sum()
    mean = weights @ rows
    centred = rows - mean
    return Law(lambda n, rng: rows[rng.choice(len(rows), n, p=weights)], mean, centred.T @ (weights[:, None] * centred))


@cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    from ganeval.extractors.classifier import Classifier
    from reference_models.data.data import mnist_5k

    known, extractor = mnist_5k(), Classifier(argument="mnist")
    stack = np.stack([extractor.prepare(np.repeat(image[:, :, None], 3, axis=2)) for image in known.images])
    parts = [extractor.rows(stack[start : start + 500])["features"] for start in range(0, len(stack), 500)]
    return np.concatenate(parts).astype(np.float64), known.labels


LAWS: dict[str, Callable[[int, float], Law]] = {
    "gaussian": gaussian,
    "rectified": rectified,
    "mixture": mixture,
    "student-t5": student,
    "sparse": sparse,
    "rounded": rounded,
    "lognormal": lognormal,
    "unequal": unequal,
    "collapsed": collapsed,
    "digits": digits,
}


def _turn(d: int, seed: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((d, d)))[0]


def _clusters(d: int, weights: np.ndarray) -> Law:
    """Normal clusters of these weights around ten centres of length about 2√2."""
    weights = weights / weights.sum()
    centres = np.random.default_rng(3).standard_normal((10, d)) * np.sqrt(8 / d)
    mean = weights @ centres
    covariance = np.eye(d) / 4 + (centres - mean).T @ np.diag(weights) @ (centres - mean)

    def draw(n: int, rng: np.random.Generator) -> np.ndarray:
        return centres[rng.choice(10, n, p=weights)] + 0.5 * rng.standard_normal((n, d))

    return Law(draw, mean, covariance)
