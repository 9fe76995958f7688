"""The second screen: a plain GAN, DCGAN and a VAE, trained here on 2,000 digits and judged against 2,000 others.

One training seed each; what five seeds give is in the record of the suite `demo`, and shown beside.
"""

import json
import shutil
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

import ganeval
from benchmarks.ledger import records
from benchmarks.run import RECORDS
from benchmarks.suite import Cell
from benchmarks.suites.demo import SUITE
from benchmarks.trial import Ground, reals, trained
from reference_models.runs import generator_of

COLUMNS = {
    "precision": "looks real?\n(precision)",
    "recall": "all kinds there?\n(recall)",
    "fd": "FD,\nbias removed",
    "modes": "digits\ndrawn",
}
NOW_YOU = "python -m reference_models lab collapse --set d_steps=15"


@dataclass(frozen=True)
class Judged:
    """A trained model: its report, some of its digits, and how long it learnt."""

    report: ganeval.Report
    digits: np.ndarray
    seconds: float


def show(out: Path) -> None:
    """Train, judge, write pictures and reports, print the screen."""
    judged = models(out / "runs")
    sheet, report = out / "models.png", out / "models.json"
    shown = {"real": list(reals(SUITE.entries[0].judges[0]).values[..., 0])}
    contact_sheet(shown | {name: list(found.digits) for name, found in judged.items()}).save(sheet)
    written = json.dumps([json.loads(found.report.to_json()) for found in judged.values()], indent=2)
    report.write_text(written + "\n", encoding="utf-8")
    told(judged, sheet, report)


def models(runs: Path) -> dict[str, Judged]:
    """The suite's models, trained anew from its first seed."""
    shutil.rmtree(runs, ignore_errors=True)
    found = {}
    columns = TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        cells = [cell for cell in SUITE.cells() if cell.seed == 0]
        tasks = {cell.name: bars.add_task(f"training {cell.name}", total=None) for cell in cells}
        ground = Ground(cells[0].judge)
        for cell in cells:
            bar = tasks[cell.name]
            found[cell.name] = _judged(
                cell, runs / cell.run, ground, lambda p, bar=bar: bars.update(bar, completed=p.step, total=p.steps)
            )
    return found


def _judged(cell: Cell, folder: Path, ground: Ground, watch) -> Judged:
    _, cost = trained(cell.entry, cell.seed, folder, watch=watch)
    return Judged(ground.report(folder, cell), generator_of(folder)(20, 0)[..., 0], cost.seconds)


def contact_sheet(strips: Mapping[str, Sequence[np.ndarray]]) -> Image.Image:
    """One labelled strip of twenty images for each set, spread over it evenly."""
    scale, per_row, margin = 2, 20, 18
    strip = 28 * scale + margin + 6
    sheet = Image.new("L", (per_row * 28 * scale + 20, strip * len(strips) + 10), 255)
    pen = ImageDraw.Draw(sheet)
    for row, (name, images) in enumerate(strips.items()):
        pen.text((10, row * strip + 6), f"{name}  ({len(images)} images)", fill=0)
        for i, at in enumerate(np.linspace(0, len(images) - 1, per_row).astype(int)):
            big = Image.fromarray(images[at]).resize((28 * scale, 28 * scale), Image.Resampling.NEAREST)
            sheet.paste(big, (10 + i * 28 * scale, row * strip + margin + 4))
    return sheet


def told(judged: Mapping[str, Judged], sheet: Path, report: Path) -> None:
    """The screen."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 80)
    console.print("\nNow three models, trained here on 2,000 other digits: look at their digits first.\n")
    console.print(f"pictures     {sheet}\n")
    console.print(table(judged))
    console.print("\n  in brackets: 95 % intervals; (real digits): one half of them judged against the other")
    console.print(f"\n{tradeoff({name: found.report for name, found in judged.items()})}\n")
    console.print("One training run each, so this speaks of these runs, not of the methods.")
    for sentence in five_seeds(RECORDS / f"{SUITE.name}.jsonl"):
        console.print(sentence)
    console.print(f"\nfull report  {report}\n\nNow you: {NOW_YOU}")


def table(judged: Mapping[str, Judged]) -> Table:
    """A row a model: scores with their intervals, and what real digits score."""
    made = Table(box=box.SIMPLE_HEAD if sys.stdout.isatty() else box.ASCII2, show_edge=False, padding=(0, 1, 0, 0))
    made.add_column("model", no_wrap=True)
    for heading in (*COLUMNS.values(), "trained"):
        made.add_column(Text(heading), justify="right", no_wrap=True)
    first = next(iter(judged.values())).report
    made.add_row("(real digits)", *((first[key].printed_floor() or ("-",))[0] for key in COLUMNS), "")
    for name, found in judged.items():
        made.add_row(name, *(_cell(found.report[key]) for key in COLUMNS), f"{found.seconds:.0f} s")
    return made


def _cell(result: ganeval.Result) -> str:
    interval = result.printed_interval()
    return result.printed() if interval is None or result.total is not None else " ".join(interval)


def tradeoff(reports: Mapping[str, Mapping[str, ganeval.Result]]) -> str:
    """Quality against diversity in one sentence; what intervals cannot tell apart is called so."""
    ahead = {key: leaders(reports, key) for key in ("precision", "recall", "fd")}
    best = {key: " and ".join(names) for key, names in ahead.items()}
    if set(ahead["precision"]) & set(ahead["recall"]):
        both = " and ".join(name for name in ahead["precision"] if name in ahead["recall"])
        return (
            f"No trade-off between these runs: none looks more real, and none is more varied, than {both}; FD, one "
            f"number for both, prefers {best['fd']}."
        )
    return (
        f"The trade-off: {best['precision']} draws what looks most real, {best['recall']} draws more of the kinds, and "
        f"FD, one number for both, prefers {best['fd']}."
    )


def leaders(reports: Mapping[str, Mapping[str, ganeval.Result]], key: str) -> list[str]:
    """The best model by a score, and those whose interval meets its interval."""
    bounds = {name: _bounds(report[key]) for name, report in reports.items()}
    higher = next(iter(reports.values()))[key].better == "higher"
    best = max(bounds, key=lambda name: sum(bounds[name]) * (1 if higher else -1))
    low, high = bounds[best]
    return [name for name, (a, b) in bounds.items() if a <= high and b >= low]


def _bounds(result: ganeval.Result) -> tuple[float, float]:
    assert result.value is not None
    return (result.value, result.value) if result.low is None or result.high is None else (result.low, result.high)


def five_seeds(path: Path) -> list[str]:
    """Mean and standard deviation over the recorded seeds, a line a model; none without records."""
    values: dict[str, dict[str, list[float]]] = {}
    for record in records(path):
        for result in record["report"]["results"]:
            if result["key"] in COLUMNS and result["value"] is not None:
                value = result["value"] if result["corrected"] is None else result["corrected"]
                values.setdefault(record["cell"]["name"], {}).setdefault(result["key"], []).append(value)
    if not values:
        return []
    lines = [f"Over {SUITE.seeds} seeds, on record (mean, and standard deviation over training runs):"]
    for name, by_key in values.items():
        told = [
            f"{key} {statistics.fmean(v):.3g} ({statistics.stdev(v):.2g})" for key, v in by_key.items() if len(v) > 1
        ]
        lines.append(f"  {name:<8} " + ", ".join(told))
    return lines
