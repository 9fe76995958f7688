"""How sure shares are: exact bounds, modes of which nothing was drawn, and divergences of counted shares."""

import numpy as np
from jaxtyping import Float64, Num

from ganeval.core.estimate import Estimate, normal_quantile


def exact_bounds(
    counts: Num[np.ndarray, " k"], n: int, *, tail: float
) -> tuple[Float64[np.ndarray, " k"], Float64[np.ndarray, " k"]]:
    """Clopper–Pearson bounds of shares, with at most `tail` of probability beyond each.

    >>> low, high = exact_bounds(np.array([0, 5]), 10, tail=0.025)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.187], [0.308, 0.813])
    """
    from scipy.stats import beta

    with np.errstate(invalid="ignore"):
        low = np.where(counts > 0, beta.ppf(tail, counts, n - counts + 1), 0.0)
        high = np.where(counts < n, beta.ppf(1 - tail, counts + 1, n - counts), 1.0)
    return low, high


def unseen_below(n: int) -> float:
    """What a share is below, at 95 %, when none of n were of it: 1 − 0.05^(1/n), the rule of three.

    >>> round(unseen_below(300), 4)  # about 3/n
    0.0099
    """
    return 1 - 0.05 ** (1 / n)


def divergence_estimate(
    counts: Num[np.ndarray, " k"], fair: Float64[np.ndarray, " k"], *, size: int | None, level: float
) -> Estimate:
    """Σ p log(p/q) of counted shares p against fair ones q > 0, which `size` samples made (None: known shares).

    Corrected by Miller & Madow, (bins that are not empty − 1)/2n less, and the same for q. The variance is that of
    the delta method and that of equal shares, (K − 1)/2 · (1/n + 1/size)², added. `p_value` is the chance of a value
    as large at equal shares: 2 · KL/(1/n + 1/size) is then χ² with K − 1 degrees of freedom.

    >>> even = divergence_estimate(np.array([50, 50]), np.array([0.5, 0.5]), size=None, level=0.95)
    >>> even.value, even.corrected, even.p_value
    (0.0, -0.005, 1.0)
    """
    from scipy.stats import chi2

    n, there = float(counts.sum()), counts > 0
    p, q = counts[there] / n, fair[there]
    logs = np.log(p / q)
    value = float(p @ logs)
    of_fair = 0.0 if size is None else 1 / size
    corrected = value - (int(there.sum()) - 1) / (2 * n) - of_fair * (float(np.sum(p / q)) - 1) / 2
    variance = (float(p @ np.square(logs)) - value**2) / n + of_fair * max(0.0, float(np.sum(p**2 / q)) - 1)
    variance += (len(fair) - 1) / 2 * (1 / n + of_fair) ** 2
    reach = normal_quantile(level) * float(np.sqrt(variance))
    same = float(chi2.sf(2 * value / (1 / n + of_fair), len(fair) - 1))
    return Estimate(
        value=value,
        corrected=corrected,
        low=corrected - reach,
        high=corrected + reach,
        level=level,
        method="delta method, Miller-Madow",
        p_value=same,
    )
