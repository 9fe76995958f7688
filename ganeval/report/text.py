"""Reports as tables: rich on a terminal, plain ASCII of 80 columns elsewhere."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich import box
from rich.console import Group as Together
from rich.console import RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from ganeval.core.estimate import without_bias
from ganeval.report.report import Report, Result

PLAIN_BOX = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_HEADING_WIDTH = 15
_NAME_WIDTH = 8

INDEPENDENT = (
    "Images are treated as independent: mirrored copies, video frames or one patient's slices are not, "
    "and make intervals too short."
)


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
    parts: list[RenderableType] = [
        _table(reports, columns, plain) for columns in _fitting(_columns(reports, current), width)
    ]
    if legacy:
        parts.append(Rule("legacy", characters="-" if plain else "─", align="left", style="dim"))
        parts += [_table(reports, columns, plain) for columns in _fitting(_columns(reports, legacy), width)]
    return Together(*parts)


def single_lines(report: Report, *, keys: Iterable[str]) -> str:
    """`FID 12.3142`, a line per score, and the signature below."""
    wrapped = [_wrapped(line) for key in keys for line in _score_lines(report, report[key])]
    lines = [part for parts in wrapped for part in parts]
    remarks = sentences({"": report}, reasons=False)
    return "\n".join([*lines, *floor_lines({"": report}), *remarks, *pair_lines(report, most=12), report.signature])


def _wrapped(line: str, width: int = 80) -> list[str]:
    return textwrap.wrap(line, width, subsequent_indent="  ", break_on_hyphens=False)


def _score_lines(report: Report, result: Result) -> list[str]:
    """A score in one line, or in two where the number of papers is biased and its correction has the interval."""
    heading, interval = result.heading, result.printed_interval()
    exact = result.printed(more=0 if result.total else 4 - result.decimals)
    if result.withheld or result.value is None:
        return [f"{heading} {exact}" + (f" ({result.withheld})" if result.withheld else "")]
    if interval is None:
        reason = f" (no interval: {result.no_interval})" if result.no_interval else ""
        return [f"{heading} {exact}{reason}"]
    value, brackets = interval
    remark = _distinguished(result)
    if result.corrected is None:
        return [f"{heading} {value} {brackets}{remark}"]
    n = " / ".join("?" if side.n is None else f"{side.n:,}" for side in report.sides.values())
    return [
        f"{heading} {exact}  n = {n}: the number papers print, biased upward at this n",
        f"{without_bias(heading)} {value} {brackets}  without that bias: compare these{remark}",
    ]


def _distinguished(result: Result) -> str:
    """What is said of a distance whose interval holds 0; the permutation test may still tell the sides apart."""
    p = "" if result.p_value is None else f" (p = {result.p_value:.2g})"
    if result.indistinguishable:
        return f"; cannot be told from real{p}"
    holds = result.low is not None and result.high is not None and result.low <= 0 <= result.high
    return f"; told from real by permutation only{p}" if holds and p and result.group == "distance" else ""


def sentences(reports: Mapping[str, Report], *, width: int = 80, reasons: bool = True) -> list[str]:
    """Lines with what metrics tell beside their numbers, and why a score is withheld; with the set's name if many.

    What all reports say alike (a floor) is said once.
    """
    names: dict[str, list[str]] = {}
    for name, report in reports.items():
        said = [sentence for finding in report.findings for sentence in finding.sentences]
        silent = {finding.metric for finding in report.findings}
        said += [f"{r.heading}: {r.withheld}" for r in report.results if r.withheld and r.metric not in silent]
        if reasons:
            said += [f"{r.heading}: no interval ({r.no_interval})" for r in report.results if _lacks_interval(r)]
        for sentence in said:
            names.setdefault(sentence, []).append(name)
    if any(result.low is not None for report in reports.values() for result in report.results):
        names[INDEPENDENT] = list(reports)
    many = len(reports) > 1
    lines = [f"{', '.join(who)}: {line}" if many and len(who) < len(reports) else line for line, who in names.items()]
    return [part for line in lines for part in textwrap.wrap(line, width, subsequent_indent="  ")]


def floor_lines(reports: Mapping[str, Report], *, width: int = 80) -> list[str]:
    """What other reals score, each with the fakes' score at the same n beside it; and what lies below its floor."""
    lines = []
    for name, report in reports.items():
        who = f"{name}: " if len(reports) > 1 else ""
        floors: dict[int, list[str]] = {}
        for result in report.results:
            beside = result.printed_floor()
            if result.floor is not None and beside is not None and not result.secondary:
                label = re.split(r"\[", result.name, maxsplit=1)[0] + (
                    f" x1e{result.exponent}" if result.exponent else ""
                )
                floors.setdefault(result.floor.n, []).append(f"{label} {beside[0]} | {beside[1]}")
        lines += [f"{who}other reals | fakes, n = {n:,} a side: {', '.join(scores)}" for n, scores in floors.items()]
        lines += [f"{who}ALARM: {result.below_floor}" for result in report.results if result.below_floor]
    return [part for line in lines for part in textwrap.wrap(line, width, subsequent_indent="  ")]


