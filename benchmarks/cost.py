"""Time and memory of every metric against the number of rows: `python -m benchmarks cost`.

Every metric on the shelf is given synthetic rows, each size in a process of its own. Writes the record, the
tables in docs/cost.md and the picture beside it.
"""

import argparse
import contextlib
import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.readme import filled
from benchmarks.speed.sides import ChildError, Job, Progress, Work, apart
from ganeval.core.errors import GanevalError
from ganeval.core.registry import Entry, entries, entry
from ganeval.core.rows import Moments, Rows

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "benchmarks" / "records" / "cost.json"
DOCUMENT = ROOT / "docs" / "cost.md"
PICTURE = ROOT / "docs" / "cost.png"
SIZES = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
WIDTH, SPECTRUM_WIDTH = 256, 9
_SHORT = 5.0  # seconds below which a cell is run three times
_FLOOR_MB = 1.0  # memory below it is the allocator's, not the metric's
NOTHING = "Not measured here yet: `python -m benchmarks cost`.\n"


def main(arguments: Sequence[str]) -> int:
    """Measure, write record, tables and picture."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks cost", description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1], metavar="N", help="leave out sizes above N")
    parser.add_argument("--limit", type=float, default=900, metavar="SECONDS", help="of one cell; default 900")
    parser.add_argument("--only", type=lambda text: text.split(","), metavar="METRIC,…", help="others are kept")
    parser.add_argument("--out", type=Path, default=RECORD, help="another record, without document and picture")
    options = parser.parse_args(arguments)
    wanted = [item for item in entries("metric") if options.only is None or item.name in options.only]
    sizes = [n for n in SIZES if n <= options.most]
    cells = [cell for item in wanted for cell in measured(item, sizes, limit=options.limit, progress=_progress)]
    if options.only and options.out.exists():
        kept = json.loads(options.out.read_text(encoding="utf-8"))["cells"]
        cells = [cell for cell in kept if cell["metric"] not in options.only] + cells
    from benchmarks.speed.machine import described

    found = {"machine": described(), "d": WIDTH, "limit": options.limit, "cells": cells}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.out == RECORD:
        from benchmarks.cost_picture import drawn

        drawn(found, PICTURE)
        DOCUMENT.write_text(refreshed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    print(tables(found))
    return 0


def measured(item: Entry, sizes: Sequence[int], *, limit: float, progress: Progress) -> list[dict[str, Any]]:
    """A metric's cells; sizes after one that took too long are not tried."""
    cells = []
    for n in sizes:
        cell = _cell(item.name, n, limit=limit)
        cells.append(cell)
        progress(f"{item.name} {n:,}: {cell.get('error') or '{seconds:.3g} s, {added_mb:.0f} MB'.format(**cell)}")
        if cell.get("late"):
            break
    return cells


def _cell(metric: str, n: int, *, limit: float) -> dict[str, Any]:
    job = Job("benchmarks.cost:scoring", {"metric": metric, "n": n, "d": WIDTH})
    runs: list[dict[str, Any]] = []
    try:
        while len(runs) < 3:
            runs.append(apart(job, limit=limit))
            if runs[0]["work_seconds"] > _SHORT:
                break
    except ChildError as error:
        return {"metric": metric, "n": n, "error": str(error), "late": error.late}
    seconds = statistics.median(run["work_seconds"] for run in runs)
    added = max(run.get("work_peak_mb", run["peak_mb"]) - run.get("before_mb", 0) for run in runs)
    peak = max(run["peak_mb"] for run in runs)
    return {"metric": metric, "n": n, "seconds": round(seconds, 5), "added_mb": round(added, 2), "peak_mb": peak}


