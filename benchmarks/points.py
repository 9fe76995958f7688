"""The tables of suites of points in the plane: means over training seeds, a perfect sampler and noise beside them."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.ledger import scores

_RULES = {"τ = 0": "tau=0.0,mixture={}", "τ = 1/5": "mixture={}"}  # as reports spell the options
_COLUMNS = (
    ("recognisable", "recognisable", "τ = 0"),
    ("modes, one point is enough (τ = 0)", "modes", "τ = 0"),
    ("modes from a fifth of their share", "modes", "τ = 1/5"),
    ("reverse KL", "reverse_kl", "τ = 0"),
)


def points_tables(found: Sequence[Mapping[str, Any]]) -> str:
    """A Markdown table a mixture: a row a model, then what a perfect sampler and uniform noise score."""
    mixtures = dict.fromkeys(record["cell"]["data"] for record in found)
    parts = [_table(mixture, [one for one in found if one["cell"]["data"] == mixture]) for mixture in mixtures]
    told = (
        "Mean over training seeds ± their standard deviation. The published rule counts a mode from one point within "
        "3 σ; ganeval's from a fifth of its fair share, and gives no count where fewer than half of the points are "
        "recognisable: in brackets the runs that have one."
    )
    return "\n\n".join([*parts, told, ""])


def _table(mixture: str, found: Sequence[Mapping[str, Any]]) -> str:
    lines = [_line("", "seeds", [title for title, _, _ in _COLUMNS]), "|---|" + "---|" * (len(_COLUMNS) + 1)]
    for name, by_key in scores(found).items():
        runs = sum(record["cell"]["name"] == name for record in found)
        keys = [f"{score}:{_RULES[rule].format(mixture)}" for _, score, rule in _COLUMNS]
        lines.append(_line(name, str(runs), [_mean(by_key.get(key, []), runs) for key in keys]))
    for name, by_rule in _floors(found[0]).items():
        values = [by_rule[_RULES[rule].format(mixture)][score] for _, score, rule in _COLUMNS]
        lines.append(_line(name, "", ["no count" if value is None else f"{value:.3g}" for value in values]))
    return f"**{mixture}**\n\n" + "\n".join(lines)


def _line(name: str, runs: str, cells: Iterable[str]) -> str:
    return f"| {name} | {runs} | " + " | ".join(cells) + " |"


def _floors(record: Mapping[str, Any]) -> dict[str, dict[str, dict[str, float | None]]]:
    """By name and rule, the scores that the report holds of a perfect sampler and of noise."""
    found: dict[str, dict[str, dict[str, float | None]]] = {}
    for finding in record["report"]["findings"]:
        for name, floor in finding["details"].get("floors", {}).items():
            found.setdefault(name, {})[finding["metric"].removeprefix("modes:")] = floor
    return found


def _mean(values: Sequence[float], runs: int) -> str:
    if not values:
        return "no count"
    spread = f" ± {statistics.stdev(values):.2g}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.3g}{spread}" + (f" ({len(values)} of {runs})" if len(values) < runs else "")
