"""Write the generated parts of README.md: the tables of metrics, extractors and speed.

`python -m benchmarks readme` rewrites them, `--check` only says whether they are fresh.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed import table as speed
from ganeval.core.registry import Kind, entries

README = Path(__file__).parents[1] / "README.md"
KINDS: tuple[Kind, ...] = ("metric", "extractor")


def main(arguments: Sequence[str]) -> int:
    """Rewrite the README, or check it with `--check`."""
    before = README.read_text(encoding="utf-8")
    after = refreshed(before)
    if "--check" not in arguments:
        README.write_text(after, encoding="utf-8")
    return int("--check" in arguments and before != after)


def refreshed(text: str) -> str:
    """The text with a fresh table between each pair of `<!-- generated: NAME -->` and `<!-- end -->`."""
    tables = {**{kind: table(kind) for kind in KINDS}, "speed": speed.recorded()}
    for name, made in tables.items():
        text = filled(text, name, made)
    return text


def filled(text: str, name: str, made: str) -> str:
    """The text with `made` between the marks of `name`.

    >>> filled("a <!-- generated: x -->old<!-- end --> b", "x", "new")
    'a <!-- generated: x -->\\nnew<!-- end --> b'
    """
    start = f"<!-- generated: {name} -->"
    return re.sub(f"{start}.*?<!-- end -->", lambda _: f"{start}\n{made}<!-- end -->", text, flags=re.S)


def table(kind: Kind) -> str:
    """A Markdown table of one shelf: name, initials, first line of the docstring."""
    rows = []
    for item in entries(kind):
        names = f"`{item.name}`" + (f", `{item.initials}`" if item.initials and kind == "metric" else "")
        rows.append(f"| {names} | {item.summary} |")
    return "\n".join([f"| {kind} | |", "|---|---|", *rows, ""])
