"""Reports as tables: rich on a terminal, plain ASCII of 80 columns elsewhere."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.console import Group as Together
from rich.console import RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ganeval.report import Report, Result

PLAIN_BOX = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_HEADING_WIDTH = 14


def score_tables(reports: Mapping[str, Report], *, plain: bool) -> RenderableType:
    """One row per fake set; quality and diversity left, distances right, legacy scores below a rule."""
    first = next(iter(reports.values()))
    current = [key for key in first if first[key].group != "legacy"]
    legacy = [key for key in first if first[key].group == "legacy"]
    parts: list[RenderableType] = [_table(reports, current, plain)] if current else []
    if legacy:
        parts += [
            Rule("legacy", characters="-" if plain else "─", align="left", style="dim"),
            _table(reports, legacy, plain),
        ]
    return Together(*parts)


def single_lines(report: Report, *, keys: Iterable[str]) -> str:
    """`FID 12.3142`, a line per score, and the signature below."""
    lines = [f"{report[key].heading} {report[key].printed(more=4 - report[key].decimals)}" for key in keys]
    return "\n".join([*lines, report.signature])


def plain_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, plain: bool) -> Table:
    """A table with a line under its header; the last column takes what width is left."""
    table = _empty_table(plain)
    for i, column in enumerate(columns):
        table.add_column(Text(column), overflow="fold", no_wrap=i == 0)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _table(reports: Mapping[str, Report], keys: Sequence[str], plain: bool) -> Table:
    first = next(iter(reports.values()))
    table = _empty_table(plain)
    table.add_column("fake", overflow="fold", min_width=8)
    for key in keys:
        table.add_column(Text(_heading(first[key])), justify="right", no_wrap=True)
    for name, report in reports.items():
        table.add_row(Text(name), *(report[key].printed() for key in keys))
    return table


def _empty_table(plain: bool) -> Table:
    return Table(box=PLAIN_BOX if plain else box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))


def _heading(result: Result) -> str:
    """Name, scale and better direction on lines of at most 14 columns."""
    label, bracket, features = result.name.partition("[")
    scale = f" x1e{result.exponent}" if result.exponent else ""
    lines = [label + scale, *textwrap.wrap(bracket + features, _HEADING_WIDTH)] if bracket else [label + scale]
    return "\n".join([*lines, f"({result.better})"])
