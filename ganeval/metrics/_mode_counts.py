"""Samples counted in bins: which bins are covered, in what shares, and how that is said.

Rules and formulas are told in `modes.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

_LEAST_RECOGNISABLE = 0.5
_NAMED = 12
KEYS = ("recognisable", "modes", "ndb", "js", "reverse_kl")


@dataclass(frozen=True)
class ModeCounts:
    """One set counted in K bins."""

    n: int
    k: int
    scores: Mapping[str, float | None]
    withheld: Mapping[str, str]
    share: np.ndarray
    fair: np.ndarray
    covered: np.ndarray

    def missing(self, names: tuple[str, ...]) -> list[str] | None:
        """The bins that are not covered; None where no count is given."""
        if self.scores["modes"] is None:
            return None
        return [name for name, there in zip(names, self.covered, strict=True) if not there]

    def sentence(self, missing: list[str] | None) -> str:
        """How many are drawn and which are not."""
        recognisable = f"recognisable {self.scores['recognisable'] or 0:.1%}"
        if missing is None:
            return f"no count of modes: {self.withheld['modes']}"
        rest = f", and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        remark = f"not drawn: {', '.join(missing[:_NAMED])}{rest}" if missing else "all are drawn"
        return f"{recognisable}; {self.k - len(missing)} of {self.k} modes ({remark})"

    def line(self) -> str:
        """The scores in one line."""
        modes = self.scores["modes"]
        parts = [f"recognisable {self.scores['recognisable'] or 0:.1%}"]
        parts.append("no count" if modes is None else f"{modes:.0f} of {self.k} modes")
        names = {"ndb": "NDB/K", "js": "JS", "reverse_kl": "reverse KL"}
        parts += [f"{label} {self.scores[key]:.3f}" for key, label in names.items() if self.scores[key] is not None]
        return ", ".join(parts)


def count_modes(
    bins: np.ndarray, recognised: np.ndarray, *, fair: np.ndarray, reference: np.ndarray, size: float, tau: float
) -> ModeCounts:
    """Count samples by the bin of each, `recognised` or not, against fair shares and those of `size` held-out reals."""
    k, n = len(fair), len(bins)
    share = float(recognised.mean()) if n else 0.0
    counts = np.bincount(bins, minlength=k)
    kept = np.bincount(bins[recognised], minlength=k)
    covered = covered_modes(bins, recognised, fair=fair, tau=tau)
    scores: dict[str, float | None] = dict.fromkeys(KEYS)
    withheld = {}
    if n:
        shares, middle = counts / n, (counts / n + reference) / 2
        scores |= {
            "recognisable": share,
            "modes": float(covered.sum()),
            "ndb": float(differing_bins(counts, reference, size=size).mean()),
            "js": max(0.0, (divergence(shares, middle) + divergence(reference, middle)) / 2),
            "reverse_kl": max(0.0, divergence(kept / max(kept.sum(), 1), fair)) if kept.sum() else None,
        }
    needed = int(np.ceil(5 * k / tau)) if tau else 1
    if tau and share < _LEAST_RECOGNISABLE:
        withheld["modes"] = f"only {share:.1%} are recognisable, a count would be one of noise"
        withheld["reverse_kl"] = withheld["modes"]
    elif n < needed:
        withheld["modes"] = f"{k} modes at tau {tau:g} need {needed:,} images, got {n:,}"
    scores |= dict.fromkeys(withheld)
    return ModeCounts(n=n, k=k, scores=scores, withheld=withheld, share=kept / max(n, 1), fair=fair, covered=covered)


def covered_modes(
    bins: Int64[np.ndarray, " n"],
    recognised: Bool[np.ndarray, " n"],
    *,
    fair: Float64[np.ndarray, " k"],
    tau: float = 0.2,
) -> Bool[np.ndarray, " k"]:
    """Which bins have recognised samples ÷ all n of at least τ of their fair share, and at least one.

    `bins` numbers the bin of each sample, `fair` sums to 1. Unit: none.

    >>> bins, recognised = np.array([0, 0, 1, 1]), np.array([True, True, True, False])
    >>> covered_modes(bins, recognised, fair=np.array([0.25, 0.5, 0.25]), tau=0.6).tolist()
    [True, False, False]
    """
    counts = np.bincount(bins[recognised], minlength=len(fair))
    return (counts > 0) & (counts >= tau * fair * len(bins) - 1e-9)


def differing_bins(
    counts: Int64[np.ndarray, " k"], others: Float64[np.ndarray, " k"], *, size: float, significance: float = 0.05
) -> Bool[np.ndarray, " k"]:
    """Bins whose share of `counts` differs from the shares `others` of `size` samples (inf: known shares).

    Two-sided two-proportion z-test with pooled variance, one a bin, uncorrected as in NDB.

    >>> differing_bins(np.array([90, 10]), np.array([0.5, 0.5]), size=100).tolist()
    [True, True]
    """
    from scipy.stats import norm

    n = int(counts.sum())
    weight = 0.0 if np.isinf(size) else size / (n + size)
    known = np.isinf(size)
    pooled = others if known else (1 - weight) * counts / n + weight * others
    spread = np.sqrt(pooled * (1 - pooled) * (1 / n + (0.0 if known else 1 / size)))
    gap = np.abs(counts / n - others)
    return np.where(spread > 0, gap > norm.ppf(1 - significance / 2) * spread, gap > 1e-12)


def divergence(p: Float64[np.ndarray, " k"], q: Float64[np.ndarray, " k"]) -> float:
    """Kullback–Leibler divergence Σ p log(p/q) in nats.

    >>> round(divergence(np.array([1.0, 0.0]), np.array([0.5, 0.5])), 6)  # ln 2
    0.693147
    """
    there = p > 0
    with np.errstate(divide="ignore"):
        return float(np.sum(p[there] * np.log(p[there] / q[there])))
