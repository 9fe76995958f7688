"""Recorded runs beside published numbers: do they agree, and what difference would have been seen?

PacGAN, Table 1 (Lin, Khetan, Fanti & Oh, NeurIPS 2018): means over 10 runs and their standard errors, 2D-ring.
"""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.ledger import scores

RULE = "tau=0.0,mixture=ring"  # as reports spell the options


@dataclass(frozen=True)
class Published:
    """A mean over runs with its standard error."""

    mean: float
    error: float
    runs: int = 10


PACGAN_RING = {
    "plain": {
        "modes": Published(6.3, 0.5),
        "recognisable": Published(0.982, 0.002),
        "reverse_kl": Published(0.45, 0.09),
    },
    "packing 2": {
        "modes": Published(7.9, 0.1),
        "recognisable": Published(0.956, 0.02),
        "reverse_kl": Published(0.07, 0.03),
    },
}
NAMES = {"modes": "modes", "recognisable": "high quality", "reverse_kl": "reverse KL"}


@dataclass(frozen=True)
class Agreement:
    """Ours beside theirs: `limit` is the largest difference that chance explains at 95 %, `seen` what would be seen
    four times in five."""

    mean: float
    error: float
    runs: int
    limit: float
    seen: float
    agrees: bool


def agreement(ours: Sequence[float], theirs: Published) -> Agreement:
    """Welch's comparison of two means: |difference| ≤ t · √(SE² + SE²).

    >>> found = agreement([1.0, 2.0, 3.0], Published(2.5, 0.5, runs=3))
    >>> round(found.error, 3), found.agrees, round(found.limit, 2)
    (0.577, True, 2.14)
    """
    from scipy.stats import t

    n = len(ours)
    mean, error = statistics.fmean(ours), statistics.stdev(ours) / math.sqrt(n)
    variances = error**2, theirs.error**2
    degrees = sum(variances) ** 2 / (variances[0] ** 2 / (n - 1) + variances[1] ** 2 / (theirs.runs - 1))
    both = math.sqrt(sum(variances))
    limit = float(t.ppf(0.975, degrees)) * both
    seen = limit + float(t.ppf(0.8, degrees)) * both
    return Agreement(mean, error, n, limit, seen, abs(mean - theirs.mean) <= limit)


def pacgan_table(records: Iterable[Mapping[str, Any]]) -> str:
    """The suite `pacgan-ring` beside Table 1, in Markdown; what has fewer than two runs is said to."""
    values = scores(records)
    lines = [
        "| | | PacGAN, Table 1 | here | agrees | a difference that would have been seen |",
        "|---|---|---|---|---|---|",
    ]
    for name, by_key in PACGAN_RING.items():
        for key, theirs in by_key.items():
            ours = values.get(name, {}).get(f"{key}:{RULE}", [])
            lines.append(f"| {name} | {NAMES[key]} | {theirs.mean:g} ± {theirs.error:g} | {_told(ours, theirs)} |")
    return "\n".join([*lines, ""])


def _told(ours: Sequence[float], theirs: Published) -> str:
    if len(ours) < 2:
        value = "".join(f"{one:.3g} " for one in ours)
        return f"{value}({len(ours)} of 2 runs needed) | – | –"
    found = agreement(ours, theirs)
    agrees = "yes" if found.agrees else "no"
    return f"{found.mean:.3g} ± {found.error:.2g} ({found.runs} runs) | {agrees} | {found.seen:.2g}"
