"""A score with what is known about its error, and how intervals are wanted."""

import math
import re
from dataclasses import dataclass, field

Range = tuple[float | None, float | None]
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Estimate:
    """A score with what is known about its error.

    `value` is the literature's number. `corrected` is it without its bias in n, where that can be had; then `low`
    and `high` bracket the corrected one. `reason` says why there is no interval. `p_value` is the chance of a value at
    least as bad if reals and fakes had one distribution, where a test is made.
    """

    value: float | None
    corrected: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    method: str | None = None
    reason: str | None = None
    p_value: float | None = None


@dataclass(frozen=True)
class IntervalSettings:
    """How intervals are wanted. `fixed` roles are taken as the population, not as a sample."""

    level: float = 0.95
    seed: int = 0
    fixed: frozenset[str] = field(default_factory=frozenset)


def beyond_square(value: float, reach: float) -> float:
    """What is added to the upper end value + reach of a squared length, to make it the square of its root's upper end.

    (√v + reach/2√v)² = v + reach + reach²/4v. The root's error is only so small where reach is: at most reach is added,
    for where v is nearly 0 the quotient tells nothing.

    >>> beyond_square(1.0, 0.4), beyond_square(1e-12, 0.4), beyond_square(0.0, 0.4)
    (0.04000..., 0.4, 0.0)
    """
    return min(reach, reach**2 / (4 * value)) if value > 0 else 0.0


def beyond_range(low: float, high: float, *, possible: Range) -> str | None:
    """Why an interval is none: not finite, wider than all `possible` values or apart from them; None where it is one.

    >>> beyond_range(-0.1, 0.4, possible=(0.0, 1.0)), beyond_range(-3.0, 4.0, possible=(0.0, 1.0))
    (None, 'an interval of [-3, 4] cannot be: only [0, 1] is possible')
    """
    least = -math.inf if possible[0] is None else possible[0]
    most = math.inf if possible[1] is None else possible[1]
    spare = _ROUNDING * max((abs(end) for end in (least, most) if math.isfinite(end)), default=0.0)
    finite = math.isfinite(low) and math.isfinite(high)
    if finite and high - low <= most - least + spare and low <= most + spare and high >= least - spare:
        return None
    shown = ("-inf" if math.isinf(least) else f"{least:.4g}", "inf" if math.isinf(most) else f"{most:.4g}")
    return f"an interval of [{low:.4g}, {high:.4g}] cannot be: only [{shown[0]}, {shown[1]}] is possible"


def normal_quantile(level: float) -> float:
    """The number of standard errors on either side that hold a share `level` of a normal law.

    >>> round(normal_quantile(0.95), 3)
    1.96
    """
    from scipy.stats import norm

    return float(norm.ppf((1 + level) / 2))


def student_quantile(level: float, *, degrees: float) -> float:
    """The same for Student's t.

    >>> round(student_quantile(0.95, degrees=19), 3)
    2.093
    """
    from scipy.stats import t

    return float(t.ppf((1 + level) / 2, degrees))


def without_bias(heading: str) -> str:
    """`FDinf[pixels]` for `FD[pixels]`: the value for infinitely many images.

    >>> without_bias("FID"), without_bias("FD[pixels](k=3)"), without_bias("reverse KL")
    ('FIDinf', 'FDinf[pixels](k=3)', 'reverse KLinf')
    """
    return re.sub(r"^[^\[(]*[^\[(\s]", lambda match: f"{match[0]}inf", heading)
