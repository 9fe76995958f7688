"""Reports as tables: rich on a terminal, plain ASCII of 80 columns elsewhere."""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from rich import box
from rich.console import Group as Together
from rich.console import RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ganeval.report import Report, Result

PLAIN_BOX = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_HEADING_WIDTH = 15
_NAME_WIDTH = 8


def score_tables(
    reports: Mapping[str, Report], *, plain: bool, width: int = 80, secondary: bool = False
) -> RenderableType:
    """One row per fake set; quality and diversity left, distances right, legacy scores below a rule.

    Columns that do not fit into `width` go into a further table: a number is never cut. `secondary` scores
    are shown only if asked for.
    """
    first = next(iter(reports.values()))
    current = [key for key in first if first[key].group != "legacy" and (secondary or not first[key].secondary)]
    legacy = [key for key in first if first[key].group == "legacy"]
    parts: list[RenderableType] = [_table(reports, keys, plain) for keys in _fitting(reports, current, width)]
    if legacy:
        parts.append(Rule("legacy", characters="-" if plain else "─", align="left", style="dim"))
        parts += [_table(reports, keys, plain) for keys in _fitting(reports, legacy, width)]
    return Together(*parts)


def single_lines(report: Report, *, keys: Iterable[str]) -> str:
    """`FID 12.3142`, a line per score, and the signature below."""
    lines = []
    for result in (report[key] for key in keys):
        reason = f" ({result.withheld})" if result.withheld else ""
        lines.append(f"{result.heading} {result.printed(more=0 if result.total else 4 - result.decimals)}{reason}")
    return "\n".join([*lines, *sentences({"": report}), report.signature])


def sentences(reports: Mapping[str, Report], *, width: int = 80) -> list[str]:
    """Lines with what metrics tell beside their numbers, and why a score is withheld; with the set's name if many.

    What all reports say alike (a floor) is said once.
    """
    told: dict[str, list[str]] = {}
    for name, report in reports.items():
        said = [sentence for found in report.findings for sentence in found.sentences]
        silent = {found.metric for found in report.findings}
        said += [f"{r.heading}: {r.withheld}" for r in report.results if r.withheld and r.metric not in silent]
        for sentence in said:
            told.setdefault(sentence, []).append(name)
    many = len(reports) > 1
    lines = [f"{', '.join(who)}: {line}" if many and len(who) < len(reports) else line for line, who in told.items()]
    return [part for line in lines for part in textwrap.wrap(line, width, subsequent_indent="  ")]


def plain_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, plain: bool) -> Table:
    """A table with a line under its header; the last column takes what width is left."""
    table = _empty_table(plain, gap=2)
    for i, column in enumerate(columns):
        table.add_column(Text(column), overflow="fold", no_wrap=i == 0)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _fitting(reports: Mapping[str, Report], keys: Sequence[str], width: int) -> list[list[str]]:
    """The keys in groups that fit beside a name of eight columns; a kind of metric is not torn apart if it fits."""
    first = next(iter(reports.values()))

    def needed(key: str) -> int:
        cells = [*_heading(first[key]).split("\n"), *(report[key].printed() for report in reports.values())]
        return 1 + max(map(len, cells))

    whole = width - _NAME_WIDTH
    rows: list[list[str]] = []
    room = 0
    for _, kind in groupby(keys, lambda key: first[key].group):
        together = list(kind)
        if rows and room < sum(map(needed, together)) <= whole:
            room = 0
        for key in together:
            if not rows or needed(key) > room:
                rows.append([])
                room = whole
            rows[-1].append(key)
            room -= needed(key)
    return rows


def _table(reports: Mapping[str, Report], keys: Sequence[str], plain: bool) -> Table:
    first = next(iter(reports.values()))
    table = _empty_table(plain, gap=1)
    table.add_column("fake", overflow="fold", min_width=_NAME_WIDTH)
    for key in keys:
        table.add_column(Text(_heading(first[key])), justify="right", no_wrap=True)
    for name, report in reports.items():
        table.add_row(Text(name), *(report[key].printed() for key in keys))
    return table


def _empty_table(plain: bool, *, gap: int) -> Table:
    frame = PLAIN_BOX if plain else box.SIMPLE_HEAD
    return Table(box=frame, show_edge=False, pad_edge=False, padding=(0, gap - 1, 0, 0))


def _heading(result: Result) -> str:
    """Name and scale, features, options and better direction, on lines of 15 columns or less but for long names.

    `KID[efficientnet-lite0](degree=2,coef0=0)` becomes `KID x1e3`, `[efficientnet-`, `lite0]`, `(degree=2,`,
    `coef0=0)`, `(lower)`.
    """
    label = re.split(r"[\[(]", result.name, maxsplit=1)[0]
    further = re.findall(r"\[[^\]]*\]|\([^,)]*[,)]|[^,)]+[,)]", result.name[len(label) :])
    scale = f" x1e{result.exponent}" if result.exponent else ""
    lines = [line for part in further for line in textwrap.wrap(part, _HEADING_WIDTH)]
    return "\n".join([label + scale, *lines, f"({result.better})"])
