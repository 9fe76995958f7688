"""Boards made of the records: `python -m benchmarks table [SUITE]`, in Markdown and as one self-contained page.

Rows are a suite's entries, runs their training seeds; ranks, tiers, alarms and floors are `ganeval leaderboard`'s.
Suites of points in the plane, whose reals are a formula, get a table of means; PacGAN's ring stands beside its paper.
`--check` only says whether the committed boards are fresh.
"""

import argparse
import statistics
import sys
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.ledger import records, report_of
from benchmarks.literature import pacgan_table
from benchmarks.points import points_tables
from benchmarks.run import RECORDS, ROOT, picture_file, unrecorded
from benchmarks.suite import NAMES, Suite, suite
from ganeval.leaderboard.checks import checked
from ganeval.leaderboard.rules import board_from
from ganeval.leaderboard.standings import standings
from ganeval.leaderboard.submission import assembled, png_bytes
from ganeval.leaderboard.tables import board_html, board_markdown

BOARDS = ROOT / "docs" / "boards"


def main(arguments: Sequence[str]) -> int:
    """Write the boards of one suite, or of all that have records."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks table", description=__doc__)
    parser.add_argument("suite", nargs="?", choices=NAMES, metavar="SUITE", help=", ".join(NAMES))
    parser.add_argument("--check", action="store_true", help="write nothing; 1 when a board is not fresh")
    parser.add_argument("--records", type=Path, default=RECORDS, help="where records lie")
    parser.add_argument("--out", type=Path, default=BOARDS, help="where boards go")
    options = parser.parse_args(arguments)
    made = {"README.md": index(options.records)}
    for name in [options.suite] if options.suite else NAMES:
        found = documents(suite(name), options.records / f"{name}.jsonl")
        if options.suite and not found:
            print(f"{name}: no records yet: python -m benchmarks run {name}", file=sys.stderr)
            return 1
        made |= {f"{name}{suffix}": text for suffix, text in found.items()}
    stale = [name for name, text in made.items() if not _holds(options.out / name, text)]
    for name in stale:
        print(options.out / name)
        if not options.check:
            options.out.mkdir(parents=True, exist_ok=True)
            (options.out / name).write_text(made[name], encoding="utf-8")
    return int(options.check and bool(stale))


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def index(folder: Path) -> str:
    """All suites in Markdown: what each is, what it costs, how much of it is recorded."""
    lines = ["# Boards", "", "| suite | | recorded | what it takes |", "|---|---|---|---|"]
    for chosen in map(suite, NAMES):
        path, cells = folder / f"{chosen.name}.jsonl", list(chosen.cells())
        done = len(cells) - len(unrecorded(cells, path))
        name = f"[{chosen.name}]({chosen.name}.md)" if done else chosen.name
        lines.append(f"| {name} | {chosen.told} | {done} of {len(cells)} | {chosen.cost} |")
    told = "`python -m benchmarks run SUITE` makes what is missing, `python -m benchmarks table` these pages."
    return "\n".join([*lines, "", told, ""])


def documents(chosen: Suite, path: Path) -> dict[str, str]:
    """The board's texts by suffix; nothing without records of the suite's cells."""
    keys = [cell.key() for cell in chosen.cells()]
    found = [record for record in records(path) if record["cell"] in keys]
    if not found:
        return {}
    told = f"{chosen.told} {len(found)} of {len(keys)} cells recorded. {chosen.cost}\n"
    if chosen.rank is None:
        beside = [pacgan_table(found)] if chosen.name == "pacgan-ring" else []
        return {".md": "\n".join([f"# {chosen.name}\n", told, points_tables(found), *beside])}
    markdown, page = board_of(chosen, found, path)
    return {".md": f"{markdown}\n{told}", ".html": page}


def board_of(chosen: Suite, found: Sequence[Mapping[str, Any]], path: Path) -> tuple[str, str]:
    """Markdown and page of the suite's leaderboard."""
    assert chosen.rank is not None
    board = board_from(report_of(found[0]), chosen.rank, name=chosen.name, split=found[0]["cell"]["judge"]["part"])
    submissions = []
    for name, group in groupby(sorted(found, key=_row), _row):
        own, picture = list(group), picture_file(name, path)
        samples = png_bytes(picture) if picture.exists() else None
        told = {"name": name, "cost": cost(own)}
        submissions.append(assembled(board, [report_of(one) for one in own], description=told, samples=samples))
    made = standings(board, submissions, checks=checked(board, submissions))
    return board_markdown(made), board_html(made)


def _row(record: Mapping[str, Any]) -> str:
    return record["cell"]["name"]


def cost(found: Sequence[Mapping[str, Any]]) -> str:
    """What one training run took, in words; processor time, which other programs on the machine hardly change.

    >>> cost([{"cost": {"cpu_seconds": 61.2, "threads": 2, "steps": 1500, "parameters": {"generator": 400_000}}}])
    '61 s of CPU on 2 threads, 1,500 steps, 400,000 parameters'
    """
    seconds = statistics.fmean(record["cost"]["cpu_seconds"] for record in found)
    told = found[0]["cost"]
    parameters = sum(told["parameters"].values())
    threads = f"{told['threads']} threads" if told["threads"] > 1 else "1 thread"
    return f"{seconds:.0f} s of CPU on {threads}, {told['steps']:,} steps, {parameters:,} parameters"
