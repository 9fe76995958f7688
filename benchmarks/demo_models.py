"""The second screen: a plain GAN, DCGAN and a VAE, trained here on 2,000 digits and judged against 2,000 others.

One training seed each; what five seeds give is in the record of the suite `demo`, and shown beside.
"""

import shutil
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

import ganeval
from benchmarks.ledger import records, report_of, scores
from benchmarks.run import RECORDS, ran, unrecorded
from benchmarks.suite import Cell
from benchmarks.suites.demo import SUITE
from benchmarks.table import documents
from benchmarks.trial import reals
from reference_models.training.runs import generator_of

COLUMNS = {
    "precision": "looks real?\n(precision)",
    "recall": "all kinds\nthere?\n(recall)",
    "fd": "FD, bias\nremoved",
    "modes": "digits\ndrawn",
}
SIDES = {"precision": "real", "recall": "varied"}
CELLS = [cell for cell in SUITE.cells() if cell.seed == 0]
NOW_YOU = "-m reference_models lab collapse --set d_steps=15"


Record = Mapping[str, Any]


def show(out: Path) -> None:
    """Train, judge, write pictures, reports and board, print the screen."""
    found, sheet = models(out), out / "models.png"
    shown = {"real": list(reals(CELLS[0].judge).values[..., 0])}
    for cell in CELLS:
        shown[cell.name] = list(generator_of(out / "runs" / cell.run)(20, 0)[..., 0])
    contact_sheet(shown).save(sheet)
    for suffix, text in documents(SUITE, out / "models.jsonl").items():
        (out / f"board{suffix}").write_text(text, encoding="utf-8")
    told(found, sheet)


def models(out: Path) -> Sequence[Record]:
    """The records of the suite's models, trained from its first seed; anew unless all are there."""
    path = out / "models.jsonl"
    if unrecorded(CELLS, path):
        shutil.rmtree(out / "runs", ignore_errors=True)
        path.unlink(missing_ok=True)
    columns = TextColumn("training {task.description}"), BarColumn(20), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def watch(cell: Cell) -> Callable[[Any], object]:
            bar = bars.add_task(cell.name, total=None)
            return lambda progress: bars.update(bar, completed=progress.step, total=progress.steps)

        for _ in ran(CELLS, path, runs=out / "runs", watch=watch):
            pass
    return records(path)


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


def told(found: Sequence[Record], sheet: Path) -> None:
    """The screen."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 80)
    console.print("\nNow three models, trained here on 2,000 other digits. Look at their digits first:\n")
    console.print(f"pictures     {sheet}\n")
    console.print(table(found))
    console.print("\n  in brackets: 95 % intervals; real digits: one half of them judged against the other\n")
    console.print(tradeoff({record["cell"]["name"]: report_of(record) for record in found}))
    console.print("One training run each: this speaks of these runs, not of the methods.\n")
    for sentence in on_record(RECORDS / f"{SUITE.name}.jsonl"):
        console.print(sentence)
    console.print(
        f"\nboard        {sheet.parent / 'board.html'}\n\nNow you:\n  {relative(Path(sys.executable))} {NOW_YOU}"
    )


def table(found: Sequence[Record]) -> Table:
    """A row a model: scores with their intervals, and what real digits score."""
    made = Table(box=box.SIMPLE_HEAD if sys.stdout.isatty() else box.ASCII2, show_edge=False, padding=(0, 1, 0, 0))
    made.add_column("model", no_wrap=True)
    for heading in (*COLUMNS.values(), "time"):
        made.add_column(Text(heading), justify="right", no_wrap=True)
    first = report_of(found[0])
    made.add_row("real digits", *((first[key].printed_floor() or ("-",))[0] for key in COLUMNS), "")
    for record in found:
        report = report_of(record)
        seconds = f"{record['cost']['seconds']:.0f} s"
        made.add_row(record["cell"]["name"], *(_cell(report[key]) for key in COLUMNS), seconds)
    return made


def _cell(result: ganeval.Result) -> str:
    interval = result.printed_interval()
    return result.printed() if interval is None or result.total is not None else "\n".join(interval)


def tradeoff(reports: Mapping[str, Mapping[str, ganeval.Result]]) -> str:
    """Quality against diversity in one sentence; what intervals cannot tell apart is called so."""
    ahead = {key: leaders(reports, key) for key in ("precision", "recall", "fd")}
    real, varied, close = (" and ".join(names) for names in ahead.values())
    both = [name for name in ahead["precision"] if name in ahead["recall"]]
    if len(both) == len(reports):
        told = "No trade-off shows: none of the models' digits are surely more real, or more varied, than another's"
    elif both:
        them = " and ".join(both)
        told = f"No trade-off shows: neither in looks nor in variety is a model surely ahead of {them}"
    else:
        told = f"The trade-off: the most real digits come from {real}, the most varied ones from {varied}"
    behind = [f"less {what}" for key, what in SIDES.items() if not set(ahead["fd"]) & set(ahead[key])]
    but = f", whose digits are surely {' and '.join(behind)}" if behind else ""
    return f"{told}; FD, one number for both sides, prefers {close}{but}."


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


def on_record(path: Path) -> list[str]:
    """Mean and standard deviation over the recorded seeds, a line a model; none without records."""
    values = scores(records(path))
    if not values:
        return []
    lines = ["On record (mean, and standard deviation over training runs where there are several):"]
    for name, by_key in values.items():
        runs = max(map(len, by_key.values()))
        told = [f"{key} {_mean(by_key[key])}" for key in COLUMNS if key in by_key]
        lines.append(f"  {name:<8} {runs} of {SUITE.seeds} runs: " + ", ".join(told))
    return lines


def _mean(values: Sequence[float]) -> str:
    spread = f" ({statistics.stdev(values):.2g})" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.3g}{spread}"


def relative(path: Path) -> Path:
    """The path as one types it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
