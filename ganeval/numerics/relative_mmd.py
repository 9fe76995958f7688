"""How the squared MMDs of several fakes to the same reals err together: what a relative MMD test needs.

Bounliphone et al., A Test of Relative Similarity for Model Selection in Generative Models, ICLR 2016, compare two
fakes by the difference of their unbiased squared MMDs to one real set. The mean kernel value among the reals is in
both and cancels; what is left of one fake A is the U-statistic mean k(a, a′) − 2 mean k(r, a), with the Hoeffding
decomposition (Serfling 1980, §5.2) used here:

    a real row's effect    −2 E k(r, A)                     shared by all fakes
    a fake row's effect     2 (E k(a, A′) − E k(R, a))      its own
    second order            2 s_aa/m² + 4 s_ra/(nm)         its own; s is the variance of a doubly centred kernel

Effects are estimated by means over the other rows, whose noise is taken off their variances. At the null, where the
effects vanish, the second order alone is left, and the difference is not normal but symmetric.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from ganeval.numerics.kernels import Kernel, pair_sums
from ganeval.numerics.two_sample import PairSums


def mmd_covariance(
    real: Float[np.ndarray, "n d"],
    fakes: Sequence[Float[np.ndarray, "_ d"]],
    *,
    kernel: Kernel,
    sampled: frozenset[str],
) -> Float[np.ndarray, "p p"]:
    """Covariance of the squared MMDs of p fakes to the same reals, up to what all have in common.

    It is right for differences among the fakes. Roles that are not in `sampled` ("real", "fake") are taken as given.

    >>> rng, kernel = np.random.default_rng(0), lambda products: products
    >>> real, fakes = rng.normal(size=(50, 2)), [rng.normal(size=(50, 2))] * 2
    >>> found = mmd_covariance(real, fakes, kernel=kernel, sampled=frozenset({"real"}))
    >>> round(float(found[0, 0] + found[1, 1] - 2 * found[0, 1]), 12)  # the same fakes: no difference, no error
    0.0
    """
    n, both = len(real), float(len(sampled) == 2)
    mixed = [pair_sums(real, fake, kernel=kernel) for fake in fakes]
    covariance = np.diag([both * 4 * pairs.variance / (n * len(pairs.right)) for pairs in mixed])
    if "real" in sampled:
        noise = np.diag([both * pairs.variance / len(pairs.right) for pairs in mixed])
        effects = [pairs.left / len(pairs.right) for pairs in mixed]
        covariance += 4 / n * _positive(np.atleast_2d(np.cov(effects)) - noise)
    if "fake" in sampled:
        own = [_own(fake, pairs, kernel, both / n) for fake, pairs in zip(fakes, mixed, strict=True)]
        covariance += np.diag(own)
    return covariance


def _own(fake: np.ndarray, mixed: PairSums, kernel: Kernel, share: float) -> float:
    """The variance that a fake's own rows make; `share` is 1/n where the reals are a sample, else 0."""
    m, within = len(fake), pair_sums(fake, fake, kernel=kernel)
    noise = within.variance / m + share * mixed.variance
    means = within.left / (m - 1) - mixed.right / len(mixed.left)
    effects = max(0.0, float(np.var(means, ddof=1)) - noise)
    return 4 * effects / m + 2 * within.variance / m**2


def _positive(matrix: np.ndarray) -> np.ndarray:
    """The nearest symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 0.0)) @ vectors.T