def pair_lines(report: Report, *, most: int) -> list[str]:
    """The closest pairs of images by name, a line each."""
    pairs = [pair for finding in report.findings for pair in finding.pairs][:most]
    lines = [f"  {pair.share:.3f}  {pair.fake_name}  {pair.other_name}" for pair in pairs]
    return ["closest pairs, distance / usual distance of two reals:", *lines] if lines else []


def plain_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, plain: bool) -> Table:
    """A table with a line under its header; the last column takes what width is left."""
    table = _empty_table(plain, gap=2)
    for i, column in enumerate(columns):
        table.add_column(Text(column), overflow="fold", no_wrap=i == 0)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _lacks_interval(result: Result) -> bool:
    return bool(result.no_interval) and result.value is not None and not result.secondary


@dataclass(frozen=True)
class _Column:
    """One column: its kind, heading lines, and a cell for each report."""

    kind: str
    heading: str
    cells: tuple[str, ...]

    @property
    def width(self) -> int:
        """Characters it needs, with the gap before it."""
        return 1 + max(len(line) for text in (self.heading, *self.cells) for line in text.split("\n"))


def _columns(reports: Mapping[str, Report], keys: Iterable[str]) -> Iterator[_Column]:
    """A column for each score; one more for what a biased score is without its bias."""
    first = next(iter(reports.values()))
    for key in keys:
        results = [report[key] for report in reports.values()]
        heading = _heading(first[key])
        if all(result.corrected is None for result in results):
            yield _Column(first[key].group, heading, tuple(map(_cell, results)))
        else:
            yield _Column(first[key].group, heading, tuple(result.printed() for result in results))
            cells = tuple("-" if result.corrected is None else _cell(result) for result in results)
            yield _Column(first[key].group, without_bias(heading), cells)


def _cell(result: Result) -> str:
    """The value, and its interval below it."""
    interval = result.printed_interval()
    return result.printed() if interval is None else "\n".join(interval)


def _fitting(columns: Iterable[_Column], width: int) -> list[list[_Column]]:
    """The columns in rows that fit beside a name; a kind of metric is not torn apart if it fits."""
    whole = width - _NAME_WIDTH
    rows: list[list[_Column]] = []
    room = 0
    for _, kind in groupby(columns, lambda column: column.kind):
        together = list(kind)
        if rows and room < sum(column.width for column in together) <= whole:
            room = 0
        for column in together:
            if not rows or column.width > room:
                rows.append([])
                room = whole
            rows[-1].append(column)
            room -= column.width
    return rows


def _table(names: Iterable[str], columns: Sequence[_Column], plain: bool) -> Table:
    table = _empty_table(plain, gap=1)
    table.add_column("fake", overflow="fold", min_width=_NAME_WIDTH)
    for column in columns:
        table.add_column(Text(column.heading), justify="right", no_wrap=True)
    for i, name in enumerate(names):
        table.add_row(Text(name), *(Text(column.cells[i]) for column in columns))
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
