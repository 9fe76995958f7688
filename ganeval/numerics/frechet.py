"""Linear algebra under the metrics: the Fréchet distance and the effect of each row on it, in float64.

Never `scipy.linalg.sqrtm`, no epsilon on the diagonal, no complex numbers.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from jaxtyping import Float64, Int

from ganeval.core.errors import FeatureError
from ganeval.core.rows import Moments, at_least_two, moments_of
from ganeval.core.types import AnyRows

_TILE = 2048
_PAIRS = 4096


def frechet_distance(real: Moments | AnyRows, fake: Moments | AnyRows) -> float:
    """Squared Wasserstein-2 distance between the Gaussians with the moments of these rows (n, d).

    ‖μ₁ − μ₂‖² + tr Σ₁ + tr Σ₂ − 2 tr (Σ₁^½ Σ₂ Σ₁^½)^½   (Fréchet 1957; Heusel et al. 2017).

    Unit: squared feature units. Zero for identical sets up to rounding. Raises FeatureError when
    the widths differ or a covariance is not positive semi-definite, TooFewError below two rows.

    >>> a = Moments.from_covariance(np.zeros(3), np.eye(3), n=None)
    >>> b = Moments.from_covariance(np.ones(3), 4 * np.eye(3), n=None)
    >>> frechet_distance(a, b)  # 3 from the means, 3·(1 + 4 − 2·2) from the covariances
    6.0
    """
    real, fake = (side if isinstance(side, Moments) else moments_of(side) for side in (real, fake))
    if real.d != fake.d:
        raise FeatureError(f"the two sides have {real.d} and {fake.d} feature dimensions: use one extractor for both")
    gap = real.mean - fake.mean
    spread = _trace(real) + _trace(fake)
    means = float(gap @ gap)
    fast = _root_trace_by_eigenvalues(real, fake)
    if fast is not None:
        root, error = fast
        distance = means + spread - 2 * root
        if error <= 1e-7 * abs(distance):
            return distance
    root = float(np.linalg.svd(_factor(real) @ _factor(fake).T, compute_uv=False).sum())
    return means + spread - 2 * root


def frechet_influence(
    real: Moments, fake: Moments, *, rows: Mapping[str, AnyRows]
) -> dict[str, Float64[np.ndarray, " n"]]:
    """The effect of each row of a side ("real", "fake") on the squared distance, to first order; mean 0.

    With a = x − μ₁ and T the optimal map from the first Gaussian to the second, a real row's effect is
    2 a·(μ₁ − μ₂) + aᵀ(I − T)a; with T⁻¹ and the other sign of the gap for a fake row (Rippl, Munk & Sturm, Limit
    laws of the empirical Wasserstein distance: Gaussian distributions, 2016). Unit: squared feature units.
    """
    forms = _forms_by_cholesky(real, fake) or _forms_by_roots(real, fake)
    gap = real.mean - fake.mean
    signed = {"real": 2 * gap, "fake": -2 * gap}
    means = {"real": real.mean, "fake": fake.mean}
    effects = {}
    for role, values in rows.items():
        effect = np.concatenate([_effects(block - means[role], signed[role], forms[role]) for block in _strips(values)])
        effects[role] = effect - effect.mean()
    return effects


def frechet_null_spread(moments: Moments, rows: AnyRows, *, order: Int[np.ndarray, " n"] | None = None) -> float:
    """E K(x, x′)² for two rows of one law, where K is the kernel of the squared distance near equal laws.

    There the distance is ⟨Δ, Δ⟩ for Δ = mean φ(x) − mean φ(y), to second order, with (a the centred row in the
    eigenbasis of Σ, b = a ∘ a′ element by element)

        K = Σ_k b_k + ½ (Σ_kl b_k b_l / (λ_k + λ_l) − ½|a|² − ½|a′|² + ½ tr Σ),

    so that between n and m rows of one law its variance is 2 E K² (1/n + 1/m)². The mean is over a fixed choice of
    pairs of rows, by their places in `order`. Unit: squared feature units, squared.

    >>> rows = np.random.default_rng(0).standard_normal((4000, 1))  # F is (x̄ − ȳ)² + (s_x − s_y)²: E K² = 1 + 1/4
    >>> 1.1 < frechet_null_spread(moments_of(rows), rows) < 1.4
    True
    """
    values, vectors = np.linalg.eigh(moments.covariance)
    kept = values > max(values[-1], 0.0) * len(values) * np.finfo(np.float64).eps
    values, vectors = values[kept], vectors[:, kept]
    if not len(values):
        return 0.0
    first, second = _pairs(len(rows)) if order is None else order[np.stack(_pairs(len(rows)))]
    a, other = ((rows[index].astype(np.float64) - moments.mean) @ vectors for index in (first, second))
    both = a * other
    quadratic = np.einsum("nd,nd->n", both @ (1 / (values[:, None] + values)), both)
    lengths = np.square(a).sum(axis=1) + np.square(other).sum(axis=1)
    kernel = both.sum(axis=1) + (quadratic - lengths / 2 + values.sum() / 2) / 2
    return float(np.square(kernel).mean())


def _pairs(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions of up to 4,096 pairs of different rows, the same for every set of n."""
    rng = np.random.default_rng(n)
    first = rng.integers(0, n, _PAIRS)
    return first, (first + rng.integers(1, n, _PAIRS)) % n


def _effects(a: np.ndarray, gap: np.ndarray, form: np.ndarray) -> np.ndarray:
    """a·gap + |a|² − |F a|², with FᵀF the optimal map."""
    return a @ gap + np.square(a).sum(axis=1) - np.square(a @ form.T).sum(axis=1)


