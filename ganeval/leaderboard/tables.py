"""A leaderboard as one HTML page without scripts, and as Markdown. Every word that others wrote is escaped.

`page.py` makes plain words of the standings; here they are only laid out.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from ganeval.core.records import one_line
from ganeval.leaderboard.page import Shown, ShownRow, page
from ganeval.leaderboard.standings import Standings


def board_html(table: Standings) -> str:
    """One page that needs nothing else: styles, pictures and plots are inside, scripts there are none."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    shown = page(table)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    plots = [{"svg": Markup(plot.svg), "caption": plot.caption} for plot in shown.plots]  # escaped there
    fields = {name: getattr(shown, name) for name in shown.__dataclass_fields__}
    return environment.get_template("board.html").render(page={**fields, "plots": plots}) + "\n"


def board_markdown(table: Standings) -> str:
    """The same table for a README: no pictures, the scores with their spread over seeds."""
    shown = page(table)
    heads = ["rank", "#", "model"]
    for head in shown.columns:
        heads.append(f"{head.heading} {head.arrow}")
        heads += ["sd over seeds", "s.e. of evaluation"] if head.note else []
    heads += ["seeds", "level", "cost of a run", "tried", "extra data"]
    lines = [f"# {escaped(shown.title)}", "", escaped(shown.told), "", escaped(shown.facts), ""]
    lines += [_line(heads), "|" + "---|" * len(heads)]
    lines += [_line(_markdown_row(row)) for tier in shown.tiers for row in tier]
    if shown.floor is not None:
        lines.append(_line(["", "", shown.floor.name, *_markdown_cells(shown.floor.cells), "", "", "", "", ""]))
    lines += ["", *(f"* {escaped(note)}" for note in shown.notes), "", escaped(shown.signature)]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text as Markdown that shows exactly it, in one line: no markup, no HTML, no end of a table's cell.

    >>> print(escaped("a|b <script> [x](javascript:0) *y* `z`"))
    a\\|b &lt;script&gt; \\[x\\](javascript:0) \\*y\\* \\`z\\`
    """
    plain = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]#|~^$])", r"\\\1", plain)


def _markdown_row(row: ShownRow) -> list[str]:
    why = f" (unranked: {row.unranked})" if row.unranked else ""
    alarms = "".join(f" ⚠ {alarm}" for alarm in row.alarms)
    about = [str(row.runs), row.level, row.cost or "–", row.tried, row.extra_data or "–"]
    return [row.rank, row.mark, f"{row.name}{why}{alarms}", *_markdown_cells(row.cells), *about]


def _markdown_cells(cells: Sequence[Shown]) -> list[str]:
    texts = []
    for cell in cells:
        spread = f" ± {cell.spread}" if cell.spread and not cell.ranks else ""
        texts.append(f"{cell.mean}{spread}")
        texts += [cell.spread or "–", cell.evaluation or "–"] if cell.ranks else []
    return texts


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(escaped(cell) for cell in cells)} |"
