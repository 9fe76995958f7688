"""What a difference between two sides allows to be said: a verdict a row, and one sentence over all rows.

All words of a comparison are made here, from what was measured and nothing else. With one training run a side they
are about images; only several runs a side say something about how the images are made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, inf, log10
from typing import Literal

from ganeval.intervals.multiplicity import FEWEST_RUNS, holm_levels
from ganeval.metrics.base import Aspect, Better

Verdict = Literal["first", "second", "none", "alarm", "unknown"]
Size = Literal["matters", "less", "perhaps less"]
POWER = 0.8


@dataclass(frozen=True)
class Row:
    """A difference between two sides in one score, second less first, both means over runs, with its verdict.

    `error` is the standard error of `difference`, `degrees` its degrees of freedom (None: normal), `how` how it was
    found; `reason` says why there is none. `smallest` is the smallest difference that matters, `noise` what it is
    the size of.

    The rest is `judged`'s. `low` and `high` bracket the difference at `level`, which Holm's procedure sets so that
    the interval leaves 0 out exactly where there is a verdict. `detectable` is the difference that would have been
    seen 4 times in 5. `verdict` is "alarm" where the side ahead looks copied, or deceives the distance.
    """

    aspect: Aspect | None
    first: str
    second: str
    key: str
    name: str
    better: Better
    decimals: int
    exponent: int
    values: tuple[float | None, float | None]
    difference: float | None = None
    error: float | None = None
    degrees: float | None = None
    how: str = ""
    reason: str | None = None
    smallest: float | None = None
    noise: str = ""
    p_value: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    detectable: float | None = None
    verdict: Verdict = "unknown"
    size: Size = "matters"

    @property
    def ahead(self) -> str | None:
        """The side that is better in this row, if a verdict says so."""
        return {"first": self.first, "second": self.second}.get(self.verdict)

    @property
    def words(self) -> str:
        """The verdict as printed, such as `B closer, by less than retraining noise`."""
        if self.ahead is None:
            return {"none": "no difference", "alarm": "not judged", "unknown": "no verdict"}[self.verdict]
        more = "" if self.size == "matters" else f", {_by(self.size, self.noise)}"
        return f"{self.ahead} {'closer' if self.aspect == 'overall' else 'better'}{more}"

    @property
    def heading(self) -> str:
        """Name and scale, such as `KID x1e3`."""
        return f"{self.name} x1e{self.exponent}" if self.exponent else self.name

    @property
    def printed(self) -> str:
        """The difference and its interval, times 10^`exponent`, no digit finer than a tenth of the half-width."""
        if self.difference is None or self.low is None or self.high is None:
            return ""
        scale = 10**self.exponent
        half = (self.high - self.low) / 2 * scale
        digits = min(max(ceil(-log10(half / 10)), 0), self.decimals + 2) if half > 0 else self.decimals
        shown = [f"{bound * scale:+.{digits}f}" for bound in (self.difference, self.low, self.high)]
        centre, low, high = (text if float(text) else text.lstrip("+-") for text in shown)
        return f"{centre} [{low}, {high}]"

    @property
    def seen(self) -> str | None:
        """Where no difference was seen: how large a one would have been."""
        if self.verdict != "none" or not self.detectable:
            return None
        scaled = float(f"{self.detectable * 10**self.exponent:.2g}")
        readable = self.exponent and 0.01 <= scaled < 100
        shown = f"{scaled:g}e-{self.exponent}" if readable else f"{float(f'{self.detectable:.2g}'):g}"
        return f"no difference in {self.name} was seen: one of {shown} or more would have been seen 4 times in 5"

    @property
    def unsaid(self) -> str | None:
        """Why there is no verdict, with the values that there are."""
        if self.reason is None:
            return None
        shown = [f"{v * 10**self.exponent:.{self.decimals}f}" if v is not None else "none" for v in self.values]
        values = f"{shown[0]} for {self.first}, {shown[1]} for {self.second}"
        return f"no verdict on {self.heading} ({values}): {self.reason}"


def judged(
    rows: Sequence[Row], *, level: float, alarms: frozenset[str] = frozenset(), doubted: frozenset[str] = frozenset()
) -> tuple[Row, ...]:
    """Verdicts on all differences together: the chance that any of them is false is at most 1 − level.

    A side with its copying alarm on (`alarms`) is called better in nothing, one that deceives the distances
    (`doubted`) is not called closer.
    """
    p_values = {i: _p_value(row) for i, row in enumerate(rows) if row.reason is None}
    levels = dict(zip(p_values, holm_levels(list(p_values.values()), level=level), strict=True))
    barred = [alarms | doubted if row.aspect == "overall" else alarms for row in rows]
    return tuple(
        _judged(row, levels[i], p_values[i], barred[i]) if i in p_values else row for i, row in enumerate(rows)
    )


def _judged(row: Row, level: float, p_value: float, alarms: frozenset[str]) -> Row:
    assert row.difference is not None and row.error is not None
    reach = quantile((1 + level) / 2, row.degrees) * row.error
    low, high = row.difference - reach, row.difference + reach
    verdict: Verdict = "none"
    if low > 0 or high < 0:
        verdict = "second" if (high < 0) == (row.better == "lower") else "first"
        if (row.first if verdict == "first" else row.second) in alarms:
            verdict = "alarm"
    detectable = reach + quantile(POWER, row.degrees) * row.error
    size = _size(low, high, row.smallest)
    return replace(
        row, p_value=p_value, low=low, high=high, level=level, detectable=detectable, verdict=verdict, size=size
    )


def _size(low: float, high: float, smallest: float | None) -> Size:
    """Whether a difference that was seen is surely, surely not or perhaps as large as what matters."""
    least, most = sorted((abs(low), abs(high)))
    if smallest is None or least >= smallest:
        return "matters"
    return "less" if most < smallest else "perhaps less"


def _p_value(row: Row) -> float:
    from scipy.stats import t

    assert row.difference is not None and row.error is not None
    if row.error == 0:
        return float(row.difference == 0)
    return float(2 * t.sf(abs(row.difference) / row.error, _finite(row.degrees)))


def quantile(share: float, degrees: float | None) -> float:
    """Of Student's t, or of the normal law where `degrees` is None.

    >>> round(quantile(0.975, None), 3), round(quantile(0.975, 4), 3)
    (1.96, 2.776)
    """
    from scipy.stats import t

    return float(t.ppf(share, _finite(degrees)))


def _finite(degrees: float | None) -> float:
    return inf if degrees is None else degrees


_PRAISE = {"overall": "closer overall", "quality": "of better quality", "diversity": "more diverse"}
_SIZES: tuple[Size, ...] = ("matters", "perhaps less", "less")


def conclusion(rows: Sequence[Row], *, copying: Sequence[str] = (), doubted: Sequence[str] = ()) -> str:
    """One sentence over the rows of one pair; `copying` and `doubted` are the sides with an alarm.

    >>> def row(aspect, verdict):
    ...     return Row(aspect, "A", "B", "", "", "lower", 2, 0, (0.0, 0.0), verdict=verdict)
    >>> conclusion([row("overall", "second"), row("quality", "none"), row("diversity", "first")])
    'a trade-off: B closer overall, A more diverse.'
    """
    said = _alarmed(copying, "looks copied, so nothing of it is called better", "look copied: neither is called better")
    doubted = [name for name in doubted if name not in copying]
    said += _alarmed(
        doubted, "deceives a distance, so it is not called closer", "deceive a distance: neither is closer"
    )
    ahead = {aspect: {row.ahead for row in rows if row.aspect == aspect and row.ahead} for aspect in _PRAISE}
    praise: dict[str, list[str]] = {}
    for aspect, names in ahead.items():
        for name in names if len(names) == 1 else ():
            praise.setdefault(name, []).append(_praised(aspect, [row for row in rows if row.aspect == aspect]))
    clauses = [f"{name} {' and '.join(words)}" for name, words in praise.items()]
    disagreeing = [f"the metrics of {aspect} disagree" for aspect, names in ahead.items() if len(names) > 1]
    left = {a: {row.verdict for row in rows if row.aspect == a} for a, names in ahead.items() if not names}
    unseen = _left([a for a, v in left.items() if "none" in v and "alarm" not in v], "no difference in {} was seen")
    unsaid = _left([a for a, verdicts in left.items() if verdicts == {"unknown"}], "nothing can be said of {}")
    if len(clauses) > 1:
        said.append("; ".join([f"a trade-off: {', '.join(clauses)}", *disagreeing, *unsaid]) + ".")
    elif clauses or disagreeing:
        said.append("; ".join([*clauses, *disagreeing, *unseen, *unsaid]) + ".")
    elif any(row.verdict == "none" for row in rows):
        every = not any(row.verdict == "alarm" for row in rows)
        sentence = "; ".join([*(["no difference was seen"] if every else unseen), *unsaid])
        said += [f"N{sentence[1:]}." if said else f"{sentence}."] if sentence else []
    elif not said:
        said.append("nothing can be said.")
    return " ".join(said)


def _alarmed(names: Sequence[str], one: str, both: str) -> list[str]:
    if len(names) > 1:
        return [f"{' and '.join(names)} {both}."]
    return [f"{name} {one}." for name in names]


def _left(aspects: Sequence[str], sentence: str) -> list[str]:
    """
    >>> _left(["overall"], "no difference in {} was seen"), _left(["quality", "diversity"], "nothing can be said of {}")
    (['no difference overall was seen'], ['nothing can be said of quality or diversity'])
    """
    text = sentence.format(" or ".join(aspects)).replace("in overall", "overall").replace("of overall", "overall")
    return [text] if aspects else []


def _praised(aspect: str, rows: Sequence[Row]) -> str:
    """What the side ahead is; a difference too small to matter says so unless another score's does matter."""
    largest = min((row for row in rows if row.ahead), key=lambda row: _SIZES.index(row.size))
    return _PRAISE[aspect] + ("" if largest.size == "matters" else f", {_by(largest.size, largest.noise)}")


def _by(size: Size, noise: str) -> str:
    return f"{'perhaps ' if size == 'perhaps less' else ''}by less than {noise}"


def scope(first: tuple[str, int], second: tuple[str, int]) -> str:
    """What the sentence is about, from names and numbers of training runs.

    >>> scope(("A", 1), ("B", 1))
    'This is about these images.'
    >>> scope(("A", 5), ("B", 6))
    'This is about the methods, as 5 runs of A and 6 of B show them.'
    """
    if first[1] == second[1] == 1:
        return "This is about these images."
    runs = f"{first[1]} runs of {first[0]} and {second[1]} of {second[0]}"
    if min(first[1], second[1]) >= FEWEST_RUNS:
        return f"This is about the methods, as {runs} show them."
    return f"Only {runs}: fewer than five a side are few for a claim about the methods."