def scoring(*, metric: str, n: int, d: int) -> Work:
    """A metric with its default options, from rows to scores: the statistic that it needs is part of the work."""
    chosen = entry("metric", metric).load()()
    d = SPECTRUM_WIDTH if chosen.view == "spectrum" else d
    sides = {role: synthetic(n, d, seed=seed, view=chosen.view) for seed, role in enumerate(chosen.roles)}

    def scores(rows: Mapping[str, np.ndarray]) -> dict[str, Any]:
        index = np.arange(len(next(iter(rows.values()))), dtype=np.int64)
        kind = Moments if chosen.statistic is Moments else Rows
        return dict(chosen.outcome(**{role: kind.of(index, values) for role, values in rows.items()}).scores)

    with contextlib.suppress(GanevalError):  # what is loaded at the first call; some metrics need more rows
        scores({role: rows[:200] for role, rows in sides.items()})
    return lambda: scores(sides)


def synthetic(n: int, d: int, *, seed: int, view: str) -> np.ndarray:
    """float32 rows: rectified normal numbers, or for `probs` their softmax."""
    rows = np.random.default_rng(seed).standard_normal((n, d), dtype=np.float32)
    np.maximum(rows, 0, out=rows)
    if view == "probs":
        np.exp(rows, out=rows)
        rows /= rows.sum(axis=1, keepdims=True)
    return rows


def exponent(cells: Sequence[Mapping[str, Any]], field: str) -> float | None:
    """Slope of log `field` over log n, least squares, over the largest decade; None below three points.

    >>> exponent([{"n": n, "seconds": n**2} for n in (10, 100, 300, 1000)], "seconds")
    2.0
    """
    known = [cell for cell in cells if field in cell]
    far = [cell for cell in known if cell["n"] >= max(c["n"] for c in known) / 10]
    if len(far) < 3:
        return None
    floor = _FLOOR_MB if field == "added_mb" else 1e-6
    logs = np.log([[cell["n"], max(cell[field], floor)] for cell in far])
    return round(float(np.polyfit(logs[:, 0], logs[:, 1], 1)[0]), 2)


def recorded(path: Path = RECORD) -> str:
    """The tables of the record that is kept, with its picture, or that there is none."""
    if not path.exists():
        return NOTHING
    return tables(json.loads(path.read_text(encoding="utf-8"))) + f"\n![time and memory against n]({PICTURE.name})\n"


def refreshed(text: str) -> str:
    """The document with fresh tables."""
    return filled(text, "cost", recorded())


def tables(found: Mapping[str, Any]) -> str:
    """Two Markdown tables: seconds and added memory by n, with exponents."""
    machine = found["machine"]
    width = f"d = {found['d']} (`sharpness`: {SPECTRUM_WIDTH})"
    told = f"{machine['processor']}, {machine['cores']} cores; rows of {width}, as many real as fake."
    parts = [_table(found["cells"], "seconds", "time, s"), _table(found["cells"], "added_mb", "added memory, MB")]
    return "\n".join([told, "", *parts])


def _table(cells: Sequence[Mapping[str, Any]], field: str, what: str) -> str:
    sizes = sorted({cell["n"] for cell in cells})
    lines = [
        f"| {what} | " + " | ".join(f"{n:,}" for n in sizes) + " | exponent |",
        "|---|" + "---|" * (len(sizes) + 1),
    ]
    for metric in dict.fromkeys(cell["metric"] for cell in cells):
        own = [cell for cell in cells if cell["metric"] == metric]
        by_size = {cell["n"]: _shown(cell, field) for cell in own}
        slope = exponent(own, field)
        row = [by_size.get(n, "–") for n in sizes] + ["–" if slope is None else f"{slope:.2f}"]
        lines.append(f"| `{metric}` | " + " | ".join(row) + " |")
    return "\n".join([*lines, ""])


def _shown(cell: Mapping[str, Any], field: str) -> str:
    if field in cell:
        return f"{cell[field]:,.0f}" if field == "added_mb" or cell[field] >= 100 else f"{cell[field]:.2g}"
    return "too long" if cell["late"] else "too few"


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
