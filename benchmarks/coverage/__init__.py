"""Coverage: how often the nominal 95 % intervals hold a known truth, over many laws: `python -m benchmarks coverage`.

Every cell is one simulation; a cell that is in the record is kept, so that a run that was stopped goes on, unless
the method of its intervals has changed since.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence

from benchmarks.coverage.table import DOCUMENT, METHODS, RECORD, is_current, refreshed


def main(arguments: Sequence[str]) -> int:
    """Run what is missing, write the record and the tables of docs/coverage.md."""
    options = _options(arguments)
    from benchmarks.coverage.cells import cells
    from benchmarks.coverage.simulation import measured

    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    planned = cells()
    wanted = [cell for cell in planned if all(word in cell.key.split() for word in options.only)]
    for cell in wanted:
        if is_current(cell.key, record.get(cell.key)) and not options.again:
            continue
        start = time.process_time()
        scores = measured(cell)
        spent = round(time.process_time() - start, 1)
        record[cell.key] = {"scores": scores, "seconds": spent, "method": METHODS.get(cell.kind, 1)}
        print(f"{cell.key}: {record[cell.key]['seconds']} s", file=sys.stderr, flush=True)
        kept = {each.key: record[each.key] for each in planned if each.key in record}
        RECORD.parent.mkdir(parents=True, exist_ok=True)
        RECORD.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    DOCUMENT.write_text(refreshed(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks coverage", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], metavar="WORD", help="cells with these words: fd gaussian d=8")
    parser.add_argument("--again", action="store_true", help="also cells that are in the record")
    return parser.parse_args(arguments)
