"""Latent vectors: paths between them, sums of them, directions in them. Arrays in, arrays out.

| prior | length of a vector | middle of a straight path | mean of k | Ā − B̄ + C̄ of k each |
|---|---|---|---|---|
| N(0, 1) | ≈ √d | 1/√2 of that | 1/√k | √(3/k) |
| U(−1, 1) | ≈ √(d/3) | 1/√2 | 1/√k | √(3/k) |

In high dimensions nearly all of the prior lies at that length, and a generator has learnt from nothing else: a
straight path leaves it, and the arithmetic of single vectors overshoots by √3 while that of three exemplars each
has just the right length. So averaging exemplars is to be compared with rescaling one.

Great circles: White, Sampling Generative Networks, 2016 (arXiv:1609.04468). Arithmetic: Radford, Metz, Chintala,
ICLR 2016, figure 7.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri

from reference_models.models.latents import Prior

How = Literal["lerp", "renormalised", "slerp", "cdf"]
_EDGE = 1e-12


def typical_norm(prior: Prior) -> float:
    """The length that nearly all latents have: the root of the mean squared one.

    >>> typical_norm(Prior("normal", 100)), typical_norm(Prior("uniform", 48))
    (10.0, 4.0)
    """
    return math.sqrt(prior.size / (3 if prior.name == "uniform" else 1))


def rescaled(latents: np.ndarray, norm: float | np.ndarray) -> np.ndarray:
    """Latents (…, d) at another length; the zero vector stays.

    >>> rescaled(np.array([[3.0, 4.0]]), 10.0).tolist()
    [[6.0, 8.0]]
    """
    lengths = np.linalg.norm(latents, axis=-1, keepdims=True)
    return latents * np.divide(norm, lengths, out=np.ones_like(lengths), where=lengths > 0)


def lerp(start: np.ndarray, end: np.ndarray, *, t: np.ndarray) -> np.ndarray:
    """Straight paths: (n, d) to (n, d) at the times t (m,) gives (n, m, d).

    >>> lerp(np.array([[0.0, 2.0]]), np.array([[4.0, 0.0]]), t=np.array([0.25])).tolist()
    [[[1.0, 1.5]]]
    """
    t = t[:, None]
    return (1 - t) * start[:, None] + t * end[:, None]


def slerp(start: np.ndarray, end: np.ndarray, *, t: np.ndarray) -> np.ndarray:
    """Paths along great circles, at constant angular speed; between equal lengths the length is kept.

    >>> slerp(np.array([[2.0, 0.0]]), np.array([[0.0, 2.0]]), t=np.array([0.5])).round(6).tolist()
    [[[1.414214, 1.414214]]]
    """
    unit = rescaled(start, 1.0), rescaled(end, 1.0)
    angle = np.arccos(np.clip((unit[0] * unit[1]).sum(axis=1), -1, 1))[:, None]
    sine = np.sin(angle)
    if (sine < 1e-6).any():  # the same direction, or no plane to turn in
        straight = lerp(start, end, t=t)
        return np.where((sine < 1e-6)[:, None], straight, _turned(start, end, t, np.where(sine < 1e-6, 1.0, angle)))
    return _turned(start, end, t, angle)


def _turned(start: np.ndarray, end: np.ndarray, t: np.ndarray, angle: np.ndarray) -> np.ndarray:
    weights = np.sin((1 - t) * angle) / np.sin(angle), np.sin(t * angle) / np.sin(angle)
    return weights[0][..., None] * start[:, None] + weights[1][..., None] * end[:, None]


def cdf_path(start: np.ndarray, end: np.ndarray, *, t: np.ndarray) -> np.ndarray:
    """Paths between latents of U(−1, 1) whose every point is again uniform: through normal ones, along circles.

    Each coordinate goes through the normal quantile function, the great circle and back; exactly uniform where the
    normal vectors are combined with weights whose squares sum to 1, as two independent ones nearly are.
    """
    normal = [ndtri(np.clip((1 + latents) / 2, _EDGE, 1 - _EDGE)) for latents in (start, end)]
    return 2 * ndtr(slerp(normal[0], normal[1], t=t)) - 1


def path(start: np.ndarray, end: np.ndarray, *, t: np.ndarray, how: How, prior: Prior) -> np.ndarray:
    """Paths (n, m, d) of a kind; `renormalised` is the straight path brought to the prior's typical length."""
    if how == "renormalised":
        ends = np.linalg.norm(start, axis=1), np.linalg.norm(end, axis=1)
        return rescaled(lerp(start, end, t=t), ((1 - t) * ends[0][:, None] + t * ends[1][:, None])[..., None])
    if how == "cdf" and prior.name == "normal":
        return slerp(start, end, t=t)
    return {"lerp": lerp, "slerp": slerp, "cdf": cdf_path}[how](start, end, t=t)


def kinds_of_path(prior: Prior) -> tuple[How, ...]:
    """Those that differ: for normal latents the CDF map is the great circle."""
    return ("lerp", "renormalised", "slerp", *(("cdf",) if prior.name == "uniform" else ()))


def analogy(plus: np.ndarray, minus: np.ndarray, *, other: np.ndarray) -> np.ndarray:
    """Ā − B̄ + C̄ of k exemplars each: three times (n, k, d) gives (n, d).

    >>> ones = np.ones((1, 3, 2))
    >>> analogy(5 * ones, 3 * ones, other=ones).tolist()
    [[3.0, 3.0]]
    """
    return plus.mean(axis=1) - minus.mean(axis=1) + other.mean(axis=1)


def around(latent: np.ndarray, *, rng: np.random.Generator, reach: float = 0.25) -> np.ndarray:
    """Nine latents (9, d): (d,) itself in the middle, and eight neighbours with noise from U(−reach, reach)."""
    made = latent + rng.uniform(-reach, reach, (9, len(latent)))
    made[4] = latent
    return made


@dataclass(frozen=True)
class Fit:
    """Linear predictions of measures from latents: `weights` (d, m), `means` and `spreads` (m,) of the measures."""

    weights: np.ndarray
    means: np.ndarray
    spreads: np.ndarray

    def explained(self, latents: np.ndarray, measures: np.ndarray) -> np.ndarray:
        """R² (m,): the share of the measures' variance that is predicted, on these latents."""
        left = (measures - self.means - latents @ self.weights) ** 2
        return 1 - left.sum(axis=0) / np.maximum(((measures - measures.mean(axis=0)) ** 2).sum(axis=0), 1e-30)

    def direction(self, at: int) -> np.ndarray:
        """The unit vector (d,) along which measure `at` is predicted to grow fastest."""
        return rescaled(self.weights[:, at], 1.0)


def ridge(latents: np.ndarray, measures: np.ndarray, *, penalty: float = 10.0) -> Fit:
    """Ridge regression of measures (n, m) on latents (n, d), which have mean 0.

    >>> z = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> ridge(z, 3 * z[:, :1] + 7, penalty=0.0).weights.round(6).ravel().tolist()
    [3.0, 0.0]
    """
    means = measures.mean(axis=0)
    square = latents.T @ latents + penalty * np.eye(latents.shape[1])
    return Fit(np.linalg.solve(square, latents.T @ (measures - means)), means, measures.std(axis=0))