def _forms_by_cholesky(real: Moments, fake: Moments) -> dict[str, np.ndarray] | None:
    """F with FᵀF = T, by role, or None unless both covariances have full rank.

    With L Lᵀ = Σ₁ and V Λ Vᵀ = Lᵀ Σ₂ L, T = L⁻ᵀ V Λ^½ Vᵀ L⁻¹, for which T Σ₁ T = Σ₂, and T⁻¹ = L V Λ^−½ Vᵀ Lᵀ.
    """
    from scipy.linalg import solve_triangular

    if min(_rank_bound(real), _rank_bound(fake)) < real.d or real.full is None or fake.full is None:
        return None
    try:
        lower = np.linalg.cholesky(real.full)
    except np.linalg.LinAlgError:
        return None
    values, vectors = np.linalg.eigh(lower.T @ fake.full @ lower)
    if values[0] <= values[-1] * len(values) * np.finfo(np.float64).eps:
        return None
    quarter = np.sqrt(np.sqrt(values))[:, None]
    there = quarter * solve_triangular(lower.T, vectors, lower=False, check_finite=False).T
    return {"real": there, "fake": (lower @ vectors).T / quarter}


def _forms_by_roots(real: Moments, fake: Moments) -> dict[str, np.ndarray]:
    """The same by symmetric roots and pseudo-inverses, in the directions in which either side varies."""
    keep = _common_range(real, fake)
    covariances = [keep.T @ side.covariance @ keep for side in (real, fake)]
    root, inverse = _root_and_inverse(covariances[0])
    values, vectors = np.linalg.eigh(root @ covariances[1] @ root)
    values = np.clip(values, 0.0, None)
    floor = values.max(initial=0.0) * len(values) * np.finfo(np.float64).eps
    quarter = np.sqrt(np.sqrt(values))
    back = np.where(values > floor, 1 / np.maximum(quarter, np.sqrt(np.sqrt(floor)) or 1.0), 0.0)
    return {
        "real": (vectors * quarter).T @ inverse @ keep.T,
        "fake": (vectors * back).T @ root @ keep.T,
    }


def _strips(rows: AnyRows) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), _TILE):
        yield rows[start : start + _TILE].astype(np.float64)


def _common_range(real: Moments, fake: Moments) -> np.ndarray:
    """A basis (d, r) of the directions in which either side varies."""
    both = real.covariance + fake.covariance
    values, vectors = np.linalg.eigh(both)
    return vectors[:, values > max(values[-1], 0.0) * len(values) * np.finfo(np.float64).eps]


def _root_and_inverse(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The symmetric square root and its pseudo-inverse."""
    values, vectors = np.linalg.eigh(covariance)
    floor = values.max(initial=0.0) * len(values) * np.finfo(np.float64).eps
    roots = np.sqrt(np.clip(values, 0.0, None))
    inverse = np.where(values > floor, 1 / np.sqrt(np.maximum(values, floor or 1.0)), 0.0)
    return (vectors * roots) @ vectors.T, (vectors * inverse) @ vectors.T


def _trace(moments: Moments) -> float:
    if moments.deviations is not None:
        return float(np.square(moments.deviations).sum() / (at_least_two(moments) - 1))
    return float(np.trace(moments.covariance))


def _root_trace_by_eigenvalues(real: Moments, fake: Moments) -> tuple[float, float] | None:
    """Σ √λ(Lᵀ Σ₂ L) with L Lᵀ = Σ₁, and a bound on its rounding error; None unless both have full rank.

    An eigenvalue is known to about √d·ε·λmax, so its root to √ of that near zero.
    """
    if real.full is None or fake.full is None or _rank_bound(real) < real.d or _rank_bound(fake) < fake.d:
        return None
    try:
        lower = np.linalg.cholesky(real.full)
    except np.linalg.LinAlgError:
        return None
    eigenvalues = np.linalg.eigvalsh(lower.T @ fake.full @ lower)
    noise = np.sqrt(real.d) * np.finfo(np.float64).eps * max(eigenvalues[-1], 0.0)
    if eigenvalues[0] < -10 * noise:
        return None
    roots = np.sqrt(np.clip(eigenvalues, 0.0, None))
    error = float(np.minimum(np.sqrt(noise), noise / np.maximum(2 * roots, 1e-300)).sum())
    return float(roots.sum()), error


def _rank_bound(moments: Moments) -> int:
    return moments.d if moments.n is None else min(moments.n - 1, moments.d)


def _factor(moments: Moments) -> np.ndarray:
    """F (r, d) with FᵀF = covariance.

    tr (Σ₁^½ Σ₂ Σ₁^½)^½ is the sum of the singular values of F₁F₂ᵀ for any such factors. Singular
    values carry an error of ε·σmax where eigenvalues of the product would lose half the digits.
    """
    if moments.deviations is not None:
        return moments.deviations / np.sqrt(at_least_two(moments) - 1)
    covariance = moments.covariance
    smallest = moments.d * np.finfo(np.float64).eps  # share of the largest eigenvalue that rounding makes of nothing
    if _rank_bound(moments) == moments.d:
        try:
            lower = np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            lower = None
        if lower is not None and np.diag(lower).min() ** 2 > smallest * np.trace(covariance):
            return lower.T
    values, vectors = np.linalg.eigh(covariance)
    if values[0] < -1e-6 * max(np.abs(values).max(), 1e-300):
        raise FeatureError(
            f"the covariance is not positive semi-definite (smallest eigenvalue {values[0]:.3g}): "
            "the statistics are damaged, recompute them"
        )
    kept = slice(moments.d - _rank_bound(moments), None)
    values = np.where(values[kept] > smallest * values[-1], values[kept], 0.0)
    return np.sqrt(values)[:, None] * vectors[:, kept].T
