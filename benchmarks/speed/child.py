"""One side of a comparison in a process of its own: `python -m benchmarks.speed.child MODULE:FACTORY JSON`.

The factory makes its inputs and returns the work; the work alone is timed. What it returns, a
JSON value, is printed with its seconds and memory on the last line.
"""

import contextlib
import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.speed.sides import plain


def main(path: str, options: str) -> int:
    """Make, work, tell."""
    module, _, name = path.partition(":")
    with contextlib.redirect_stdout(sys.stderr):  # some tools print as they work
        work = getattr(importlib.import_module(module), name)(**json.loads(options))
        before = _reset_peak()
        start = time.perf_counter()
        answer = work()
        seconds = time.perf_counter() - start
    print(json.dumps({"work_seconds": seconds, "answer": plain(answer), **_memory(before)}))
    return 0


def _memory(before: int | None) -> dict[str, Any]:
    peak = _kilobytes("VmHWM")
    return {} if before is None or peak is None else {"before_mb": before / 1024, "work_peak_mb": peak / 1024}


def _reset_peak() -> int | None:
    """Let the peak start anew (Linux), so that making the inputs does not count; resident kB now."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    return _kilobytes("VmRSS")


def _kilobytes(field: str) -> int | None:
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = status.read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
