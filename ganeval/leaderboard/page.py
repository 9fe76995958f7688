"""A leaderboard in plain words, which HTML and Markdown only lay out (`board.py`)."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ganeval.core.records import one_line, short
from ganeval.leaderboard.rules import Board, Column
from ganeval.leaderboard.scatter import Point, scatter
from ganeval.leaderboard.standings import Standing, Standings, cell_of

_PLANES = (("recall", "precision"), ("clipped_coverage", "clipped_density"))
_COLOURS = ("fid", "fd")
_LONGEST = 80  # letters of a name


@dataclass(frozen=True)
class Head:
    """A column's heading; `note` says that it ranks."""

    heading: str
    arrow: str
    note: str


@dataclass(frozen=True)
class Shown:
    """A score of one row, printed; a dash where it is missing."""

    mean: str
    spread: str = ""
    evaluation: str = ""
    ranks: bool = False


@dataclass(frozen=True)
class ShownRow:
    """A row in words."""

    rank: str
    mark: str
    name: str
    links: tuple[str, ...]
    level: str
    level_note: str
    made_again: bool
    unranked: str
    alarms: tuple[str, ...]
    cells: tuple[Shown, ...]
    runs: int
    cost: str
    tried: str
    extra_data: str


@dataclass(frozen=True)
class Floor:
    """The row of real images."""

    name: str
    cells: tuple[Shown, ...]


@dataclass(frozen=True)
class Plot:
    """A picture with what it shows."""

    svg: str
    caption: str


@dataclass(frozen=True)
class Sample:
    """A grid of images in base64."""

    mark: str
    name: str
    data: str


@dataclass(frozen=True)
class Page:
    """Everything that is shown."""

    title: str
    told: str
    facts: str
    columns: tuple[Head, ...]
    tiers: tuple[tuple[ShownRow, ...], ...]
    floor: Floor | None
    notes: tuple[str, ...]
    plots: tuple[Plot, ...]
    samples: tuple[Sample, ...]
    signature: str


def page(table: Standings) -> Page:
    """The standings in words. Rows are numbered from above, so that plots can name them."""
    board = table.board
    keys = (board.rank_by, *board.secondary)
    marks = {id(row): str(i) for i, row in enumerate(table.rows, 1)}
    samples = [(marks[id(row)], row.submission) for row in table.rows if row.submission.samples]
    return Page(
        title=f"{one_line(board.name)}, version {board.version}",
        told=_told(board),
        facts=_facts(board),
        columns=tuple(_head(board.scores[key], ranks=key == board.rank_by) for key in keys),
        tiers=tuple(tuple(_row(row, board, keys, marks[id(row)]) for row in rows) for _, rows in table.tiers),
        floor=_floor(table, keys),
        notes=_notes(table),
        plots=tuple(plot for plane in _PLANES for plot in _plots(table, plane, marks)),
        samples=tuple(Sample(m, short(s.name, most=_LONGEST), _base64(s.samples)) for m, s in samples),
        signature=_signature(board),
    )


def _head(column: Column, *, ranks: bool) -> Head:
    return Head(column.heading, "↓" if column.better == "lower" else "↑", "ranks" if ranks else "")


def _row(row: Standing, board: Board, keys: Sequence[str], mark: str) -> ShownRow:
    description = row.submission.description
    names = [board.scores[key].name for key in keys if key in row.checked.recomputed]
    tried = description.configurations_tried
    return ShownRow(
        rank=row.rank.replace("-", "–"),
        mark=mark,
        name=short(row.submission.name, most=_LONGEST),
        links=tuple(link for link in description.links if link.startswith(("https://", "http://"))),
        level=row.checked.level,
        level_note=f"made again here: {', '.join(names)}" if names else "numbers as handed in",
        made_again=row.checked.level != "self-reported",
        unranked=row.unranked or "",
        alarms=tuple(short(one_line(alarm), most=160) for alarm in row.checked.alarms),
        cells=tuple(_cell(row, board, key) for key in keys),
        runs=len(row.submission.runs),
        cost=short(one_line(description.cost), most=_LONGEST),
        tried="–" if tried is None else f"{tried:,}",
        extra_data=short(one_line(description.extra_data), most=_LONGEST),
    )


