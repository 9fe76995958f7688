"""A trade-off as text, as Markdown and as a picture."""

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from ganeval.comparison.tradeoff import Setting, Tradeoff, centre
from ganeval.report.figure import empty_figure, named, saved
from ganeval.report.report import Result
from ganeval.report.text import INDEPENDENT, plain_table


def tradeoff_table(tradeoff: Tradeoff, *, plain: bool) -> RenderableType:
    """A row a setting: its two scores with intervals, and its place."""
    return plain_table(_headings(tradeoff), _cells(tradeoff), plain=plain)


def tradeoff_markdown(tradeoff: Tradeoff) -> str:
    """The same table in Markdown, with the notes below it."""
    lines = [_headings(tradeoff), ["---"] * 4, *_cells(tradeoff)]
    table = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    return f"{table}\n\n" + "\n".join(f"* {note}" for note in _notes(tradeoff)) + f"\n\n`{tradeoff.signature}`"


def tradeoff_lines(tradeoff: Tradeoff, *, width: int = 80) -> list[str]:
    """What is printed below the table."""
    notes = [*_notes(tradeoff), tradeoff.signature]
    return [
        line
        for note in notes
        for line in textwrap.wrap(note, width, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)
    ]


def _headings(tradeoff: Tradeoff) -> list[str]:
    first = tradeoff.settings[0]
    return ["setting", *(f"{score.heading} ({score.better})" for score in (first.quality, first.diversity)), "place"]


def _cells(tradeoff: Tradeoff) -> Iterator[list[str]]:
    for setting in tradeoff.settings:
        yield [setting.label, _cell(setting.quality), _cell(setting.diversity), setting.words]


def _cell(result: Result) -> str:
    interval = result.printed_interval()
    return result.printed() if interval is None else " ".join(interval)


def _notes(tradeoff: Tradeoff) -> Iterator[str]:
    count = "" if tradeoff.n is None else f", {tradeoff.n:,} images each"
    yield f"{tradeoff.real}: {'?' if tradeoff.n_real is None else f'{tradeoff.n_real:,}'} reals{count}"
    if tradeoff.floors is not None:
        first = tradeoff.settings[0]
        shown = [r.printed_floor() for r in (first.quality, first.diversity)]
        text = ", ".join(f"{r.name} {s[0]}" for r, s in zip((first.quality, first.diversity), shown, strict=True) if s)
        yield f"other reals at n = {tradeoff.floors[0].n:,} a side: {text}"
    front = ", ".join(setting.label for setting in tradeoff.front)
    yield f"front, by values: {front or 'empty'}"
    if tradeoff.rows:
        pairs = "; ".join(f"{a} and {b}" for a, b in tradeoff.not_told_apart)
        yield f"not told apart in either score: {pairs or 'no two'}"
        yield (
            "Every setting but those on the front has another that is as good in both values and better in one: "
            f'"behind" where the images show that in both scores, and any such word is false with a chance of at most '
            f'{100 * (1 - (tradeoff.level or 0)):.3g}%; "perhaps behind" where they do not.'
        )
        yield INDEPENDENT
    for reason in dict.fromkeys(row.reason for row in tradeoff.rows if row.reason):
        yield f"differences not judged: {reason}"


def drawn(tradeoff: Tradeoff, path: Path) -> Path:
    """Draw quality against diversity with intervals, the settings joined in order and the front filled, and save it."""
    figure = empty_figure(width=6.4, height=5)
    panel = figure.subplots()
    shown = [one for one in tradeoff.settings if None not in _place(one)]
    panel.plot(*_axes(shown), color="grey", linewidth=1, alpha=0.6, zorder=1)
    for setting in shown:
        _drawn_one(panel, setting)
    if tradeoff.floors is not None:
        scales = [10**result.exponent for result in (tradeoff.settings[0].diversity, tradeoff.settings[0].quality)]
        at = [floor.value * scale for floor, scale in zip(reversed(tradeoff.floors), scales, strict=True)]
        panel.plot(*at, "x", color="black", label=f"other reals, n = {tradeoff.floors[0].n:,}")
    first = tradeoff.settings[0]
    panel.set_xlabel(f"{first.diversity.heading} ({first.diversity.better} is better)")
    panel.set_ylabel(f"{first.quality.heading} ({first.quality.better} is better)")
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
    handles, labels = panel.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(once.values(), once.keys(), loc="outside lower center", ncols=4, frameon=False, fontsize=8)
    x, y = _axes(shown)
    named(panel, [one.label for one in shown], x=x, y=y)
    return saved(figure, path)


def _place(setting: Setting) -> tuple[float | None, float | None]:
    return centre(setting.diversity), centre(setting.quality)


def _axes(settings: Sequence[Setting]) -> list[list[float]]:
    points = [(one.diversity, one.quality) for one in settings]
    return [
        [(centre(result) or 0.0) * 10**result.exponent for result in results] for results in zip(*points, strict=True)
    ]


def _drawn_one(panel: Any, setting: Setting) -> None:
    (x,), (y,) = _axes([setting])
    surely = bool(setting.surely_beaten_by) or setting.copies
    label = "front" if setting.on_front else "behind" if surely else "perhaps behind"
    colour = {"front": "C2", "behind": "C3", "perhaps behind": "C1"}[label]
    for result, at, draw in ((setting.diversity, y, panel.hlines), (setting.quality, x, panel.vlines)):
        if result.low is not None and result.high is not None:
            scale = 10**result.exponent
            draw(at, result.low * scale, result.high * scale, color=colour, alpha=0.5, linewidth=1.5)
    panel.plot(x, y, "o", color=colour, label=label, fillstyle="full" if setting.on_front else "none", zorder=3)
