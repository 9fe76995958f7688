"""Scores over the steps of a training run, as a picture: intervals, floors, the best step against the last."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ganeval.core.errors import SpecError
from ganeval.core.spec import nearest_name
from ganeval.report.figure import empty_figure, fit_scale, require_figure, saved
from ganeval.report.report import Report, Result

Points = Sequence[tuple[int, Report]]
_ACROSS = 3


def drawn(points: Points, path: Path, *, keys: Sequence[str] | None = None) -> Path:
    """Draw a panel a score (`keys`, else all but secondary and legacy ones) and save the picture.

    Bands are intervals: around the value, or around the value without its bias where that has one, which then has
    a line of its own. Dashed is what other reals score, where that is known at the same number of images.
    """
    require_figure(path)
    first = points[0][1]
    wanted = keys or [key for key in first if not first[key].secondary and first[key].group != "legacy"]
    for key in wanted:
        if key not in first:
            raise SpecError(f"no score {key!r} in the history{nearest_name(key, first)} (there are {', '.join(first)})")
    across = min(_ACROSS, len(wanted))
    down = -(-len(wanted) // across)
    figure = empty_figure(width=3.6 * across, height=2.7 * down + 0.5)
    panels = list(figure.subplots(down, across, squeeze=False, sharex=True).flat)
    for panel, key in zip(panels, wanted, strict=False):
        _panel(panel, [(step, report, report[key]) for step, report in points if key in report])
    for panel in panels[len(wanted) :]:
        panel.set_axis_off()
    named = {
        label: line for panel in figure.axes for line, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=6, frameon=False, fontsize=8)
    return saved(figure, path)


def _panel(panel: Any, series: Sequence[tuple[int, Report, Result]]) -> None:
    scale = 10 ** series[-1][2].exponent
    steps = [step for step, _, _ in series]

    def scaled(value: float | None) -> float:
        return math.nan if value is None else value * scale

    values = [scaled(result.value) for _, _, result in series]
    panel.plot(steps, values, color="C0", marker=".", linewidth=1.3, label="at this n")
    if any(result.corrected is not None for _, _, result in series):
        panel.plot(steps, [scaled(r.corrected) for _, _, r in series], color="C1", linewidth=1, label="without bias")
    lows, highs = [scaled(r.low) for _, _, r in series], [scaled(r.high) for _, _, r in series]
    panel.fill_between(steps, lows, highs, color="grey", alpha=0.25, linewidth=0, label="interval")
    floors = [scaled(_floor(report, result)) for _, report, result in series]
    if not all(map(math.isnan, floors)):
        panel.plot(steps, floors, color="black", linestyle="--", linewidth=1, label="other reals")
    _marks(panel, steps, values, series[-1][2])
    fit_scale(panel, values)
    panel.set_title(f"{series[-1][2].heading}, {series[-1][2].better} is better", fontsize=8)
    panel.set_xlabel("step", fontsize=8)
    panel.tick_params(labelsize=7, labelbottom=True)
    if series[-1][2].total is not None and panel.get_yscale() == "linear":
        panel.yaxis.get_major_locator().set_params(integer=True)
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)


def _floor(report: Report, result: Result) -> float | None:
    """What other reals score, if as many of them were scored as there are fakes."""
    floor = result.floor
    return floor.value if floor is not None and floor.n == report.sides["fake"].n else None


def _marks(panel: Any, steps: Sequence[int], values: Sequence[float], result: Result) -> None:
    """A star on the best step, a square on the last, where they have values."""
    sign = 1 if result.better == "lower" else -1
    known = [(sign * value, step, value) for step, value in zip(steps, values, strict=True) if not math.isnan(value)]
    if known:
        _, step, value = min(known)
        panel.plot(step, value, "*", color="C2", markersize=11, label="best step")
        panel.annotate(f"{step:,}", (step, value), textcoords="offset points", xytext=(0, 7), ha="center", fontsize=7)
    if not math.isnan(values[-1]):
        panel.plot(steps[-1], values[-1], "s", color="C3", markersize=5, label="last step")