def _cell(row: Standing, board: Board, key: str) -> Shown:
    ranks, cell, column = key == board.rank_by, row.cells.get(key), board.scores[key]
    if cell is None:
        return Shown("–", ranks=ranks)
    seeds, evaluation = ("" if sd is None else column.printed(sd) for sd in (cell.seeds, cell.evaluation))
    return Shown(column.printed(cell.mean), seeds, evaluation, ranks)


def _floor(table: Standings, keys: Sequence[str]) -> Floor | None:
    if table.floor is None:
        return None
    scores, columns = table.floor.scores, table.board.scores
    cells = (
        Shown(columns[key].printed(scores[key]) if key in scores else "–", ranks=key == table.board.rank_by)
        for key in keys
    )
    return Floor(f"other real images, n = {table.floor.n:,} a side", tuple(cells))


def _told(board: Board) -> str:
    column, smallest = board.ranking, board.smallest_difference
    way = "lower is better" if column.better == "lower" else "higher is better"
    least = f", by more than {column.printed(smallest)} in {column.heading}," if smallest else ""
    return (
        f"Ranked by {column.name} ({way}). A rank such as 1–3 holds every place that {board.training_seeds} or more "
        f"training seeds do not exclude: two models are told apart only where their means differ{least} beyond the "
        "noise of training, all pairs judged together at 95 %. Lines part tiers; inside a tier the order is "
        "alphabetical and says nothing."
    )


def _facts(board: Board) -> str:
    split = f" ({one_line(board.reference.split)})" if board.reference.split else ""
    return (
        f"{board.n:,} fakes a run against {board.reference.n:,} reals{split}, features of {board.protocol.extractor}."
    )


def _signature(board: Board) -> str:
    protocol, reference = board.protocol, (board.reference.digest or "not stated")[:23]
    parts = (
        f"board {board.fingerprint}",
        f"protocol {protocol.name}.{protocol.version}#{protocol.fingerprint}",
        f"extractor {protocol.extractor}",
        f"resize {protocol.resize}",
        f"reference {reference}",
        f"n {board.n}",
        f"evaluation seed {board.evaluation_seed}",
    )
    return " | ".join(one_line(part) for part in parts)


def _notes(table: Standings) -> tuple[str, ...]:
    board = table.board
    notes = [
        "Noise of training seeds: how much the score of one run differs from the next one's (it contains the noise of "
        "evaluation). Noise of evaluation: how far other images of the same run would move it. ± is the former.",
        "Level: “self-reported” numbers were handed in; “recomputed” ones were made again from the rows or moments "
        "that were handed in. Neither shows that a model made these images.",
        f"Fewer than {board.training_seeds} training seeds, a missing {board.ranking.name} or an alarm that images "
        "are copied: listed, not ranked. A dash is a score that is missing in some run.",
    ]
    if table.floor is not None:
        notes.append(
            f"Other real images: what reals score in place of fakes, at n = {table.floor.n:,} a side. Scores that "
            "depend on n are not comparable with the rows above where n differs."
        )
    return tuple(notes)


def _plots(table: Standings, plane: tuple[str, str], marks: Mapping[int, str]) -> list[Plot]:
    x, y = plane
    colour = next((key for key in _COLOURS if any(cell_of(row.submission.reports, key) for row in table.rows)), None)
    points, names = [], {}
    for row in table.rows:
        reports = row.submission.reports
        across, up = cell_of(reports, x), cell_of(reports, y)
        if across is not None and up is not None:
            names |= {
                key: short(reports[0][key].name) for key in (x, y, colour) if key is not None and key in reports[0]
            }
            shade = None if colour is None else cell_of(reports, colour)
            points.append(
                Point(
                    mark=marks[id(row)],
                    name=short(row.submission.name),
                    x=across.mean,
                    y=up.mean,
                    spread=(across.seeds or 0.0, up.seeds or 0.0),
                    colour=shade and shade.mean,
                )
            )
    if not points:
        return []
    shown = names.get(colour or "")
    label = None if shown is None else re.split(r"\[", shown)[0]
    svg = scatter(points, x=names[x], y=names[y], colour=label)
    by = f", coloured by {shown} (yellow is best)" if shown else ""
    return [
        Plot(
            svg,
            f"{names[y]} against {names[x]}{by}; bars, where they reach beyond a mark, are one sd over training seeds",
        )
    ]


def _base64(data: bytes | None) -> str:
    return base64.b64encode(data or b"").decode()
