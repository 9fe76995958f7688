"""Train and judge a suite's models: `python -m benchmarks run [SUITE]`; without a name, what suites there are.

What is recorded in benchmarks/records/SUITE.jsonl is skipped, and a run that was stopped goes on from its last
checkpoint. Training runs lie in runs/SUITE/.
"""

import argparse
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.ledger import LedgerError, append, records
from benchmarks.suite import NAMES, Cell, Suite, suite
from ganeval.core.errors import GanevalError
from reference_models.errors import ModelsError, ResumeWarning

ROOT = Path(__file__).parents[1]
RECORDS = ROOT / "benchmarks" / "records"
RUNS = ROOT / "runs"

Watch = Callable[[Any], object]


def main(arguments: Sequence[str]) -> int:
    """Run the cells that lack a record, or list the suites."""
    options = _options(arguments)
    if options.suite is None:
        print("\n".join(overview(suite(name), options.records) for name in NAMES))
        return 0
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    chosen = suite(options.suite)
    wanted = [cell for cell in chosen.cells() if all(word in (cell.name, f"seed={cell.seed}") for word in options.only)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", ResumeWarning)
            warnings.showwarning = lambda message, *_: _tell(f"warning: {message}")
            for done in ran(wanted, options.records / f"{chosen.name}.jsonl", runs=options.runs / chosen.name):
                _tell(sentence(done))
    except (GanevalError, ModelsError, LedgerError) as error:
        _tell(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        _tell("interrupted: the same command goes on")
        return 130
    print(overview(chosen, options.records))
    return 0


def ran(
    cells: Sequence[Cell], path: Path, *, runs: Path, watch: Callable[[Cell], Watch] | None = None
) -> Iterator[dict[str, Any]]:
    """The records of the cells that had none, each in the file when it is yielded; `watch` makes what sees progress."""
    missing = unrecorded(cells, path)
    if not missing:
        return
    from benchmarks.trial import Ground, picture, record_of  # torch and all
    from reference_models.training.pictures import saved

    ground = cache(Ground)
    for cell in missing:
        watching = _Lines(f"{cell.name}, seed {cell.seed}") if watch is None else watch(cell)
        record = record_of(cell, runs / cell.run, ground=ground(cell.judge), watch=watching)
        if cell.seed == 0:
            saved(picture(cell, runs / cell.run), picture_file(cell.name, path))
        append(record, path)
        yield record


def unrecorded(cells: Iterable[Cell], path: Path) -> list[Cell]:
    """The cells without a record."""
    known = [record["cell"] for record in records(path)]
    return [cell for cell in cells if cell.key() not in known]


def picture_file(name: str, path: Path) -> Path:
    """Where the picture of a row lies, beside the records in `path`.

    >>> picture_file("dcgan-32 z×0.5", Path("fashion.jsonl")).as_posix()
    'fashion/dcgan-32-z-0.5.png'
    """
    return path.with_suffix("") / f"{re.sub(r'[^a-z0-9.]+', '-', name)}.png"


class _Lines:
    """A line now and then, in the tenths of a run."""

    def __init__(self, name: str) -> None:
        self.name, self.told = name, -1

    def __call__(self, progress: Any) -> None:
        tenth = 10 * progress.step // progress.steps
        if tenth > self.told:
            self.told = tenth
            left = f"{int(progress.left) // 60}:{int(progress.left) % 60:02}"
            _tell(f"{self.name}: step {progress.step} of {progress.steps}, {progress.rate:.0f} a second, {left} left")


def overview(chosen: Suite, folder: Path) -> str:
    """How much of a suite is recorded, what it is, and what it costs."""
    cells = list(chosen.cells())
    done = len(cells) - len(unrecorded(cells, folder / f"{chosen.name}.jsonl"))
    return f"{chosen.name}: {done} of {len(cells)} recorded\n    {chosen.told}\n    {chosen.cost}"


def sentence(record: dict[str, Any]) -> str:
    """A record in a line: the main numbers, and what they took."""
    cell, cost, results = record["cell"], record["cost"], record["report"]["results"]
    shown = [r for r in results if not r["secondary"] and r["value"] is not None]
    numbers = ", ".join(f"{r['name'].partition('[')[0]} {r['value'] * 10 ** r['exponent']:.4g}" for r in shown)
    took = f"trained {cost['seconds']:.0f} s, judged {cost['judging_seconds']:.0f} s"
    return f"{cell['name']}, seed {cell['seed']}: {numbers} ({took})"


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks run", description=__doc__)
    parser.add_argument("suite", nargs="?", choices=NAMES, metavar="SUITE", help=", ".join(NAMES))
    parser.add_argument("--only", nargs="*", default=[], metavar="WORD", help="cells of this row, or of seed=0")
    parser.add_argument("--threads", type=int, help="CPU threads; by default torch's choice")
    parser.add_argument("--runs", type=Path, default=RUNS, help="where training runs lie")
    parser.add_argument("--records", type=Path, default=RECORDS, help="where records lie")
    return parser.parse_args(arguments)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
